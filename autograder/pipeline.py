"""The walk from zips to grades: each step a function that fits one screen."""

from __future__ import annotations

import os
import platform
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from importlib.metadata import version
from itertools import chain
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Literal

from autograder import __version__, alike, contest, data, intake, outputs
from autograder.course import guards, handout, wheel
from autograder.gradebook import Gradebook
from autograder.grading import Nursery, Setup, Underway, declared, lateness, rejected, run, score
from autograder.interop import otter
from autograder.model import TRAINING, Assignment, Grade, Roster, Submission
from autograder.sandbox import gpus as machine
from autograder.sandbox.probe import Isolation, probe

Wanted = Literal["best", "strict", "none"]


class UsageError(Exception):
    """The call cannot be carried out; one line says what is wrong and what to do."""


@dataclass(frozen=True)
class Event:
    """Progress, for a bar, a log or a program. `grade` is there when one more submission has its record."""

    event: Literal["started", "graded", "kept", "finished", "training"]
    done: int
    total: int
    grade: Grade | None = None
    training: Underway | None = None
    """How far a submission's training has come, with the event "training"."""


Tell = Callable[[Event], None]


RUNS = "runs"
"""The folder beside the gradebook that keeps finished training runs."""

SOURCE = Path(__file__).parent.parent
"""Where this kit's own project lies: the wheel of every handout is built from it, wherever the course lives."""


def student(assignments: Sequence[Assignment], out: Path, *, unread: bool = False) -> list[Path]:
    """Write the zip that students get for each assignment; the same bytes on every run.

    Raises UsageError, and leaves no zip, where one shows any of its solution; `unread` ones are not looked through.
    """
    with TemporaryDirectory() as scratch:
        built = wheel.build(SOURCE, Path(scratch))
        lock = SOURCE / "requirements.lock"
        paths = [handout.build(a, built, out, lock=lock, tests=_otter_tests(a)) for a in assignments]
    for assignment, path in zip(assignments, paths, strict=True):
        if assignment.solution and not unread and (problems := guards.nothing_leaks(assignment, path)):
            path.unlink()
            more = f" (and {len(problems) - 1} more; autograder verify lists them)" if len(problems) > 1 else ""
            raise UsageError(f"no zip was written, as it would give away answers: {problems[0]}{more}")
    return paths


def _otter_tests(assignment: Assignment) -> dict[str, bytes]:
    """What `grader.check` runs in Jupyter, for an assignment with a notebook."""
    if not otter.notebooks(assignment):
        return {}
    return otter.test_files(assignment, declared(assignment, data.load), "")


def bundle_otter(assignments: Sequence[Assignment], out: Path) -> list[Path]:
    """Write Otter's autograder.zip for each assignment that is one notebook; raises UsageError where none is."""
    fit = [assignment for assignment in assignments if otter.is_for(assignment)]
    if not fit:
        names = ", ".join(assignment.id for assignment in assignments)
        raise UsageError(f"{names}: Otter grades one notebook, and none of these asks for exactly one")
    lock = SOURCE / "requirements.lock"
    with TemporaryDirectory() as scratch:
        built = wheel.build(SOURCE, Path(scratch))
        pins = handout.requirements(built, lock, handout.FOR_NOTEBOOKS).splitlines()[1:]
        return [otter.build(a, declared(a, data.load), built, pins, out) for a in fit]


def grade(
    assignment: Assignment,
    submissions: Path,
    out: Path,
    *,
    workers: int | None = None,
    seed: int | None = None,
    roster: Roster | None = None,
    isolation: Wanted = "best",
    device: str = "auto",
    per_gpu: int = 1,
    tell: Tell = lambda event: None,
    nursery: Nursery | None = None,
) -> list[Grade]:
    """Grade every submission that has no record yet and write the tables and pages; raises UsageError.

    A record belongs to (the submission's sha256, the versions, the seed): whatever was saved before a kill is kept.
    Whoever grades several classes makes a `nursery`, and what takes seconds to import is imported once.
    """
    began, confined = time.monotonic(), confine(isolation)
    gpus = machine.usable(device, confined)
    arrivals = intake.discover(submissions, assignment)
    if not arrivals:
        raise UsageError(f"{submissions}: there is no submission here; give a folder of zips or folders, or one zip")
    kept_in = outputs.private(out / "submissions")
    with Gradebook(out / "gradebook.db") as book:
        seeded, kept_runs = book.seed(assignment.id, seed), out / RUNS
        facts = versions(assignment) | machine.named(gpus)
        setup = Setup(assignment, seeded, facts, confined, data.load, runs=kept_runs, gpus=gpus, per_gpu=per_gpu)
        received = _flagged([intake.receive(arrival, assignment, kept_in, roster) for arrival in arrivals])
        contest.enter(book, assignment, received)
        graded = _graded(book, setup, received, workers or cores(), tell, nursery)
        for done in graded:
            outputs.write_feedback(done, assignment, out)
        grades = [g for g in book.grades(assignment.id) if g.submission in {s.name for s in received}]
        grades = _compared(grades, assignment, out)
        outputs.write_tables(grades, assignment, out, time.monotonic() - began)
    return grades


