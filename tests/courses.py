"""A small made-up course on disk, for the tests of everything that declares and derives."""

from __future__ import annotations

import json
import zipfile
from pathlib import Path

from autograder import course
from autograder.course.archive import pack
from autograder.model import Assignment

DECLARED = """\
id = "a1_mean"
title = "Means"
source = "made up for the tests"
files = ["stats.py", "answers.md"]
optional = ["book.ipynb"]
data = ["digits"]

[limits]
memory_mb = 512

[lateness]
due = "2026-11-03T23:59:00+01:00"
per_day = 0.1
days = 3

[[questions]]
id = "q1"
title = "The mean"
points = 6

[[questions]]
id = "q2"
title = "Why"
points = 4
manual = 3
"""

STATS = '''\
"""Means of things."""

import numpy as np


def mean(x):
    """The mean of x, shape (N,)."""
    # BEGIN SOLUTION
    total = np.add.reduce(x) / len(x)
    return total
    # END SOLUTION


class Running:
    """A mean that goes on."""

    def __init__(self, start=0.0):
        """Begin at `start`."""
        self.count, self.value = 0, start

    def add(self, x: float) -> float:
        """Take one more number in."""
        self.count += 1
        # BEGIN SOLUTION the step towards x
        self.value = self.value + (x - self.value) / self.count
        # END SOLUTION
        return self.value
'''

STATS_SKELETON = '''\
"""Means of things."""

import numpy as np


def mean(x):
    """The mean of x, shape (N,)."""
    # TODO: mean
    raise NotImplementedError("mean")


class Running:
    """A mean that goes on."""

    def __init__(self, start=0.0):
        """Begin at `start`."""
        self.count, self.value = 0, start

    def add(self, x: float) -> float:
        """Take one more number in."""
        self.count += 1
        # TODO: the step towards x
        raise NotImplementedError("the step towards x")
        return self.value
'''

ANSWERS = """\
# Answers

## q2 Why

<!-- BEGIN SOLUTION -->
Because the sum of deviations from the mean vanishes.
<!-- END SOLUTION -->
"""

VISIBLE = '''\
from autograder.checks import close, points


@points(2, "q1")
def check_mean_of_ones(student):
    """mean of ones is one."""
    close(student.stats.mean([1.0, 1.0]), 1.0, "mean")
'''

HIDDEN = '''\
from autograder.checks import close, points


@points(4, "q1")
def check_mean_is_linear(student):
    """mean of doubled numbers is doubled."""


@points(1, "q2")
def check_running_follows(student):
    """Running ends at the mean."""
'''

SLIPS = """\
[[slips]]
id = "sum"
says = "forgets to divide"
file = "stats.py"
find = "np.add.reduce(x) / len(x)"
replace = "np.add.reduce(x)"
fails = ["check_mean_of_ones", "check_mean_is_linear"]

[[slips]]
id = "stuck"
says = "never moves, and counts wrong"
fails = ["check_running_follows"]

[[slips.edits]]
file = "stats.py"
find = "(x - self.value) / self.count"
replace = "0"

[[slips.edits]]
file = "stats.py"
find = "self.count += 1"
replace = "self.count += 2"
"""

LOCK = """\
ipykernel==7.4.0
ipython==9.18.1
matplotlib==3.11.2
mlxtend==0.25.0 \\
    --hash=sha256:aa
    # via autograder (pyproject.toml)
numpy==2.4.6 ; python_full_version < '3.12' \\
    --hash=sha256:bb
numpy==2.5.5 ; python_full_version >= '3.12' \\
    --hash=sha256:cc
numpydoc==1.0 \\
    --hash=sha256:dd
otter-grader==7.0.0
"""

METADATA = """\
Metadata-Version: 2.4
Name: autograder
Version: 0.1.0
Requires-Dist: mlxtend>=0.23
Requires-Dist: numpy>=2.0
Provides-Extra: grade
Requires-Dist: jinja2>=3.1; extra == 'grade'

# How to
"""


def notebook() -> dict[str, object]:
    """A notebook as an editor leaves it: run, with outputs and metadata, a region in a code and in a Markdown cell."""
    code = {
        "cell_type": "code",
        "id": "first",
        "execution_count": 7,
        "metadata": {"collapsed": True, "history": "spread = np.square(x - total).mean()"},
        "outputs": [{"output_type": "stream", "name": "stdout", "text": ["secret 3.25\n"]}],
        "source": [
            "%matplotlib inline\n",
            "# BEGIN SOLUTION\n",
            "spread = np.square(x - total).mean()\n",
            "# END SOLUTION",
        ],
    }
    text = {
        "cell_type": "markdown",
        "id": "second",
        "metadata": {},
        "source": "## Why\n\n<!-- BEGIN SOLUTION -->\nSquares weigh outliers more.\n<!-- END SOLUTION -->",
    }
    metadata = {"kernelspec": {"name": "mine", "display_name": "of ada", "language": "python"}, "otter": {"x": 1}}
    return {"cells": [code, text], "metadata": metadata, "nbformat": 4, "nbformat_minor": 5}


def write(root: Path) -> Assignment:
    """A whole course in `root` with one sound assignment, its skeletons derived."""
    from autograder.course import skeletons

    handout, solution = root / "assignments" / "a1_mean", root / "solutions" / "a1_mean"
    handout.mkdir(parents=True)
    solution.mkdir(parents=True)
    put(handout, {"assignment.toml": DECLARED, "README.md": "# Means\n\nWrite them.\n", "checks_mean.py": VISIBLE})
    put(solution, {"stats.py": STATS, "answers.md": ANSWERS, "book.ipynb": json.dumps(notebook())})
    put(solution, {"checks_more.py": HIDDEN, "slips.toml": SLIPS, "rubric.md": "# Rubric\n\n## q2\n\nThree reasons.\n"})
    put(root, {"requirements.lock": LOCK})
    assignment = course.load(handout, solution)
    skeletons.write(assignment)
    return course.load(handout, solution)


def put(folder: Path, files: dict[str, str]) -> None:
    for name, text in files.items():
        (folder / name).write_bytes(text.encode())


def wheel(folder: Path) -> Path:
    """A wheel that pip accepts, much smaller than the real one."""
    info = "autograder-0.1.0.dist-info"
    kind = b"Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
    files = [
        ("autograder/__init__.py", b'"""The kit."""\n'),
        (f"{info}/METADATA", METADATA.encode()),
        (f"{info}/WHEEL", kind),
    ]
    record = "".join(f"{name},,\n" for name, _ in files) + f"{info}/RECORD,,\n"
    return pack(folder / "autograder-0.1.0-py3-none-any.whl", [*files, (f"{info}/RECORD", record.encode())])


def repack(path: Path, change: dict[str, bytes], folder: str = "a1_mean/") -> Path:
    """The zip at `path` with some files in its folder replaced or added."""
    with zipfile.ZipFile(path) as archive:
        files = {name: archive.read(name) for name in archive.namelist()}
    return pack(path, (files | {folder + name: data for name, data in change.items()}).items())
