"""Each guard finds a sound assignment sound, and names what is made wrong in it."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import courses
import pytest

from autograder.course import CourseError, find, guards, handout, slips, wheel
from autograder.course.slips import Edit, Slip
from autograder.model import Assignment

HOUSE = Path(__file__).parent.parent


@pytest.fixture
def a(tmp_path: Path) -> Assignment:
    return courses.write(tmp_path)


def change(a: Assignment, place: str, name: str, right: str, wrong: str) -> None:
    assert a.solution is not None
    path = (a.solution if place == "solution" else a.handout) / name
    assert right in path.read_text()
    path.write_text(path.read_text().replace(right, wrong))


def test_a_sound_assignment_has_no_problems(a: Assignment, tmp_path: Path) -> None:
    assert guards.all(a, handout.build(a, courses.wheel(tmp_path), tmp_path / "dist")) == []


@pytest.mark.parametrize(
    ("place", "name", "right", "wrong", "line"),
    [
        ("handout", "stats.py", "# TODO: mean", "# TODO mean", "assignments/a1_mean/stats.py: is not what"),
        (
            "handout",
            "stats.py",
            "def mean(x)",
            "def mean(x, axis=0)",
            "mean has another signature than in the solution.",
        ),
        (
            "handout",
            "stats.py",
            'raise NotImplementedError("mean")',
            "total = np.add.reduce(x) / len(x)",
            "shows “total = ",
        ),
        ("handout", "checks_mean.py", "@points(2", "@points(1.5", "but their @points add up to 5.5."),
        (
            "solution",
            "slips.toml",
            "check_mean_is_linear",
            "check_mean_is_liner",
            "check_mean_is_liner, which is no check;",
        ),
        ("solution", "answers.md", "## q2 Why", "## The second", "q2 has manual points, but no heading in answers.md"),
        ("solution", "rubric.md", "## q2", "## q3", "rubric.md: no heading names q2 or “Why”."),
        ("solution", "slips.toml", "[[slips]]", "[[slip]]", "slips.toml: slip = "),
        (
            "solution",
            "checks_more.py",
            '@points(4, "q1")',
            "@points(FOUR)",
            "check_mean_is_linear: must say @points(6, ",
        ),
    ],
)
def test_every_guard_is_called(
    a: Assignment, tmp_path: Path, place: str, name: str, right: str, wrong: str, line: str
) -> None:
    if name == "answers.md":
        change(a, "solution", "book.ipynb", "## Why", "## Because")
    change(a, place, name, right, wrong)
    zip = handout.build(a, courses.wheel(tmp_path), tmp_path / "dist")
    problems = guards.all(a, zip)
    assert any(line in problem for problem in problems), problems
    assert all(problem.endswith((".", "?")) and "\n" not in problem for problem in problems)


def test_a_guard_that_cannot_judge_does_not_silence_the_others(a: Assignment, tmp_path: Path) -> None:
    change(a, "solution", "checks_more.py", '@points(4, "q1")', "@points(FOUR)")
    change(a, "solution", "slips.toml", "[[slips]]", "[[slip]]")
    change(a, "solution", "rubric.md", "## q2", "## q3")
    problems = guards.all(a, handout.build(a, courses.wheel(tmp_path), tmp_path / "dist"))
    assert [name for name in ("checks_more.py", "slips.toml", "rubric.md") for p in problems if name in p] == [
        "checks_more.py",
        "slips.toml",
        "rubric.md",
    ]


@pytest.mark.parametrize(
    ("right", "wrong", "line"),
    [
        ("def mean(x):", "def mean(y):", "mean has another signature than in the solution."),
        ("def add(self, x: float) -> float:", "def add(self, x: float) -> int:", "Running.add has another signature"),
        ("start=0.0", "start=0", "Running.__init__ has another signature"),
        ("class Running:", "class Running(dict):", "Running has another signature"),
        ("    def add", "    @property\n    def add", "Running.add has another signature"),
        ("The mean of x, shape (N,).", "The mean.", "mean has another docstring than in the solution."),
        ("A mean that goes on.", "A mean.", "Running has another docstring"),
        ("def mean(x):", "def more(): pass\n\ndef mean(x):", "more is not in the solution."),
        ("def mean(x):", "def mean(x:", "stats.py:6: is not Python: "),
    ],
)
def test_a_broken_promise_is_named(a: Assignment, right: str, wrong: str, line: str) -> None:
    assert guards.promises_kept(a) == []
    change(a, "handout", "stats.py", right, wrong)
    (problem,) = guards.promises_kept(a)
    assert line in problem
    assert problem.startswith((a.handout / "stats.py").as_posix())


def test_points_are_counted_twice(a: Assignment) -> None:
    declared = guards.checks_of(a)
    assert declared == {
        "check_mean_of_ones": ("q1", 2.0),
        "check_mean_is_linear": ("q1", 4.0),
        "check_running_follows": ("q2", 1.0),
    }
    assert guards.sums(declared) == {"q1": 6.0, "q2": 1.0}
    assert guards.points_add_up(a, {"q1": 0.1 + 0.2 + 5.7, "q2": 1.0}) == []
    said = "a1_mean: assignment.toml leaves"
    assert guards.points_add_up(a, {"q1": 6.5, "qq2": 1.0}) == [
        f"{said} 6 points to the checks of q1, but their @points add up to 6.5.",
        f"{said} 1 points (4 less 3 manual) to the checks of q2, but their @points add up to 0.",
        "a1_mean: checks give points to qq2, which is no question; did you mean q2?",
    ]


def test_checks_are_read_and_never_run(a: Assignment) -> None:
    change(a, "handout", "checks_mean.py", "from auto", "1 / 0\nfrom auto")
    assert len(guards.checks_of(a)) == 3


@pytest.mark.parametrize(
    ("right", "wrong", "line"),
    [
        (
            "check_running_follows",
            "check_mean_of_ones",
            r"checks_more\.py:10: check_mean_of_ones: is already the name of another",
        ),
        ('@points(1, "q2")\n', "", r"check_running_follows: must say @points\(6, \"q1_conv\"\), with a figure"),
        ('@points(1, "q2")', "@points(1)", "check_running_follows: must say @points"),
        ("def check", "def def check", r"checks_more\.py:5: is not Python"),
    ],
)
def test_a_check_that_cannot_be_counted_is_refused(a: Assignment, right: str, wrong: str, line: str) -> None:
    change(a, "solution", "checks_more.py", right, wrong)
    with pytest.raises(CourseError, match=line):
        guards.checks_of(a)


def slip(*fails: str) -> Slip:
    return Slip("flip", "flips the sign", (Edit("a.py", "+", "-"),), fails)


def test_slips_and_checks_name_each_other() -> None:
    assert guards.everything_is_caught([slip("check_a")], ["check_a"]) == []
    assert guards.everything_is_caught([slip("check_aa")], ["check_a"]) == [
        "slip flip: fails names check_aa, which is no check; did you mean check_a?",
        "check_a: no slip names it, so nothing shows that it can fail.",
    ]


def test_what_a_slip_may_fail_is_left_open_but_must_exist() -> None:
    open_end = replace(slip("check_a"), may=("check_b",))
    assert guards.fails_exactly(open_end, ["check_a"]) == []
    assert guards.fails_exactly(open_end, ["check_a", "check_b"]) == []
    assert guards.fails_exactly(open_end, ["check_b"]) == ["slip flip: check_a passes, but should catch it."]
    # An open verdict shows nothing: check_b is caught by no slip.
    assert guards.everything_is_caught([open_end], ["check_a", "check_b"]) == [
        "check_b: no slip names it, so nothing shows that it can fail."
    ]
    assert guards.everything_is_caught([replace(open_end, may=("check_a", "check_bb"))], ["check_a"]) == [
        "slip flip: fails and may both name check_a.",
        "slip flip: may names check_bb, which is no check; did you mean check_a?",
    ]


def test_a_slip_fails_exactly_what_it_names() -> None:
    assert guards.fails_exactly(slip("check_a"), ["check_a"]) == []
    assert guards.fails_exactly(slip("check_a", "check_b"), ["check_b", "check_c"]) == [
        "slip flip: check_a passes, but should catch it.",
        "slip flip: check_c does not pass, but fails does not name it.",
    ]


@pytest.mark.parametrize("text", ["# q2", "### Q2: Why", "## Question q2 (manual)", "# why"])
def test_a_heading_names_a_question_by_id_or_title(a: Assignment, text: str) -> None:
    assert a.solution is not None
    (a.solution / "answers.md").write_text(text + "\n")
    (a.solution / "rubric.md").write_text(text + "\n")
    assert guards.answers_have_headings(a) == []
    assert guards.rubric_covers(a) == []


@pytest.mark.parametrize("text", ["", "q2", "# q21", "# aq2", "```\n# q2\n```", "#q2"])
def test_what_is_no_heading_of_the_question(a: Assignment, text: str) -> None:
    assert a.solution is not None
    (a.solution / "answers.md").write_text(text + "\n")
    (a.solution / "rubric.md").write_text(text + "\n")
    (a.solution / "book.ipynb").write_text(json.dumps(courses.notebook() | {"cells": []}))
    assert guards.answers_have_headings(a) == [
        "a1_mean: q2 has manual points, but no heading in answers.md names q2 or “Why”."
    ]
    assert guards.rubric_covers(a) == [f"{(a.solution / 'rubric.md').as_posix()}: no heading names q2 or “Why”."]
    (a.solution / "rubric.md").unlink()
    assert guards.rubric_covers(a) == [
        f"{(a.solution / 'rubric.md').as_posix()}: is missing, but 1 questions have manual points."
    ]


def test_the_course_s_own_assignments_are_sound(tmp_path: Path) -> None:
    for assignment in find(HOUSE).values():
        zip = handout.build(assignment, wheel.build(HOUSE, tmp_path), tmp_path)
        assert guards.all(assignment, zip) == []
        assert slips.load(assignment)
