"""What staff see of a class on one page: what needs them first, then scores, questions, checks, slips and timings."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from statistics import mean, median
from types import MappingProxyType
from urllib.parse import quote

from autograder.model import Assignment, Grade
from autograder.reports.figures import hardships, provisional, shares
from autograder.reports.pages import render
from autograder.reports.plots import distributions
from autograder.reports.text import data_told

_HARDEST = 12
_SLOWEST = 8
_NOTHING: Mapping[str, str] = MappingProxyType({})
_SIGNS = {"graded": "✓", "partial": "!", "rejected": "✗"}
_TONES = {"graded": "good", "partial": "wait", "rejected": "bad"}


def page(
    grades: Sequence[Grade],
    assignment: Assignment,
    slips_seen: Mapping[str, int],
    slips_say: Mapping[str, str] = _NOTHING,
    wall: float | None = None,
) -> str:
    """summary.html, which links to feedback/<submission>.html beside it.

    `slips_seen` counts submissions by slip id and `slips_say` is the sentence of each slip; `wall` is how many seconds
    the run took.
    """
    grades = sorted(grades, key=lambda g: g.submission)
    read = [g for g in grades if g.status != "rejected"]
    flagged: dict[str, list[str]] = {}
    for grade in grades:
        for flag in grade.flags:
            flagged.setdefault(flag, []).append(grade.submission)
    return render(
        "summary.html",
        assignment=assignment.id,
        title=assignment.title,
        grades=grades,
        links={g.submission: f"feedback/{quote(g.submission, safe='', errors='replace')}.html" for g in grades},
        statuses={status: sum(g.status == status for g in grades) for status in _SIGNS},
        signs=_SIGNS,
        tones=_TONES,
        provisional=[g for g in grades if provisional(g)],
        shares=shares(grades, assignment),
        slips=[
            (id, slips_say.get(id, ""), n) for id, n in sorted(slips_seen.items(), key=lambda s: (-s[1], s[0])) if n
        ],
        flagged=flagged,
        wall=wall,
        data=sorted({data_told(g.versions["data"]) for g in grades if g.versions.get("data")}),
        **_scores(read, assignment),
        **_waiting(read),
        **_hard_and_slow(grades),
    )


def _scores(read: Sequence[Grade], assignment: Assignment) -> dict[str, object]:
    scores = [g.score for g in read]
    decided = max((g.max_score - g.pending for g in read), default=assignment.max_score)
    return {
        "scores": scores,
        "decided": decided,
        "median": round(median(scores), 1) if scores else 0.0,
        "mean": round(mean(scores), 1) if scores else 0.0,
        "plots": distributions(scores, decided),
    }


def _waiting(read: Sequence[Grade]) -> dict[str, object]:
    return {"waiting": sum(g.pending for g in read), "waiting_in": sum(g.pending > 0 for g in read)}


def _hard_and_slow(grades: Sequence[Grade]) -> dict[str, object]:
    checks = hardships(grades)
    timed = [g for g in grades if g.seconds > 0]
    return {
        "hardest": [h for h in checks if h.ran and h.passed < h.ran][:_HARDEST],
        "slow_checks": sorted(checks, key=lambda h: (-h.mean_seconds, h.check.name))[:_SLOWEST],
        "timed": timed,
        "total_seconds": sum(g.seconds for g in timed),
        "median_seconds": median(g.seconds for g in timed) if timed else 0.0,
        "slowest": max(timed, key=lambda g: g.seconds, default=None),
    }
