"""Plain values to a JSON tree and raw buffers; what is not plain is named and stays behind."""

from __future__ import annotations

import base64
import math
import struct
import sys
from collections.abc import Callable
from typing import Any

import numpy as np

from autograder.sandbox.plain import (
    DEPTH,
    DTYPES,
    HOLLOW,
    INT_BITS,
    NDIM,
    NODES,
    PADDED,
    SCALARS,
    TENSORS,
    Buffer,
    Hold,
    Tree,
    WireError,
    hollow,
    is_key,
)


def encode(value: object, hold: Hold) -> tuple[Tree, list[Buffer]]:
    """(tree, buffers) of a value; `hold` describes what is not plain and stays behind.

    Raises WireError for a plain value nested deeper than DEPTH or of more than NODES parts.
    """
    encoder = _Encoder(hold)
    return encoder.node(value, 0), encoder.buffers


class _Encoder:
    """Walks a value depth first; buffers are appended in the order in which the decoder meets their nodes."""

    def __init__(self, hold: Hold) -> None:
        self.hold, self.buffers, self.nodes = hold, list[Buffer](), 0

    def node(self, x: object, depth: int) -> Tree:
        self.nodes += 1
        if self.nodes > NODES:
            raise WireError(f"more than {NODES:,} values in lists and dicts; an array holds more")
        if depth > DEPTH:
            raise WireError(f"lists or dicts nested deeper than {DEPTH}")
        kind = type(x)
        write = _WRITERS.get(kind)
        if write is not None:
            return write(self, x, depth)
        if kind in SCALARS:
            return {"n": [np.asarray(x).dtype.str, bytes(_raw(np.asarray(x))).hex()]}
        if issubclass(kind, np.ndarray):
            return self.array(np.asarray(x)) or self.held(x)
        torch = sys.modules.get("torch")
        tensor = getattr(torch, "Tensor", None)
        if isinstance(tensor, type) and issubclass(kind, tensor):
            return self.tensor(torch, x) or self.held(x)
        return self.held(x)

    def held(self, x: object) -> Tree:
        return {"h": self.hold(x)}

    def put_atom(self, x: object, depth: int) -> Tree:
        return x

    def put_int(self, x: int, depth: int) -> Tree:
        return x if x.bit_length() <= INT_BITS else self.held(x)

    def put_float(self, x: float, depth: int) -> Tree:
        return x if math.isfinite(x) else {"f": struct.pack("<d", x).hex()}

    def put_complex(self, x: complex, depth: int) -> Tree:
        return {"c": [self.put_float(x.real, depth), self.put_float(x.imag, depth)]}

    def put_str(self, x: str, depth: int) -> Tree:
        try:
            x.encode("utf-8")
        except UnicodeEncodeError:
            # JSON would join two lone surrogates that happen to stand side by side.
            return {"s": base64.b64encode(x.encode("utf-8", "surrogatepass")).decode("ascii")}
        return x

    def put_bytes(self, x: bytes, depth: int) -> Tree:
        self.buffers.append(x)
        return {"b": len(x)}

    def put_list(self, x: list[object], depth: int) -> Tree:
        return [self.node(part, depth + 1) for part in tuple(x)]

    def put_tuple(self, x: tuple[object, ...], depth: int) -> Tree:
        return {"t": [self.node(part, depth + 1) for part in x]}

    def put_dict(self, x: dict[object, object], depth: int) -> Tree:
        items = tuple(x.items())
        if not all(is_key(key) for key, _ in items):
            return self.held(x)
        return {"d": [self.node(part, depth + 1) for item in items for part in item]}

    def array(self, x: np.ndarray[Any, Any]) -> Tree:
        if x.dtype.str not in DTYPES or x.ndim > NDIM or (not x.size and hollow(x.shape) > HOLLOW):
            return None
        self.buffers.append(_raw(x))
        return {"a": [x.dtype.str, list(x.shape)]}

    def tensor(self, torch: Any, x: Any) -> Tree:
        try:
            if x.layout is not torch.strided or x.is_quantized:
                return None
            data = x.detach().cpu().resolve_conj().resolve_neg()
            name = str(data.dtype).removeprefix("torch.")
            array = (data.contiguous().view(torch.int16) if name == "bfloat16" else data).numpy()
        except (RuntimeError, TypeError, NotImplementedError):
            return None  # on the meta device, inside a transform, of a dtype numpy has no word for
        if TENSORS.get(name) != array.dtype.str or self.array(array) is None:
            return None
        return {"T": [name, list(array.shape)]}


_WRITERS: dict[type, Callable[[_Encoder, Any, int], Tree]] = {
    type(None): _Encoder.put_atom,
    bool: _Encoder.put_atom,
    int: _Encoder.put_int,
    float: _Encoder.put_float,
    complex: _Encoder.put_complex,
    str: _Encoder.put_str,
    bytes: _Encoder.put_bytes,
    list: _Encoder.put_list,
    tuple: _Encoder.put_tuple,
    dict: _Encoder.put_dict,
}


def _raw(x: np.ndarray[Any, Any]) -> memoryview:
    """The bytes of an array in C order, without a copy where it is contiguous."""
    flat: np.ndarray[Any, Any] = np.ascontiguousarray(x).reshape(-1).view(np.uint8)
    if x.dtype.char in PADDED and x.size:
        numbers = flat.reshape(-1, 16).copy()
        numbers[:, slice(10, 16) if x.dtype.isnative else slice(0, 6)] = 0
        flat = numbers.reshape(-1)
    return flat.data
