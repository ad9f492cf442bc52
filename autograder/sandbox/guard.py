"""What surrounds a notebook in a worker: its data files, its computing time, and an end to what it prints.

All are a kindness. A cell that never ends is stopped alone, so that what other cells define is still graded; a cell
that takes this off is stopped with its worker, by the grader.
"""

from __future__ import annotations

import contextlib
import shutil
import signal
import sys
from collections.abc import Iterator
from pathlib import Path
from types import FrameType
from typing import Final, TextIO

from autograder.sandbox.notebook import StoppedError

PRINTED: Final = 16 << 10
"""Characters that a notebook's run may print before it is no longer listened to."""
COPIED: Final = 64 << 20
"""Bytes of data files that are put where a notebook looks for them."""
_FIRST, _LAST = 0.82, 0.08
"""Shares of the time: for the run, and, once that is used up, for the cells that are left."""
_SLEEP: Final = 3
"""Seconds that a cell may sleep for each second of computing time."""


class Guard:
    """`with guard():` around a cell. Without `start` there is no limit of time."""

    def __init__(self) -> None:
        self._left: list[float] = []
        self._room = PRINTED

    def start(self, seconds: float) -> None:
        """A notebook's run begins, which may use so many CPU seconds and sleep three times as long."""
        self._left, self._room = [_LAST * seconds, _FIRST * seconds], PRINTED

    @contextlib.contextmanager
    def __call__(self) -> Iterator[None]:
        """Raises StoppedError in what it surrounds when time is up, and at once where it was up before."""
        if self._left and not self._left[-1]:
            raise StoppedError
        before = sys.stdout, sys.stderr
        sys.stdout, sys.stderr = (_Short(stream, self) for stream in before)
        try:
            if self._left:
                signal.signal(signal.SIGPROF, self._stop)
                signal.signal(signal.SIGALRM, self._stop)
                signal.setitimer(signal.ITIMER_PROF, self._left[-1])
                signal.setitimer(signal.ITIMER_REAL, _SLEEP * self._left[-1])
            yield
        finally:
            if self._left:
                self._left[-1] = signal.setitimer(signal.ITIMER_PROF, 0)[0] or self._left[-1]
                signal.setitimer(signal.ITIMER_REAL, 0)
            sys.stdout, sys.stderr = before

    def _stop(self, number: int, frame: FrameType | None) -> None:
        if len(self._left) > 1:
            self._left.pop()
        else:
            self._left[-1] = 0.0
        raise StoppedError

    def admit(self, text: str) -> str:
        """As much of what is printed as there is room for."""
        if self._room < 0:
            return ""
        self._room -= len(text)
        return text if self._room >= 0 else text[: self._room] + "… (what else the notebook printed is left out)\n"


class _Short:
    """An output that a Guard cuts off."""

    def __init__(self, stream: TextIO, guard: Guard) -> None:
        self._stream, self._guard = stream, guard

    def write(self, text: str) -> int:
        self._stream.write(self._guard.admit(text))
        return len(text)

    def __getattr__(self, name: str) -> object:
        return getattr(self._stream, name)


def lay_out(folder: Path) -> None:
    """Copy a submission's data files to the working folder, where they can be written; code stays where it is."""
    room = COPIED
    for path in sorted(folder.rglob("*")):
        if path.suffix in (".py", ".ipynb") or not path.is_file() or path.is_symlink():
            continue
        if path.stat().st_size > room:
            continue
        room -= path.stat().st_size
        place = Path(path.relative_to(folder))
        place.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(path, place)
