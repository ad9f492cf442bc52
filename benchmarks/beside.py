"""The checks with the student's modules imported into the same process: how peers run, and the floor for any tool."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Generator, Sequence
from pathlib import Path

import pytest

from autograder import course, data
from autograder.checks import plugin, running
from autograder.checks.running import Run
from autograder.grading.runner import Context, Harness, Reference, collect
from autograder.model import Assignment, Limits
from autograder.sandbox import local
from autograder.sandbox.student import Student

ROOT = Path(__file__).parent.parent
SEED = 7
ENDLESS = Limits(call_seconds=1e9, check_seconds=1e9, submission_seconds=1e9)


def context(assignment: Assignment) -> Context:
    assert assignment.solution is not None
    solution = assignment.solution.resolve()
    return Context(SEED, Reference(solution), data.load, solution)


def student(folder: Path) -> Student:
    return Student(lambda need=None: local.connect(folder), ENDLESS, sorted(path.name for path in folder.iterdir()))


def warm(assignment: Assignment, folders: Sequence[Path], names: Sequence[str]) -> list[float]:
    """Seconds of each folder: everything is imported once, then the checks are called on one after the other here."""
    seconds: list[float] = []

    def drive(harness: Harness, session: pytest.Session) -> None:
        for folder in folders:
            harness.outcomes = []
            harness.context.student = student(folder)
            began = time.perf_counter()
            plugin.run_once(session)
            seconds.append(time.perf_counter() - began)

    collect(assignment, SEED, data.load, drive, only=names)
    return seconds


def checks(id: str, names: Sequence[str]) -> dict[str, Callable[[str], None]]:
    """Name → a function of the submission's folder, which raises unless the check passes: for other tools."""
    items: dict[str, plugin.Check] = {}
    assignment = course.find(ROOT)[id]

    def keep(_harness: Harness, session: pytest.Session) -> None:
        items.update({item.name: item for item in session.items if isinstance(item, plugin.Check)})

    collect(assignment, SEED, data.load, keep)
    run = Run(context(assignment))

    def call(name: str, folder: str) -> None:
        if run.context.student is None:
            run.context.student = student(Path(folder))  # type: ignore[misc]
        outcome = items[name].judged(run)
        assert outcome["outcome"] == "passed", outcome["why"]

    return {name: lambda folder, name=name: call(name, folder) for name in names}  # type: ignore[misc]


class _Beside:
    """pytest plugin: the surroundings of the checks, from the environment."""

    def __init__(self) -> None:
        self.context = context(course.find(ROOT)[os.environ["BESIDE_ID"]])
        self.context.student = student(Path(os.environ["BESIDE_FOLDER"]))
        self.passed = 0

    @pytest.hookimpl
    def pytest_autograder_context(self) -> Context:
        return self.context

    @pytest.hookimpl
    def pytest_autograder_outcome(self, outcome: running.Outcome) -> None:
        self.passed += outcome["outcome"] == "passed"

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> Generator[None]:
        names = os.environ["BESIDE_CHECKS"].split(",")
        items[:] = [item for item in items if item.name in names]
        yield

    def pytest_sessionfinish(self) -> None:
        print(f"\nPASSED-CHECKS {self.passed}")


def pytest_configure(config: pytest.Config) -> None:
    if "BESIDE_ID" in os.environ and not config.pluginmanager.has_plugin("beside"):
        config.pluginmanager.register(_Beside(), "beside")