def regrade(
    assignment: Assignment,
    out: Path,
    *,
    question: str = "",
    workers: int | None = None,
    isolation: Wanted = "best",
    device: str = "auto",
    per_gpu: int = 1,
    tell: Tell = lambda event: None,
) -> list[Grade]:
    """Run the checks again over what a run has kept, adding rows and overwriting none; raises UsageError.

    With `question`, only its checks run and every other outcome stays as it was.
    """
    if not (out / "gradebook.db").is_file():
        raise UsageError(f"{out}: there is no gradebook.db here; name the --out folder of a graded class")
    with Gradebook(out / "gradebook.db") as book:
        before = {g.submission: g for g in book.grades(assignment.id, judged=False) if g.status != "rejected"}
        came = {name: book.received(assignment.id, name) for name in before}
        again = {name: outputs.kept(g, assignment, out, came[name]) for name, g in before.items()}
        seed, confined = book.seed(assignment.id, None), confine(isolation)
        gpus = machine.usable(device, confined)
        facts = versions(assignment) | machine.named(gpus)
        setup = Setup(
            assignment, seed, facts, confined, data.load, question, runs=out / RUNS, gpus=gpus, per_gpu=per_gpu
        )
        for n, fresh in enumerate(run(setup, list(again.values()), workers or cores())):
            name = fresh.submission
            merged = merge(fresh, before[name], assignment, again[name], question)
            _save(book, merged, assignment, list(again.values()))
            tell(Event("graded", n + 1, len(again), merged))
        grades = alike.weights(book.grades(assignment.id))
        for done in grades:
            outputs.write_feedback(done, assignment, out)
        outputs.write_tables(grades, assignment, out)
    return grades


def confine(wanted: Wanted) -> Isolation:
    """Probe this machine by starting a real sandbox; raises UsageError where it grants less than asked for."""
    found = probe()
    if wanted == "strict" and (found.level != "ns" or found.missing):
        lacking = ", ".join(found.missing) or "namespaces"
        raise UsageError(
            f"--isolation strict: this machine does not grant {lacking}; use --isolation best or another machine"
        )
    if wanted != "none" and found.level == "none":
        raise UsageError(
            "this machine confines nothing, so hidden checks would lie open; grade on Linux, or say --isolation none"
        )
    return found


def versions(assignment: Assignment) -> dict[str, str]:
    """Everything besides the submission and the seed that a grade depends on."""
    return {
        "assignment": assignment.version,
        "checks": assignment.checks_version,
        "data": "; ".join(data.load(name).told for name in assignment.data),
        "kit": __version__,
        "python": platform.python_version(),
        **{name: version(name) for name in ("numpy", "torch")},
    }


def cores() -> int:
    """How many grading processes this machine takes."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def merge(fresh: Grade, old: Grade, assignment: Assignment, submission: Submission, question: str) -> Grade:
    """A regrade of one question: its fresh outcomes among the old ones of the others, scored anew."""
    if not question:
        return fresh
    sources = {q.id: (fresh if q.id == question else old).outcomes for q in assignment.questions}
    outcomes = [o for id, given in sources.items() for o in given if o.question == id]
    return score(
        assignment,
        submission,
        outcomes,
        seed=fresh.seed,
        versions=fresh.versions,
        isolation=fresh.isolation,
        output=fresh.output,
        seconds=fresh.seconds,
        pictures=fresh.pictures,
        flags=[flag for grade in (old, fresh) for flag in grade.flags if flag.startswith(TRAINING)],
        weights={**old.weights, **fresh.weights},
    )


def _flagged(received: Sequence[Submission]) -> list[Submission]:
    """With what only a look at the whole class shows: one student twice, the same bytes twice."""
    doubles = intake.doubles(received)
    return [replace(s, flags=(*s.flags, *doubles.get(s.name, ()))) for s in received]


def _compared(grades: Sequence[Grade], assignment: Assignment, out: Path) -> list[Grade]:
    """With the flags that only the weights of a whole class show; pages that gain one are written again."""
    compared = alike.weights(grades)
    for before, after in zip(grades, compared, strict=True):
        if after.flags != before.flags:
            outputs.write_feedback(after, assignment, out)
    return compared


def _graded(
    book: Gradebook,
    setup: Setup,
    received: Sequence[Submission],
    workers: int,
    tell: Tell,
    nursery: Nursery | None = None,
) -> Iterator[Grade]:
    """Each submission's grade: those kept from an earlier run first, then each as it comes, saved before it is told."""
    todo, done, total = [], 0, len(received)
    for submission in received:
        known = book.find(setup.assignment.id, submission.name, submission.sha256, setup.versions, setup.seed)
        if known is None:
            todo.append(submission)
        else:
            done += 1
            yield known
    tell(Event("started", done, total))
    unreadable = [
        rejected(setup.assignment, s, seed=setup.seed, versions=setup.versions) for s in todo if s.folder is None
    ]
    readable = [s for s in todo if s.folder is not None]

    def trains(progress: Underway) -> None:
        tell(Event("training", done, total, training=progress))

    graded = alike.once(
        setup.assignment, readable, lambda some: run(setup, some, min(workers, max(1, len(some))), trains, nursery)
    )
    for grade in chain(unreadable, graded):
        _save(book, grade, setup.assignment, received)
        done += 1
        tell(Event("graded", done, total, grade))
        yield grade
    tell(Event("finished", done, total))


def _save(book: Gradebook, grade: Grade, assignment: Assignment, received: Sequence[Submission]) -> None:
    """With when it came and what lateness leaves of it: manual points are scored later."""
    came = next(s.received for s in received if s.name == grade.submission)
    book.save(grade, came, lateness(assignment.lateness, came)[0])
