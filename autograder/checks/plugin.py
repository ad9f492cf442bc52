"""The pytest plugin: collects `check_*` functions from `checks_*.py`, runs them against a student, reports outcomes.

It is loaded in every pytest run of an environment: it imports nothing heavy and touches only checks_*.py.
"""

from __future__ import annotations

import importlib.util
import inspect
import linecache
import math
import sys
import time
import traceback
import zlib
from collections.abc import Callable, Generator, Iterable, MutableMapping, Sequence
from dataclasses import dataclass, field
from numbers import Real
from pathlib import Path
from types import ModuleType
from typing import Any, Final, Protocol, TypedDict

import pytest

from . import terminal
from .failure import blame, plain
from .once import Once

Share = float | None
ARGUMENTS: Final = ("student", "rng", "data", "ref", "once")
WRONG: Final = "This check went wrong by itself, which is not your doing; tell your instructor."


@dataclass(frozen=True)
class Points:
    """What `@points` declares."""

    points: float
    question: str
    after: tuple[str, ...]
    seconds: float | None


@dataclass(frozen=True)
class Facts:
    """What is known of a check before it runs. `seconds` is None for the assignment's own limit."""

    name: str
    question: str
    says: str
    points: float
    after: tuple[str, ...]
    seconds: float | None
    path: Path


class Outcome(TypedDict):
    """What `pytest_autograder_outcome` is called with."""

    name: str
    question: str
    says: str
    points: float
    score: float
    outcome: str
    why: str
    hint: str
    visibility: str
    seconds: float
    detail: str


class Context(Protocol):
    """The surroundings of a check: at home a folder, in the harness a worker behind the wall."""

    seed: int
    ref: Any
    once: MutableMapping[Any, Any]

    @property
    def student(self) -> Any: ...
    def data(self, name: str) -> Any: ...
    def hidden(self, path: Path) -> bool: ...


class Hooks:
    @pytest.hookspec(firstresult=True)
    def pytest_autograder_context(self, config: pytest.Config) -> Context | None:
        """The surroundings of the checks that are about to run; asked for once per run of all checks."""

    @pytest.hookspec
    def pytest_autograder_outcome(self, outcome: Outcome) -> None:
        """Called after each check, in order."""


def points(
    points: float, question: str, after: str | Iterable[str] = (), seconds: float | None = None
) -> Callable[[Callable[..., Share]], Callable[..., Share]]:
    """Make a function a check: what it is worth, for which question, after which checks, in how many CPU seconds.

    With `after`, the check is skipped unless the named ones passed.
    """
    names = (after,) if isinstance(after, str) else tuple(after)

    def declare(function: Callable[..., Share]) -> Callable[..., Share]:
        earlier = function.__globals__.get(function.__name__)
        if hasattr(earlier, "__check__"):
            raise ValueError(f"{function.__name__} is defined twice")
        function.__check__ = Points(points, question, names, seconds)  # type: ignore[attr-defined]
        return function

    return declare


# --- collecting ---------------------------------------------------------------------------------------------------


class CheckFile(pytest.File):
    """One checks_*.py."""

    def collect(self) -> list[Check]:
        module = self._imported()
        found = [
            function
            for name, function in vars(module).items()
            if name.startswith("check_") and inspect.isfunction(function) and function.__module__ == module.__name__
        ]
        refused = [f"{self.path.name}:{function.__name__} {what}" for function in found if (what := refusal(function))]
        if refused:
            raise self.CollectError("; ".join(refused))
        return [Check.from_parent(self, name=function.__name__, function=function) for function in found]

    def _imported(self) -> ModuleType:
        # A name of its own: visible and hidden files are called alike, and neither may hide a student's module.
        name = f"autograder_{self.path.stem}_{zlib.crc32(str(self.path).encode()):08x}"
        spec = importlib.util.spec_from_file_location(name, self.path)
        assert spec is not None
        assert spec.loader is not None
        module = importlib.util.module_from_spec(spec)
        sys.modules[name] = module
        wrote, sys.dont_write_bytecode = sys.dont_write_bytecode, True  # no __pycache__ beside what is handed out
        try:
            spec.loader.exec_module(module)
        except Exception as error:
            del sys.modules[name]
            frames = [frame for frame in traceback.extract_tb(error.__traceback__) if frame.filename == str(self.path)]
            line = frames[-1].lineno if frames else getattr(error, "lineno", None)
            message = f"{self.path.name}:{line or 1} cannot be imported: {type(error).__name__}: {error}"
            raise self.CollectError(message) from error
        finally:
            sys.dont_write_bytecode = wrote
        return module


