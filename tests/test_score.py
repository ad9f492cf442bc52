"""Scoring is arithmetic on outcomes: these are its edge figures."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from autograder.grading.score import lateness, not_graded, rejected, score
from autograder.model import Assignment, Lateness, Outcome, Question, Submission, Verdict

DUE = datetime(2026, 2, 8, 17, 0, tzinfo=UTC)


def assignment(**changes: object) -> Assignment:
    questions = (Question("q1", "one", 6.0, 2.0), Question("q2", "two", 4.0), Question("q3", "words", 3.0, 3.0))
    facts: dict[str, object] = {
        "id": "a",
        "title": "A",
        "source": "",
        "questions": questions,
        "files": ("x.py",),
        "handout": Path(),
    }
    return Assignment(**(facts | changes))  # type: ignore[arg-type]


def outcome(question: str, points: float, earned: float, verdict: Verdict = "passed", name: str = "check_x") -> Outcome:
    return Outcome(
        name, question, "it is right", points, earned, verdict, why="" if verdict == "passed" else "it is wrong"
    )


def grade(*outcomes: Outcome, submission: Submission | None = None, of: Assignment | None = None):  # type: ignore[no-untyped-def]
    return score(of or assignment(), submission or Submission("ada", "0" * 64), outcomes, seed=1, versions={"kit": "1"})


def test_points_add_up_by_question_and_manual_points_wait() -> None:
    g = grade(outcome("q1", 1.5, 1.5), outcome("q1", 2.5, 0.0, "failed"), outcome("q2", 4.0, 4.0))
    assert (g.score, g.max_score, g.pending) == (5.5, 13.0, 5.0)
    assert dict(g.questions) == {"q1": 1.5, "q2": 4.0, "q3": 0.0}
    assert (g.status, g.reason) == ("graded", "1 of 3 checks did not pass; q1: it is wrong")


def test_a_question_never_earns_more_than_its_automatic_points() -> None:
    assert grade(outcome("q1", 9.0, 9.0), outcome("q3", 2.0, 2.0)).score == 4.0


def test_a_missing_file_makes_the_record_partial_and_is_named() -> None:
    g = grade(outcome("q1", 4, 4), submission=Submission("ada", "0" * 64, missing=("x.py", "y.py")))
    assert (g.status, g.reason) == ("partial", "x.py, y.py are missing")


def test_an_errored_check_makes_the_grade_provisional() -> None:
    g = grade(outcome("q1", 4, 0, "errored", "check_broken"))
    assert g.status == "partial"
    assert g.flags == ("provisional: check_broken went wrong by itself",)


def test_the_first_check_named_is_one_that_failed_not_one_that_waited_for_it() -> None:
    g = grade(outcome("q1", 2, 0, "skipped", "check_b"), outcome("q2", 2, 0, "timed_out", "check_a"))
    assert "; q2: " in g.reason


def test_a_rejected_submission_earns_and_awaits_nothing() -> None:
    g = rejected(assignment(), Submission("ada", "0" * 64, rejected="this is a PDF"), seed=1, versions={})
    assert (g.status, g.reason, g.score, g.pending, g.outcomes) == ("rejected", "this is a PDF", 0.0, 0.0, ())


def test_a_submission_that_the_grader_failed_on_says_so_to_staff() -> None:
    g = not_graded(assignment(), Submission("ada", "0" * 64, flags=("odd",)), "it broke", seed=1, versions={})
    assert (g.status, g.flags) == ("partial", ("odd", "provisional: it broke"))


@pytest.mark.parametrize(
    ("after", "share", "said"),
    [
        (timedelta(minutes=-1), 1.0, ""),
        (timedelta(minutes=10), 1.0, ""),
        (timedelta(minutes=10, seconds=1), 0.9, "1 day late: 90 % of the score counts"),
        (timedelta(days=1, minutes=11), 0.8, "2 days late: 80 % of the score counts"),
        (timedelta(days=3), 0.0, "3 days late; nothing counts after 2"),
    ],
)
def test_lateness_counts_days_begun(after: timedelta, share: float, said: str) -> None:
    assert lateness(Lateness(DUE, grace_minutes=10, per_day=0.1, days=2), DUE + after) == (share, said)


def test_an_unknown_time_of_arrival_costs_nothing() -> None:
    assert lateness(Lateness(DUE, per_day=0.5, days=1), None) == (1.0, "")
    assert lateness(Lateness(per_day=0.5, days=1), DUE) == (1.0, "")


def test_a_late_submission_loses_its_share() -> None:
    rule = Lateness(DUE, per_day=0.25, days=2)
    late = Submission("ada", "0" * 64, received=DUE + timedelta(hours=1))
    g = grade(outcome("q2", 4, 4), submission=late, of=assignment(lateness=rule))
    assert (g.score, g.late) == (3.0, "1 day late: 75 % of the score counts")


def test_the_bonus_lifts_no_score_above_full() -> None:
    g = grade(outcome("q1", 4, 4), outcome("q2", 4, 4), of=assignment(bonus=6.0))
    assert (g.score, g.max_score) == (7.0, 7.0)


@given(st.lists(st.tuples(st.sampled_from(["q1", "q2", "q3"]), st.floats(0, 1), st.floats(0, 10))))
def test_a_score_is_never_negative_and_never_above_the_automatic_points(drawn: list[tuple[str, float, float]]) -> None:
    g = grade(*(outcome(q, points, share * points) for q, share, points in drawn))
    assert 0.0 <= g.score <= 8.0
    assert g.score == pytest.approx(sum(g.questions.values()))
