"""Submissions whose kept files are the same bytes share one run: a grade depends on nothing else of them."""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from itertools import combinations

from autograder.checks.sketch import ALIKE, likeness
from autograder.grading import score
from autograder.model import SAME_WEIGHTS, TRAINING, Assignment, Grade, Submission

PEOPLE = "authors.toml"
"""Says whose it is and nothing that a check asks for."""

Run = Callable[[Sequence[Submission]], Iterable[Grade]]


def once(assignment: Assignment, submissions: Sequence[Submission], run: Run) -> Iterator[Grade]:
    """The grades of `submissions`, the checks run once for all that are alike.

    A grade that is provisional, because a grading process or a check went wrong, is not passed on: its likes are run.
    """
    alike: dict[str, list[Submission]] = defaultdict(list)
    for submission in submissions:
        alike[content(submission)].append(submission)
    groups = {group[0].name: group for group in alike.values()}
    again: list[Submission] = []
    for grade in run([group[0] for group in groups.values()]):
        yield grade
        first, *others = groups[grade.submission]
        if any(flag.startswith("provisional") for flag in grade.flags):
            again += others
        else:
            yield from (passed_on(grade, first, other, assignment) for other in others)
    if again:
        yield from run(again)


def content(submission: Submission) -> str:
    """A hash of the names and bytes of the files kept."""
    assert submission.folder is not None
    found = hashlib.sha256()
    for name in sorted(set(submission.files) - {PEOPLE}):
        text = (submission.folder / name).read_bytes()
        found.update(f"{name}\0{len(text)}\0".encode())
        found.update(text)
    return found.hexdigest()


def passed_on(grade: Grade, first: Submission, other: Submission, assignment: Assignment) -> Grade:
    """The grade of `first` as `other`'s: with its students, its time of arrival and what reading it found."""
    return score(
        assignment,
        other,
        grade.outcomes,
        seed=grade.seed,
        versions=grade.versions,
        isolation=grade.isolation,
        output=grade.output,
        seconds=grade.seconds,
        notes=[note for note in grade.notes if note not in first.notes],
        pictures=grade.pictures,
        flags=[flag for flag in grade.flags if flag.startswith(TRAINING)],
        weights=grade.weights,
    )


def weights(grades: Sequence[Grade]) -> list[Grade]:
    """The same grades, with a flag where trained weights are nearly those of somebody else in the class."""
    names: dict[int, list[str]] = defaultdict(list)
    for (n, one), (m, other) in combinations(enumerate(grades), 2):
        if set(one.students) & set(other.students):
            continue
        if any(likeness(a, b) >= ALIKE for a in one.weights.values() for b in other.weights.values()):
            names[n].append(other.submission)
            names[m].append(one.submission)
    return [replace(grade, flags=(*grade.flags, *_same(names[n]))) for n, grade in enumerate(grades)]


def _same(names: Sequence[str]) -> list[str]:
    more = f" and {len(names) - 3} more" if len(names) > 3 else ""
    return [f"{SAME_WEIGHTS}{', '.join(names[:3])}{more}"] if names else []
