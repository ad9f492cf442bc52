"""The gradebook: one SQLite file that keeps every grade, a row more each time, whole after a kill at any moment."""

from __future__ import annotations

import hashlib
import math
import secrets
import sqlite3
import threading
import zlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import Self

from autograder.gradebook.file import GradebookError, connect, transaction
from autograder.gradebook.judging import JUDGED, Judgement, fold
from autograder.gradebook.rows import (
    OUTCOME_COLUMNS,
    Cell,
    Row,
    bind,
    dumps,
    entry_of,
    grade_of,
    grade_row,
    outcome_row,
    plain,
)
from autograder.model import Assignment, Entry, Grade

_SEED_BITS = 63  # SQLite's integers are signed and 64 bits wide
_NEWEST = "SELECT max(id) FROM grade WHERE assignment = ? AND submission = ?"


class Gradebook:
    """A context manager around the file at `path`, made with mode 0600 if it is not there; raises GradebookError.

    Threads may share one; processes open their own.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._lock = threading.RLock()
        self._connection = connect(path)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Fold the write-ahead log into the file; idempotent."""
        self._connection.close()

    def seed(self, assignment: str, wanted: int | None = None) -> int:
        """The assignment's secret seed: `wanted` from now on, else the one in use, else one drawn now and kept."""
        if wanted is not None and not 0 <= wanted < 2**_SEED_BITS:
            raise GradebookError(f"--seed {wanted}: a seed is a whole number from 0 to 2**{_SEED_BITS} - 1")
        with self._transaction(write=True):
            rows = self._rows("SELECT seed FROM seed WHERE assignment = ? ORDER BY id DESC LIMIT 1", assignment)
            if rows and wanted in (None, rows[0]["seed"]):
                return int(rows[0]["seed"])
            seed = secrets.randbits(_SEED_BITS) if wanted is None else wanted
            self._insert("seed", {"assignment": assignment, "seed": seed, "drawn": _now()})
            return seed

    def save(self, grade: Grade, received: datetime | None = None, kept: float | None = None) -> None:
        """Add the grade as the checks gave it, in one transaction.

        `kept` is the share of the score that lateness leaves; it is needed again when a person adds manual points.
        Raises GradebookError on a score that is no number in range, or on a grade with judgements folded in.
        """
        if any(o.name == JUDGED for o in grade.outcomes):
            raise GradebookError(f"{grade.submission}: judgements are folded in; save the grade as the checks gave it")
        if not all(map(math.isfinite, (grade.score, grade.max_score, grade.pending, grade.seconds))):
            raise GradebookError(
                f"{grade.submission}: score {grade.score} of {grade.max_score} is not a number to keep"
            )
        row = grade_row(grade)
        row |= {"kept": kept, "received": received.isoformat() if received else None, "saved": _now()}
        with self._transaction(write=True):
            id = self._insert("grade", row)
            for position, (question, score) in enumerate(grade.questions.items()):
                self._insert(
                    "question", {"grade": id, "position": position, "question": bind(question), "score": score}
                )
            for position, outcome in enumerate(grade.outcomes):
                columns = dict(zip(OUTCOME_COLUMNS, outcome_row(outcome), strict=True))
                self._insert("outcome", {"grade": id, "position": position, **columns})
            for position, (file, numbers) in enumerate(grade.weights.items()):
                self._insert("sketch", {"grade": id, "position": position, "file": bind(file), "numbers": numbers})

    def find(
        self, assignment: str, submission: str, sha256: str, versions: Mapping[str, str], seed: int
    ) -> Grade | None:
        """The submission's newest grade if it was given to these bytes, versions and seed: nothing has to run again."""
        query = f"SELECT * FROM grade WHERE id = ({_NEWEST}) AND sha256 = ? AND versions = ? AND seed = ?"
        with self._transaction():
            rows = self._rows(query, assignment, bind(submission), sha256, dumps(versions), seed)
            return self._folded(rows[0]) if rows else None

    def grades(self, assignment: str, *, judged: bool = True) -> list[Grade]:
        """The newest grade of each submission, sorted by submission; without `judged` as the checks alone gave it."""
        query = "SELECT * FROM grade WHERE id IN (SELECT max(id) FROM grade WHERE assignment = ? GROUP BY submission)"
        with self._transaction():
            found = [self._folded(row) if judged else self._grade(row) for row in self._rows(query, assignment)]
        return sorted(found, key=lambda grade: grade.submission)

    def history(self, assignment: str, submission: str) -> list[Grade]:
        """Every grade that the checks ever gave this submission, oldest first."""
        query = "SELECT * FROM grade WHERE assignment = ? AND submission = ? ORDER BY id"
        with self._transaction():
            return [self._grade(row) for row in self._rows(query, assignment, bind(submission))]

    def received(self, assignment: str, submission: str) -> datetime | None:
        """When the newest graded version of this submission came, if that was known."""
        with self._transaction():
            rows = self._rows(f"SELECT received FROM grade WHERE id = ({_NEWEST})", assignment, bind(submission))
        return datetime.fromisoformat(rows[0]["received"]) if rows and rows[0]["received"] else None

    def judge(
        self, assignment: Assignment, submission: str, question: str, score: float, by: str, why: str = ""
    ) -> None:
        """Keep what a person gives for the manual points of a question; judging again adds a row and the newest counts.

        Raises GradebookError on an unknown submission or question, one without manual points, or a score out of range.
        """
        where = f"{submission}, {question}"
        try:
            points = assignment.question(question).manual
        except KeyError as error:
            raise GradebookError(f"{where}: {error.args[0]}") from None
        if points == 0:
            raise GradebookError(f"{where}: checks alone decide this question; a person has no points to give")
        if isinstance(score, bool) or not 0 <= score <= points:
            raise GradebookError(
                f"{where}: score {score} is not between 0 and {points:g}, the question's manual points"
            )
        with self._transaction(write=True):
            rows = self._rows(f"SELECT * FROM grade WHERE id = ({_NEWEST})", assignment.id, bind(submission))
            if not rows or rows[0]["status"] == "rejected":
                raise GradebookError(f"{where}: there is no graded submission of this name to judge")
            row = {"assignment": assignment.id, "submission": bind(submission), "sha256": rows[0]["sha256"]}
            row |= {"question": question, "points": points, "score": score}
            row |= {"person": bind(by), "why": bind(why), "judged": _now()}
            self._insert("judgement", row)

    def judgements(self, assignment: str, submission: str, sha256: str) -> list[Judgement]:
        """What counts for these bytes: the newest judgement of each question, sorted by question."""
        newest = (
            "SELECT max(id) FROM judgement WHERE assignment = ? AND submission = ? AND sha256 = ? GROUP BY question"
        )
        columns = "assignment, submission, sha256, question, points, score, person, why, judged"
        query = f"SELECT {columns} FROM judgement WHERE id IN ({newest}) ORDER BY question"
        with self._transaction():
            rows = self._rows(query, assignment, bind(submission), sha256)
        return [Judgement(**{k: plain(v) for k, v in dict(row).items()}) for row in rows]

    def enter(self, assignment: str, entry: Entry) -> bool:
        """Keep an entry of a leaderboard; says whether it is new. The same predictions again are no second entry."""
        digest = hashlib.sha256(entry.content).hexdigest()
        row: dict[str, Cell] = {"assignment": assignment, "submission": bind(entry.submission)}
        row |= {"students": dumps(entry.students), "sha256": entry.sha256, "digest": digest}
        row |= {"entered": entry.entered.astimezone(UTC).isoformat(), "content": zlib.compress(entry.content)}
        known = "SELECT 1 FROM entry WHERE assignment = ? AND submission = ? AND digest = ?"
        with self._transaction(write=True):
            if self._rows(known, assignment, bind(entry.submission), digest):
                return False
            self._insert("entry", row)
            return True

    def entries(self, assignment: str) -> list[Entry]:
        """Every entry of a leaderboard, the earliest first; of those at one time, the one kept first."""
        with self._transaction():
            rows = self._rows("SELECT * FROM entry WHERE assignment = ? ORDER BY entered, id", assignment)
        return [entry_of(dict(row)) for row in rows]

    def _folded(self, row: sqlite3.Row) -> Grade:
        grade = self._grade(row)
        if grade.status == "rejected":
            return grade
        return fold(grade, self.judgements(grade.assignment, grade.submission, grade.sha256), row["kept"])

    def _grade(self, row: sqlite3.Row) -> Grade:
        parts = "SELECT * FROM {} WHERE grade = ? ORDER BY position"
        questions = self._rows(parts.format("question"), row["id"])
        outcomes = self._rows(parts.format("outcome"), row["id"])
        sketches = self._rows(parts.format("sketch"), row["id"])
        return grade_of(dict(row), map(dict, questions), map(dict, outcomes), map(dict, sketches))

    def _rows(self, query: str, *values: Cell) -> list[sqlite3.Row]:
        return self._connection.execute(query, values).fetchall()

    def _insert(self, table: str, row: Row) -> int:
        query = f"INSERT INTO {table} ({', '.join(row)}) VALUES ({', '.join('?' * len(row))})"
        return self._connection.execute(query, tuple(row.values())).lastrowid or 0

    @contextmanager
    def _transaction(self, write: bool = False) -> Iterator[None]:
        with self._lock:
            if self._connection.in_transaction:  # a step of a larger one
                yield
                return
            with transaction(self._connection, self.path, write):
                yield


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")
