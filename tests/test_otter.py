"""Otter's own `otter run` over our bundle gives the points that this kit gives, and `grader.check` works in Jupyter."""

from __future__ import annotations

import json
import os
import zipfile
from pathlib import Path
from typing import Any

import nbformat
import pytest
from books import CELLS, REPORT, RIGHT, book, put, replaced, write
from otters import ENVIRONMENT, theirs

from autograder import pipeline
from autograder.course import slips
from autograder.interop.otter import test_files as files_for
from autograder.model import Assignment

SOLUTION = {"ex08.ipynb": RIGHT, "report.toml": REPORT}


@pytest.fixture(scope="module")
def assignment(tmp_path_factory: pytest.TempPathFactory) -> Assignment:
    return write(tmp_path_factory.mktemp("course"))


@pytest.fixture(scope="module")
def bundle(assignment: Assignment, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return pipeline.bundle_otter([assignment], tmp_path_factory.mktemp("otter"))[0]


@pytest.fixture(scope="module")
def inbox(assignment: Assignment, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The solution, the handout, and the solution with a slip made."""
    folder = tmp_path_factory.mktemp("inbox")
    put(folder / "solution", SOLUTION)
    handout = {name: (assignment.handout / name).read_bytes() for name in SOLUTION}
    put(folder / "handout", handout)
    put(folder / "slip", SOLUTION)
    slips.apply(next(slip for slip in slips.load(assignment) if slip.id == "upside_down"), folder / "slip")
    return folder


@pytest.fixture(scope="module")
def ours(assignment: Assignment, inbox: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    grades = pipeline.grade(assignment, inbox, tmp_path_factory.mktemp("ours"), workers=1)
    return {grade.submission: grade.questions for grade in grades}


@pytest.mark.parametrize("name", ["solution", "handout", "slip"])
def test_otter_gives_the_same_points(
    name: str, ours: dict[str, Any], inbox: Path, bundle: Path, tmp_path: Path
) -> None:
    assert theirs(inbox / name, bundle, tmp_path) == ours[name]


def test_the_three_are_told_apart(ours: dict[str, Any]) -> None:
    assert [sum(ours[name].values()) for name in ("solution", "slip", "handout")] == [9, 5, 0]


def test_a_bundle_has_what_otter_installs_and_runs(bundle: Path, assignment: Assignment) -> None:
    with zipfile.ZipFile(bundle) as archive:
        names = set(archive.namelist())
        environment = archive.read("environment.yml").decode()
    assert {"run_autograder", "run_otter.py", "setup.sh", "otter_config.json", "environment.yml"} <= names
    assert {f"tests/{q.id}.py" for q in assignment.questions} <= names
    assert {"files/kit/solution/checks_lines_hidden.py", "files/kit/seed.txt"} <= names
    assert not {"files/kit/solution/rubric.md", "files/kit/solution/slips.toml"} & names
    assert "file:///autograder/source/files/kit/autograder-" in environment
    assert environment.count("otter-grader") == 1


def test_the_student_zip_has_tests_of_the_visible_checks_alone(assignment: Assignment, tmp_path: Path) -> None:
    made = pipeline.student([assignment], tmp_path)[0]
    with zipfile.ZipFile(made) as archive:
        tests = {name: archive.read(name).decode() for name in archive.namelist() if "/tests/" in name}
        needed = archive.read("a1_book/requirements.txt").decode()
        start = archive.read("a1_book/START.md").decode()
    assert set(tests) == {"a1_book/tests/q1.py", "a1_book/tests/q3.py"}
    assert "check_line_at_zero" in tests["a1_book/tests/q1.py"]
    assert "check_line_is_a_line" not in "".join(tests.values())
    assert {"otter-grader", "ipykernel", "matplotlib"} <= {line.partition("==")[0] for line in needed.splitlines()}
    assert 'grader.check("q1")' in start


@pytest.fixture(scope="module")
def session(assignment: Assignment, tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    """What each cell of a notebook showed, run by Jupyter in the folder that a student unpacked."""
    from nbclient import NotebookClient

    place = tmp_path_factory.mktemp("student")
    with zipfile.ZipFile(pipeline.student([assignment], place)[0]) as archive:
        archive.extractall(place)
    folder = place / "a1_book"
    (folder / "report.toml").write_text("[line]\nslope = 2.5\n")
    wrong = replaced(CELLS, c2="def line(x, slope, offset):\n    print('called')\n    return slope * x")
    cells = [cell["source"] for cell in json.loads(wrong)["cells"]]
    asks = "import otter\ngrader = otter.Notebook()", 'grader.check("q1")', 'grader.check("q3")'
    texts = ["".join(cell) for cell in cells] + [*asks, "run = 1\nslope_at_zero = 2.5", 'grader.check("q3")']
    (folder / "ex08.ipynb").write_text(book(*texts))
    made: Any = nbformat.read(folder / "ex08.ipynb", as_version=4)
    before = dict(os.environ)
    os.environ.update(ENVIRONMENT)
    try:
        NotebookClient(made, resources={"metadata": {"path": str(folder)}}).execute()
    finally:
        os.environ.clear()
        os.environ.update(before)
    return ["".join(str(out.get("data", {}).get("text/plain", "")) for out in cell["outputs"]) for cell in made.cells]


def test_grader_check_says_our_sentences_in_jupyter(session: list[str]) -> None:
    assert "line(0)" in session[5]
    assert "where" in session[5]
    assert "called" not in session[5]
    assert "line.slope is not the notebook's." in session[6]


def test_grader_check_looks_at_the_session_as_it_is(session: list[str]) -> None:
    assert "All test cases passed" in session[8]


def test_an_assignment_without_a_notebook_has_no_bundle(tmp_path: Path) -> None:
    import means

    with pytest.raises(pipeline.UsageError, match="means: Otter grades one notebook"):
        pipeline.bundle_otter([means.write(tmp_path)], tmp_path / "out")
    assert files_for(means.write(tmp_path / "again"), [], "") == {}
