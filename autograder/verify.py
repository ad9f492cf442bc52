"""Proves that an assignment grades as it says: every guard, then solution, handout and all slips in the sandbox."""

from __future__ import annotations

import shutil
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path
from tempfile import TemporaryDirectory

from autograder import data, intake
from autograder.course import guards, slips
from autograder.grading import Setup, declared, run
from autograder.model import Assignment, Grade
from autograder.pipeline import Event, Tell, UsageError, Wanted, confine, cores, student, versions


@dataclass(frozen=True)
class Verified:
    """What `verify` found: a line of counts, and one sentence for each thing that is wrong.

    `row` has the same counts as cells of `progress.verified`, none where nothing was graded.
    """

    says: str
    problems: tuple[str, ...]
    row: tuple[str, ...] = ()


def verify(
    assignment: Assignment,
    *,
    every: int = 1,
    only: Collection[str] = (),
    workers: int | None = None,
    isolation: Wanted = "best",
    tell: Tell = lambda event: None,
) -> Verified:
    """Prove that an assignment grades as it says, by every guard and by grading solution, handout and slips.

    With `every` above 1 only each so many-th slip is graded, with `only` those of these ids; the guards still look at
    all of them. Raises UsageError for an id that no slip has.
    """
    found = declared(assignment, data.load)
    with TemporaryDirectory() as scratch:
        zip = student([assignment], Path(scratch), unread=True)[0]
        problems = guards.all(assignment, zip, {check.name: (check.question, check.points) for check in found})
        if problems:
            return Verified(f"{assignment.id}: not graded, since it does not hold together", tuple(problems))
        known = _chosen(slips.load(assignment), only, assignment)[::every]
        attempts = _attempts(assignment, known, Path(scratch) / "attempts")
        setup = Setup(assignment, 1, versions(assignment), confine(isolation), data.load)
        received = [intake.receive(a, assignment, Path(scratch) / "read") for a in intake.discover(attempts)]
        graded: dict[str, Grade] = {}
        for grade in run(setup, received, workers or cores()):
            graded[grade.submission] = grade
            tell(Event("graded", len(graded), len(received), grade))
    best, empty = graded.pop("solution"), graded.pop("handout")
    full = sum(q.auto for q in assignment.questions)
    problems += [f"solution: {o.name} {o.outcome}: {o.why}" for o in best.outcomes if o.outcome != "passed"]
    problems += [f"handout: earns {o.score:g} from {o.name}" for o in empty.outcomes if o.score]
    wrong = {slip.id: guards.fails_exactly(slip, graded[slip.id].lost) for slip in known}
    problems += [line for lines in wrong.values() for line in lines]
    caught = sum(not lines for lines in wrong.values())
    hidden = sum(o.visibility == "hidden" for o in best.outcomes)
    tried = f"{caught} of {len(known)}" + (f", every {every}th one tried" if every > 1 else "")
    tried += " that were named" if only else ""
    says = (
        f"{len(found)} checks ({len(found) - hidden} visible, {hidden} hidden)",
        f"{len(assignment.questions)} question{'s' * (len(assignment.questions) != 1)}",
        f"{assignment.max_score:g} points ({full:g} automatic, {best.pending:g} manual)",
        f"solution {best.score:g} of {min(full, assignment.max_score):g}",
        f"handout {empty.score:g}",
        f"slips caught by exactly the checks they name: {tried}",
    )
    points = f"{assignment.max_score:g}" + f" + {assignment.bonus:g}" * bool(assignment.bonus)
    counts = (len(assignment.questions), len(found), points, f"{full:g}", f"{best.pending:g}")
    row = (assignment.id, *map(str, counts), f"{caught} of {len(known)}")
    return Verified(f"{assignment.id}: {'; '.join(says)}", tuple(problems), row)


def _chosen(known: Sequence[slips.Slip], only: Collection[str], assignment: Assignment) -> Sequence[slips.Slip]:
    ids = [slip.id for slip in known]
    for id in only:
        if id not in ids:
            near = get_close_matches(id, ids, n=1)
            raise UsageError(
                f"{assignment.id}: no slip is called {id}" + (f"; did you mean {near[0]}?" if near else "")
            )
    return [slip for slip in known if not only or slip.id in only]


def _attempts(assignment: Assignment, known: Sequence[slips.Slip], folder: Path) -> Path:
    """Folders to grade: the solution, the untouched handout, and the solution with each slip made."""
    assert assignment.solution is not None, "guards have read the solution"
    asked = [*assignment.files, *assignment.optional]
    sources = {"solution": assignment.solution, "handout": assignment.handout} | {
        slip.id: assignment.solution for slip in known
    }
    for name, source in sources.items():
        (folder / name).mkdir(parents=True)
        for file in asked:
            if (source / file).is_file():
                shutil.copy(source / file, folder / name / file)
    for slip in known:
        slips.apply(slip, folder / slip.id)
    return folder
