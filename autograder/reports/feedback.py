"""What one student gets back: the record as JSON values and the page made of it, with nothing that is for staff."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NotRequired, TypedDict

from markupsafe import Markup

from autograder.model import Assignment, Grade, Outcome, Question
from autograder.reports.drawings import inline
from autograder.reports.figures import broken, provisional, waiting
from autograder.reports.pages import render
from autograder.reports.text import data_told, line, plain
from autograder.reports.tries import anchor, tries

# outcome → (sign, word beside the points, colour); a sign and a word, because not everybody sees the colour
_SIGNS = {
    "passed": ("✓", "", "good"),
    "partly": ("◐", "partly", "muted"),
    "failed": ("✗", "", "bad"),
    "timed_out": ("✗", "out of time", "bad"),
    "skipped": ("–", "skipped", "muted"),
    "errored": ("!", "not decided", "wait"),
}


class CheckRecord(TypedDict):
    name: str
    says: str
    points: float
    score: float
    outcome: str
    why: str
    hint: str
    visibility: str
    drawing: NotRequired[str]
    """An SVG, where the check drew one."""


class QuestionRecord(TypedDict):
    id: str
    title: str
    points: float
    score: float
    kind: str
    checks: list[CheckRecord]


class Record(TypedDict):
    """What `feedback/<submission>.json` holds, in this order."""

    assignment: str
    submission: str
    students: list[str]
    status: str
    reason: str
    score: float
    max_score: float
    flags: list[str]
    isolation: list[str]
    seed: str
    versions: dict[str, str]
    questions: list[QuestionRecord]


@dataclass(frozen=True)
class ShownCheck:
    """A check on the page; `again` when its why and hint are those of the check above it."""

    record: CheckRecord
    sign: str
    word: str
    tone: str
    anchor: str
    again: bool
    drawing: Markup


@dataclass(frozen=True)
class ShownQuestion:
    """A question on the page: of its points `waiting` for a person and `decided`, its checks apart."""

    record: QuestionRecord
    sign: str
    tone: str
    waiting: float
    decided: float
    lost: list[ShownCheck]
    passed: list[ShownCheck]


def record(grade: Grade, assignment: Assignment) -> Record:
    """The values of feedback/<submission>.json.

    `seed` is a fingerprint: whoever knew the seed could draw the hidden inputs of a run that others, or the same
    student, can still submit to. The seed itself stays in the gradebook; a fingerprint shows that two grades are of one
    run, and settles later which seed it was. (A small `--seed` can be guessed from it; a drawn one cannot.)
    """
    return {
        "assignment": line(grade.assignment),
        "submission": line(grade.submission),
        "students": [line(student) for student in grade.students],
        "status": grade.status,
        "reason": plain(grade.reason),
        "score": _figure(grade.score),
        "max_score": _figure(grade.max_score),
        # What follows the colon is for staff: it may name another student.
        "flags": [line(flag.partition(": ")[0]) for flag in grade.flags],
        "isolation": [line(layer) for layer in grade.isolation],
        "seed": fingerprint(grade.seed),
        "versions": {line(name): line(version) for name, version in grade.versions.items()},
        "questions": [_question(question, grade) for question in assignment.questions],
    }


def page(grade: Grade, assignment: Assignment, pictures: Sequence[bytes] = ()) -> str:
    """feedback/<submission>.html: one file that needs nothing beside it. `pictures` are PNG files of its notebooks."""
    undecided = grade.pending + broken(grade)
    recorded = record(grade, assignment)
    return render(
        "feedback.html",
        title=assignment.title,
        record=recorded,
        drawn=any("<image " in check.get("drawing", "") for q in recorded["questions"] for check in q["checks"]),
        # With a bonus the questions are worth more than full marks are.
        decided=max(0.0, min(grade.max_score, sum(q.points for q in assignment.questions) - undecided)),
        pending=grade.pending,
        earned_percent=_percent(grade.score, grade.max_score),
        undecided_percent=min(_percent(undecided, grade.max_score), 100 - _percent(grade.score, grade.max_score)),
        provisional=provisional(grade),
        late=grade.late,
        notes=grade.notes,
        pictures=[_address(picture) for picture in pictures],
        fingerprint=grade.sha256[:12],
        data=data_told(grade.versions.get("data", "")),
        tries=tries(grade.outcomes, assignment),
        questions=[_shown(question, grade) for question in assignment.questions],
    )


def _address(picture: bytes) -> Markup:
    """A PNG file as an address; as Markup it is neither cut, however long, nor in need of escapes."""
    return Markup(f"data:image/png;base64,{base64.b64encode(picture).decode()}")


def fingerprint(seed: int) -> str:
    """Tells seeds apart without telling the seed."""
    return hashlib.sha256(str(seed).encode()).hexdigest()[:12]


def _question(question: Question, grade: Grade) -> QuestionRecord:
    return {
        "id": question.id,
        "title": question.title,
        "points": _figure(question.points),
        "score": _figure(grade.questions.get(question.id, 0.0)),
        "kind": question.kind,
        "checks": [_check(outcome) for outcome in grade.outcomes if outcome.question == question.id],
    }


def _check(outcome: Outcome) -> CheckRecord:
    record: CheckRecord = {
        "name": outcome.name,
        "says": plain(outcome.says),
        "points": _figure(outcome.points),
        "score": _figure(outcome.score),
        "outcome": outcome.outcome,
        "why": plain(outcome.why),
        "hint": plain(outcome.hint),
        "visibility": outcome.visibility,
    }
    if drawing := inline(outcome.drawing):
        record["drawing"] = str(drawing)
    return record


def _shown(question: Question, grade: Grade) -> ShownQuestion:
    recorded = _question(question, grade)
    checks: list[ShownCheck] = []
    told: list[tuple[str, str]] = []  # by visible checks: what a hidden one says may fit any reason
    for check in recorded["checks"]:
        words = (check["why"], check["hint"])
        drawing = Markup(check.get("drawing", ""))  # which inline() has let through
        again = words in told[-1:]
        checks.append(ShownCheck(check, *_look(check), anchor(question.id, check["name"]), again, drawing))
        told += [words] if check["visibility"] == "visible" and check["why"] else []
    lost = [check for check in checks if check.tone != "good"]
    sign, tone = ("✗", "bad") if lost else ("✓", "good") if checks else ("◔", "wait")
    if any(check.record["outcome"] == "errored" for check in lost):
        sign, tone = "!", "wait"
    elif lost and recorded["score"]:
        sign, tone = "◐", "muted"
    wait = waiting(question, grade)
    return ShownQuestion(
        recorded,
        sign,
        tone,
        waiting=wait,
        decided=question.points - wait - broken(grade, question),
        lost=lost,
        passed=[check for check in checks if check.tone == "good"],
    )


def _look(check: CheckRecord) -> tuple[str, str, str]:
    partly = check["outcome"] in ("passed", "failed") and 0 < check["score"] < check["points"]
    return _SIGNS["partly" if partly else check["outcome"]]


def _figure(value: float) -> float:
    """A whole number as int, so that JSON says 4 and not 4.0."""
    rounded = round(value, 6)
    return int(rounded) if rounded == int(rounded) else rounded


def _percent(part: float, whole: float) -> float:
    return round(100 * min(part, whole) / whole, 2) if whole else 0.0
