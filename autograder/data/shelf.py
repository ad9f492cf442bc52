"""Where the data sets stand: by name, parsed once a process."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache

from autograder.data.binary import binary
from autograder.data.cats_dogs import cats_dogs
from autograder.data.dataset import DataError, Dataset
from autograder.data.digits import digits

MAKERS: dict[str, Callable[[], Dataset]] = {"binary": binary, "cats_dogs": cats_dogs, "digits": digits}


def names() -> tuple[str, ...]:
    """Every data set that `load` knows."""
    return tuple(MAKERS)


@cache
def load(name: str) -> Dataset:
    """The data set of that name, the same object on every call; raises DataError for a name nobody knows."""
    if name not in MAKERS:
        raise DataError(f"data: there is no set called {name!r}; there are {', '.join(names())}")
    return MAKERS[name]()
