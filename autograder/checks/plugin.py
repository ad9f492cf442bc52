"""The pytest plugin: collects `check_*` functions from `checks_*.py`, runs them against a student, reports outcomes.

It is loaded in every pytest run of an environment: it imports nothing heavy and touches only checks_*.py.
"""

from __future__ import annotations

from collections.abc import Generator
from pathlib import Path
from typing import Any

import pytest

from . import terminal
from .declaration import CheckFunction, DeclarationError, Facts, needed, order
from .declaration import facts as facts_of
from .loading import functions
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
        try:
            found = functions(self.path)
        except DeclarationError as error:
            raise self.CollectError(str(error)) from error
        return [Check.from_parent(self, name=function.__name__, function=function) for function in found]


class Check(pytest.Item):
    """One check."""

    def __init__(self, *, function: CheckFunction, **more: Any) -> None:
        super().__init__(**more)
        self.function = function
        self.facts = facts_of(function, self.path)

    def judged(self, run: Run) -> Outcome:
        return run.judge(self.facts, self.function, self.facts.wants)

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
