"""What persons decided about manual points, folded into the grade that the checks gave."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from autograder.model import Grade, Outcome

JUDGED = "judged_by_a_person"
"""The outcome that shows a person's decision beside the checks' outcomes; no check can be named so."""


@dataclass(frozen=True)
class Judgement:
    """One person's `score` of the manual `points` of a question, for the submission with these bytes."""

    assignment: str
    submission: str
    sha256: str
    question: str
    points: float
    score: float
    person: str
    why: str
    judged: str
    """When, ISO 8601."""


def fold(grade: Grade, judgements: Sequence[Judgement], kept: float | None = None) -> Grade:
    """The grade with the judgements in: pending shrinks, the question's and the whole score grow, `why` is an outcome.

    `judgements` holds at most one a question. `kept` is the share that lateness leaves of the score; when it was not
    told, it is read off the grade.
    """
    if not judgements:
        return grade
    before = sum(grade.questions.values())
    share = kept if kept is not None else (grade.score / before if before else 1.0)
    questions = dict(grade.questions)
    for judgement in judgements:
        questions[judgement.question] = _round(questions.get(judgement.question, 0.0) + judgement.score)
    return replace(
        grade,
        score=_round(min(sum(questions.values()) * share, grade.max_score)),
        pending=max(0.0, _round(grade.pending - sum(j.points for j in judgements))),
        questions=questions,
        outcomes=(*grade.outcomes, *(_outcome(j) for j in judgements)),
    )


def _outcome(judgement: Judgement) -> Outcome:
    return Outcome(
        name=JUDGED,
        question=judgement.question,
        says="A person read this answer.",
        points=judgement.points,
        score=judgement.score,
        outcome="passed" if judgement.score == judgement.points else "failed",
        why=judgement.why,
    )


def _round(points: float) -> float:
    return round(points, 6) + 0.0
