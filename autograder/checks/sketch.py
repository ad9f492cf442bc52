"""Sketches of trained weights: a few numbers by which two networks that are nearly the same are found in a class."""

from __future__ import annotations

import base64
import math
from collections.abc import Mapping
from functools import lru_cache
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from .networks import learned

SIZE: Final = 64
MOST: Final = 16_000_000
"""Numbers that a network may have to be sketched: as float32 they cross in one reply."""
ALIKE: Final = 0.9999
"""The cosine from which two networks are nearly the same; another seed gives 0.8 at most, another rounding 1 − 1e-6."""

_SPLIT: Final = 20021
"""Which place and sign each number has: the same for every submission, run and course."""
_CHUNK: Final = 1 << 20


def sketch(arrays: Mapping[str, NDArray[Any]]) -> str:
    """How many numbers the arrays of a network hold, and the SIZE sums of a random split of them with random signs.

    A sum of squares of differences survives this up to a fifth (a count sketch: Charikar, Chen and Farach-Colton,
    2002). What is not learned is left out, and other names for the arrays change nothing.
    """
    parts = [value for name, value in arrays.items() if learned(name, value)]
    if not parts:
        return ""
    numbers = np.concatenate([part.reshape(-1) for part in sorted(parts, key=lambda part: part.shape)])
    draw, sums = np.random.default_rng(_SPLIT), np.zeros(SIZE)
    with np.errstate(over="ignore", invalid="ignore"):
        for start in range(0, len(numbers), _CHUNK):
            some = numbers[start : start + _CHUNK].astype(float)
            drawn = draw.integers(0, 2 * SIZE, len(some), np.uint8)
            sums += np.bincount(drawn >> 1, np.where(drawn & 1, some, -some), SIZE)
        scale = np.abs(sums).max()
    if not np.isfinite(scale) or scale == 0:
        return ""
    return f"{len(numbers)} {base64.b64encode((sums / scale).astype('<f4').tobytes()).decode()}"


def likeness(one: str, other: str) -> float:
    """The cosine of two sketches, 0 where the networks have not the same size."""
    (size, a), (other_size, b) = _read(one), _read(other)
    if size != other_size or not size:
        return 0.0
    norm = math.sqrt(float(a @ a) * float(b @ b))
    return float(a @ b) / norm if norm else 0.0


@lru_cache(maxsize=4096)
def _read(sketch: str) -> tuple[int, NDArray[np.float64]]:
    size, _, sums = sketch.partition(" ")
    return int(size or 0), np.frombuffer(base64.b64decode(sums), "<f4").astype(float)
