"""Measures what an assignment's checks see: automatic mutants of its solution, graded in the sandbox."""

from __future__ import annotations

import shutil
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from itertools import chain, zip_longest
from pathlib import Path
from tempfile import TemporaryDirectory

from autograder import data, intake
from autograder.course import mutants
from autograder.course.mutants import Mutant
from autograder.grading import Setup, run
from autograder.model import Assignment, Grade
from autograder.pipeline import Event, Tell, confine, cores, versions
from autograder.verify import Verified

SHARE = 0.95
"""Of a file's mutants so many must be caught, those that change nothing a check should see left out."""
CHEAP = 0.2
"""The quickest checks, up to this share of the solution's time, run first: most mutants fall there."""


def measure(
    assignment: Assignment, wanted: int, *, workers: int | None = None, tell: Tell = lambda event: None
) -> Verified:
    """Grade `wanted` mutants, evenly over the files, and say which share some check catches. Survivors are problems.

    An entry of mutants.toml that meets no mutant at all is a problem too: the solution has changed under it.
    """
    every, excused = mutants.of(assignment), mutants.equivalents(assignment)
    problems = [
        f"mutants.toml: nothing in {entry.file} reads {entry.line or 'so'} {entry.says}".rstrip()
        for entry in excused
        if not any(entry.covers(mutant) for mutant in every)
    ]
    chosen = evenly([m for m in every if not any(entry.covers(m) for entry in excused)])[:wanted]
    with TemporaryDirectory() as scratch:
        caught = _caught(assignment, chosen, Path(scratch), workers or cores(), tell)
    shares = []
    for file in dict.fromkeys(m.file for m in sorted(chosen, key=lambda m: m.file)):
        mine = [m for m in chosen if m.file == file]
        survivors = [m for m in mine if m.id not in caught]
        shares.append(f"{file} {len(mine) - len(survivors)} of {len(mine)}")
        if len(survivors) > (1 - SHARE) * len(mine):
            problems += [f"survived: {m.file} line {m.number}: {m.line}: {m.says}" for m in survivors]
    share = 100 * len(caught) / max(1, len(chosen))
    left_out = len(every) - len([m for m in every if not any(entry.covers(m) for entry in excused)])
    says = f"mutants caught: {len(caught)} of {len(chosen)}, {share:.1f} % ({', '.join(shares)})"
    says += f"; {len(every)} can be made, {left_out} of them excused in mutants.toml"
    return Verified(f"{assignment.id}: {says}", tuple(problems))


def evenly(found: Sequence[Mutant]) -> list[Mutant]:
    """The mutants in turns, one of each file."""
    by_file: dict[str, list[Mutant]] = defaultdict(list)
    for mutant in found:
        by_file[mutant.file].append(mutant)
    rounds = chain.from_iterable(zip_longest(*by_file.values()))
    return [mutant for mutant in rounds if mutant is not None]


def _caught(assignment: Assignment, chosen: Sequence[Mutant], scratch: Path, workers: int, tell: Tell) -> set[str]:
    """The ids of the mutants that lose a check: first against the quick checks, those left against the others."""
    setup = Setup(assignment, 1, versions(assignment), confine("best"), data.load)
    best = next(iter(_graded(setup, {"solution": None}, scratch / "best", 1)))
    # A mutant that never ends need not use up what an honest submission may.
    limits = replace(assignment.limits, submission_seconds=min(assignment.limits.submission_seconds, 20 + best.seconds))
    setup = replace(setup, assignment=replace(assignment, limits=limits))
    quick, slow = _by_cost(best)
    caught: set[str] = set()
    for number, names in enumerate((quick, slow)):
        left = {m.id: m for m in chosen if m.id not in caught}
        if not left or not names:
            continue
        graded = _graded(replace(setup, only=names), left, scratch / str(number), workers)
        for seen, grade in enumerate(graded, 1):
            if grade.lost:
                caught.add(grade.submission)
            tell(Event("graded", seen, len(left), grade))
    return caught


def _by_cost(best: Grade) -> tuple[frozenset[str], frozenset[str]]:
    """The names of the quick checks and of the others, by what they cost on the solution."""
    quick: set[str] = set()
    spent, total = 0.0, sum(o.seconds for o in best.outcomes)
    for outcome in sorted(best.outcomes, key=lambda o: o.seconds):
        spent += outcome.seconds
        if spent <= CHEAP * total:
            quick.add(outcome.name)
    return frozenset(quick), frozenset(o.name for o in best.outcomes) - quick


def _graded(setup: Setup, attempts: Mapping[str, Mutant | None], folder: Path, workers: int) -> Iterable[Grade]:
    assignment = setup.assignment
    assert assignment.solution is not None
    for name, mutant in attempts.items():
        (folder / "in" / name).mkdir(parents=True)
        for file in [*assignment.files, *assignment.optional]:
            if (assignment.solution / file).is_file():
                shutil.copy(assignment.solution / file, folder / "in" / name / file)
        if mutant is not None:
            mutants.apply(mutant, folder / "in" / name)
    received = [intake.receive(a, assignment, folder / "read") for a in intake.discover(folder / "in")]
    return run(setup, received, workers)
