"""Notebooks that turn on whoever runs them: nothing that one does to its own cells earns a point more."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from books import CELLS, REPORT, RIGHT, book, put, replaced, write

from autograder import pipeline
from autograder.model import Grade

WRONG = "def line(x, slope, offset):\n    return offset + 0 * x"
FLAT = replaced(CELLS, c2=WRONG)
"""An honest wrong notebook: what the attacks below must not better."""

TRANSFORM = """\
shell = get_ipython()
shell.input_transformers_post.append(lambda lines: ["pass\\n"])
shell.input_transformers_cleanup.append(lambda lines: ["pass\\n"])
shell.set_custom_exc((Exception,), lambda *more: None)
shell.events.register("pre_run_cell", lambda *more: None)
from IPython.core import inputtransformer2
inputtransformer2.TransformerManager.transform_cell = lambda self, cell: "pass\\n"
"""
PATCHED = """\
import sys, builtins, unittest, doctest
import numpy as np
np.testing.assert_allclose = lambda *more, **named: None
np.allclose = np.array_equal = lambda *more, **named: True
from autograder.sandbox import notebook, figures
notebook.Notebook.cause = notebook.Notebook.explained = lambda *more: None
figures.MOST = 10**6
doctest.DocTestRunner.run = lambda *more, **named: None
"""
PICTURES = """\
import numpy as np
from autograder.sandbox import figures
figures.shown += [(1, np.zeros((1200, 1200, 3), np.uint8)), (-1, "<svg onload=alert(1)>"), ("x", np.zeros(3))]
figures.shown += [(1, np.zeros((8, 8, 3), np.uint8))] * 5000
"""
STALE = {
    "output_type": "display_data",
    "metadata": {},
    "data": {"image/png": "iVBORw0KGgo=", "text/html": "<script>alert(1)</script>", "text/plain": "2.0"},
}


def changed(text: str, cell: dict[str, object], **more: object) -> str:
    """A notebook with the same entries in every cell."""
    made = json.loads(text) | more
    made["cells"] = [each | cell for each in made["cells"]]
    return json.dumps(made)


INBOX = {
    "honest": {"ex08.ipynb": FLAT},
    "right": {"ex08.ipynb": RIGHT},
    "transforms": {"ex08.ipynb": replaced((TRANSFORM, *CELLS), c3=WRONG)},
    "patches": {"ex08.ipynb": replaced((PATCHED, *CELLS), c3=WRONG)},
    "ignored": {
        "ex08.ipynb": changed(FLAT, {"id": "same", "metadata": {"tags": ["otter_ignore"], "otter": {"ignore": True}}})
    },
    "renamed": {"ex08.ipynb": changed(RIGHT, {}, metadata={"kernelspec": {"name": "ir", "language": "R"}})},
    "deleted": {"ex08.ipynb": book("import numpy as np", WRONG)},
    "draws": {"ex08.ipynb": replaced((PICTURES, *CELLS), c3=WRONG)},
    "stale": {
        "ex08.ipynb": changed(replaced(CELLS, c4="slope_at_zero = 2.0"), {"outputs": [STALE], "execution_count": 4}),
        "report.toml": REPORT,
    },
}


@pytest.fixture(scope="module")
def graded(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, Grade]]:
    root = tmp_path_factory.mktemp("hostile")
    assignment = write(root / "course")
    for name, files in INBOX.items():
        put(root / "inbox" / name, files)
    grades = pipeline.grade(assignment, root / "inbox", root / "out", workers=1)
    return root / "out", {grade.submission: grade for grade in grades}


def test_the_honest_ones_earn_what_is_theirs(graded: tuple[Path, dict[str, Grade]]) -> None:
    assert (graded[1]["right"].score, graded[1]["honest"].score) == (7, 4)


@pytest.mark.covers("B8")
@pytest.mark.parametrize("name", ["transforms", "patches"])
def test_changing_how_cells_are_read_or_compared_earns_nothing(
    name: str, graded: tuple[Path, dict[str, Grade]]
) -> None:
    _, grades = graded
    assert grades[name].score <= grades["honest"].score
    assert {"check_line_is_a_line"} <= set(grades[name].lost)
    assert all(o.outcome != "errored" for o in grades[name].outcomes)


@pytest.mark.covers("B13")
def test_tags_ids_kernels_and_missing_cells_earn_nothing(graded: tuple[Path, dict[str, Grade]]) -> None:
    _, grades = graded
    assert grades["ignored"].score == grades["honest"].score
    assert grades["deleted"].score < grades["honest"].score
    assert grades["renamed"].score == 0
    assert "ex08.ipynb is a notebook for R, not for Python." in grades["renamed"].notes


@pytest.mark.covers("F19")
def test_outputs_that_were_pasted_are_not_believed(graded: tuple[Path, dict[str, Grade]]) -> None:
    out, grades = graded
    assert "check_a_figure_is_there" in grades["stale"].lost
    assert not (out / "feedback" / "stale").exists()
    page = (out / "feedback" / "stale.html").read_text()
    assert "data:image" not in page
    assert "alert(1)" not in page


@pytest.mark.covers("F19")
def test_pictures_are_pixels_and_few_whatever_is_claimed_to_be_one(graded: tuple[Path, dict[str, Grade]]) -> None:
    out, grades = graded
    assert grades["draws"].score <= grades["honest"].score
    assert len(grades["draws"].pictures) <= 20
    assert all(picture.startswith(b"\x89PNG") for picture in grades["draws"].pictures)
    assert "onload" not in (out / "feedback" / "draws.html").read_text()
