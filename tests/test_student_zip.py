"""What a student does: unpack the zip into a new environment, try, check, hand in; from that zip alone."""

from __future__ import annotations

import shutil
import zipfile
from pathlib import Path

import pytest
from desks import Desk, set_up

from autograder import course, pipeline
from autograder.model import Assignment

ROOT = Path(__file__).parent.parent


@pytest.fixture(scope="module")
def assignment() -> Assignment:
    return course.find(ROOT)["a5_layers"]


@pytest.fixture(scope="module")
def zip_path(assignment: Assignment, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return pipeline.student([assignment], tmp_path_factory.mktemp("dist"))[0]


@pytest.fixture(scope="module")
def desk(zip_path: Path, tmp_path_factory: pytest.TempPathFactory) -> Desk:
    home = tmp_path_factory.mktemp("desk")
    return set_up(zip_path, home, home / "environments")


def test_the_zip_is_the_same_bytes_twice(assignment: Assignment, zip_path: Path, tmp_path: Path) -> None:
    again = pipeline.student([assignment], tmp_path)[0]
    assert again.read_bytes() == zip_path.read_bytes()


def test_the_zip_holds_no_file_of_the_solution_folder_alone(assignment: Assignment, zip_path: Path) -> None:
    assert assignment.solution is not None
    with zipfile.ZipFile(zip_path) as archive:
        names = {Path(name).name for name in archive.namelist()}
    secret = {path.name for path in assignment.solution.iterdir()} - {p.name for p in assignment.handout.iterdir()}
    assert {"slips.toml", "rubric.md"} <= secret
    assert names & secret == set()


def test_the_untouched_handout_fails_politely(desk: Desk) -> None:
    for done in (desk.run("pytest"), desk.run("autograder", "check")):
        said = done.stdout + done.stderr
        assert done.returncode == 1, said
        assert "fc_forward is not written yet." in said
        assert "Traceback" not in said
        assert "\n0 of " in said


def test_one_question_can_be_checked_alone(desk: Desk) -> None:
    done = desk.run("autograder", "check", "--question", "q1_relu")
    assert "relu_forward is not written yet." in done.stdout
    assert "fc_forward" not in done.stdout


def test_submit_says_what_is_missing_and_what_the_grader_will_see(desk: Desk) -> None:
    (desk.folder / "svm.py").rename(desk.folder / "swm.py")
    try:
        done = desk.run("autograder", "submit")
    finally:
        (desk.folder / "swm.py").rename(desk.folder / "svm.py")
    assert "svm.py" in done.stdout + done.stderr
    assert "swm.py" in done.stdout + done.stderr


def test_right_work_passes_at_home_and_its_zip_earns_all_points(
    desk: Desk, assignment: Assignment, tmp_path: Path
) -> None:
    assert assignment.solution is not None
    for name in (*assignment.files, *assignment.optional):
        shutil.copy(assignment.solution / name, desk.folder / name)
    checked = desk.run("autograder", "check")
    assert checked.returncode == 0, checked.stdout + checked.stderr
    submitted = desk.run("autograder", "submit", "--out", str(tmp_path / "in" / "ada.zip"))
    assert submitted.returncode == 0, submitted.stdout + submitted.stderr
    (grade,) = pipeline.grade(assignment, tmp_path / "in", tmp_path / "out")
    assert (grade.score, grade.status) == (sum(q.auto for q in assignment.questions), "graded"), grade.reason
