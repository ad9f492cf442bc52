"""Familiar mistakes: from a wrong array and the right one, which slip explains the difference to five digits.

Sentences hold no number that comes from data, so a hidden check may say them; `detail` may, and is for visible checks.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
Context = Mapping[str, object]

MATCH: Final = 1e-5
"""A likeness is claimed at this relative distance, and only if the mistake moves the right array 100 times as far."""


@dataclass(frozen=True)
class Likeness:
    name: str
    sentence: str
    detail: str = ""


@dataclass(frozen=True)
class Mistake:
    """One way to go wrong. `arrays` gives what would have come out; nothing where it cannot be told or made."""

    name: str
    sentence: str
    arrays: Callable[[Array, Context], Iterator[Array]]


@dataclass(frozen=True)
class Trait:
    """A way to go wrong that is seen by comparing; it returns a detail (perhaps empty) if it holds, else None."""

    name: str
    sentence: str
    holds: Callable[[Array, Array, Context], str | None]


def resemble(got: Array, want: Array, like: Context) -> Likeness | None:
    """The first mistake in the table that turns `want` into `got` (equal shapes, finite), or None.

    `like` may give batch (int), p (the probability to keep), mask, x, w, dout (arrays), and also (sentence → array).
    """
    with np.errstate(all="ignore"):
        also = like.get("also", {})
        assert isinstance(also, Mapping)
        for sentence, array in also.items():
            if _is(got, np.asarray(array, dtype=np.float64), want):
                return Likeness("also", str(sentence))
        for mistake in MISTAKES:
            if isinstance(mistake, Trait):
                detail = mistake.holds(got, want, like)
                if detail is not None:
                    return Likeness(mistake.name, mistake.sentence, detail)
            elif any(_is(got, candidate, want) for candidate in mistake.arrays(want, like)):
                return Likeness(mistake.name, mistake.sentence)
    return None


def _near(a: Array, b: Array, scale: float) -> NDArray[np.bool_]:
    close: NDArray[np.bool_] = np.abs(a - b) <= MATCH * np.abs(b) + 1e-3 * MATCH * scale
    return close


def _is(got: Array, candidate: Array, want: Array) -> bool:
    """`got` is `candidate`, and `candidate` is far enough from `want` for that to mean something."""
    if candidate.shape != got.shape or not np.isfinite(candidate).all():
        return False
    scale = float(np.abs(candidate).max())
    if not np.abs(candidate - want).max() > 100 * MATCH * max(scale, float(np.abs(want).max())):
        return False
    return bool(_near(got, candidate, scale).all())


def _array(like: Context, key: str) -> Array | None:
    value = like.get(key)
    return None if value is None else np.asarray(value, dtype=np.float64)


def _number(like: Context, key: str) -> float | None:
    value = like.get(key)
    return float(value) if isinstance(value, (int, float)) and np.isfinite(value) and value > 0 else None


# --- arrays that a mistake would give -----------------------------------------------------------------------------


def _times(factor: Callable[[float], float], key: str) -> Callable[[Array, Context], Iterator[Array]]:
    def arrays(want: Array, like: Context) -> Iterator[Array]:
        value = _number(like, key)
        if value is not None and 0 < abs(factor(value)) < np.inf:
            yield want * factor(value)

    return arrays


def _by(factor: float) -> Callable[[Array, Context], Iterator[Array]]:
    return lambda want, like: iter([want * factor])


def _map(function: Callable[[Array], Array]) -> Callable[[Array, Context], Iterator[Array]]:
    return lambda want, like: iter([function(want)] if want.any() else [])


def _input(function: Callable[[Array, Array], Array], *keys: str) -> Callable[[Array, Context], Iterator[Array]]:
    def arrays(want: Array, like: Context) -> Iterator[Array]:
        for key in keys:
            value = _array(like, key)
            if value is not None and value.shape == want.shape:
                yield function(want, value)

    return arrays


def _transposed(want: Array, like: Context) -> Iterator[Array]:
    if want.ndim == 2 and want.shape[0] == want.shape[1]:
        yield want.T


def _permuted(want: Array, like: Context) -> Iterator[Array]:
    for order in itertools.permutations(range(want.ndim)) if 3 <= want.ndim <= 5 else ():
        if order != tuple(range(want.ndim)) and tuple(want.shape[i] for i in order) == want.shape:
            yield want.transpose(order)


def _reshaped(want: Array, like: Context) -> Iterator[Array]:
    if want.ndim > 1:
        yield want.ravel(order="F").reshape(want.shape)
        yield want.ravel().reshape(want.shape, order="F")


def _flipped(want: Array, like: Context) -> Iterator[Array]:
    if want.ndim >= 3:
        yield want[..., ::-1, ::-1]
        yield want[..., ::-1]
        yield want[..., ::-1, :]


def _reversed_axis(axis: int, least: int) -> Callable[[Array, Context], Iterator[Array]]:
    return lambda want, like: iter([np.flip(want, axis)] if want.ndim >= least else [])


def _correlate(x: Array, w: Array) -> Array:
    """Cross-correlation, x (N,C,H,W) with w (F,C,HH,WW), stride 1, no padding."""
    windows = np.lib.stride_tricks.sliding_window_view(x, (w.shape[2], w.shape[3]), axis=(2, 3))
    out: Array = np.einsum("nchwij,fcij->nfhw", windows, w)
    return out


def _correlated(change: Callable[[Array], Array]) -> Callable[[Array, Context], Iterator[Array]]:
    def arrays(want: Array, like: Context) -> Iterator[Array]:
        x, w = _array(like, "x"), _array(like, "w")
        if x is None or w is None or x.ndim != 4 or w.ndim != 4 or x.shape[1] != w.shape[1]:
            return
        kernel = change(w)
        if kernel.shape == w.shape and w.shape[2] <= x.shape[2] and w.shape[3] <= x.shape[3]:
            yield _correlate(x, kernel)

    return arrays


def _shifted(want: Array, like: Context) -> Iterator[Array]:
    for axis in range(want.ndim):
        if want.shape[axis] > 2:
            for step in (1, -1):
                rolled = np.roll(want, step, axis)
                yield rolled
                empty = rolled.copy()
                np.moveaxis(empty, axis, 0)[0 if step == 1 else -1] = 0
                yield empty


def _spread(want: Array, like: Context) -> Iterator[Array]:
    for axis in range(want.ndim):
        if want.shape[axis] > 1:
            for total in (want.sum(axis, keepdims=True), want.mean(axis, keepdims=True)):
                yield np.broadcast_to(total, want.shape)


def _wrong_axis(want: Array, like: Context) -> Iterator[Array]:
    dout = _array(like, "dout")
    for count in range(1, dout.ndim) if dout is not None else ():
        for axes in itertools.combinations(range(dout.ndim), count):  # type: ignore[union-attr]
            total = dout.sum(axes)  # type: ignore[union-attr]
            if total.shape == want.shape:
                yield total


def _softmax(want: Array) -> Array:
    e = np.exp(want - want.max(-1, keepdims=True)) if want.ndim else np.ones_like(want)
    out: Array = e / e.sum(-1, keepdims=True) if want.ndim else e
    return out


def _rounded(want: Array, like: Context) -> Iterator[Array]:
    if np.abs(want).max() > 1e-3:
        yield np.trunc(want)
        for digits in range(4):
            yield np.round(want, digits)


# --- traits of the pair -------------------------------------------------------------------------------------------


def _zero(got: Array, want: Array, like: Context) -> str | None:
    return "" if want.any() and not got.any() else None


def _flat(got: Array, want: Array, like: Context) -> str | None:
    spread = got.size > 3 and np.ptp(want) > 1e-3 * np.abs(want).max() and np.ptp(got) <= 1e-12 * np.abs(got).max()
    return "" if spread else None


def _half(got: Array, want: Array, like: Context) -> str | None:
    """Cast through float16: every entry within its half step, most of them not equal to the exact value."""
    with np.errstate(over="ignore"):
        return "" if got.size > 3 and (got == want.astype(np.float16)).all() else None


def _mask_missing(got: Array, want: Array, like: Context) -> str | None:
    mask = _array(like, "mask")
    blocked: NDArray[np.bool_] = (mask if mask is not None and mask.shape == want.shape else want) == 0
    scale = float(np.abs(want).max())
    if not 0 < blocked.sum() < blocked.size or blocked.sum() < 0.05 * blocked.size or scale == 0:
        return None
    passes = np.abs(got[blocked]) > MATCH * scale
    kept = got[~blocked], want[~blocked]
    keep = _number(like, "p") or 1.0
    right = any(_near(kept[0] * c, kept[1], scale).all() for c in (1.0, keep, 1 / keep))
    return "" if right and passes.mean() > 0.9 else None


def _mask_inverted(got: Array, want: Array, like: Context) -> str | None:
    mask = _array(like, "mask")
    if mask is None or mask.shape != want.shape or mask.all() or not mask.any():
        return None
    return "" if not got[mask != 0].any() and (got[mask == 0] != 0).mean() > 0.9 else None


def _first_only(got: Array, want: Array, like: Context) -> str | None:
    if want.ndim == 0 or len(want) < 2 or want[0].size < 2:
        return None
    right = _near(got, want, float(np.abs(want).max())).reshape(len(want), -1)
    return "" if right[0].all() and not right[1:].all(1).any() and right[1:].mean() < 0.5 else None


def _last_wrong(got: Array, want: Array, like: Context) -> str | None:
    if want.ndim == 0 or len(want) < 3 or want[0].size < 2:
        return None
    right: NDArray[np.bool_] = np.all(_near(got, want, float(np.abs(want).max())).reshape(len(want), -1), axis=1)
    return "" if right[:-1].all() and not right[-1] else None


def _border(got: Array, want: Array, like: Context) -> str | None:
    if want.ndim < 2 or min(want.shape[-2:]) < 4:
        return None
    right = _near(got, want, float(np.abs(want).max()))
    inner = right[..., 1:-1, 1:-1]
    return "" if inner.all() and not right.all() else None


def _kink(got: Array, want: Array, like: Context) -> str | None:
    x = _array(like, "x")
    if x is None or x.shape != want.shape or not (x == 0).any():
        return None
    right = _near(got, want, float(np.abs(want).max()))
    return "" if right[x != 0].all() and not right[x == 0].all() else None


def _left_zero(got: Array, want: Array, like: Context) -> str | None:
    wrong = ~_near(got, want, float(np.abs(want).max()))
    return "" if got.size > 3 and wrong.any() and not wrong.all() and not got[wrong].any() else None


def _clipped(got: Array, want: Array, like: Context) -> str | None:
    low, high = got.min(), got.max()
    if got.size < 4 or low == high:
        return None
    return "" if _is(got, np.clip(want, low, high), want) else None


def _offset(got: Array, want: Array, like: Context) -> str | None:
    gap, scale = got - want, float(np.abs(want).max())
    shift = float(gap.mean())
    if got.size < 4 or abs(shift) < 1e-4 * scale or np.ptp(want) < 1e-3 * scale:
        return None
    return f"every entry is off by {shift:.4g}" if np.ptp(gap) <= MATCH * abs(shift) else None


def _bias(got: Array, want: Array, like: Context) -> str | None:
    if want.ndim < 2 or len(want) < 2 or want.size < 6:
        return None
    gap, scale = got - want, float(np.abs(want).max())
    axes = (0, *range(2, want.ndim))
    return (
        "" if np.abs(gap).max() > 1e-3 * scale and np.ptp(gap, axis=axes).max() <= MATCH * np.abs(gap).max() else None
    )


def _factor(got: Array, want: Array, like: Context) -> str | None:
    size = float(np.abs(want).max())
    if (want != 0).sum() < 3 or not got.any():
        return None
    ratio = float((got * want).sum() / (want * want).sum())
    if ratio == 0 or not _near(got, want * ratio, size * abs(ratio)).all():
        return None
    if ratio < 0:
        return f"every entry is {-ratio:.4g} times too big, with the sign flipped"
    return (
        f"every entry is {_plainly(ratio)} times too big"
        if ratio > 1
        else f"every entry is {_plainly(1 / ratio)} times too small"
    )


def _plainly(ratio: float) -> str:
    return str(round(ratio)) if abs(ratio - round(ratio)) < 1e-4 * ratio else f"{ratio:.4g}"


def _misplaced(got: Array, want: Array, like: Context) -> str | None:
    if got.size < 4 or np.unique(want).size < 4:
        return None
    return "" if _near(np.sort(got, axis=None), np.sort(want, axis=None), float(np.abs(want).max())).all() else None


# Order decides between mistakes that give the same array: what names its cause comes before what only describes.
MISTAKES: Final[tuple[Mistake | Trait, ...]] = (
    Trait("zeros", "every entry is zero: is the result ever filled in?", _zero),
    Mistake("sign", "the sign is flipped", _by(-1)),
    Mistake("sum", "it looks like a sum over the batch where a mean was asked", _times(lambda n: n, "batch")),
    Mistake(
        "mean",
        "it is divided by the batch size once too often: a mean where a sum was asked, or a mean taken twice",
        _times(lambda n: 1 / n, "batch"),
    ),
    Mistake(
        "mean twice", "it is divided by the batch size twice where a sum was asked", _times(lambda n: n**-2, "batch")
    ),
    Mistake("keep", "it is scaled by the probability to keep once too often", _times(lambda p: p, "p")),
    Mistake("1/keep", "it is divided by the probability to keep once too often", _times(lambda p: 1 / p, "p")),
    Mistake("drop", "it is scaled by the probability to drop", _times(lambda p: 1 - p, "p")),
    Mistake(
        "1/drop", "it is divided by the probability to drop", _times(lambda p: 1 / (1 - p) if p != 1 else 0.0, "p")
    ),
    Mistake(
        "keep/drop",
        "the probabilities to keep and to drop are mixed up",
        lambda want, like: itertools.chain(
            _times(lambda p: p / (1 - p) if p != 1 else 0.0, "p")(want, like),
            _times(lambda p: (1 - p) / p, "p")(want, like),
        ),
    ),
    Mistake(
        "n-1",
        "the variance is divided by n − 1 where n was asked",
        _times(lambda n: n / (n - 1) if n > 1 else 0.0, "batch"),
    ),
    Mistake("doubled", "it is doubled: is something added twice, or a factor ½ forgotten?", _by(2)),
    Mistake("halved", "it is halved: is there a factor ½ too many?", _by(0.5)),
    Mistake("log10", "the logarithm is to base 10, not the natural one", _by(1 / np.log(10))),
    Mistake("log2", "the logarithm is to base 2, not the natural one", _by(1 / np.log(2))),
    Trait("mask inverted", "the mask is the wrong way round: it keeps what it should block", _mask_inverted),
    Trait("mask missing", "the mask is missing: entries that should be zero are not", _mask_missing),
    Mistake("transposed", "it is transposed", _transposed),
    Mistake(
        "kernel flipped",
        "the kernel is flipped: a convolution where a cross-correlation was asked",
        _correlated(lambda w: w[..., ::-1, ::-1]),
    ),
    Mistake("kernel transposed", "the kernel's rows and columns are swapped", _correlated(lambda w: w.swapaxes(2, 3))),
    Mistake("kernel channels", "the kernel's channels are in reversed order", _correlated(lambda w: w[:, ::-1])),
    Mistake("batch reversed", "the samples are in reversed order", _reversed_axis(0, 2)),
    Mistake("channels reversed", "the second axis (columns, channels) is in reversed order", _reversed_axis(1, 2)),
    Mistake("flipped", "it is flipped upside down or left to right", _flipped),
    Mistake("axes", "the axes are in the wrong order", _permuted),
    Mistake("reshaped", "the numbers are right but were reshaped in the wrong order", _reshaped),
    Mistake("input", "it is the input, unchanged", _input(lambda want, x: x, "x")),
    Mistake("upstream", "it is the upstream gradient, passed through unchanged", _input(lambda want, d: d, "dout")),
    Mistake(
        "input added",
        "the input is added to it: += into an array that was not empty?",
        _input(lambda want, x: want + x, "x", "dout"),
    ),
    Mistake(
        "upstream times",
        "it is multiplied by the upstream gradient once too often",
        _input(lambda want, d: want * d, "dout"),
    ),
    Mistake("summed", "it is summed or averaged over an axis and then broadcast", _spread),
    Mistake("wrong axis", "it is the upstream gradient summed over the wrong axes", _wrong_axis),
    Mistake("off by one", "it is shifted by one place along an axis", _shifted),
    Mistake("rectified", "negative entries are cut off at zero", _map(lambda a: np.maximum(a, 0))),
    Mistake("absolute", "it is the absolute value", _map(np.abs)),
    Mistake("softmax", "a softmax is applied once too often", _map(_softmax)),
    Mistake("exp", "an exponential is applied once too often", _map(np.exp)),
    Mistake("log", "a logarithm is applied once too often", _map(np.log)),
    Mistake("root", "it is the square root: a standard deviation where a variance was asked?", _map(np.sqrt)),
    Mistake("square", "it is the square: a variance where a standard deviation was asked?", _map(np.square)),
    Mistake("reciprocal", "it is one over the right value", _map(np.reciprocal)),
    Trait("float16", "it was rounded to float16 on the way", _half),
    Mistake("rounded", "it is rounded or cut to a few decimals: was something made an integer?", _rounded),
    Trait("clipped", "it is clipped: large or small entries are cut off", _clipped),
    Trait("constant", "every entry is the same number", _flat),
    Trait("offset", "every entry is off by the same amount", _offset),
    Trait("bias", "every column (or channel) is off by a constant: is the bias added once, and the right one?", _bias),
    Trait("kink", "only the entries where the input is exactly zero differ", _kink),
    Trait("first sample", "only the first sample is right: does the loop stop too early?", _first_only),
    Trait("last sample", "only the last sample is wrong: does the loop stop too early?", _last_wrong),
    Trait("border", "the inside is right and the border is wrong", _border),
    Trait("left zero", "some entries were left at zero, the others are right", _left_zero),
    Trait("factor", "it is off by a constant factor", _factor),
    Trait("misplaced", "the right numbers are in the wrong places", _misplaced),
)
