"""A JSON tree and raw bytes to values, trusting neither; nothing is run and nothing unpickled."""

from __future__ import annotations

import base64
import math
import struct
from collections import Counter
from collections.abc import Callable
from typing import Any

import numpy as np

from autograder.sandbox.plain import (
    COLLISIONS,
    DEPTH,
    DTYPES,
    HOLLOW,
    INT_BITS,
    NDIM,
    NODES,
    TENSORS,
    Buffer,
    Grasp,
    Tree,
    WireError,
    hollow,
    is_key,
)


def decode(tree: Tree, body: Buffer, handle: Grasp) -> object:
    """The value, built afresh: arrays are writable, own their memory and are exact `ndarray`s. Runs nothing.

    `handle` makes an object of what the other side holds. Raises WireError, and nothing else, for anything malformed.
    """
    decoder = _Decoder(memoryview(body), handle)
    try:
        value = decoder.node(tree, 0)
    except (ValueError, TypeError, OverflowError, MemoryError, struct.error) as error:
        raise error if isinstance(error, WireError) else WireError(f"a malformed value: {error}") from None
    if decoder.offset != len(decoder.body):
        raise WireError(f"{len(decoder.body) - decoder.offset} bytes that belong to nothing")
    return value


class _Decoder:
    """Rebuilds a value; every length is checked against what is there before anything is allocated."""

    def __init__(self, body: memoryview, handle: Grasp) -> None:
        self.body, self.handle, self.offset, self.nodes = body, handle, 0, 0

    def node(self, tree: Any, depth: int) -> object:
        self.nodes += 1
        if self.nodes > NODES or depth > DEPTH:
            raise WireError("too many or too deeply nested values")
        kind = type(tree)  # what the parser makes is of these types exactly
        if tree is None or kind is str or kind is bool:
            return tree
        if kind is int:
            if tree.bit_length() > INT_BITS:
                raise WireError(f"an integer of {tree.bit_length()} bits")
            return tree
        if kind is float:
            if not math.isfinite(tree):
                raise WireError("a number too large for a float")
            return tree
        if kind is list:
            return [self.node(part, depth + 1) for part in tree]
        if kind is not dict or len(tree) != 1:
            raise WireError("a node without exactly one tag")
        [(tag, content)] = tree.items()
        read = _READERS.get(tag)
        if read is None:
            raise WireError("a node with an unknown tag")
        return read(self, content, depth)

    def take(self, size: int) -> memoryview:
        if size > len(self.body) - self.offset:
            raise WireError(f"{size} bytes asked of {len(self.body) - self.offset}")
        self.offset += size
        return self.body[self.offset - size : self.offset]

    def get_float(self, content: object, depth: int) -> object:
        number: float = struct.unpack("<d", bytes.fromhex(_text(content)))[0]
        return number

    def get_complex(self, content: object, depth: int) -> object:
        real, imag = (self.node(part, depth + 1) for part in _pair(content))
        if type(real) is not float or type(imag) is not float:
            raise WireError("a complex number that is not two floats")
        return complex(real, imag)

    def get_str(self, content: object, depth: int) -> object:
        return base64.b64decode(_text(content), validate=True).decode("utf-8", "surrogatepass")

    def get_bytes(self, content: object, depth: int) -> object:
        return bytes(self.take(_size(content)))

    def get_tuple(self, content: object, depth: int) -> object:
        return tuple(self.node(part, depth + 1) for part in _parts(content))

    def get_dict(self, content: object, depth: int) -> object:
        parts = [self.node(part, depth + 1) for part in _parts(content)]
        keys = parts[::2]
        if len(parts) % 2 or not all(map(is_key, keys)):
            raise WireError("a dict of half an item, or with a key that cannot be one")
        if len(keys) > COLLISIONS and max(Counter(map(hash, keys)).values()) > COLLISIONS:
            raise WireError("a dict whose keys share one hash")
        found = dict(zip(keys, parts[1::2], strict=True))
        if len(found) != len(keys):
            raise WireError("a dict with the same key twice")
        return found

    def get_array(self, content: object, depth: int) -> object:
        code, shape = _pair(content)
        return self.entries(_text(code), shape)

    def get_tensor(self, content: object, depth: int) -> object:
        name, shape = _pair(content)
        code = TENSORS.get(_text(name))
        if code is None:
            raise WireError("a tensor of an unknown dtype")
        import torch  # a second and more: only where a tensor really appears

        tensor = torch.from_numpy(self.entries(code, shape))
        return tensor.view(torch.bfloat16) if name == "bfloat16" else tensor

    def get_scalar(self, content: object, depth: int) -> object:
        code, digits = _pair(content)
        alone = _Decoder(memoryview(bytes.fromhex(_text(digits))), self.handle)
        number = alone.entries(_text(code), [])[()]
        if alone.offset != len(alone.body):
            raise WireError("a scalar of too many bytes")
        return number

    def entries(self, code: str, shape: object) -> np.ndarray[Any, Any]:
        dtype = DTYPES.get(code)
        sizes = [_size(part) for part in _parts(shape)]
        if dtype is None or len(sizes) > NDIM:
            raise WireError("an array of an unknown dtype or of too many dimensions")
        count = math.prod(sizes)
        if not count and hollow(sizes) > HOLLOW:
            raise WireError("an empty array of an absurd shape")
        raw = self.take(count * dtype.itemsize)
        if code == "|b1" and count and np.frombuffer(raw, np.uint8).max() > 1:
            raise WireError("a truth value that is neither 0 nor 1")
        if not count:
            return np.empty(sizes, dtype)
        return np.frombuffer(raw, dtype).reshape(sizes).copy()

    def get_held(self, content: object, depth: int) -> object:
        if not isinstance(content, dict):
            raise WireError("a handle that is no object")
        return self.handle(content)


_READERS: dict[str, Callable[[_Decoder, object, int], object]] = {
    "f": _Decoder.get_float,
    "c": _Decoder.get_complex,
    "s": _Decoder.get_str,
    "b": _Decoder.get_bytes,
    "t": _Decoder.get_tuple,
    "d": _Decoder.get_dict,
    "a": _Decoder.get_array,
    "T": _Decoder.get_tensor,
    "n": _Decoder.get_scalar,
    "h": _Decoder.get_held,
}


def _parts(content: object) -> list[object]:
    if not isinstance(content, list):
        raise WireError("a node whose parts are no list")
    return content


def _pair(content: object) -> list[object]:
    if len(parts := _parts(content)) != 2:
        raise WireError("a node that should have two parts")
    return parts


def _text(content: object) -> str:
    if not isinstance(content, str):
        raise WireError("a node whose content is no text")
    return content


def _size(content: object) -> int:
    if type(content) is not int or not 0 <= content < 1 << 62:
        raise WireError("a length that is none")
    return content
