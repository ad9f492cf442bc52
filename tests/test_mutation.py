"""Mutants are graded in the sandbox: what checks see is counted, what they miss is named."""

from __future__ import annotations

from pathlib import Path

from means import HIDDEN, write

from autograder import mutation
from autograder.course.mutants import Mutant
from autograder.model import Assignment


def measured(tmp_path: Path, hidden: str = HIDDEN, excused: str = "") -> mutation.Verified:
    assignment: Assignment = write(tmp_path)
    assert assignment.solution is not None
    (assignment.solution / "checks_means_hidden.py").write_text(hidden)
    if excused:
        (assignment.solution / "mutants.toml").write_text(excused)
    return mutation.measure(assignment, 100, workers=1)


def test_checks_that_see_everything_leave_no_survivor(tmp_path: Path) -> None:
    report = measured(tmp_path)
    assert report.problems == ()
    assert "100.0 %" in report.says


def test_a_survivor_is_named_with_its_line(tmp_path: Path) -> None:
    blind = HIDDEN.replace("close(", "print(")
    report = measured(tmp_path, blind)
    assert any(line.startswith("survived: means.py line ") for line in report.problems), report


def test_an_excuse_for_what_is_no_longer_there_is_a_problem(tmp_path: Path) -> None:
    report = measured(tmp_path, excused='[[equivalent]]\nfile = "means.py"\nsays = "7 → 8"\nwhy = "gone"\n')
    assert report.problems == ("mutants.toml: nothing in means.py reads so 7 → 8",)


def test_files_take_turns() -> None:
    found = [Mutant(file, n, "", "", str(n), "") for file in "ab" for n in range(3 if file == "a" else 1)]
    assert [(m.file, m.number) for m in mutation.evenly(found)] == [("a", 0), ("b", 0), ("a", 1), ("a", 2)]
