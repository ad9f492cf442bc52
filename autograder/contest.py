"""A class leaderboard beside the grades: entries are kept when a class is graded, and the board is made of them."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

from autograder.course import CourseError, contest
from autograder.gradebook import Gradebook
from autograder.grading.contest import LARGEST, standings
from autograder.model import Assignment, Contest, Entry, Standing, Submission
from autograder.outputs import write
from autograder.reports import leaderboard
from autograder.sandbox.files import content


def enter(book: Gradebook, assignment: Assignment, received: Sequence[Submission]) -> int:
    """Keep the predictions of every submission of a class that has a contest; says how many entries are new.

    An entry's time is the platform's, and where no platform told one the time of the run.
    """
    rules = contest.load(assignment)
    new = 0
    for submission in received if rules else ():
        assert rules is not None
        if submission.folder is None:
            continue
        predicted = content(submission.folder / rules.file, LARGEST + 1)
        if predicted is not None:
            entered = submission.received or datetime.now(UTC)
            entry = Entry(submission.name, submission.students, submission.sha256, entered, predicted)
            new += book.enter(assignment.id, entry)
    return new


def board(
    assignment: Assignment, out: Path, *, final: bool = False, fingerprints: bool = False
) -> tuple[Contest, list[Standing], list[Path]]:
    """Write leaderboard.html, .csv and .json into a graded class's folder; raises CourseError.

    Only the page is for the class, and before the contest is over only without `final`.
    """
    rules = contest.load(assignment)
    if rules is None:
        raise CourseError(
            f"{assignment.id}: has no leaderboard; declare one in solutions/{assignment.id}/{contest.NAME}"
        )
    if not (out / "gradebook.db").is_file():
        raise CourseError(f"{out}: there is no gradebook.db here; name the --out folder of a graded class")
    with Gradebook(out / "gradebook.db") as book:
        found = standings(rules, book.entries(assignment.id))
    fields = json.dumps(leaderboard.fields(found, final=final), ensure_ascii=False, indent=2)
    texts = {
        "html": leaderboard.page(found, rules, final=final, fingerprints=fingerprints),
        "csv": leaderboard.table(found, final=final),
        "json": fields + "\n",
    }
    paths = [out / f"leaderboard.{kind}" for kind in texts]
    for path, text in zip(paths, texts.values(), strict=True):
        write(path, text)
    return rules, found, paths
