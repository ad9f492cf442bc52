"""What a run leaves: whole files, slips recognised, the files that were read."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from means import RIGHT, hand_in, write

from autograder import outputs
from autograder.course import slips
from autograder.grading.score import score
from autograder.model import Assignment, Grade, Outcome, Submission


def grade(assignment: Assignment, name: str, *lost: str) -> Grade:
    checks = {"check_mean_of_numbers": ("q1", 1.0), "check_mean_of_one": ("q1", 2.0), "check_spread": ("q2", 1.0)}
    outcomes = [
        Outcome(
            check,
            question,
            "it is right",
            points,
            0.0 if check in lost else points,
            "failed" if check in lost else "passed",
        )
        for check, (question, points) in checks.items()
    ]
    return score(assignment, Submission(name, "0" * 64), outcomes, seed=1, versions={"kit": "1"})


def test_a_slip_is_recognised_by_exactly_the_checks_it_fails(tmp_path: Path) -> None:
    assignment = write(tmp_path)
    known = slips.load(assignment)
    grades = [
        grade(assignment, "a", "check_mean_of_numbers"),
        grade(assignment, "b", "check_mean_of_numbers"),
        grade(assignment, "c", "check_spread"),
        grade(assignment, "d", "check_spread", "check_mean_of_one"),
        grade(assignment, "e"),
    ]
    assert outputs.slips_seen(grades, known) == {"sum": 2, "variance": 1}


def test_what_is_not_written_yet_hides_no_slip(tmp_path: Path) -> None:
    assignment = write(tmp_path)
    made = grade(assignment, "a", "check_mean_of_numbers", "check_mean_of_one", "check_spread")
    unwritten = {"check_mean_of_one": "one is not written yet.", "check_spread": "spread is not written yet."}
    begun = replace(made, outcomes=tuple(replace(o, why=unwritten.get(o.name, "")) for o in made.outcomes))
    blank = replace(made, outcomes=tuple(replace(o, why="mean is not written yet.") for o in made.outcomes))
    assert outputs.slips_seen([made], slips.load(assignment)) == {}
    assert outputs.slips_seen([begun], slips.load(assignment)) == {"sum": 1}
    assert outputs.slips_seen([blank], slips.load(assignment)) == {}


def test_pages_and_records_are_written_beside_each_other(tmp_path: Path) -> None:
    assignment = write(tmp_path / "course")
    outputs.write_feedback(grade(assignment, "ada", "check_spread"), assignment, tmp_path)
    record = json.loads((tmp_path / "feedback" / "ada.json").read_text("utf-8"))
    assert (record["submission"], record["score"]) == ("ada", 3)
    assert "it is right" in (tmp_path / "feedback" / "ada.html").read_text("utf-8")
    assert sorted(path.name for path in (tmp_path / "feedback").iterdir()) == ["ada.html", "ada.json"]


def test_the_summary_says_what_a_slip_is(tmp_path: Path) -> None:
    assignment = write(tmp_path / "course")
    outputs.write_tables([grade(assignment, "ada", "check_spread")], assignment, tmp_path)
    assert "gives the variance" in (tmp_path / "summary.html").read_text("utf-8")
    assert (tmp_path / "grades.csv").read_bytes().endswith(b"\r\n")


def test_a_course_without_slips_has_its_tables_all_the_same(tmp_path: Path) -> None:
    assignment = write(tmp_path / "course")
    (tmp_path / "course/solutions/means/slips.toml").unlink()
    outputs.write_tables([grade(assignment, "ada")], assignment, tmp_path)
    assert (tmp_path / "grades.csv").is_file()


def test_what_was_kept_is_the_submission_again(tmp_path: Path) -> None:
    assignment = write(tmp_path / "course")
    hand_in(tmp_path / "submissions", {"ada": RIGHT})
    came = datetime(2026, 1, 1, tzinfo=UTC)
    old = replace(grade(assignment, "ada"), flags=("odd", "provisional: check_x went wrong by itself"))

    again = outputs.kept(old, assignment, tmp_path, came)

    assert (again.files, again.missing, again.received, again.flags) == (("means.py",), (), came, ("odd",))
    (tmp_path / "submissions" / "ada" / "means.py").unlink()
    assert outputs.kept(old, assignment, tmp_path, came).missing == ("means.py",)


def test_a_private_folder_is_closed_to_others(tmp_path: Path) -> None:
    assert outputs.private(tmp_path / "a" / "b").stat().st_mode & 0o777 == 0o700
