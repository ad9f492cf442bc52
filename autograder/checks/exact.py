"""Comparisons that allow no tolerance: equal values, and arguments left as they were."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from .arrays import as_array
from .failure import Failure, is_handle, kind_of, plain


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
