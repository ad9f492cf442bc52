"""What persons judge is added to a grade, and kept beside what the checks gave."""

import math
from pathlib import Path

import pytest
from samples import ASSIGNMENT, KINDS, SEED, VERSIONS, grade, outcomes

from autograder.gradebook import Gradebook, GradebookError
from autograder.gradebook.judging import JUDGED

A5 = ASSIGNMENT.id


@pytest.fixture
def book(tmp_path: Path):
    with Gradebook(tmp_path / "gradebook.db") as book:
        yield book


def test_a_judgement_is_folded_in(book):
    saved = grade("ada", outcomes())
    book.save(saved)
    book.judge(ASSIGNMENT, "ada", "q7_1", 3, "tom", "The axes are not named.")

    [folded] = book.grades(A5)
    assert (folded.score, folded.pending) == (saved.score + 3, saved.pending - 4)
    assert folded.questions["q7_1"] == 3
    said = folded.outcomes[-1]
    assert (said.name, said.points, said.score, said.outcome, said.why) == (
        JUDGED,
        4,
        3,
        "failed",
        "The axes are not named.",
    )
    assert book.find(A5, "ada", saved.sha256, VERSIONS, SEED) == folded
    assert book.grades(A5, judged=False) == book.history(A5, "ada") == [saved]


def test_judging_again_adds_a_row_and_the_newest_counts(book):
    saved = grade("ada", outcomes())
    book.save(saved)
    book.judge(ASSIGNMENT, "ada", "q7_1", 1, "tom")
    book.judge(ASSIGNMENT, "ada", "q7_1", 4, "uma", "On second reading.")
    book.judge(ASSIGNMENT, "ada", "q1_fc", 2, "uma")

    [folded] = book.grades(A5)
    assert (folded.score, folded.pending) == (saved.score + 6, saved.pending - 6)
    assert [(j.question, j.score, j.person) for j in book.judgements(A5, "ada", saved.sha256)] == [
        ("q1_fc", 2, "uma"),
        ("q7_1", 4, "uma"),
    ]


def test_all_judged_is_the_full_score(book):
    book.save(grade("ada", outcomes()))
    for question in ASSIGNMENT.questions:
        if question.manual:
            book.judge(ASSIGNMENT, "ada", question.id, question.manual, "tom")
    [folded] = book.grades(A5)
    assert (folded.score, folded.pending) == (ASSIGNMENT.max_score, 0)


def test_judged_points_stop_at_the_maximum(book):
    book.save(grade("ada", outcomes(), max_score=50.0))  # the rest of the points is a bonus
    book.judge(ASSIGNMENT, "ada", "q7_1", 4, "tom")
    assert book.grades(A5)[0].score == 50


def test_a_regrade_keeps_judgements_and_another_zip_does_not(book):
    book.save(grade("ada", ()))
    book.judge(ASSIGNMENT, "ada", "q7_1", 4, "tom")
    book.save(grade("ada", outcomes()))
    assert book.grades(A5)[0].questions["q7_1"] == 4

    book.save(grade("ada", outcomes(), sha256="f" * 64))
    assert book.grades(A5)[0].questions["q7_1"] == 0


def test_lateness_takes_its_share_of_judged_points_too(book):
    book.save(grade("told", (), late="1 day late"), kept=0.9)
    book.save(grade("read off", outcomes(), share=0.9, late="1 day late"))
    book.judge(ASSIGNMENT, "told", "q7_1", 4, "tom")
    book.judge(ASSIGNMENT, "read off", "q7_1", 4, "tom")

    auto = sum(q.auto for q in ASSIGNMENT.questions)
    assert {g.submission: g.score for g in book.grades(A5)} == {"told": 3.6, "read off": round((auto + 4) * 0.9, 6)}


@pytest.mark.parametrize(
    ("submission", "question", "score", "said"),
    [
        ("ada", "q7_1", 5, "score 5 is not between 0 and 4"),
        ("ada", "q7_1", -1, "score -1 is not between"),
        ("ada", "q7_1", math.nan, "score nan is not between"),
        ("ada", "q7_1", True, "score True is not between"),
        ("ada", "q2_1", 1, "checks alone decide this question"),
        ("ada", "q9", 1, "a5_layers has no question 'q9'; it has q1_fc"),
        ("zoe", "q7_1", 1, "no graded submission of this name"),
        ("otto", "q7_1", 1, "no graded submission of this name"),
    ],
)
def test_a_judgement_that_makes_no_sense_is_refused(book, submission, question, score, said):
    book.save(grade("ada", outcomes()))
    book.save(KINDS["not a zip"]())
    with pytest.raises(GradebookError, match=said):
        book.judge(ASSIGNMENT, submission, question, score, "tom")


def test_a_folded_grade_is_not_saved_again(book):
    book.save(grade("ada", outcomes()))
    book.judge(ASSIGNMENT, "ada", "q7_1", 4, "tom")
    with pytest.raises(GradebookError, match="as the checks gave it"):
        book.save(book.grades(A5)[0])
