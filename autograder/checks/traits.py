"""Ways to go wrong that are seen by comparing the wrong array with the right one: a detail, or None if it is not so."""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from .candidates import Array, Context, array_of, number_of

MATCH: Final = 1e-5
"""A likeness is claimed at this relative distance, and only if the mistake moves the right array 100 times as far."""
_SAMPLE: Final = 512
"""How many entries of a large array are looked at before all of them are."""


def near(a: Array, b: Array, scale: float) -> NDArray[np.bool_]:
    close: NDArray[np.bool_] = np.abs(a - b) <= MATCH * np.abs(b) + 1e-3 * MATCH * scale
    return close


def matches(got: Array, candidate: Array, want: Array) -> bool:
    """`got` is `candidate`, and `candidate` is far enough from `want` for that to mean something."""
    if candidate.shape != got.shape:
        return False
    if got.size > 4 * _SAMPLE:
        step = got.size // _SAMPLE
        part, other = got.flat[::step], candidate.flat[::step]
        if not near(part, other, float(np.abs(other).max())).all():
            return False
    scale = float(np.abs(candidate).max())
    if not np.isfinite(scale) or not near(got, candidate, scale).all():
        return False
    return bool(np.abs(candidate - want).max() > 100 * MATCH * max(scale, float(np.abs(want).max())))


def zero(got: Array, want: Array, like: Context) -> str | None:
    return "" if want.any() and not got.any() else None


def flat(got: Array, want: Array, like: Context) -> str | None:
    spread = got.size > 3 and np.ptp(want) > 1e-3 * np.abs(want).max() and np.ptp(got) <= 1e-12 * np.abs(got).max()
    return "" if spread else None


def coarse(got: Array, want: Array, like: Context) -> str | None:
    """Every entry is a float16 or float32 number, and as near to the right one as that allows."""
    for kind, reach in ((np.float16, 1e-2), (np.float32, 1e-4)):
        if got.size > 3 and (got == got.astype(kind)).all():
            return "" if np.abs(got - want).max() <= reach * np.abs(want).max() else None
    return None


def mask_missing(got: Array, want: Array, like: Context) -> str | None:
    mask = array_of(like, "mask")
    blocked: NDArray[np.bool_] = (mask if mask is not None and mask.shape == want.shape else want) == 0
    scale = float(np.abs(want).max())
    if not 0 < blocked.sum() < blocked.size or blocked.sum() < 0.05 * blocked.size or scale == 0:
        return None
    passes = np.abs(got[blocked]) > MATCH * scale
    kept = got[~blocked], want[~blocked]
    keep = number_of(like, "p") or 1.0
    right = any(near(kept[0] * c, kept[1], scale).all() for c in (1.0, keep, 1 / keep))
    return "" if right and passes.mean() > 0.9 else None


def mask_inverted(got: Array, want: Array, like: Context) -> str | None:
    mask = array_of(like, "mask")
    if mask is None or mask.shape != want.shape or mask.all() or not mask.any():
        return None
    return "" if not got[mask != 0].any() and (got[mask == 0] != 0).mean() > 0.9 else None


def first_only(got: Array, want: Array, like: Context) -> str | None:
    if want.ndim == 0 or len(want) < 2 or want[0].size < 2:
        return None
    right = near(got, want, float(np.abs(want).max())).reshape(len(want), -1)
    return "" if right[0].all() and not right[1:].all(1).any() and right[1:].mean() < 0.5 else None


def last_wrong(got: Array, want: Array, like: Context) -> str | None:
    if want.ndim == 0 or len(want) < 3 or want[0].size < 2:
        return None
    right: NDArray[np.bool_] = np.all(near(got, want, float(np.abs(want).max())).reshape(len(want), -1), axis=1)
    return "" if right[:-1].all() and not right[-1] else None


def border(got: Array, want: Array, like: Context) -> str | None:
    if want.ndim < 2 or min(want.shape[-2:]) < 4:
        return None
    right = near(got, want, float(np.abs(want).max()))
    inner = right[..., 1:-1, 1:-1]
    return "" if inner.all() and not right.all() else None


def kink(got: Array, want: Array, like: Context) -> str | None:
    x = array_of(like, "x")
    if x is None or x.shape != want.shape or not (x == 0).any():
        return None
    right = near(got, want, float(np.abs(want).max()))
    return "" if right[x != 0].all() and not right[x == 0].all() else None


def left_zero(got: Array, want: Array, like: Context) -> str | None:
    wrong = ~near(got, want, float(np.abs(want).max()))
    return "" if got.size > 3 and wrong.any() and not wrong.all() and not got[wrong].any() else None


def clipped(got: Array, want: Array, like: Context) -> str | None:
    low, high = got.min(), got.max()
    if got.size < 4 or low == high:
        return None
    return "" if matches(got, np.clip(want, low, high), want) else None


def offset(got: Array, want: Array, like: Context) -> str | None:
    gap, scale = got - want, float(np.abs(want).max())
    shift = float(gap.mean())
    if got.size < 4 or abs(shift) < 1e-4 * scale or np.ptp(want) < 1e-3 * scale:
        return None
    return f"every entry is off by {shift:.4g}" if np.ptp(gap) <= MATCH * abs(shift) else None


def bias(got: Array, want: Array, like: Context) -> str | None:
    if want.ndim < 2 or len(want) < 2 or want.size < 6:
        return None
    gap, scale = got - want, float(np.abs(want).max())
    largest = float(np.abs(gap).max())
    steady = np.ptp(gap, axis=(0, *range(2, want.ndim))).max() <= MATCH * largest
    return "" if largest > 1e-3 * scale and steady else None


def factor(got: Array, want: Array, like: Context) -> str | None:
    size = float(np.abs(want).max())
    if (want != 0).sum() < 3 or not got.any():
        return None
    ratio = float((got * want).sum() / (want * want).sum())
    if ratio == 0 or abs(ratio - 1) < 100 * MATCH or not near(got, want * ratio, size * abs(ratio)).all():
        return None
    if ratio < 0:
        return f"every entry is {_plainly(-ratio)} times what it should be, with the sign flipped"
    if ratio < 1:
        return f"every entry is {_plainly(1 / ratio)} times too small"
    return f"every entry is {_plainly(ratio)} times too big"


def _plainly(ratio: float) -> str:
    return str(round(ratio)) if abs(ratio - round(ratio)) < 1e-4 * ratio else f"{ratio:.4g}"


def misplaced(got: Array, want: Array, like: Context) -> str | None:
    if got.size < 4 or np.unique(want).size < 4:
        return None
    return "" if near(np.sort(got, axis=None), np.sort(want, axis=None), float(np.abs(want).max())).all() else None
