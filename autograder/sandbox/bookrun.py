"""What a worker says of a notebook's run, read as untrusted data: failed cells, what did nothing, what was shown."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from autograder.sandbox import mishap
from autograder.sandbox.figures import MOST, SIDE, Picture
from autograder.sandbox.mishap import Mishap, clean
from autograder.sandbox.wire import WireError

FAILURES: Final = 20
NOTES: Final = 40
CELLS: Final = 2_000


@dataclass(frozen=True)
class BookRun:
    """`failures` and `pictures` come with the number of their cell."""

    file: str
    failures: tuple[tuple[int, Mishap], ...] = ()
    notes: tuple[str, ...] = ()
    pictures: tuple[tuple[int, Picture], ...] = ()

    @property
    def says(self) -> tuple[str, ...]:
        """Sentences for the student, the first failures first."""
        failed = [f"{self.file}, {_failed(number, wrong)}" for number, wrong in self.failures[:5]]
        if len(self.failures) > 5:
            failed.append(f"{self.file}: {len(self.failures) - 5} more cells failed.")
        if failed:
            failed.append(f"{self.file}: the cells after one that failed were run all the same.")
        return (*failed, *(f"{self.file}{',' if note.startswith('cell ') else ':'} {note}" for note in self.notes))


def _failed(number: int, wrong: Mishap) -> str:
    own = wrong.frames[0] if wrong.frames else None
    where = f", line {own.line}: `{own.text}`" if own else ""
    what = f"{wrong.type}: {wrong.message}" if wrong.message else wrong.type
    if wrong.type == "NotImplementedError" and wrong.frames:
        what = f"{wrong.frames[-1].function} is not written yet"
    return f"cell {number}{where}: {what.rstrip('.')}."


def fits(answer: object) -> bool:
    """Whether a decoded reply is what `read` takes."""
    try:
        read(answer, "")
    except (WireError, KeyError, TypeError, ValueError):
        return False
    return True


def read(answer: Any, file: str) -> BookRun:
    """The record in a decoded reply; raises WireError, KeyError, TypeError or ValueError for anything else."""
    failures, notes, pictures = answer["failures"], answer["notes"], answer["pictures"]
    if not (_is_list(failures, FAILURES) and _is_list(notes, NOTES) and _is_list(pictures, MOST)):
        raise WireError("a notebook's run without its three parts")
    return BookRun(
        file,
        tuple((_cell(number), mishap.read(tree)) for number, tree in failures),
        tuple(clean(_text(note), 200) for note in notes),
        tuple((_cell(number), _picture(pixels)) for number, pixels in pictures),
    )


def _is_list(x: object, most: int) -> bool:
    return type(x) is list and len(x) <= most


def _cell(number: object) -> int:
    if type(number) is not int or not 0 < number <= CELLS:
        raise WireError("a cell without a number")
    return number


def _text(x: object) -> str:
    if type(x) is not str:
        raise WireError("a note that is no text")
    return x


def _picture(pixels: object) -> Picture:
    if type(pixels) is not np.ndarray or pixels.dtype != np.uint8 or pixels.ndim != 3 or pixels.shape[2] != 3:
        raise WireError("a picture of another form")
    if not 0 < min(pixels.shape[:2]) <= max(pixels.shape[:2]) <= SIDE + 1:
        raise WireError("a picture of another size")
    return pixels
