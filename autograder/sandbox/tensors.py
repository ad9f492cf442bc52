"""A reader of `.safetensors` files: a JSON header whose every number is checked, then raw bytes; nothing is run."""

from __future__ import annotations

import json
import math
import struct
from typing import TYPE_CHECKING, Any, Final, NamedTuple, NoReturn

if TYPE_CHECKING:
    from torch import Tensor

HEADER_BYTES: Final = 4 << 20
ARRAYS: Final = 10_000
NDIM: Final = 8
_DTYPES: Final = {
    "F64": ("float64", 8),
    "F32": ("float32", 4),
    "F16": ("float16", 2),
    "BF16": ("bfloat16", 2),
    "I64": ("int64", 8),
    "I32": ("int32", 4),
    "I16": ("int16", 2),
    "I8": ("int8", 1),
    "U8": ("uint8", 1),
    "BOOL": ("bool", 1),
}


class TensorsError(ValueError):
    """The bytes are no such file; the message goes on a sentence that begins with the file's name."""


class Part(NamedTuple):
    """Where an array's bytes lie, counted from the end of the header."""

    key: str
    dtype: str
    shape: tuple[int, ...]
    begin: int
    end: int


def read(content: bytearray) -> dict[str, Tensor]:
    """The arrays in a file's bytes, by name; they share memory with `content`. Raises TensorsError."""
    import torch

    start, parts = layout(content)
    arrays = {}
    for part in parts:
        dtype = getattr(torch, part.dtype)
        if part.begin == part.end:
            arrays[part.key] = torch.empty(part.shape, dtype=dtype)
            continue
        raw = content[start + part.begin : start + part.end]
        if part.dtype == "bool" and max(raw) > 1:
            raise TensorsError(f"holds truth values in {part.key} that are neither 0 nor 1")
        arrays[part.key] = torch.frombuffer(raw, dtype=dtype).reshape(part.shape)
    return arrays


def layout(content: bytes | bytearray) -> tuple[int, list[Part]]:
    """(bytes before the arrays, the arrays in the order of their bytes), which fill the file without a gap."""
    if len(content) < 8:
        raise TensorsError("is cut off")
    (size,) = struct.unpack_from("<Q", content)
    if size > HEADER_BYTES:
        raise TensorsError("is no safetensors file, or its header is too long")
    if size > len(content) - 8:
        raise TensorsError("is cut off")
    parts = sorted(_parts(bytes(content[8 : 8 + size])), key=lambda part: (part.begin, part.end))
    end = 0
    for part in parts:
        if part.begin != end:
            raise TensorsError("has arrays that overlap, or bytes that belong to none")
        end = part.end
    if end != len(content) - 8 - size:
        raise TensorsError("is cut off" if end > len(content) - 8 - size else "has bytes that belong to no array")
    return 8 + size, parts


def _parts(header: bytes) -> list[Part]:
    try:
        tree = json.loads(header.decode("utf-8"), object_pairs_hook=_unique, parse_constant=_constant)
    except (ValueError, RecursionError) as error:
        raise error if isinstance(error, TensorsError) else TensorsError("has a header that is no JSON") from None
    if not isinstance(tree, dict) or len(tree) > ARRAYS:
        raise TensorsError("has a header that lists no arrays, or too many")
    tree.pop("__metadata__", None)
    return [_part(key, about) for key, about in tree.items()]


def _part(key: str, about: object) -> Part:
    odd = TensorsError("has a header whose entries are not those of an array")
    if not isinstance(about, dict) or about.keys() != {"dtype", "shape", "data_offsets"}:
        raise odd
    name, shape, offsets = about["dtype"], about["shape"], about["data_offsets"]
    if not (_whole(shape) and _whole(offsets)) or len(shape) > NDIM or len(offsets) != 2:
        raise odd
    if not isinstance(name, str) or name not in _DTYPES:
        raise TensorsError("has an array of a dtype that is not known here")
    dtype, size = _DTYPES[name]
    begin, end = offsets
    if end - begin != math.prod(shape) * size:
        raise TensorsError("has an array whose bytes do not fit its shape")
    return Part(key, dtype, tuple(shape), begin, end)


def _whole(numbers: Any) -> bool:
    return isinstance(numbers, list) and all(type(n) is int and 0 <= n < 1 << 40 for n in numbers)


def _unique(pairs: list[tuple[str, object]]) -> dict[str, object]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise TensorsError("has the same array twice")
    return found


def _constant(name: str) -> NoReturn:
    raise TensorsError("has a header that is no JSON")
