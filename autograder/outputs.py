"""What a run leaves in its folder: a page and a record for each submission, the table, the summary, the files read."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

from autograder.course import slips
from autograder.model import Assignment, Grade, Submission
from autograder.reports import feedback, summary, tables


def write_feedback(grade: Grade, assignment: Assignment, out: Path) -> None:
    """feedback/<submission>.json and .html: what one student may read."""
    folder = out / "feedback"
    folder.mkdir(parents=True, exist_ok=True)
    record = json.dumps(feedback.record(grade, assignment), ensure_ascii=False, indent=2)
    _write(folder / f"{grade.submission}.json", record + "\n")
    _write(folder / f"{grade.submission}.html", feedback.page(grade, assignment))


def write_tables(grades: Sequence[Grade], assignment: Assignment, out: Path, wall: float | None = None) -> None:
    """grades.csv and summary.html: what staff read. `wall` is how many seconds the run took."""
    has_slips = assignment.solution is not None and (assignment.solution / slips.NAME).is_file()
    known = slips.load(assignment) if has_slips else ()
    seen, say = slips_seen(grades, known), {slip.id: slip.says for slip in known}
    _write(out / "grades.csv", tables.grades_csv(grades, assignment))
    _write(out / "summary.html", summary.page(grades, assignment, seen, say, wall))


def slips_seen(grades: Sequence[Grade], known: Sequence[slips.Slip]) -> dict[str, int]:
    """Slip id → how many submissions fail exactly the checks that this slip fails, most first."""
    by_checks = {frozenset(slip.fails): slip.id for slip in reversed(known)}
    lost = (frozenset(g.lost) for g in grades)
    return dict(Counter(by_checks[checks] for checks in lost if checks in by_checks).most_common())


def kept(grade: Grade, assignment: Assignment, out: Path, received: datetime | None) -> Submission:
    """The submission behind a grade, from the files that the run kept."""
    folder = out / "submissions" / grade.submission
    files = tuple(sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()))
    return Submission(
        name=grade.submission,
        sha256=grade.sha256,
        students=grade.students,
        folder=folder,
        files=files,
        missing=tuple(name for name in assignment.files if name not in files),
        notes=grade.notes,
        flags=tuple(flag for flag in grade.flags if not flag.startswith("provisional:")),
        received=received,
    )


def private(folder: Path) -> Path:
    """A folder that only its owner may look into."""
    folder.mkdir(parents=True, exist_ok=True)
    folder.chmod(0o700)
    return folder


def _write(path: Path, text: str) -> None:
    """Whole or not at all: a kill leaves the old file."""
    scratch = path.with_name(f".{path.name}.new")
    scratch.write_text(text, encoding="utf-8", newline="")
    scratch.replace(path)
