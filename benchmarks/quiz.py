"""One small assignment in the form that each grader reads: the same five checks, word for word where they share a
language, and the same ten points.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from textwrap import dedent, indent

import nbformat

from autograder import course
from autograder.model import Assignment

TOTAL = 10


@dataclass(frozen=True)
class Check:
    """A function of the submission, what it is worth, and how it is checked: beside the submission, and by us."""

    name: str
    points: int
    beside: str
    ours: str


CHECKS = (
    Check(
        "double",
        3,
        """\
        x = np.random.default_rng().normal(size=(4, 3))
        want = 2 * x
        np.testing.assert_allclose(double(x), want)
        """,
        """\
        x = rng.normal(size=(4, 3))
        close(student.work.double(x), 2 * x, "double(x)")
        """,
    ),
    Check(
        "center",
        2,
        """\
        x = np.random.default_rng().normal(size=(4, 3))
        want = x - x.mean(axis=0)
        assert np.allclose(center(x), want)
        """,
        """\
        x = rng.normal(size=(4, 3))
        close(student.work.center(x), x - x.mean(axis=0), "center(x)")
        """,
    ),
    Check(
        "loss",
        2,
        """\
        x, y = np.random.default_rng().normal(size=(2, 9))
        want = np.square(x - y).mean()
        error = abs(loss(x, y) - want)
        if error > 1e-6:
            raise AssertionError(f"the loss is off by {error}")
        """,
        """\
        x, y = rng.normal(size=(2, 9))
        close(student.work.loss(x, y), np.square(x - y).mean(), "loss(x, y)")
        """,
    ),
    Check(
        "count",
        2,
        """\
        x = np.random.default_rng().normal(size=40)
        want = int((x > 0).sum())
        assert count(x) == want
        """,
        """\
        x = rng.normal(size=40)
        equal(student.work.count(x), int((x > 0).sum()), "count(x)")
        """,
    ),
    Check(
        "greet",
        1,
        """\
        want = "hello Ada"
        assert greet("Ada") == want
        """,
        """\
        equal(student.work.greet("Ada"), "hello Ada", "greet(name)")
        """,
    ),
)
NAMES = tuple(check.name for check in CHECKS)

RIGHT = """\
import numpy as np


def double(x):
    return 2 * x


def center(x):
    return x - x.mean(axis=0)


def loss(x, y):
    return float(np.square(x - y).mean())


def count(x):
    return int((x > 0).sum())


def greet(name):
    return f"hello {name}"
"""

WRONG = """\
import numpy as np


def double(x):
    return x


def center(x):
    return x


def loss(x, y):
    return -1.0


def count(x):
    return -1


def greet(name):
    return f"hello {name}"
"""
"""Earns the point of `greet` and no other."""

EARNED = 1

SLIPS = """\
[[slips]]
id = "single"
says = "does not double"
file = "work.py"
find = "return 2 * x"
replace = "return x"
fails = ["check_double"]
"""


def body(check: Check, spaces: int = 0) -> str:
    """The lines of a check that runs beside the submission."""
    return indent(dedent(check.beside), " " * spaces)


def as_pytest() -> str:
    tests = [f"def test_{check.name}():\n{body(check, 4)}" for check in CHECKS]
    return "\n\n".join(["import numpy as np\n" + _imports(), *tests])


def as_gradescope() -> str:
    """A unittest file as gradescope-utils' own example has it."""
    lines = [
        "import unittest",
        "",
        "import numpy as np",
        "from gradescope_utils.autograder_utils.decorators import weight",
    ]
    lines += [_imports(), "", "class TestQuiz(unittest.TestCase):"]
    lines += [f"    @weight({check.points})\n    def test_{check.name}(self):\n{body(check, 8)}" for check in CHECKS]
    return "\n".join(lines)


def as_otter() -> str:
    """An exception-based test file: a parameter is the submission's object of that name."""
    head = "from otter.test_files import test_case\nimport numpy as np\nOK_FORMAT = False\nname = 'quiz'"
    cases = [
        f"@test_case(points={check.points}, hidden=True)\ndef test_{check.name}({check.name}):\n{body(check, 4)}"
        for check in CHECKS
    ]
    return "\n\n".join([head, f"points = {TOTAL}", *cases])


def as_nbgrader(submission: str | None = None) -> nbformat.NotebookNode:
    """The instructor's notebook or, with the text of a submission, what a student hands in: no tests are in it."""
    answer = submission or f"### BEGIN SOLUTION\n{RIGHT}### END SOLUTION"
    cells = [_cell(answer, "answer", solution=True)]
    for check in CHECKS:
        hidden = f"### BEGIN HIDDEN TESTS\n{body(check)}### END HIDDEN TESTS"
        cells.append(_cell("" if submission else hidden, f"test_{check.name}", points=check.points))
    kernel = {"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}}
    made: nbformat.NotebookNode = nbformat.v4.new_notebook(cells=cells, metadata=kernel)
    return made


def as_ours(root: Path) -> Assignment:
    """Written below `root`: the checks that peers would hide are hidden here."""
    questions = [f'[[questions]]\nid = "{c.name}"\ntitle = "{c.name}"\npoints = {c.points}\n' for c in CHECKS]
    declared = 'id = "quiz"\ntitle = "A quiz"\nsource = "made up"\nfiles = ["work.py"]\noptional = ["weights.pkl"]\n'
    limits = 'preload = ["numpy"]\n\n[limits]\ncall_seconds = 1\ncheck_seconds = 2\nsubmission_seconds = 30\n'
    limits += "memory_mb = 256\nprocesses = 16\nscratch_mb = 8\noutput_kb = 16\nreply_mb = 4\n\n"
    head = "import numpy as np\n\nfrom autograder.checks import close, equal, points\n\n\n"
    checks = [
        f'@points({c.points}, "{c.name}")\ndef check_{c.name}(student, rng):\n    """{c.name} does what it is to."""\n'
        + indent(dedent(c.ours), "    ")
        for c in CHECKS
    ]
    handout, solution = root / "assignments" / "quiz", root / "solutions" / "quiz"
    for path, text in {
        handout / "assignment.toml": declared + limits + "\n".join(questions),
        handout / "README.md": "# A quiz\n",
        handout / "checks_quiz.py": head + checks[-1],
        solution / "checks_quiz_hidden.py": head + "\n\n".join(checks[:-1]),
        solution / "work.py": RIGHT,
        solution / "slips.toml": SLIPS,
    }.items():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return course.load(handout, solution)


def _imports() -> str:
    return f"from work import {', '.join(NAMES)}\n"


def _cell(source: str, id: str, *, solution: bool = False, points: int = 0) -> nbformat.NotebookNode:
    facts = {"schema_version": 3, "grade_id": id, "solution": solution, "grade": not solution, "locked": not solution}
    facts |= {"task": False} if solution else {"task": False, "points": points}
    made: nbformat.NotebookNode = nbformat.v4.new_code_cell(source, metadata={"nbgrader": facts})
    return made
