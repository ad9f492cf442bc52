"""What a data set is: six arrays, where they come from, and one figure that says whether they are still the same."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from autograder.data.unseen import Unseen

Array = NDArray[Any]
"""Features are float32 or float64, labels int64; which of them, each set's own module says."""

PARTS = ("train", "val", "test")
INSIDE = ("x_train", "y_train", "x_val", "y_val", "x_test")
"""The arrays that a worker may have: all but the labels of the test part."""


class DataError(ValueError):
    """A data set cannot be had: the name is unknown, or the file it is read from is missing or another one."""


@dataclass(frozen=True)
class Given:
    """An array of the run's data that a worker has too, named where it is not: what a check passes to a submission."""

    source: str
    array: str
    rows: int
    """Up to this one."""
    tensor: bool = False
    """As a torch tensor of the submission's own; arrays are read-only there."""
    start: int = 0

    @property
    def target(self) -> dict[str, object]:
        """As a request's header has it."""
        return {"given": [self.source, self.array, self.rows, self.tensor, self.start]}

    def __len__(self) -> int:
        return max(0, self.rows - self.start)

    def part(self, start: int, stop: int) -> Given:
        """Some rows of it, as a tensor."""
        rows = min(self.start + stop, self.rows)
        return replace(self, tensor=True, start=self.start + start, rows=rows)


@dataclass(frozen=True, eq=False)
class Dataset:
    """Read-only arrays of one data set; `x_*` begin with the sample axis, `y_*` are int64 of shape (N,)."""

    name: str
    source: str
    x_train: Array
    y_train: Array
    x_val: Array
    y_val: Array
    x_test: Array
    y_test: Array
    asked: str = ""
    """The name that was asked for; another one than `name` where the kit's own set stands in."""
    folder: Path | None = None
    """The data folder it was read from; None for what installs with the kit."""
    kept: Path | None = None
    """A folder that holds the arrays as `.npy` files, for processes that are not to hold copies of their own."""
    known: str = ""
    """The checksum, where it was computed when the arrays were written there."""

    def __post_init__(self) -> None:
        if not self.asked:
            object.__setattr__(self, "asked", self.name)
        # One process shares one copy, so a consumer that writes into it must fail instead of changing everyone's data.
        for _, array in self.arrays():
            array.flags.writeable = False

    def arrays(self) -> Iterator[tuple[str, Array]]:
        """The six arrays with their names, in a fixed order."""
        for part in PARTS:
            for axis in "xy":
                yield f"{axis}_{part}", getattr(self, f"{axis}_{part}")

    @cached_property
    def checksum(self) -> str:
        """sha256 (hex) of all six arrays: the data's version in a grade."""
        return self.known or digest(self.arrays())

    @property
    def told(self) -> str:
        """The name and the checksum, for a report: "digits in place of mnist, sha256 1b84…"."""
        stands_in = f" in place of {self.asked}" if self.asked != self.name else ""
        return f"{self.name}{stands_in}, sha256 {self.checksum}"

    def train(self, rows: int | None = None, *, tensors: bool = False) -> tuple[Given, Given]:
        """The training images and labels, or the first `rows`, as arguments for a submission; nothing crosses."""
        return self.given("x_train", rows, tensors), self.given("y_train", rows, tensors)

    def val(self, rows: int | None = None, *, tensors: bool = False) -> tuple[Given, Given]:
        """The validation images and labels, likewise."""
        return self.given("x_val", rows, tensors), self.given("y_val", rows, tensors)

    def test(self, rows: int | None = None, *, tensors: bool = False) -> Given:
        """The test images, likewise; their labels stay here."""
        return self.given("x_test", rows, tensors)

    def unseen(self, rng: np.random.Generator, count: int | None = None, *, farthest: int = 2) -> Unseen:
        """(x, y, how): images that no submission can have been trained on, or as near to that as this machine gets.

        See `autograder.data.unseen`; `how` is for staff.
        """
        from autograder.data.unseen import unseen

        return unseen(self, rng, count, farthest=farthest)

    def given(self, array: str, rows: int | None = None, tensor: bool = False) -> Given:
        """One of them by name, the first `rows`. Raises ValueError for what no submission gets."""
        if array not in INSIDE:
            raise ValueError(f"{array} never enters a worker; there are {', '.join(INSIDE)}")
        there = len(getattr(self, array))
        return Given(self.name, array, there if rows is None else min(rows, there), tensor)


def digest(arrays: Iterable[tuple[str, Array]]) -> str:
    """sha256 (hex) of names, dtypes, shapes and values in little-endian order."""
    found = hashlib.sha256()
    for name, array in arrays:
        little = np.ascontiguousarray(array, dtype=array.dtype.newbyteorder("<"))
        found.update(f"{name} {little.dtype.str} {little.shape}\n".encode())
        found.update(little.reshape(-1).view(np.uint8).data)
    return found.hexdigest()


def split(name: str, source: str, x: Array, y: Array, train: int, val: int) -> Dataset:
    """Cut x (N, …) and y (N,) into the first `train` rows, the next `val`, and the rest as test set."""
    edge = train + val
    return Dataset(name, source, x[:train], y[:train], x[train:edge], y[train:edge], x[edge:], y[edge:])
