"""Proves that right work passes whatever inputs are drawn: the solution under many seeds, check by check."""

from __future__ import annotations

import contextlib
import io
from collections import Counter
from pathlib import Path
from tempfile import TemporaryDirectory

from autograder import data, intake
from autograder.grading.runner import serve
from autograder.model import Assignment, Outcome, Submission
from autograder.pipeline import Event, Tell
from autograder.sandbox import local
from autograder.verify import Verified

QUICK = 0.2
"""Checks that took longer than so many seconds under the first seed are not repeated."""


def sweep(assignment: Assignment, seeds: int, *, tell: Tell = lambda event: None) -> Verified:
    """Run the solution, in this process, under `seeds` seeds; whatever it loses once is a problem, named with its seed.

    A run draws its seed once, so a check that fails one seed in fifty takes points from a whole class.
    """
    assert assignment.solution is not None
    lost: dict[str, list[str]] = {}
    times: Counter[str] = Counter()
    with TemporaryDirectory() as scratch:
        right = intake.receive(intake.discover(assignment.solution)[0], assignment, Path(scratch))
        first = _outcomes(assignment, right, 1, frozenset())
        quick = frozenset(o.name for o in first if o.seconds <= QUICK)
        for seed in range(1, seeds + 1):
            for outcome in first if seed == 1 else _outcomes(assignment, right, seed, quick):
                if outcome.score < outcome.points:
                    times[outcome.name] += 1
                    lost.setdefault(outcome.name, []).append(f"seed {seed}: {outcome.why or outcome.detail}")
            tell(Event("graded", seed, seeds))
    problems = tuple(f"{name} fails right work under {times[name]} of {seeds}, {why[0]}" for name, why in lost.items())
    says = f"{assignment.id}: the solution under {seeds} seeds; {len(quick)} of {len(first)} checks repeated"
    return Verified(says, problems)


def _outcomes(assignment: Assignment, right: Submission, seed: int, only: frozenset[str]) -> list[Outcome]:
    found: list[Outcome] = []
    with contextlib.redirect_stdout(io.StringIO()):  # what a solution prints is nobody's business here
        serve(
            assignment,
            seed,
            data.load,
            [right],
            lambda folder: lambda *need: local.connect(folder),
            lambda _submission, ran: found.extend(ran.outcomes),
            only=only,
        )
    return found
