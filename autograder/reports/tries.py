"""What a student should try next: the lost checks that most points hang on."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from autograder.model import Assignment, Outcome
from autograder.reports.figures import is_check
from autograder.reports.text import counted

_TRIES = 3


@dataclass(frozen=True)
class Try:
    """One suggestion: what to mend, what it is worth, and where on the page and with which command to look."""

    says: str
    title: str
    promise: str
    anchor: str
    question: str
    hidden: bool


def tries(outcomes: Sequence[Outcome], assignment: Assignment) -> list[Try]:
    """The up to three most valuable things to mend, in the order of the checks: what others need comes first."""
    groups = _groups(list(filter(is_check, outcomes)))
    best = sorted(groups, key=_worth, reverse=True)[:_TRIES]
    return [_try(group, assignment) for group in groups if group in best]


def anchor(question: str, check: str) -> str:
    """Where on the page a check stands."""
    return f"{question}-{check}"


def _groups(outcomes: Sequence[Outcome]) -> list[list[Outcome]]:
    """Lost checks by what has to be mended: those lost for one and the same reason (a missing file) are one group.

    What was skipped hangs on the first check that its question lost.
    """
    groups: dict[tuple[str, ...], list[Outcome]] = {}
    first: dict[str, list[Outcome]] = {}
    # What a hidden check says is too general to make two of them one, unless a visible check says it too.
    reasons = {o.why for o in outcomes if o.why and o.visibility == "visible"}
    for outcome in outcomes:
        if outcome.outcome == "skipped" and outcome.question in first:
            first[outcome.question].append(outcome)
        elif outcome.outcome in ("passed", "failed", "timed_out") and outcome.score < outcome.points:
            key = (outcome.why,) if outcome.why in reasons else (outcome.question, outcome.name)
            group = groups.setdefault(key, [])
            group.append(outcome)
            first.setdefault(outcome.question, group)
    return list(groups.values())


def _worth(group: Sequence[Outcome]) -> float:
    return sum(o.points - o.score for o in group)


def _try(group: Sequence[Outcome], assignment: Assignment) -> Try:
    head = group[0]
    lost = [o for o in group if o.outcome != "skipped"]
    promise = f"{counted(_worth(group), 'point')} to win"
    if len(lost) > 1:
        promise += f"; {counted(len(lost), 'check')} failed for this reason"
    if len(group) > len(lost):
        promise += f"; {counted(len(group) - len(lost), 'check')} could not run before it passes"
    return Try(
        says=head.why if len(lost) > 1 else head.says,
        title=assignment.question(head.question).title,
        promise=f"{promise}.",
        anchor=anchor(head.question, head.name),
        question=head.question,
        hidden=head.visibility == "hidden",
    )
