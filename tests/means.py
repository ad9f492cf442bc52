"""A tiny assignment on disk and submissions for it, for the tests of grading: two questions, quick checks."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from autograder import course
from autograder.model import Assignment

DECLARED = """\
id = "means"
title = "Means"
source = "made up for the tests"
files = ["means.py"]
preload = ["numpy"]

[limits]
call_seconds = 2
check_seconds = 4
submission_seconds = 30

[[questions]]
id = "q1"
title = "The mean"
points = 3

[[questions]]
id = "q2"
title = "The spread"
points = 2
manual = 1
"""

SOLUTION = '''\
import numpy as np


def mean(x):
    """The mean of x, (N,)."""
    # BEGIN SOLUTION
    return np.add.reduce(x) / len(x)
    # END SOLUTION


def spread(x):
    """The standard deviation of x, (N,)."""
    # BEGIN SOLUTION
    return np.std(x)
    # END SOLUTION
'''

VISIBLE = '''\
from autograder.checks import close, points


@points(1, "q1")
def check_mean_of_numbers(student, rng):
    """mean gives the mean."""
    x = rng.normal(size=5)
    close(student.means.mean(x), x.mean(), "mean(x)")
'''

HIDDEN = '''\
from autograder.checks import close, points


@points(2, "q1")
def check_mean_of_one(student, rng):
    """mean of one number is that number."""
    x = rng.normal(size=1)
    close(student.means.mean(x), x[0], "mean(x)")


@points(1, "q2")
def check_spread(student, rng, ref, once):
    """spread gives the standard deviation."""
    x = rng.normal(size=6)
    close(student.means.spread(x), once(lambda: ref.means.spread(x)), "spread(x)")
'''

SLIPS = """\
[[slips]]
id = "sum"
says = "sums instead of averaging"
file = "means.py"
find = "np.add.reduce(x) / len(x)"
replace = "np.add.reduce(x)"
fails = ["check_mean_of_numbers"]

[[slips]]
id = "off_by_one"
says = "divides by one more"
file = "means.py"
find = "len(x)"
replace = "(len(x) + 1)"
fails = ["check_mean_of_numbers", "check_mean_of_one"]

[[slips]]
id = "variance"
says = "gives the variance"
file = "means.py"
find = "np.std"
replace = "np.var"
fails = ["check_spread"]
"""

RIGHT = SOLUTION
WRONG = SOLUTION.replace("np.add.reduce(x) / len(x)", "np.add.reduce(x)")

FILES: dict[str, str] = {
    "assignments/means/assignment.toml": DECLARED,
    "assignments/means/README.md": "# Means\n",
    "assignments/means/answers.md": "## q2\n\n*Your answer here.*\n",
    "assignments/means/checks_means.py": VISIBLE,
    "solutions/means/means.py": SOLUTION,
    "solutions/means/answers.md": "## q2\n\n<!-- BEGIN SOLUTION -->\n√Var\n<!-- END SOLUTION -->\n",
    "solutions/means/checks_means_hidden.py": HIDDEN,
    "solutions/means/slips.toml": SLIPS,
    "solutions/means/rubric.md": "# Rubric\n\n## q2 The spread\n\nOne point for the root.\n",
}


def write(root: Path, changes: Mapping[str, str] | None = None) -> Assignment:
    """The course below `root`, its skeletons derived; `changes` replaces files by path."""
    from autograder.course import skeletons

    for name, text in (FILES | dict(changes or {})).items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text, encoding="utf-8")
    assignment = course.find(root)["means"]
    skeletons.write(assignment)
    return course.find(root)["means"]


def hand_in(folder: Path, submissions: Mapping[str, str]) -> Path:
    """A folder of submissions: name → the text of means.py."""
    for name, text in submissions.items():
        (folder / name).mkdir(parents=True, exist_ok=True)
        (folder / name / "means.py").write_text(text, encoding="utf-8")
    return folder
