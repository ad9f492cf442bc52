"""The pytest plugin: collects `check_*` functions from `checks_*.py`, runs them against a student, reports outcomes.

It is loaded in every pytest run of an environment: it imports nothing heavy and touches only checks_*.py.
"""

from __future__ import annotations

import importlib.util
import inspect
import sys
import traceback
import zlib
from collections.abc import Generator
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from . import terminal
from .declaration import CheckFunction, DeclarationError, Facts, needed, order, refusal
from .declaration import facts as facts_of
from .running import Context, Outcome, Run


class Hooks:
    """What surrounds the checks is another plugin's to give: a student's folder, or the grader."""

    @pytest.hookspec(firstresult=True)
    def pytest_autograder_context(self, config: pytest.Config) -> Context | None:
        """The surroundings of the checks that are about to run; asked for once a run."""

    @pytest.hookspec
    def pytest_autograder_outcome(self, outcome: Outcome) -> None:
        """Called after each check, in order."""


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
            lines = [
                frame.lineno for frame in traceback.extract_tb(error.__traceback__) if frame.filename == str(self.path)
            ]
            line = lines[-1] if lines else getattr(error, "lineno", 1)
            kind = "" if isinstance(error, DeclarationError) else f"cannot be imported: {type(error).__name__}: "
            raise self.CollectError(f"{self.path.name}:{line} {kind}{error}") from error
        finally:
            sys.dont_write_bytecode = wrote
        return module


class Check(pytest.Item):
    """One check."""

    def __init__(self, *, function: CheckFunction, **more: Any) -> None:
        super().__init__(**more)
        self.function = function
        self.facts = facts_of(function, self.path)
        self.wants = tuple(inspect.signature(function).parameters)

    def judged(self, run: Run) -> Outcome:
        return run.judge(self.facts, self.function, self.wants)

    def runtest(self) -> None:
        self.stash[_OUTCOME] = outcome = self.judged(self.session.stash[_RUN])
        self.ihook.pytest_autograder_outcome(outcome=outcome)

    def reportinfo(self) -> tuple[Path, int, str]:
        return self.path, self.function.__code__.co_firstlineno - 1, self.name


_RUN = pytest.StashKey[Run]()
_OUTCOME = pytest.StashKey[Outcome]()


def facts(item: pytest.Item) -> Facts:
    """What is known of a collected check."""
    assert isinstance(item, Check)
    return item.facts


def run_once(session: pytest.Session) -> None:
    """Run every collected check once against the context of the moment; may be called again and again.

    Past pytest's own protocol: no reports, no capturing, no fixtures, only `pytest_autograder_outcome` after each.
    """
    run = Run(_context(session.config))
    tell = session.config.hook.pytest_autograder_outcome
    for item in session.items:
        assert isinstance(item, Check)
        tell(outcome=item.judged(run))


def _context(config: pytest.Config) -> Context:
    context: Context | None = config.hook.pytest_autograder_context(config=config)
    if context is None:
        raise pytest.UsageError("checks_*.py need a submission to run against: call `autograder check` in its folder")
    return context


# --- pytest's hooks -----------------------------------------------------------------------------------------------


def pytest_addhooks(pluginmanager: pytest.PytestPluginManager) -> None:
    pluginmanager.add_hookspecs(Hooks)


def pytest_addoption(parser: pytest.Parser) -> None:
    group = parser.getgroup("autograder")
    group.addoption("--question", metavar="ID", help="run only the checks of this question, and those they come after")


def pytest_sessionstart(session: pytest.Session) -> None:
    if session.config.pluginmanager.has_plugin("terminalreporter"):
        session.config.pluginmanager.register(terminal.Screen(session.config))


@pytest.hookimpl(wrapper=True)
def pytest_collect_file(
    file_path: Path, parent: pytest.Collector
) -> Generator[None, list[pytest.Collector], list[pytest.Collector]]:
    found = yield
    if not (file_path.name.startswith("checks_") and file_path.suffix == ".py"):
        return found
    asked = bool(parent.config.hook.pytest_autograder_context.get_hookimpls())
    if not asked and not parent.session.isinitpath(file_path):
        return found
    # In place of the test module that pytest itself makes of a file named on the command line.
    return [CheckFile.from_parent(parent, path=file_path)]


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    checks = [item for item in items if isinstance(item, Check)]
    if not checks:
        return
    try:
        checks = [checks[place] for place in order([check.facts for check in checks])]
    except DeclarationError as error:
        raise pytest.UsageError(str(error)) from None
    question = config.getoption("--question")
    if question:
        names = needed([check.facts for check in checks], question)
        if not names:
            there = ", ".join(dict.fromkeys(check.facts.question for check in checks))
            raise pytest.UsageError(f"--question {question}: no check is for it; there is {there}")
        config.hook.pytest_deselected(items=[check for check in checks if check.name not in names])
        checks = [check for check in checks if check.name in names]
    items[:] = [*(item for item in items if not isinstance(item, Check)), *checks]


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_protocol(item: pytest.Item, nextitem: pytest.Item | None) -> bool | None:
    if not isinstance(item, Check):
        return None
    from _pytest.runner import runtestprotocol

    if _RUN not in item.session.stash:
        item.session.stash[_RUN] = Run(_context(item.config))
    for report in runtestprotocol(item, log=False, nextitem=nextitem):
        item.ihook.pytest_runtest_logreport(report=report)
    return True


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    report = yield
    if isinstance(item, Check) and call.when == "call" and _OUTCOME in item.stash:
        outcome = item.stash[_OUTCOME]
        report.check = outcome  # type: ignore[attr-defined]
        if outcome["outcome"] == "skipped":
            report.outcome = "skipped"
            report.longrepr = (str(item.path), item.function.__code__.co_firstlineno, outcome["why"])
        elif outcome["outcome"] != "passed":
            report.outcome = "failed"
            report.longrepr = outcome["detail"] or outcome["why"]
    return report


@pytest.hookimpl(tryfirst=True)
def pytest_report_teststatus(report: pytest.TestReport) -> tuple[str, str, str] | None:
    # Without a letter or a word pytest prints nothing of its own.
    outcome: Outcome | None = getattr(report, "check", None)
    return (terminal.CATEGORIES[outcome["outcome"]], "", "") if outcome else None
