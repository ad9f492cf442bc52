"""Comparisons that speak: which array is off, where, by how much, and which familiar mistake it looks like."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, Protocol, TypedDict, runtime_checkable

import numpy as np
from numpy.typing import ArrayLike, NDArray

from .arrays import as_array
from .failure import Failure
from .likeness import Likeness, resemble

Array = NDArray[np.float64]

STRICT: Final = 1e-6
"""The loosest rtol that needs no reason: float64 keeps sixteen digits, so six lost ones are no rounding."""
FLOOR: Final = 1e-9
"""The default absolute tolerance as a share of max|want|: an array of 1e-8s is judged as sharply as one of 1s."""


class Tolerance(TypedDict):
    rtol: float
    floor: float
    reason: str


FLOAT32: Final[Tolerance] = {
    "rtol": 1e-4,
    "floor": 1e-5,
    "reason": "float32 keeps seven digits, and sums of a few hundred terms lose two of them",
}
"""`close(dx, want, "dx", **FLOAT32)` for results that the student computes in float32."""


@runtime_checkable
class Measured(Protocol):
    """An expected value that is judged by measuring, as `slope` is, before it is ever computed entry by entry."""

    @property
    def shape(self) -> tuple[int, ...]: ...

    def misses(self, got: Array, name: str, hint: str) -> Array | None:
        """None if `got` agrees, else the array to compare with; may raise Failure itself."""
        ...


def close(
    got: object,
    want: ArrayLike | Measured,
    name: str,
    *,
    rtol: float = STRICT,
    atol: float = 0.0,
    floor: float = FLOOR,
    reason: str = "",
    hint: str = "",
    like: Mapping[str, object] | None = None,
    dtype: type | str | None = None,
) -> None:
    """Fail unless `got` has want's shape and |got − want| ≤ rtol·|want| + floor·max|want| + atol everywhere.

    `got` is what the student returned: an array, tensor, number or nested list. Nothing is broadcast, a bool is no
    number, NaN is never close. `like` tells what mistakes would be made of: batch, p, mask, x, w, dout (likeness.py),
    and `also`, a mapping of sentences to the arrays they explain. `dtype`, if given, must be got's own.

    Raises Failure for the student, ValueError for a check that is too loose without a `reason` or expects NaN.
    """
    _refuse_looseness(rtol, atol, floor, reason)
    target = want if isinstance(want, Measured) else _expected(want)
    array = as_array(got, name, hint)
    _same_shape(array, target.shape, name, hint)
    _same_kind(array, name, hint, dtype, strict=array.ndim > 0 and not isinstance(got, (list, tuple)))
    actual = array.astype(np.float64)
    _finite(actual, name, hint)
    if isinstance(target, np.ndarray):
        off = _off(actual, target, rtol, atol, floor)
        if off.any():
            raise _failure(actual, target, off, name, hint, resemble(actual, target, like or {}))
        return
    measured = target.misses(actual, name, hint)
    if measured is not None:
        # The slope has spoken; this only says where, and a measured entry has fewer digits than a computed one.
        off = _off(actual, measured, 1e-4, 0.0, 1e-6)
        raise _failure(actual, measured, off, name, hint, resemble(actual, measured, like or {}))


def _refuse_looseness(rtol: float, atol: float, floor: float, reason: str) -> None:
    if not (0 <= rtol < 1 and 0 <= floor < 1 and 0 <= atol < np.inf):
        raise ValueError(f"rtol={rtol}, floor={floor} must lie in [0, 1), atol={atol} must be finite and not negative")
    if (rtol > STRICT or floor > FLOOR or atol > 0) and not reason.strip():
        raise ValueError(
            f"rtol={rtol}, floor={floor}, atol={atol} is looser than {STRICT}, {FLOOR}, 0: say why with reason="
        )


def _expected(want: ArrayLike) -> Array:
    if type(want).__module__.partition(".")[0] == "torch":
        want = want.detach().cpu().double().numpy()  # type: ignore[union-attr]
    array = np.asarray(want)
    if array.dtype.kind not in "biuf":
        raise ValueError(f"the expected value is not an array of real numbers but of {array.dtype}")
    array = array.astype(np.float64)
    if array.size == 0 or not np.isfinite(array).all():
        raise ValueError("the expected value is empty or not finite")
    return array


def _same_shape(got: NDArray[np.generic], shape: tuple[int, ...], name: str, hint: str) -> None:
    if got.shape == shape:
        return
    transposed = got.ndim > 1 and got.shape == shape[::-1]
    if (
        not transposed
        and got.size == int(np.prod(shape))
        and tuple(n for n in got.shape if n != 1) == tuple(n for n in shape if n != 1)
    ):
        looks = "; the axes of length 1 differ"
    else:
        looks = "; it looks transposed" if transposed else ""
    # Shapes of hidden inputs are data too: naming them would let a submission special-case them.
    raise Failure(
        f"{name} has shape {got.shape}; {shape} was expected{looks}.",
        hint,
        hidden=f"{name} has the wrong shape{looks}.",
    )


def _same_kind(got: NDArray[np.generic], name: str, hint: str, dtype: type | str | None, *, strict: bool) -> None:
    kind = got.dtype.kind
    said = ""
    if kind == "b":
        said = f"{name} is made of True and False, not of numbers."
    elif kind == "c":
        said = f"{name} is complex; real numbers were expected."
    elif dtype is not None and got.dtype != np.dtype(dtype):
        said = f"{name} is {got.dtype}; {np.dtype(dtype)} was expected."
    elif dtype is None and kind in "iu" and strict:
        said = f"{name} holds whole numbers ({got.dtype}) where fractions were expected."
        hint = hint or "np.zeros_like of an integer array and dtype=int both cut the fractions off."
    if said:
        raise Failure(said, hint, hidden=said)


def _finite(got: Array, name: str, hint: str) -> None:
    bad = ~np.isfinite(got)
    if bad.any():
        what = "NaN" if np.isnan(got).any() else "infinite"
        entries = f"{name} is {what}" if got.ndim == 0 else f"{name}: {_share(bad)} {what}"
        raise Failure(
            f"{entries}.",
            hint or "Look for a division by zero, a logarithm of zero, or an exponential of a large number.",
            hidden=f"{name} holds NaN or infinity.",
        )


def _off(got: Array, want: Array, rtol: float, atol: float, floor: float) -> NDArray[np.bool_]:
    scale = float(np.abs(want).max())
    tolerance = rtol * np.abs(want) + floor * scale + atol if scale > 0 else np.full(want.shape, max(atol, 1e-12))
    with np.errstate(over="ignore"):
        # "not close" and never "far": whatever is not comparable must count as off.
        off: NDArray[np.bool_] = ~(np.abs(got - want) <= tolerance)
    return off


def _share(off: NDArray[np.bool_]) -> str:
    count, size = int(off.sum()), off.size
    if count == size:
        return "every entry is"
    if count == 1:
        return f"1 of {size} entries is"
    if size < 20 or count < size / 100:
        return f"{count} of {size} entries are"
    return f"{100 * count / size:.0f} % of the entries are"


def _failure(got: Array, want: Array, off: NDArray[np.bool_], name: str, hint: str, looks: Likeness | None) -> Failure:
    if got.ndim == 0:
        why, hidden = f"{name} is {float(got):.6g} where {float(want):.6g} was expected", f"{name} has the wrong value"
    else:
        with np.errstate(over="ignore"):
            worst = np.unravel_index(int(np.argmax(np.where(off, np.abs(got - want), -1.0))), got.shape)
        where = ", ".join(str(int(i)) for i in worst)
        numbers = f"{got[worst]:.6g} where {want[worst]:.6g} was expected"
        why = f"{name}: {_share(off)} off, worst at [{where}]: {numbers}"
        hidden = (
            f"{name} is off in {'every entry' if off.all() else 'most entries' if off.mean() > 0.5 else 'some entries'}"
        )
    if looks:
        return Failure(f"{why}; {looks.detail or looks.sentence}.", hint, f"{hidden}; {looks.sentence}.")
    return Failure(f"{why}.", hint, f"{hidden}.")