def refusal(function: Callable[..., object]) -> str:
    """Why a check_* function is not a check, or nothing."""
    declared = getattr(function, "__check__", None)
    if not isinstance(declared, Points):
        return "has no @points"
    if not (function.__doc__ or "").strip():
        return "has no docstring: state the property that it checks"
    number = declared.points
    if isinstance(number, bool) or not isinstance(number, (int, float)) or not math.isfinite(number) or number < 0:
        return f"has points {number!r}; they must be a number, 0 or more"
    if not isinstance(declared.question, str) or not declared.question:
        return f"has question {declared.question!r}; name a question's id"
    if declared.seconds is not None and not 0 < declared.seconds < math.inf:
        return f"has seconds {declared.seconds!r}; they must be more than 0"
    unknown = [name for name in inspect.signature(function).parameters if name not in ARGUMENTS]
    return f"asks for {', '.join(unknown)}; there is {', '.join(ARGUMENTS)}" if unknown else ""


class Check(pytest.Item):
    """One check."""

    def __init__(self, *, function: Callable[..., Share], **more: Any) -> None:
        super().__init__(**more)
        declared: Points = function.__check__  # type: ignore[attr-defined]
        says = " ".join(inspect.cleandoc(function.__doc__ or "").split("\n\n")[0].split())
        self.function = function
        self.facts = Facts(
            function.__name__,
            declared.question,
            says,
            float(declared.points),
            declared.after,
            declared.seconds,
            self.path,
        )
        self.wants = tuple(inspect.signature(function).parameters)
        self.crc = zlib.crc32(function.__name__.encode())
        self.keywords[declared.question] = True

    def runtest(self) -> None:
        run = self.session.stash[_RUN]
        outcome = run.judge(self)
        self.stash[_OUTCOME] = outcome
        self.ihook.pytest_autograder_outcome(outcome=outcome)

    def reportinfo(self) -> tuple[Path, int, str]:
        return self.path, self.function.__code__.co_firstlineno - 1, self.name


def facts(item: pytest.Item) -> Facts:
    """What is known of a collected check."""
    assert isinstance(item, Check)
    return item.facts


def sort(items: Sequence[Check]) -> list[Check]:
    """File order, except that a check comes after those that it needs.

    Raises pytest.UsageError for two checks of one name, for `after` naming no check, and for a circle.
    """
    named: dict[str, Check] = {}
    for item in items:
        if item.name in named:
            raise pytest.UsageError(
                f"{item.path.name}:{item.name} is also defined in {named[item.name].path}; a name serves one check"
            )
        named[item.name] = item
    done: dict[str, Check] = {}

    def place(item: Check, path: tuple[str, ...]) -> None:
        if item.name in path:
            raise pytest.UsageError(
                f"{item.path.name}:{item.name} waits for itself: {' after '.join((*path, item.name))}"
            )
        for name in item.facts.after:
            if name not in named:
                raise pytest.UsageError(f"{item.path.name}:{item.name} is to run after {name!r}, which is no check")
            if name not in done:
                place(named[name], (*path, item.name))
        done.setdefault(item.name, item)

    for item in items:
        place(item, ())
    return list(done.values())


# --- running ------------------------------------------------------------------------------------------------------


