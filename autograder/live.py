"""Checks over a notebook that is running: what the tests for Otter call, in Jupyter and in `otter run`.

The student is the namespace of the session as it is. The figures are those of a run from top to bottom in a process of
its own. Nothing here is confined: at home there is nothing to guard, and under Otter everything lies open anyway.
"""

from __future__ import annotations

import contextlib
import io
import subprocess
import sys
import tempfile
from functools import cached_property
from pathlib import Path
from typing import Any, Final

import numpy as np

from autograder.checks.declaration import facts, order
from autograder.checks.loading import functions
from autograder.checks.running import Outcome, Run
from autograder.home import Home
from autograder.sandbox import local, offline
from autograder.sandbox.student import Student

HANDOUT: Final = "handout"
SOLUTION: Final = "solution"
SEED: Final = "seed.txt"
"""What a bundle for Otter holds: two folders and the seed of the checks' inputs."""
_PATIENCE: Final = 1800
_pictures: dict[tuple[str, int], list[Any]] = {}


class Live(Home):
    """A session's namespace in the folder of its notebook; with `kit`, hidden checks and the reference beside it."""

    def __init__(self, folder: Path, space: dict[str, Any], kit: Path | None = None) -> None:
        super().__init__(folder, int((kit / SEED).read_text()) if kit else 1)
        self._space, self._kit = space, kit
        if kit:
            from autograder.grading.runner import Reference

            self.ref = Reference(kit / SOLUTION)

    @property
    def handout(self) -> Path:
        return self._kit / HANDOUT if self._kit else self.folder

    @cached_property
    def student(self) -> Student:
        books = [name for name in self.asked if name.endswith(".ipynb")]
        spaces = {name.removesuffix(".ipynb"): self._space for name in books}
        files = sorted({path.name for path in self.folder.iterdir() if path.is_file()} | set(books))
        return Student(lambda need=None: local.connect(self.folder, books, spaces), self.limits, files, self.asked)

    def figures(self, notebook: str) -> list[Any]:
        """Of the notebook as it is saved."""
        path = self.folder / f"{notebook}.ipynb"
        key = (str(path), path.stat().st_mtime_ns if path.is_file() else 0)
        if key not in _pictures:
            _pictures[key] = _run_alone(self.folder, notebook)
        return _pictures[key]

    def hidden(self, path: Path) -> bool:
        return self._kit is not None and path.is_relative_to(self._kit / SOLUTION)


def run(check: str, space: dict[str, Any], kit: str = "") -> None:
    """Run one check, and first those that it comes after, over `space`; prints why it did not pass, or nothing."""
    here = Path.cwd()
    outcome = _judged(check, Live(here, space, (here / kit) if kit else None))
    if outcome["outcome"] != "passed":
        print("\n".join(filter(None, (outcome["why"], outcome["hint"] and f"Try: {outcome['hint']}"))))


def _judged(check: str, live: Live) -> Outcome:
    folders = [live.handout, *([live._kit / SOLUTION] if live._kit else [])]
    found = [
        (facts(function, path), function)
        for folder in folders
        for path in sorted(folder.glob("checks_*.py"))
        for function in functions(path)
    ]
    ordered = [found[place] for place in order([fact for fact, _ in found])]
    if check not in [fact.name for fact, _ in found]:
        raise LookupError(f"{live.handout}: there is no {check}; start Jupyter in the folder that you unpacked")
    chain = {check}
    for fact, _ in reversed(ordered):
        chain |= set(fact.after) if fact.name in chain else set()
    going, outcomes = Run(live), {}
    with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
        for fact, function in ordered:
            if fact.name in chain:
                outcomes[fact.name] = going.judge(fact, function, fact.wants)
    return outcomes[check]


def prepare() -> None:
    """What a graded session begins with: the kit's digits for a download of MNIST, the CPU for a GPU."""
    offline.prepare(Path.cwd())


def _run_alone(folder: Path, notebook: str) -> list[Any]:
    with tempfile.TemporaryDirectory() as place:
        saved = Path(place, "pictures.npz")
        call = [sys.executable, "-m", "autograder.live", notebook, str(saved)]
        subprocess.run(call, cwd=folder, check=False, timeout=_PATIENCE, capture_output=True)
        if not saved.is_file():
            return []
        with np.load(saved, allow_pickle=False) as arrays:
            return [arrays[name] for name in sorted(arrays.files)]


if __name__ == "__main__":
    shown = Home(Path.cwd(), 1).figures(sys.argv[1])
    np.savez(sys.argv[2], **{f"p{number:03}": picture for number, picture in enumerate(shown)})
