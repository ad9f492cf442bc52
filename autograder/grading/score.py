"""Outcomes → a grade. Pure: no clock, no disk, the same numbers every time."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from autograder.model import Assignment, Grade, Lateness, Outcome, Status, Submission


def score(
    assignment: Assignment,
    submission: Submission,
    outcomes: Sequence[Outcome],
    *,
    seed: int,
    versions: Mapping[str, str],
    isolation: Sequence[str] = (),
    output: str = "",
    seconds: float = 0.0,
    notes: Sequence[str] = (),
    pictures: Sequence[bytes] = (),
    flags: Sequence[str] = (),
    weights: Mapping[str, str] | None = None,
) -> Grade:
    """The record of a submission whose checks have run. A question earns at most its automatic points."""
    order = {q.id: n for n, q in enumerate(assignment.questions)}
    outcomes = sorted(outcomes, key=lambda o: order.get(o.question, len(order)))
    earned = {
        q.id: _round(min(q.auto, sum(o.score for o in outcomes if o.question == q.id))) for q in assignment.questions
    }
    share, late = lateness(assignment.lateness, submission.received)
    errored = [o.name for o in outcomes if o.outcome == "errored"]
    provisional = (f"provisional: {name} went wrong by itself" for name in errored)
    return Grade(
        assignment=assignment.id,
        submission=submission.name,
        sha256=submission.sha256,
        students=submission.students,
        status=_status(submission, outcomes),
        reason=_reason(submission, outcomes),
        score=_round(min(sum(earned.values()) * share, assignment.max_score)),
        max_score=assignment.max_score,
        pending=_round(sum(q.manual for q in assignment.questions)),
        questions=earned,
        outcomes=tuple(outcomes),
        seed=seed,
        versions=dict(versions),
        late=late,
        flags=tuple(dict.fromkeys((*submission.flags, *flags, *provisional))),
        weights=dict(weights or {}),
        notes=tuple(dict.fromkeys((*submission.notes, *notes))),
        pictures=tuple(pictures),
        isolation=tuple(isolation),
        output=output,
        seconds=seconds,
    )


def rejected(assignment: Assignment, submission: Submission, *, seed: int, versions: Mapping[str, str]) -> Grade:
    """The record of a submission that could not be read: nothing earned, nothing pending, the reason said."""
    return _empty(assignment, submission, "rejected", submission.rejected, seed, versions)


def not_graded(
    assignment: Assignment, submission: Submission, why: str, *, seed: int, versions: Mapping[str, str]
) -> Grade:
    """The record of a submission that the grader itself failed on: provisional, and staff are told."""
    grade = _empty(assignment, submission, "partial", why, seed, versions)
    return Grade(**{**vars(grade), "flags": (*grade.flags, f"provisional: {why}")})


def lateness(rule: Lateness, received: datetime | None) -> tuple[float, str]:
    """(share of the score that is left, what the record says). Nothing is lost when either time is unknown."""
    if rule.due is None or received is None:
        return 1.0, ""
    over = received - rule.due - timedelta(minutes=rule.grace_minutes)
    if over <= timedelta(0):
        return 1.0, ""
    days = math.ceil(over / timedelta(days=1))
    said = f"{days} day late" if days == 1 else f"{days} days late"
    if days > rule.days:
        return 0.0, f"{said}; nothing counts after {rule.days}"
    share = max(0.0, 1.0 - days * rule.per_day)
    return share, f"{said}: {100 * share:g} % of the score counts"


def _status(submission: Submission, outcomes: Sequence[Outcome]) -> Status:
    undecided = any(o.outcome == "errored" for o in outcomes)
    return "partial" if submission.missing or undecided else "graded"


def _reason(submission: Submission, outcomes: Sequence[Outcome]) -> str:
    """One sentence for the table: what is missing, how many checks did not pass, and what the first of them says."""
    lost = [o for o in outcomes if o.outcome != "passed"]
    parts = []
    if submission.missing:
        verb = "is" if len(submission.missing) == 1 else "are"
        parts.append(f"{', '.join(submission.missing)} {verb} missing")
    if lost:
        first = next((o for o in lost if o.outcome != "skipped"), lost[0])
        parts.append(f"{len(lost)} of {len(outcomes)} checks did not pass; {first.question}: {first.why or first.says}")
    return "; ".join(parts) or f"all {len(outcomes)} checks passed"


def _empty(
    assignment: Assignment, submission: Submission, status: Status, reason: str, seed: int, versions: Mapping[str, str]
) -> Grade:
    return Grade(
        assignment=assignment.id,
        submission=submission.name,
        sha256=submission.sha256,
        students=submission.students,
        status=status,
        reason=reason,
        score=0.0,
        max_score=assignment.max_score,
        pending=0.0,
        questions={q.id: 0.0 for q in assignment.questions},
        outcomes=(),
        seed=seed,
        versions=dict(versions),
        late=lateness(assignment.lateness, submission.received)[1],
        flags=submission.flags,
        notes=submission.notes,
    )


def _round(points: float) -> float:
    """Sums of halves and quarters come out exact; a share of a tier keeps six digits."""
    return round(points, 6) + 0.0
