"""What a student returned, as a plain array, or a sentence about what it is instead."""

from __future__ import annotations

import contextlib
import sys

import numpy as np
from numpy.typing import NDArray

from .failure import Failure, is_handle, kind_of


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
