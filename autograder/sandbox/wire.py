"""Frames between grader and worker: a length-prefixed JSON header and a body of raw bytes, never a pickle."""

from __future__ import annotations

import json
import struct
from collections.abc import Sequence
from typing import Final, NoReturn

from autograder.sandbox.decoding import decode
from autograder.sandbox.encoding import encode
from autograder.sandbox.plain import Buffer, Tree, WireError

__all__ = [
    "BODY_BYTES",
    "HEADER_BYTES",
    "PREFIX",
    "Buffer",
    "Tree",
    "WireError",
    "decode",
    "encode",
    "pack",
    "parse",
    "split",
    "unpack_prefix",
]

PREFIX = struct.Struct("<IQ")
HEADER_BYTES = 1 << 20
BODY_BYTES = 64 << 20


def pack(header: dict[str, object], body: Sequence[Buffer] = ()) -> bytes:
    """One frame. Raises WireError if the header is larger than HEADER_BYTES."""
    head = _ENCODER.encode(header).encode("ascii")
    if len(head) > HEADER_BYTES:
        raise WireError(f"lists, dicts and text of more than {HEADER_BYTES >> 20} MiB; arrays may be larger")
    return b"".join((PREFIX.pack(len(head), sum(map(len, body))), head, *body))


def unpack_prefix(prefix: bytes) -> tuple[int, int]:
    """(header bytes, body bytes) from a frame's first PREFIX.size bytes. The caller caps the body before allocating."""
    if len(prefix) != PREFIX.size:
        raise WireError(f"a prefix of {len(prefix)} bytes")
    header, body = PREFIX.unpack(prefix)
    if header > HEADER_BYTES:
        raise WireError(f"a header of {header} bytes")
    return header, body


def split(frame: bytes) -> tuple[bytes, memoryview]:
    """(header, body) of exactly one whole frame."""
    header, body = unpack_prefix(frame[: PREFIX.size])
    if len(frame) != PREFIX.size + header + body:
        raise WireError(f"a frame of {len(frame)} bytes that promised {PREFIX.size + header + body}")
    view = memoryview(frame)[PREFIX.size :]
    return bytes(view[:header]), view[header:]


def parse(header: bytes) -> dict[str, object]:
    """The JSON object in a header; duplicate keys, NaN literals and huge numbers are refused."""
    try:
        tree = _DECODER.decode(header.decode("utf-8"))
    except (ValueError, RecursionError) as error:
        raise WireError(f"a header that is no JSON of ours: {type(error).__name__}") from None
    if type(tree) is not dict:
        raise WireError("a header that is no object")
    return tree


def _unique(pairs: list[tuple[str, object]]) -> dict[str, object]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise WireError("an object with the same key twice")
    return found


def _no_constant(name: str) -> NoReturn:
    raise WireError(f"the literal {name}")


# json.dumps and json.loads would make one each for every message
_ENCODER: Final = json.JSONEncoder(separators=(",", ":"), allow_nan=False)
_DECODER: Final = json.JSONDecoder(object_pairs_hook=_unique, parse_constant=_no_constant)
