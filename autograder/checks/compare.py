"""Comparisons that speak: which array is off, where, by how much, and which familiar mistake it looks like."""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Mapping
from typing import Final, Protocol, TypedDict, runtime_checkable

import numpy as np
from numpy.typing import ArrayLike, NDArray

from .failure import Failure, is_handle, kind_of, plain
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


def as_array(got: object, name: str, hint: str = "") -> NDArray[np.generic]:
    """`got` as a plain array, whatever array-like it is; a Failure says what it is instead."""
    if got is None:
        raise Failure(
            f"{name} is None: did the function return it?", hint, hidden=f"{name} is None: did the function return it?"
        )
    if is_handle(got) or isinstance(got, (str, bytes, dict, set)):
        raise Failure(f"{name} is {kind_of(got)}, not an array.", hint, hidden=f"{name} is not an array.")
    if type(got).__module__.partition(".")[0] == "torch" and isinstance(got, sys.modules["torch"].Tensor):
        tensor = got.detach().cpu()
        got = (tensor.double() if str(tensor.dtype) == "torch.bfloat16" else tensor).numpy()
    array: NDArray[np.generic] = np.array(None, dtype=object)
    if _numeric(got):
        with contextlib.suppress(ValueError, TypeError, OverflowError):
            array = np.array(got, subok=False)
    if array.dtype.kind not in "biufc":
        raise Failure(
            f"{name} is {kind_of(got)} that does not hold numbers in rows of equal length.",
            hint,
            hidden=f"{name} is not an array of numbers.",
        )
    return array


def _numeric(got: object, depth: int = 0) -> bool:
    """Whether numpy may look at `got`: numbers, arrays and lists of them, nothing that answers through the wall."""
    if isinstance(got, (list, tuple)):
        return depth < 8 and all(_numeric(part, depth + 1) for part in got)
    return isinstance(got, (bool, int, float, complex, np.generic, np.ndarray))


def shape_of(got: object, name: str = "the result") -> tuple[int, ...]:
    """The shape of what a student returned; a Failure if it has none."""
    return tuple(int(n) for n in as_array(got, name).shape)


def unchanged(after: object, before: ArrayLike, name: str, of: str = "the function", hint: str = "") -> None:
    """Fail if the student's function wrote into its argument `name`: same shape, dtype and bits (NaN included)."""
    kept, was = as_array(after, name, hint), np.asarray(before)
    same = kept.shape == was.shape and kept.dtype == was.dtype and kept.tobytes() == np.ascontiguousarray(was).tobytes()
    if not same:
        why = f"{of} changed its argument {name} in place."
        raise Failure(why, hint or f"Write into a new array (or a copy), not into {name}.", hidden=why)


def equal(got: object, want: object, name: str, hint: str = "") -> None:
    """Fail unless `got` is exactly `want`: text, numbers, truth values, and lists, tuples, dicts and arrays of them.

    True is not 1, 1 is not 1.0, and a list is not a tuple.
    """
    if _same(got, want):
        return
    hidden = f"{name} is not what was expected."
    if is_handle(got) or got is None:
        raise Failure(f"{name} is {kind_of(got)}; {_show(want)} was expected.", hint, hidden)
    raise Failure(f"{name} is {_show(got)}; {_show(want)} was expected.", hint, hidden)


def _same(got: object, want: object) -> bool:
    if isinstance(want, np.ndarray):
        return (
            isinstance(got, np.ndarray)
            and got.shape == want.shape
            and got.dtype.kind == want.dtype.kind
            and bool((got == want).all())
        )
    if isinstance(got, np.generic):
        got = got.item()
    if isinstance(want, np.generic):
        want = want.item()
    if type(got) is not type(want):
        return False
    if isinstance(want, dict):
        assert isinstance(got, dict)
        return got.keys() == want.keys() and all(_same(got[k], want[k]) for k in want)
    if isinstance(want, (list, tuple)):
        assert isinstance(got, (list, tuple))
        return len(got) == len(want) and all(map(_same, got, want))
    return bool(got == want)


def _show(value: object) -> str:
    return plain(repr(value), 80)


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
        entries = (
            f"{name} is {what}"
            if got.ndim == 0
            else f"{_share(bad)} of {name} {'is' if bad.sum() == 1 else 'are'} {what}"
        )
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
        return "every entry"
    if size < 20 or count < size / 100:
        return f"{count} of {size} entries"
    return f"{100 * count / size:.0f} % of the entries"


def _failure(got: Array, want: Array, off: NDArray[np.bool_], name: str, hint: str, looks: Likeness | None) -> Failure:
    if got.ndim == 0:
        why, hidden = f"{name} is {float(got):.6g} where {float(want):.6g} was expected", f"{name} has the wrong value"
    else:
        with np.errstate(over="ignore"):
            worst = np.unravel_index(int(np.argmax(np.where(off, np.abs(got - want), -1.0))), got.shape)
        where = ", ".join(str(int(i)) for i in worst)
        verb = "is" if off.sum() == 1 or off.all() else "are"
        numbers = f"{got[worst]:.6g} where {want[worst]:.6g} was expected"
        why = f"{name}: {_share(off)} {verb} off, worst at [{where}]: {numbers}"
        hidden = (
            f"{name} is off in {'every entry' if off.all() else 'most entries' if off.mean() > 0.5 else 'some entries'}"
        )
    if looks:
        return Failure(f"{why}; {looks.detail or looks.sentence}.", hint, f"{hidden}; {looks.sentence}.")
    return Failure(f"{why}.", hint, f"{hidden}.")
