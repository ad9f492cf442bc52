"""Where the data sets stand: by name, parsed once a process."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Final

from autograder.data import folder
from autograder.data.binary import binary
from autograder.data.cats_dogs import cats_dogs
from autograder.data.dataset import DataError, Dataset
from autograder.data.digits import digits
from autograder.data.shapes import shapes

MAKERS: Final[dict[str, Callable[[], Dataset]]] = {
    "binary": binary,
    "cats_dogs": cats_dogs,
    "digits": digits,
    "shapes": shapes,
}
"""What installs with the kit."""
VARIABLE: Final = "AUTOGRADER_DATA"
"""Of the environment, so that every process of a run reads the same folder."""


def names() -> tuple[str, ...]:
    """Every data set that `load` knows."""
    return (*MAKERS, *folder.REAL)


def use(place: Path | None) -> None:
    """Read real sets from this data folder, in this process and those it starts; raises DataError for no folder."""
    if place is None:
        return
    if not place.is_dir():
        raise DataError(
            f"{place}: is no folder; data sets are fetched into one by autograder data fetch NAME --data {place}"
        )
    os.environ[VARIABLE] = str(place.resolve())


def chosen() -> Path | None:
    """The data folder of this process, if it has one."""
    given = os.environ.get(VARIABLE)
    return Path(given) if given else None


def load(name: str) -> Dataset:
    """The data set of that name, the same object on every call.

    A real set comes from the data folder, and without one from what installs with the kit: `.name` says which it is.
    Raises DataError for a name nobody knows, and for a set that the folder lacks.
    """
    if name not in MAKERS and name not in folder.REAL:
        raise DataError(f"data: there is no set called {name!r}; there are {', '.join(names())}")
    return _load(name, chosen() if name in folder.REAL else None)


@cache
def _load(name: str, place: Path | None) -> Dataset:
    if name in MAKERS:
        return MAKERS[name]()
    real = folder.REAL[name]
    if place is None:
        return replace(_load(real.stand_in, None), asked=name)
    if not place.is_dir():
        raise DataError(f"{name}: {place}, which {VARIABLE} names, is no folder")
    return folder.load(real, place)


def listed() -> Iterator[tuple[str, str]]:
    """Every name and, in words, where its data would come from now; nothing is read."""
    place = chosen()
    for name in MAKERS:
        yield name, "installs with the kit"
    for name, real in folder.REAL.items():
        if place is None:
            yield name, f"{real.stand_in}, which installs with the kit; no data folder is chosen"
        elif any(True for pattern in real.files for _ in place.glob(pattern)):
            yield name, f"from {place}"
        else:
            yield name, f"not in {place}"
