"""A check that fails right work under some seeds is found and named."""

from __future__ import annotations

from pathlib import Path

from means import HIDDEN, write

from autograder import steadiness


def test_right_work_passes_under_every_seed(tmp_path: Path) -> None:
    report = steadiness.sweep(write(tmp_path), 3)
    assert report.problems == ()
    assert report.says == "means: the solution under 3 seeds; 3 of 3 checks repeated"


def test_a_check_that_depends_on_its_luck_is_named_with_the_seed(tmp_path: Path) -> None:
    assignment = write(tmp_path)
    assert assignment.solution is not None
    unlucky = HIDDEN.replace('x[0], "mean(x)")', 'max(x[0], 0.0), "mean(x)")')
    (assignment.solution / "checks_means_hidden.py").write_text(unlucky)
    (problem,) = steadiness.sweep(assignment, 12).problems
    assert problem.startswith("check_mean_of_one fails right work under ")
    assert ", seed " in problem
