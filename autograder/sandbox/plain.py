"""What may cross the pipe as plain data: the caps, the dtypes, the keys, and the tags that stand for them.

A value is a JSON tree and a body of raw bytes. None, bool, finite floats, ints, strings and lists stand for themselves;
everything else is an object with one tag: f (non-finite float), c (complex), s (text with lone surrogates), b (bytes),
t (tuple), d (dict), a (array), T (tensor), n (numpy scalar), h (a handle to what stays behind).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

import numpy as np

Tree = object
"""What `json` knows: None, bool, int, float, str, list, and dicts with one tag each."""
Buffer = bytes | bytearray | memoryview
Hold = Callable[[object], dict[str, object]]
Grasp = Callable[[dict[str, object]], object]

DEPTH = 32
NODES = 100_000
INT_BITS = 4_000
NDIM = 32
HOLLOW = 1 << 24
"""Cap on the non-zero lengths' product of an array without entries: its sum along the empty axis must still fit."""
COLLISIONS = 16
"""Keys of one dict that may share a hash: a crafted dict would otherwise cost the reader quadratic time."""

DTYPES = {
    f"{order}{kind}": np.dtype(f"{order}{kind}")
    for kind in ["u2", "u4", "u8", "i2", "i4", "i8", "f2", "f4", "f8", "c8", "c16"]
    for order in "<>"
}
DTYPES |= {code: np.dtype(code) for code in ("|b1", "|i1", "|u1")}
for _long in (np.dtype(np.longdouble), np.dtype(np.clongdouble)):
    DTYPES |= {_d.str: _d for _d in (_long.newbyteorder("<"), _long.newbyteorder(">"))}
SCALARS = frozenset(np.dtype(char).type for char in "?bBhHiIlLqQefdgFDG")
PADDED = frozenset("gG") if np.finfo(np.longdouble).nmant == 63 else frozenset[str]()
"""Type characters of x87 numbers: 10 bytes of value and 6 of whatever the memory held before."""
TENSORS = {f"{kind}{bits}": f"<{kind[0]}{bits // 8}" for kind in ("int", "uint", "float") for bits in (16, 32, 64)}
TENSORS |= {"bool": "|b1", "int8": "|i1", "uint8": "|u1", "bfloat16": "<i2", "complex64": "<c8", "complex128": "<c16"}


class WireError(ValueError):
    """The bytes are no frame or no value of ours, or a value is too large for one."""


def hollow(shape: Sequence[int]) -> int:
    """The product of the lengths that are not zero."""
    return math.prod(size for size in shape if size)


_KEYS = frozenset((type(None), bool, float, complex, str, bytes)) | SCALARS


def is_key(key: object, depth: int = 0) -> bool:
    """Whether a value may be a dict's key on the wire."""
    if type(key) is tuple:
        return depth < DEPTH and all(is_key(part, depth + 1) for part in key)
    return type(key) in _KEYS or (type(key) is int and key.bit_length() <= INT_BITS)
