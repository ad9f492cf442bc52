"""Mutants change one thing inside a solution region, still parse, and are the same on every run."""

from __future__ import annotations

import ast
import json
from pathlib import Path

import pytest
from means import write

from autograder.course import mutants
from autograder.course.toml import CourseError

SOURCE = '''\
import numpy as np


def f(x, w):
    """ö: the columns after this count bytes."""
    y = x + 1
    # BEGIN SOLUTION
    é = x.T @ w  # a name of two bytes
    if é.sum(axis=0) > 0 and x is not None:
        y -= -é
        y[0] = 0.5
    return f"{y + 1}" if y else y.copy()
    # END SOLUTION
'''


def says(source: str) -> set[str]:
    return {mutant.says for mutant in mutants.of_python("f.py", source)}


def test_every_kind_of_change_is_made_inside_the_region_only() -> None:
    assert says(SOURCE) == {
        "x.T @ w → (w @ x.T)",
        "x.T → x",
        "é.sum(axis=0) > 0 and x is not None → (é.sum(axis=0) > 0 or x is not None)",
        "é.sum(axis=0) > 0 and x is not None → not (é.sum(axis=0) > 0 and x is not None)",
        "é.sum(axis=0) > 0 → (é.sum(axis=0) <= 0)",
        "é.sum(axis=0) > 0 → (é.sum(axis=0) >= 0)",
        "é.sum(axis=0) → é.mean(axis=0)",
        "x is not None → (x is None)",
        "0 → 1",
        "y -= -é → pass",
        "y -= -é → y = -é",
        "y -= -é → y += -é",
        "-é → (é)",
        "y[0] = 0.5 → pass",
        "0.5 → 0.75",
        'f"{y + 1}" if y else y.copy() → (y.copy())',
        "f\"{y + 1}\" if y else y.copy() → (f'{y + 1}')",
        "y.copy() → y",
    }


def test_each_mutant_differs_from_the_source_and_is_python() -> None:
    for mutant in mutants.of_python("f.py", SOURCE):
        assert mutant.text != SOURCE
        ast.parse(mutant.text)
        assert mutant.text.splitlines()[:7] == SOURCE.splitlines()[:7]
        assert (mutant.within, mutant.line) == ("f", SOURCE.splitlines()[mutant.number - 1].strip())


def test_no_region_no_mutants() -> None:
    assert says("x = 1 + 1\n") == set()


def test_a_notebooks_cells_are_changed_one_at_a_time_and_magics_stay() -> None:
    cells = [
        {"cell_type": "markdown", "source": ["1 + 1"]},
        {
            "cell_type": "code",
            "source": ["%matplotlib inline\n", "# BEGIN SOLUTION\n", "a = 2 * b\n", "# END SOLUTION"],
        },
    ]
    book = {"cells": cells, "nbformat": 4}
    found = list(mutants.of_notebook("lab.ipynb", json.dumps(book)))
    assert {m.says for m in found} == {"2 * b → (2 / b)", "2 → 3"}
    changed = json.loads(next(m.text for m in found if m.says == "2 → 3"))
    assert changed["cells"][1]["source"] == [
        "%matplotlib inline\n",
        "# BEGIN SOLUTION\n",
        "a = 3 * b\n",
        "# END SOLUTION",
    ]
    assert (found[0].file, found[0].number, changed["cells"][0]) == ("lab.ipynb", 2003, cells[0])


def test_the_order_is_shuffled_and_always_the_same(tmp_path: Path) -> None:
    assignment = write(tmp_path)
    first, again = mutants.of(assignment), mutants.of(assignment)
    assert first == again
    assert len({m.id for m in first}) == len(first) > 1


def test_what_is_excused_is_read_and_needs_a_reason(tmp_path: Path) -> None:
    assignment = write(tmp_path)
    assert mutants.equivalents(assignment) == ()
    assert assignment.solution is not None
    listed = assignment.solution / "mutants.toml"
    listed.write_text('[[equivalent]]\nfile = "means.py"\nwithin = "f"\nsays = "1 → 2"\nwhy = "never reached"\n')
    (entry,) = mutants.equivalents(assignment)
    inside = mutants.Mutant("means.py", 3, "f.g", "x = 1", "1 → 2", "")
    assert entry.covers(inside)
    assert not entry.covers(mutants.Mutant("means.py", 3, "f.g", "x = 1", "1 → 3", ""))
    assert not entry.covers(mutants.Mutant("means.py", 3, "ff", "x = 1", "1 → 2", ""))
    assert not entry.covers(mutants.Mutant("other.py", 3, "f.g", "x = 1", "1 → 2", ""))
    listed.write_text('[[equivalent]]\nfile = "means.py"\n')
    with pytest.raises(CourseError, match="why"):
        mutants.equivalents(assignment)
