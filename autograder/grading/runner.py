"""One grading process: checks collected once by pytest, then run against one submission after the other."""

from __future__ import annotations

import contextlib
import os
import time
from collections.abc import Callable, Collection, Generator, Iterable, Iterator, Mapping, MutableMapping
from dataclasses import dataclass, field, fields
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from autograder.checks import plugin
from autograder.checks.declaration import Facts
from autograder.checks.failure import plain
from autograder.grading.pictures import png
from autograder.model import TRAINING, Assignment, Outcome, Submission
from autograder.sandbox.files import content
from autograder.sandbox.modules import MissingModuleError, Modules
from autograder.sandbox.sentences import TroubleError
from autograder.sandbox.student import Student

_OUTCOME_KEYS = {f.name for f in fields(Outcome)}


class ChecksError(Exception):
    """The checks of an assignment could not be collected; the message is what pytest said."""


@dataclass(frozen=True)
class Ran:
    """What came of one submission."""

    outcomes: tuple[Outcome, ...]
    output: str
    seconds: float
    notes: tuple[str, ...] = ()
    """What became of its notebooks, in sentences for the student."""
    pictures: tuple[bytes, ...] = ()
    """PNG files of what its notebooks showed."""
    flags: tuple[str, ...] = ()
    weights: Mapping[str, str] = field(default_factory=dict)


class Reference:
    """`ref.layers` is solutions/<id>/layers.py and `ref.ex08` the notebook ex08.ipynb there.

    They are imported in the grader and never where student code runs.
    """

    def __init__(self, folder: Path) -> None:
        self._modules = Modules(folder)

    def __getattr__(self, name: str) -> ModuleType:
        if name.startswith("_"):
            raise AttributeError(name)
        try:
            with self._modules.installed():  # by file, whatever else goes by that name in this process
                module = self._modules.load(name)
        except MissingModuleError:
            raise AttributeError(f"{self._modules.folder} has no {name}.py and no {name}.ipynb") from None
        if (book := self._modules.notebooks.get(name)) and book.failures:
            number, error = next(iter(book.failures.items()))
            raise RuntimeError(f"{book.path}, cell {number} failed") from error
        return module


@dataclass(frozen=True)
class Training:
    """What the training runs of one submission leave on disk, who hears of them while they last, and where they run."""

    runs: MutableMapping[str, Any] | None = None
    tell: Callable[[dict[str, object]], None] | None = None
    device: str = "cpu"
    vram: float = 1.0
    """The share of a GPU's memory that a run may have."""


@dataclass
class Context:
    """What the plugin asks for: the student of the moment, and what stays the same for a whole run."""

    seed: int
    ref: Reference | None
    datasets: Callable[[str], object]
    hidden_root: Path | None
    declared: tuple[str, ...] = ()
    """The data sets of the assignment."""
    student: Student | None = None
    once: MutableMapping[Any, Any] = field(default_factory=dict)

    folder: Path | None = None
    """Of the submission of the moment."""
    flags: list[str] = field(default_factory=list)
    weights: dict[str, str] = field(default_factory=dict)
    """A sketch of each file of weights that the submission's checks have loaded."""
    training: Training | None = None

    def data(self, name: str) -> object:
        """Raises LookupError for a set that is not declared: no grade would name it, and no worker would have it."""
        if name not in self.declared:
            raise LookupError(f'assignment.toml does not declare this set; it needs data = ["{name}"]')
        return self.datasets(name)

    def figures(self, notebook: str) -> list[Any]:
        assert self.student is not None
        return [picture for _, picture in self.student.notebook(notebook).pictures]

    def file(self, name: str, most: int) -> bytes | None:
        return content(self.folder / name, most) if self.folder else None

    def hidden(self, path: Path) -> bool:
        return self.hidden_root is not None and path.is_relative_to(self.hidden_root)

    def flag(self, sentence: str) -> None:
        if sentence:
            self.flags.append(TRAINING + plain(sentence, 300))

    def keep_weights(self, file: str, sketch: Callable[[], str]) -> None:
        if file not in self.weights:
            self.weights[file] = sketch()


class Harness:
    """The plugin's other half: gives each check its surroundings and takes its outcome."""

    def __init__(
        self, context: Context, drive: Callable[[Harness, pytest.Session], None], only: frozenset[str] = frozenset()
    ) -> None:
        self.context = context
        self._only = only
        self.outcomes: list[Outcome] = []
        self._drive = drive
        self.trouble: list[str] = []

    @pytest.hookimpl(tryfirst=True)
    def pytest_autograder_context(self) -> Context:
        return self.context

    def pytest_autograder_outcome(self, outcome: Mapping[str, Any]) -> None:
        self.outcomes.append(Outcome(**{k: v for k, v in outcome.items() if k in _OUTCOME_KEYS}))

    @pytest.hookimpl(wrapper=True)
    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> Generator[None]:
        try:
            yield
        except pytest.UsageError as error:
            self.trouble.append(str(error))
            raise
        if self._only:
            items[:] = [item for item in items if item.name in self._only]

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        if report.failed:
            self.trouble.append(report.longreprtext.strip().splitlines()[-1])

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtestloop(self, session: pytest.Session) -> bool:
        if not self.trouble:  # with a check missing, nothing is graded at all
            self._drive(self, session)
        return True


