"""Every other student zip, from unpacking to handing in, in an environment of what it lists; notebooks in Jupyter."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import nbformat
import pytest
from desks import Desk, set_up

from autograder import course, pipeline
from autograder.course.assignment import solution_of
from autograder.model import Assignment

COURSE = course.find(Path(__file__).parent.parent)
OTHERS = sorted(COURSE.keys() - {"a5_layers"})
"""test_student_zip.py is about a5_layers."""


@pytest.fixture(scope="module", params=OTHERS)
def assignment(request: pytest.FixtureRequest) -> Assignment:
    return COURSE[request.param]


@pytest.fixture(scope="module")
def environments(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    folder = tmp_path_factory.mktemp("environments")
    yield folder
    shutil.rmtree(folder)


@pytest.fixture(scope="module")
def desk(assignment: Assignment, environments: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    home = tmp_path_factory.mktemp("desk")
    yield set_up(pipeline.student([assignment], home / "dist")[0], home, environments)
    shutil.rmtree(home)


def test_from_the_untouched_handout_to_right_work_handed_in(assignment: Assignment, desk: Desk, tmp_path: Path) -> None:
    begun = desk.run("autograder", "check")
    assert begun.returncode == 1, begun.stdout + begun.stderr
    assert "\n0 of " in begun.stdout
    assert "Traceback" not in begun.stdout + begun.stderr

    for name in (*assignment.files, *assignment.optional):
        if (solution_of(assignment) / name).is_file():
            shutil.copy(solution_of(assignment) / name, desk.folder / name)
    done = desk.run("autograder", "check")
    assert done.returncode == 0, done.stdout + done.stderr
    submitted = desk.run("autograder", "submit", "--out", str(tmp_path / "ada.zip"))
    assert submitted.returncode == 0, submitted.stdout + submitted.stderr
    assert (tmp_path / "ada.zip").is_file()

    for notebook in [name for name in assignment.files if name.endswith(".ipynb")]:
        checked_in_jupyter(desk, notebook, assignment)


def checked_in_jupyter(desk: Desk, name: str, assignment: Assignment) -> None:
    """Run the notebook as Jupyter does, with a cell at its end that asks Otter for every question that has a test."""
    asked = sorted(path.stem for path in (desk.folder / "tests").glob("*.py"))
    assert asked
    book = nbformat.read(desk.folder / name, as_version=4)
    source = "import otter\ngrader = otter.Notebook()\n"
    source += f"for question in {asked!r}:\n    print(question, grader.check(question).grade)"
    book.cells.append(nbformat.v4.new_code_cell(source))
    nbformat.write(book, desk.folder / "session.ipynb")
    ran = desk.run("jupyter", "nbconvert", "--to", "notebook", "--execute", "--inplace", "session.ipynb")
    assert ran.returncode == 0, ran.stdout + ran.stderr
    cell = nbformat.read(desk.folder / "session.ipynb", as_version=4).cells[-1]
    printed = "".join(output.get("text", "") for output in cell.outputs)
    assert [line.split()[1] for line in printed.splitlines()] == ["1.0"] * len(asked), printed
