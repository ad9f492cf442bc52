"""The surroundings of tests about the plugin: a student at home, and a grader with a class."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from autograder.checks import plugin

Grade = Callable[..., list[dict[str, Any]]]
Home = Callable[..., pytest.RunResult]

OURS = ("-p", "autograder.checks.plugin", "-p", "no:cacheprovider")
HEAD = "from autograder.checks import *\nfrom autograder.checks.failure import Failure\n"
GOOD = """
@points(2, "q1")
def check_good(student):
    \"\"\"Two is two.\"\"\"

@points(4, "q2")
def check_bad(rng):
    \"\"\"dw is the sum over the batch.\"\"\"
    w = rng.normal(size=(3, 4))
    close(5 * w, w, "dw", hint="Sum over the batch.", like={"batch": 5})

@points(1.5, "q2", after="check_bad")
def check_dependent():
    \"\"\"Nothing, after
    something.

    More about it.
    \"\"\"
"""

HOME = """
class Context:
    seed, student, ref, once = 3, None, None, {}
    def data(self, name):
        return name.upper()
    def hidden(self, path):
        return "hidden" in path.name

def pytest_autograder_context(config):
    return Context()
"""


@dataclass
class Context:
    """A grader's surroundings; files named *hidden* are hidden."""

    seed: int = 7
    student: Any = None
    ref: Any = None
    once: dict[Any, Any] = field(default_factory=dict)

    def data(self, name: str) -> str:
        return name.upper()

    def hidden(self, path: Path) -> bool:
        return "hidden" in path.name


class Harness:
    """Runs the collected checks against each of `students`, as the grader does."""

    def __init__(self, *students: Any, context: Context | None = None) -> None:
        self.context, self.students = context or Context(), students
        self.runs: list[dict[str, Any]] = []

    def pytest_autograder_context(self) -> Context:
        return self.context

    def pytest_autograder_outcome(self, outcome: dict[str, Any]) -> None:
        self.runs[-1][outcome["name"]] = outcome

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtestloop(self, session: pytest.Session) -> bool:
        for student in self.students:
            self.context.student = student
            self.runs.append({})
            plugin.run_once(session)
        return True


@pytest.fixture
def home(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> Home:
    monkeypatch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")

    def run(text: str, *args: str, **files: str) -> pytest.RunResult:
        pytester.makeconftest(HOME)
        pytester.makepyfile(checks_work=HEAD + text, **{name: HEAD + text for name, text in files.items()})
        return pytester.runpytest_inprocess(*OURS, *args)

    return run


@pytest.fixture
def graded(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> Grade:
    monkeypatch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")

    def run(
        text: str, *students: Any, name: str = "checks_work", context: Context | None = None
    ) -> list[dict[str, Any]]:
        pytester.makepyfile(**{name: HEAD + text})
        harness = Harness(*(students or (None,)), context=context)
        pytester.inline_run(*OURS, "-p", "no:terminal", plugins=[harness])
        return harness.runs

    return run


def check(body: str, says: str = "It holds.", points: str = '2, "q1"', name: str = "check_it", args: str = "") -> str:
    return f'\n@points({points})\ndef {name}({args}):\n    """{says}"""\n    {body}\n'
