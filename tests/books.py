"""A tiny assignment with a notebook and a report, and notebooks for it, for the tests of all that runs notebooks."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from pathlib import Path

from autograder import course
from autograder.course import skeletons
from autograder.model import Assignment

DECLARED = """\
id = "a1_book"
title = "Lines"
source = "made up for the tests"
files = ["ex08.ipynb"]
optional = ["report.toml", "answers.md"]
preload = ["numpy"]

[limits]
call_seconds = 2
check_seconds = 4
submission_seconds = 30
notebook_seconds = 4

[[questions]]
id = "q1"
title = "A line"
points = 4

[[questions]]
id = "q2"
title = "A plot"
points = 4
manual = 1

[[questions]]
id = "q3"
title = "A number"
points = 2
"""

CELLS = (
    "%matplotlib inline\nimport numpy as np\nimport matplotlib.pyplot as plt",
    '''\
def line(x, slope, offset):
    """The line at x, (N,)."""
    # BEGIN SOLUTION
    return slope * x + offset
    # END SOLUTION''',
    '''\
def spread(x):
    """The standard deviation of x, (N,)."""
    # BEGIN SOLUTION
    return np.std(x)
    # END SOLUTION''',
    """\
# BEGIN SOLUTION
x = np.linspace(0, 1, 5)
plt.plot(x, line(x, 2.0, 1.0))
plt.title("A line")
plt.show()
slope_at_zero = 2.0
# END SOLUTION""",
)

VISIBLE = '''\
from autograder.checks import close, points, require


@points(1, "q1")
def check_line_at_zero(student, rng):
    """line at 0 is its offset."""
    offset = rng.normal()
    close(student.ex08.line(0.0, 2.0, offset), offset, "line(0)")


@points(1, "q2")
def check_a_figure_is_there(student, figures):
    """The notebook shows a figure."""
    require(len(figures("ex08")) >= 1, "ex08.ipynb shows no figure.", hint="Call plt.show() in the cell that plots.")


@points(1, "q3")
def check_report_has_the_slope(student, report):
    """report.toml says the slope that the notebook found."""
    require(report.number("line.slope") == student.ex08.slope_at_zero, "line.slope is not the notebook's.")
'''

HIDDEN = '''\
from autograder.checks import close, points


@points(3, "q1")
def check_line_is_a_line(student, rng, ref):
    """line gives slope times x plus offset."""
    x, slope, offset = rng.normal(size=6), rng.normal(), rng.normal()
    close(student.ex08.line(x, slope, offset), ref.ex08.line(x, slope, offset), "line(x)", hint="Does slope count?")


@points(2, "q2")
def check_spread(student, rng):
    """spread gives the standard deviation."""
    x = rng.normal(size=7)
    close(student.ex08.spread(x), x.std(), "spread(x)", hint="It is a root.")


@points(1, "q3")
def check_slope_is_two(report):
    """The reported slope is right."""
    assert abs(report["line.slope"] - 2.0) < 1e-6
'''

SLIPS = """\
[[slips]]
id = "flat"
says = "forgets the slope"
file = "ex08.ipynb"
find = "return slope * x + offset"
replace = "return x + offset"
fails = ["check_line_is_a_line"]

[[slips]]
id = "variance"
says = "takes the variance"
file = "ex08.ipynb"
find = "np.std(x)"
replace = "np.var(x)"
fails = ["check_spread"]

[[slips]]
id = "steeper"
says = "reports another slope"
file = "report.toml"
find = "slope = 2.0"
replace = "slope = 2.5"
fails = ["check_report_has_the_slope", "check_slope_is_two"]

[[slips]]
id = "upside_down"
says = "subtracts the offset"
file = "ex08.ipynb"
find = "slope * x + offset"
replace = "slope * x - offset"
fails = ["check_line_at_zero", "check_line_is_a_line"]

[[slips]]
id = "blind"
says = "shows nothing"
file = "ex08.ipynb"
find = "plt.show()"
replace = "plt.close()"
fails = ["check_a_figure_is_there"]
"""

REPORT = "[line]\nslope = 2.0\n"


def book(*sources: str, **more: object) -> str:
    """A notebook of these code cells, as Jupyter writes it; `more` replaces its parts."""
    made = [
        {
            "cell_type": "code",
            "execution_count": None,
            "id": f"c{number}",
            "metadata": {},
            "outputs": [],
            "source": text.splitlines(keepends=True),
        }
        for number, text in enumerate(sources)
    ]
    return json.dumps({"cells": made, "metadata": {}, "nbformat": 4, "nbformat_minor": 5} | more)


def without_markers(text: str) -> str:
    """A solution's cell as a student would have it."""
    return "\n".join(line for line in text.split("\n") if "SOLUTION" not in line)


def replaced(cells: Iterable[str], **changes: str) -> str:
    """A notebook of the solution's cells, where c2="…" stands for the second one."""
    texts = [without_markers(text) for text in cells]
    for name, text in changes.items():
        texts[int(name[1:]) - 1] = text
    return book(*texts)


RIGHT = replaced(CELLS)


def write(root: Path) -> Assignment:
    """The course in `root`."""
    handout, solution = root / "assignments" / "a1_book", root / "solutions" / "a1_book"
    put(handout, {"assignment.toml": DECLARED, "README.md": "# Lines\n", "checks_lines.py": VISIBLE})
    put(handout, {"report.toml": "# [line]\n# slope = \n"})
    put(solution, {"ex08.ipynb": book(*CELLS), "checks_lines_hidden.py": HIDDEN, "slips.toml": SLIPS})
    put(
        solution,
        {"answers.md": "# Answers\n\n## q2 A plot\n\n<!-- BEGIN SOLUTION -->\nA line.\n<!-- END SOLUTION -->\n"},
    )
    put(solution, {"report.toml": REPORT, "rubric.md": "# Rubric\n\n## q2\n\nOne point for a title.\n"})
    skeletons.write(course.load(handout, solution))
    return course.load(handout, solution)


def put(folder: Path, files: Mapping[str, str | bytes]) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    for name, content in files.items():
        (folder / name).write_bytes(content.encode() if isinstance(content, str) else content)
    return folder
