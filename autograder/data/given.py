"""What a worker has of a run's data: training and validation part, the test part's images, and no test label.

Arrays do not cross to it: a check passes `Given` objects, and the worker puts its own arrays in their place. Those of
a data folder are mapped from files before a worker is forked, so that all workers share their pages.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from autograder.data import shelf
from autograder.data.dataset import INSIDE, Array, DataError
from autograder.data.keeping import mapped

_AT_ONCE: Final = 50
"""Images: a block stays in the processor's cache."""
_held: Final[dict[str, dict[str, Array]]] = {}
"""Name of a source → its arrays."""
_stands_for: Final[dict[str, str]] = {}
"""Name that was asked for → name of the source, of every set that the assignment declares."""


def hold(sets: Mapping[str, tuple[str, str]]) -> None:
    """Map the sets of a run: name asked for → (name of the source, folder of its arrays, "" where it has none)."""
    for asked, (source, folder) in sets.items():
        _stands_for[asked] = source
        if folder and source not in _held:
            # Private, copied when written: whoever gets around read-only harms nobody else, and does not crash either.
            _held[source] = {name: _closed(mapped(Path(folder, f"{name}.npy"), "c")) for name in INSIDE}


def hold_all() -> None:
    """Make what installs with the kit too: for workers that may open no file."""
    for source in _stands_for.values():
        _arrays(source)


def declared(asked: str) -> bool:
    """Whether the assignment of this worker declares the set."""
    return asked in _stands_for


def value(source: str, array: str, rows: int, tensor: bool, start: int = 0) -> Any:
    """What stands for a `Given` here: a read-only array, or a tensor of its own. Raises DataError."""
    if array not in INSIDE:
        raise DataError(f"{array} never enters a worker")
    found = _arrays(source)[array][start:rows]
    if not tensor:
        return found
    import torch

    return torch.tensor(found)


def source(asked: str) -> str:
    """The name of the set that is really there."""
    return _stands_for.get(asked) or shelf.load(asked).name


def as_bytes(source: str, part: str) -> tuple[NDArray[np.uint8], NDArray[np.int64]]:
    """Images (N, C, H, W) uint8 and labels (N,) of the training or the validation part, the caller's own."""
    arrays = _arrays(source)
    images = np.empty(arrays[f"x_{part}"].shape, np.uint8)
    for start in range(0, len(images), _AT_ONCE):
        block = arrays[f"x_{part}"][start : start + _AT_ONCE] * np.float32(255)
        images[start : start + _AT_ONCE] = np.rint(block, out=block)
    return images, arrays[f"y_{part}"].copy()


def sizes(source: str) -> tuple[int, int]:
    """How many images there are to train with and to validate with."""
    arrays = _arrays(source)
    return len(arrays["x_train"]), len(arrays["x_val"])


def _arrays(source: str) -> dict[str, Array]:
    if source not in _held:
        dataset = shelf.load(source)
        if dataset.name != source:
            raise DataError(f'{source} is not here: the assignment has to declare it, data = ["{source}"]')
        _held[source] = {name: getattr(dataset, name) for name in INSIDE}
    return _held[source]


def _closed(array: Array) -> Array:
    array.flags.writeable = False
    return array
