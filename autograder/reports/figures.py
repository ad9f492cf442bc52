"""Counting over grades for the reports: what waits, what was earned, which checks are hard or slow."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import mean

from autograder.model import Assignment, Grade, Outcome, Question


@dataclass(frozen=True)
class Share:
    """What a class earned of a question: `earned` of the `decided` points; how many had all or none of them."""

    question: Question
    earned: float
    decided: float
    everything: int
    nothing: int

    @property
    def percent(self) -> float:
        return 100 * self.earned / self.decided if self.decided else 0.0


@dataclass(frozen=True)
class Hardship:
    """How a class did on a check: of `ran`, not counting those `skipped`, so many `passed`; CPU seconds."""

    check: Outcome
    ran: int
    passed: int
    timed_out: int
    skipped: int
    mean_seconds: float
    max_seconds: float

    @property
    def percent(self) -> float:
        return 100 * self.passed / self.ran if self.ran else 0.0


def is_check(outcome: Outcome) -> bool:
    """Whether a check said it; what a person judged is an outcome too."""
    return outcome.name.startswith("check_")


def provisional(grade: Grade) -> bool:
    """Whether something of ours went wrong, so that staff have to look before the grade counts."""
    return any(o.outcome == "errored" for o in grade.outcomes) or any(f.startswith("provisional") for f in grade.flags)


def waiting(question: Question, grade: Grade) -> float:
    """Points of this question that nobody has decided yet."""
    if not grade.pending:
        return 0.0
    judged = sum(o.points for o in grade.outcomes if o.question == question.id and not is_check(o))
    return max(0.0, question.manual - judged)


def broken(grade: Grade, question: Question | None = None) -> float:
    """Points that are not decided because the check itself went wrong."""
    errored = (o for o in grade.outcomes if o.outcome == "errored")
    return sum(o.points for o in errored if question is None or o.question == question.id)


def shares(grades: Sequence[Grade], assignment: Assignment) -> list[Share]:
    """One a question, over the submissions that could be read."""
    return [_share(question, [g for g in grades if g.status != "rejected"]) for question in assignment.questions]


def hardships(grades: Sequence[Grade]) -> list[Hardship]:
    """One a check, the hardest first; equally hard ones in the order of the checks."""
    by_name: dict[tuple[str, str], list[Outcome]] = {}
    for grade in grades:
        for outcome in filter(is_check, grade.outcomes):
            by_name.setdefault((outcome.question, outcome.name), []).append(outcome)
    return sorted(map(_hardship, by_name.values()), key=lambda h: (h.ran == 0, h.percent))


def _share(question: Question, grades: Sequence[Grade]) -> Share:
    decided = [
        (g.questions.get(question.id, 0.0), question.points - waiting(question, g) - broken(g, question))
        for g in grades
    ]
    decided = [(score, points) for score, points in decided if points > 0]
    return Share(
        question,
        earned=sum(score for score, _ in decided),
        decided=sum(points for _, points in decided),
        everything=sum(score >= points for score, points in decided),
        nothing=sum(score == 0 for score, _ in decided),
    )


def _hardship(outcomes: Sequence[Outcome]) -> Hardship:
    seconds = [o.seconds for o in outcomes]
    return Hardship(
        outcomes[0],
        ran=sum(o.outcome not in ("skipped", "errored") for o in outcomes),
        passed=sum(o.outcome == "passed" for o in outcomes),
        timed_out=sum(o.outcome == "timed_out" for o in outcomes),
        skipped=sum(o.outcome == "skipped" for o in outcomes),
        mean_seconds=mean(seconds),
        max_seconds=max(seconds),
    )