def check_files(assignment: Assignment) -> list[Path]:
    """Visible checks first, then hidden ones, each by name."""
    folders = [assignment.handout, *([assignment.solution] if assignment.solution else [])]
    return [path.resolve() for folder in folders for path in sorted(folder.glob("checks_*.py"))]


def collect(
    assignment: Assignment,
    seed: int,
    datasets: Callable[[str], object],
    drive: Callable[[Harness, pytest.Session], None],
    question: str = "",
    only: Collection[str] = (),
) -> None:
    """Let pytest collect the assignment's checks and hand its session to `drive`.

    `question` narrows to the checks of one question and those they come after, `only` to checks by name.

    Raises ChecksError when a check is refused or a file does not import.
    """
    solution = assignment.solution.resolve() if assignment.solution else None
    context = Context(seed, Reference(solution) if solution else None, datasets, solution, assignment.data)
    harness = Harness(context, drive, frozenset(only))
    quiet = ["terminal", "cacheprovider", "logging", "warnings", "faulthandler", "junitxml", "doctest", "unittest"]
    quiet += ["unraisableexception", "threadexception"]  # they look through all of memory, ten times, at the end
    args = [str(path) for path in check_files(assignment)]
    args += ["-c", os.devnull, "--rootdir", str(assignment.handout.resolve().parent), "--capture=no"]
    args += [word for name in quiet for word in ("-p", f"no:{name}")]
    args += ["--question", question] if question else []
    with _no_other_plugins():
        code = pytest.main(args, plugins=[plugin, harness])
    if harness.trouble or code not in (pytest.ExitCode.OK, pytest.ExitCode.TESTS_FAILED):
        said = "; ".join(harness.trouble) or f"pytest could not collect the checks ({code!r})"
        raise ChecksError(f"{assignment.id}: {said}")


def declared(assignment: Assignment, datasets: Callable[[str], object]) -> list[Facts]:
    """What is known of every check before it runs: its name, question, points and budget."""
    found: list[Facts] = []

    def note(_harness: Harness, session: pytest.Session) -> None:
        found.extend(plugin.facts(item) for item in session.items)

    collect(assignment, 0, datasets, note)
    return found


def serve(
    assignment: Assignment,
    seed: int,
    datasets: Callable[[str], object],
    jobs: Iterable[Submission],
    connect: Callable[[Path], Callable[..., Any]],
    done: Callable[[Submission, Ran], None],
    question: str = "",
    only: Collection[str] = (),
    training: Callable[[Submission], Training] = lambda submission: Training(),
) -> None:
    """Run all checks against each submission of `jobs`, which may block until the next one comes."""

    def drive(harness: Harness, session: pytest.Session) -> None:
        for submission in jobs:
            harness.context.training = training(submission)
            done(submission, _run(harness, session, assignment, submission, connect))

    collect(assignment, seed, datasets, drive, question, only)


def _run(
    harness: Harness,
    session: pytest.Session,
    assignment: Assignment,
    submission: Submission,
    connect: Callable[[Path], Callable[..., Any]],
) -> Ran:
    assert submission.folder is not None, f"{submission.name} was rejected and cannot be run"
    began = time.perf_counter()
    harness.outcomes = []
    asked = (*assignment.files, *assignment.optional)
    student = Student(connect(submission.folder), assignment.limits, submission.files, asked)
    harness.context.student, harness.context.folder = student, submission.folder
    harness.context.flags, harness.context.weights = [], {}
    try:
        _run_notebooks(student, [name for name in asked if name in submission.files])
        plugin.run_once(session)
        output = student.printed
    finally:
        harness.context.student = harness.context.folder = None
        student.close()
    notes = tuple(line for run in student.notebooks for line in run.says)
    pictures = tuple(png(pixels) for run in student.notebooks for _, pixels in run.pictures)
    flags, weights = tuple(harness.context.flags), harness.context.weights
    return Ran(tuple(harness.outcomes), output, time.perf_counter() - began, notes, pictures, flags, weights)


def _run_notebooks(student: Student, files: Iterable[str]) -> None:
    """Before any check: what a notebook says and shows can then hold nothing of a hidden check's inputs."""
    for name in files:
        if name.endswith(".ipynb") and "/" not in name:
            with contextlib.suppress(TroubleError):  # the checks that use it will say so
                student.notebook(name.removesuffix(".ipynb"))


@contextlib.contextmanager
def _no_other_plugins() -> Iterator[None]:
    """Whatever else is installed beside pytest has no say in a grade."""
    name = "PYTEST_DISABLE_PLUGIN_AUTOLOAD"
    before = os.environ.get(name)
    os.environ[name] = "1"
    try:
        yield
    finally:
        if before is None:
            del os.environ[name]
        else:
            os.environ[name] = before
