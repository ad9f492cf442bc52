"""A student's machine: what the checks' plugin asks for when there is no grader, only a folder and an editor."""

from __future__ import annotations

from collections.abc import Callable, Iterator, MutableMapping
from functools import cached_property
from pathlib import Path
from typing import Any

import pytest

from autograder import course, data
from autograder.model import Limits
from autograder.sandbox import local
from autograder.sandbox.files import content
from autograder.sandbox.student import Student


class Home:
    """The folder's own modules, called in this process; no hidden checks, no reference, no limits but patience."""

    ref: Any = None
    training: Any = None
    limits = Limits(call_seconds=1e9, check_seconds=1e9, submission_seconds=1e9)

    def __init__(self, folder: Path, seed: int) -> None:
        self.folder = folder
        self.seed = seed
        self.once: MutableMapping[Any, Any] = {}

    @cached_property
    def student(self) -> Student:
        files = sorted(path.name for path in self.folder.iterdir() if path.is_file())
        return Student(lambda need=None: local.connect(self.folder, self.asked), self.limits, files, self.asked)

    @property
    def handout(self) -> Path:
        """Where assignment.toml is."""
        return self.folder

    @cached_property
    def asked(self) -> tuple[str, ...]:
        """The files that the assignment asks for; all that are here where nothing says so."""
        if (self.handout / "assignment.toml").is_file():
            assignment = course.load(self.handout, None)
            return (*assignment.files, *assignment.optional)
        return tuple(path.name for path in self.folder.glob("*.ipynb"))

    def figures(self, notebook: str) -> list[Any]:
        return [picture for _, picture in self.student.notebook(notebook).pictures]

    def file(self, name: str, most: int) -> bytes | None:
        return content(self.folder / name, most)

    def notes(self) -> Iterator[str]:
        """What there is to say of the notebooks that were run."""
        if "student" in vars(self):
            for run in self.student.notebooks:
                yield from run.says

    def data(self, name: str) -> data.Dataset:
        return data.load(name)

    def hidden(self, path: Path) -> bool:
        return False

    def flag(self, sentence: str) -> None:
        """Flags are for staff, and at home there are none."""

    def keep_weights(self, file: str, sketch: Callable[[], str]) -> None:
        """There is no class to compare with."""


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.getgroup("autograder").addoption(
        "--seed", type=int, default=1, help="draw the checks' inputs from this seed"
    )


@pytest.hookimpl(optionalhook=True)
def pytest_autograder_context(config: pytest.Config) -> Home:
    """The folder that pytest was started for; kept on the config, so that modules are imported once."""
    home: Home | None = getattr(config, "_autograder_home", None)
    if home is None:
        home = Home(config.rootpath, config.getoption("--seed"))
        config._autograder_home = home  # type: ignore[attr-defined]
    return home


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    """What went wrong in a notebook's cells, which checks name only where they miss something."""
    home: Home | None = getattr(config, "_autograder_home", None)
    for note in home.notes() if home else ():
        terminalreporter.write_line(note)
