"""A notebook assignment from its solution to its grades: skeleton, slips, figures, report, and what mishaps cost."""

from __future__ import annotations

import base64
import json
import re
from pathlib import Path

import pytest
from books import CELLS, REPORT, RIGHT, book, put, replaced, write

from autograder import pipeline
from autograder.model import Grade
from autograder.verify import verify

INBOX = {
    "ada": {"ex08.ipynb": RIGHT, "report.toml": REPORT},
    "bela": {"ex08.ipynb": replaced(CELLS, c2="def line(:", c4="slope_at_zero = 2.0"), "report.toml": "[line\n"},
    "chen": {"ex08 (1).ipynb": replaced(CELLS, c3="raise KeyError('x')")},
    "dana": {"ex08.ipynb": "{", "report.toml": REPORT},
    "emil": {"ex08.ipynb": book("while True: pass", "def line(x, slope, offset):\n    return slope * x + offset")},
}


@pytest.fixture(scope="module")
def graded(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, Grade]]:
    root = tmp_path_factory.mktemp("books")
    assignment = write(root / "course")
    for name, files in INBOX.items():
        put(root / "inbox" / name, files)
    grades = pipeline.grade(assignment, root / "inbox", root / "out", workers=1)
    return root / "out", {grade.submission: grade for grade in grades}


def shown(page: str) -> list[bytes]:
    """The figures of a feedback page, as whole files."""
    found = re.findall(r'<img src="data:image/png;base64,([^"]*)" alt="Figure \d+ of the notebook">', page)
    return [base64.b64decode(text, validate=True) for text in found]


def why(grade: Grade, name: str) -> str:
    return next(o.why for o in grade.outcomes if o.name == name)


def test_a_right_notebook_earns_every_point_and_its_figures_are_shown(graded: tuple[Path, dict[str, Grade]]) -> None:
    out, grades = graded
    assert grades["ada"].score == 9
    assert grades["ada"].notes == ()
    picture = (out / "feedback" / "ada" / "figure_01.png").read_bytes()
    assert picture.startswith(b"\x89PNG")
    assert len(picture) > 4_000, "longer than any text on a page may be"
    page = (out / "feedback" / "ada.html").read_text()
    assert shown(page) == [picture]
    assert "img-src data:" in page
    assert not (out / "feedback" / "bela").exists()
    assert "img-src" not in (out / "feedback" / "bela.html").read_text()


def test_a_cell_that_fails_costs_what_it_should_have_made(graded: tuple[Path, dict[str, Grade]]) -> None:
    bela = graded[1]["bela"]
    assert set(bela.lost) == {
        "check_line_at_zero",
        "check_line_is_a_line",
        "check_a_figure_is_there",
        "check_report_has_the_slope",
        "check_slope_is_two",
    }
    assert why(bela, "check_line_at_zero").startswith("ex08.ipynb has no line, because cell 2, line 1, `def line(:`")
    assert why(bela, "check_slope_is_two") == "report.toml cannot be read."
    assert any(note.startswith("ex08.ipynb, cell 2, line 1: `def line(:`: SyntaxError") for note in bela.notes)


def test_a_copys_name_is_forgiven_and_said(graded: tuple[Path, dict[str, Grade]]) -> None:
    chen = graded[1]["chen"]
    assert "ex08 (1).ipynb was taken for ex08.ipynb." in chen.notes
    assert why(chen, "check_spread") == "ex08.ipynb has no spread."
    assert why(chen, "check_slope_is_two") == "report.toml is missing."


def test_what_is_no_notebook_costs_its_checks_and_no_others(graded: tuple[Path, dict[str, Grade]]) -> None:
    dana = graded[1]["dana"]
    assert "check_slope_is_two" not in dana.lost
    assert "ex08.ipynb is not a whole notebook" in why(dana, "check_line_at_zero")


def test_a_cell_that_never_ends_costs_only_itself(graded: tuple[Path, dict[str, Grade]]) -> None:
    emil = graded[1]["emil"]
    assert {"check_line_at_zero", "check_line_is_a_line"}.isdisjoint(emil.lost)
    assert any("computing time of the notebook was used up" in note for note in emil.notes)


def test_a_regrade_keeps_notes_and_figures(graded: tuple[Path, dict[str, Grade]], tmp_path: Path) -> None:
    out, grades = graded
    assignment = write(tmp_path / "course")
    again = {g.submission: g for g in pipeline.regrade(assignment, out, question="q1", workers=1)}
    assert again["bela"].notes == grades["bela"].notes
    picture = (out / "feedback" / "ada" / "figure_01.png").read_bytes()
    assert shown((out / "feedback" / "ada.html").read_text()) == [picture]


def test_the_assignment_is_proved(tmp_path: Path) -> None:
    proved = verify(write(tmp_path), workers=1)
    assert proved.problems == ()
    assert "slips caught by exactly the checks they name: 5 of 5" in proved.says


def test_the_skeleton_has_no_solution_and_runs(tmp_path: Path) -> None:
    skeleton = json.loads((write(tmp_path).handout / "ex08.ipynb").read_text())
    text = "".join("".join(cell["source"]) for cell in skeleton["cells"])
    assert "np.std" not in text
    assert "raise NotImplementedError" in text