@dataclass
class Run:
    """All checks once, against one submission."""

    context: Context
    done: dict[str, Outcome] = field(default_factory=dict)

    def judge(self, check: Check) -> Outcome:
        """Run one check and say what came of it; only KeyboardInterrupt gets out."""
        facts, context = check.facts, self.context
        outcome: Outcome = {
            "name": facts.name,
            "question": facts.question,
            "says": facts.says,
            "points": facts.points,
            "score": 0.0,
            "outcome": "passed",
            "why": "",
            "hint": "",
            "visibility": "hidden" if context.hidden(facts.path) else "visible",
            "seconds": 0.0,
            "detail": "",
        }
        self.done[facts.name] = outcome
        for name in facts.after:
            if name in self.done and self.done[name]["outcome"] != "passed":
                outcome["outcome"], outcome["why"] = "skipped", f"It needs “{self.done[name]['says']}” first."
                return outcome
        began = time.perf_counter()
        try:
            _settle(outcome, check.function(*self._arguments(check, outcome["visibility"] == "hidden")))
        except KeyboardInterrupt:
            raise
        except BaseException as error:  # pytest.skip and SystemExit are no way out of a check either
            _explain(outcome, error, check)
        outcome["seconds"] = round(time.perf_counter() - began, 6)
        return outcome

    def _arguments(self, check: Check, hidden: bool) -> list[object]:
        context, student = self.context, self.context.student
        seed = zlib.crc32(f"{context.seed}:{check.name}".encode())
        # By type: a student proxy answers to any name, as modules of the submission.
        if hasattr(type(student), "begin"):
            student.begin(check.name, seed, check.facts.seconds, hidden)
        given: list[object] = []
        for name in check.wants:
            if name == "student":
                given.append(student)
            elif name == "rng":
                from numpy.random import default_rng

                given.append(default_rng([context.seed, check.crc]))
            elif name == "data":
                given.append(context.data)
            elif name == "once":
                given.append(Once(context.once, check.name, student))
            else:
                if not hidden:
                    raise RuntimeError("a visible check asks for ref, which no student has at home")
                given.append(context.ref)
        return given


def run_once(session: pytest.Session) -> None:
    """Run every collected check once against the context of the moment; may be called again and again.

    Past pytest's own protocol: no reports, no capturing, no fixtures, only `pytest_autograder_outcome` after each check.
    """
    run = Run(context_of(session.config))
    tell = session.config.hook.pytest_autograder_outcome
    for item in session.items:
        assert isinstance(item, Check)
        tell(outcome=run.judge(item))


def context_of(config: pytest.Config) -> Context:
    context: Context | None = config.hook.pytest_autograder_context(config=config)
    if context is None:
        raise pytest.UsageError("checks_*.py need a submission to run against: start `autograder check` in its folder")
    return context


def _settle(outcome: Outcome, share: object) -> None:
    """Turn what a check returned into its score."""
    if share is None:
        outcome["score"] = outcome["points"]
        return
    if isinstance(share, bool) or not isinstance(share, Real):
        raise TypeError(f"a check returns nothing or a share from 0 to 1, not {share!r}")
    earned = float(share)
    if not 0.0 <= earned <= 1.0:
        raise ValueError(f"a check returns nothing or a share from 0 to 1, not {earned}")
    outcome["score"] = round(earned * outcome["points"], 9)
    if earned < 1.0:
        outcome["outcome"] = "failed"
        why = "why_hidden" if outcome["visibility"] == "hidden" else "why"
        outcome["why"] = plain(getattr(share, why, "") or "Only a part of the points was earned.")
        outcome["hint"] = plain(getattr(share, "hint", ""))


def _explain(outcome: Outcome, error: BaseException, check: Check) -> None:
    """Turn what a check raised into an outcome with a sentence."""
    hidden = outcome["visibility"] == "hidden"
    verdict = getattr(error, "outcome", None)
    if verdict not in ("failed", "timed_out") and isinstance(error, Exception):
        # What a check unpacks or looks into came from the student, and the solution passed it.
        code = check.function.__code__
        error = blame(error, code, _statement(error, check)) or error
        verdict = getattr(error, "outcome", None)
    if verdict in ("failed", "timed_out"):
        outcome["outcome"] = verdict
        generic = "The result is not the one that was asked for."
        why = getattr(error, "why_hidden", generic) if hidden else getattr(error, "why", str(error))
        outcome["why"], outcome["hint"] = plain(why), plain(getattr(error, "hint", ""))
    elif isinstance(error, AssertionError):
        text = "" if hidden else str(error)
        outcome["outcome"], outcome["why"] = "failed", plain(text or "What this check states does not hold.")
    else:
        outcome["outcome"], outcome["why"] = "errored", WRONG
        outcome["detail"] = plain("".join(traceback.format_exception(error)), 8000)


def _statement(error: BaseException, check: Check) -> str:
    """The source line of the check at which `error` came up."""
    trace = error.__traceback__
    line = ""
    while trace is not None:
        if trace.tb_frame.f_code is check.function.__code__:
            line = linecache.getline(str(check.path), trace.tb_lineno)
        trace = trace.tb_next
    return line


# --- pytest's hooks -----------------------------------------------------------------------------------------------

_RUN = pytest.StashKey[Run]()
_OUTCOME = pytest.StashKey[Outcome]()


def pytest_addhooks(pluginmanager: pytest.PytestPluginManager) -> None:
    pluginmanager.add_hookspecs(Hooks)


def pytest_addoption(parser: pytest.Parser) -> None:
    group = parser.getgroup("autograder")
    group.addoption("--question", metavar="ID", help="run only the checks of this question, and those they come after")


@pytest.hookimpl(wrapper=True)
def pytest_collect_file(
    file_path: Path, parent: pytest.Collector
) -> Generator[None, list[pytest.Collector], list[pytest.Collector]]:
    found = yield
    if not (file_path.name.startswith("checks_") and file_path.suffix == ".py"):
        return found
    asked = bool(parent.config.hook.pytest_autograder_context.get_hookimpls()) or parent.session.isinitpath(file_path)
    # In place of the test module that pytest itself makes of a file named on the command line.
    return [CheckFile.from_parent(parent, path=file_path)] if asked else found


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    checks = [item for item in items if isinstance(item, Check)]
    if not checks:
        return
    ordered = sort(checks)
    question = config.getoption("--question")
    if question:
        kept = _needed(ordered, question)
        if not kept:
            there = ", ".join(dict.fromkeys(check.facts.question for check in ordered))
            raise pytest.UsageError(f"--question {question}: no check is for it; there is {there}")
        config.hook.pytest_deselected(items=[check for check in ordered if check not in kept])
        ordered = kept
    items[:] = [item for item in items if not isinstance(item, Check)] + list(ordered)


def _needed(ordered: Sequence[Check], question: str) -> list[Check]:
    """The checks of one question and, wherever they are, those that they come after."""
    names: set[str] = set()
    for check in reversed(ordered):
        if check.facts.question == question or check.name in names:
            names |= {check.name, *check.facts.after}
    return [check for check in ordered if check.name in names]


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_protocol(item: pytest.Item, nextitem: pytest.Item | None) -> bool | None:
    if not isinstance(item, Check):
        return None
    from _pytest.runner import runtestprotocol

    if _RUN not in item.session.stash:
        item.session.stash[_RUN] = Run(context_of(item.config))
    run = item.session.stash[_RUN]
    last = next(reversed(run.done.values()), None)
    for report in runtestprotocol(item, log=False, nextitem=nextitem):
        item.ihook.pytest_runtest_logreport(report=report)
    reporter = item.config.pluginmanager.get_plugin("terminalreporter")
    if reporter is not None and _OUTCOME in item.stash:
        outcome = item.stash[_OUTCOME]
        terminal.show(reporter, outcome, last is None or last["question"] != outcome["question"])
    return True


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    report = yield
    if isinstance(item, Check) and call.when == "call" and _OUTCOME in item.stash:
        outcome = item.stash[_OUTCOME]
        report.check = outcome  # type: ignore[attr-defined]
        report.sections = []
        if outcome["outcome"] == "skipped":
            report.outcome = "skipped"
            report.longrepr = (str(item.path), item.function.__code__.co_firstlineno, outcome["why"])
        elif outcome["outcome"] != "passed":
            report.outcome = "failed"
            report.longrepr = outcome["detail"] or outcome["why"]
    return report


@pytest.hookimpl(tryfirst=True)
def pytest_report_teststatus(report: pytest.TestReport) -> tuple[str, str, str] | None:
    outcome: Outcome | None = getattr(report, "check", None)
    return (terminal.CATEGORIES[outcome["outcome"]], "", "") if outcome else None


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_sessionfinish(session: pytest.Session) -> Generator[None]:
    yield
    reporter = session.config.pluginmanager.get_plugin("terminalreporter")
    if _RUN in session.stash and reporter is not None:
        terminal.total(reporter, session.stash[_RUN].done.values())
