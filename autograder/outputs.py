"""What a run leaves in its folder: a page and a record for each submission, the table, the summary, the files read."""

from __future__ import annotations

import json
import shutil
from collections import Counter
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

from autograder.course import slips
from autograder.model import TRAINING, Assignment, Grade, Submission
from autograder.reports import feedback, summary, tables


def write_feedback(grade: Grade, assignment: Assignment, out: Path) -> None:
    """feedback/<submission>.json and .html, what one student may read, and the figures of its notebooks."""
    folder = out / "feedback"
    folder.mkdir(parents=True, exist_ok=True)
    record = json.dumps(feedback.record(grade, assignment), ensure_ascii=False, indent=2)
    write(folder / f"{grade.submission}.json", record + "\n")
    write(folder / f"{grade.submission}.html", feedback.page(grade, assignment, _pictures(grade, folder)))


def _pictures(grade: Grade, folder: Path) -> list[bytes]:
    """The figures as PNG files, those of this run or, of a grade that was saved earlier, those that it left."""
    place = folder / grade.submission
    if grade.pictures:
        shutil.rmtree(place, ignore_errors=True)
        place.mkdir()
        for number, picture in enumerate(grade.pictures, 1):
            (place / f"figure_{number:02}.png").write_bytes(picture)
    return [path.read_bytes() for path in sorted(place.glob("figure_*.png"))]


def write_tables(grades: Sequence[Grade], assignment: Assignment, out: Path, wall: float | None = None) -> None:
    """grades.csv and summary.html: what staff read. `wall` is how many seconds the run took."""
    has_slips = assignment.solution is not None and (assignment.solution / slips.NAME).is_file()
    known = slips.load(assignment) if has_slips else ()
    seen, say = slips_seen(grades, known), {slip.id: slip.says for slip in known}
    write(out / "grades.csv", tables.grades_csv(grades, assignment))
    write(out / "summary.html", summary.page(grades, assignment, seen, say, wall))


UNWRITTEN = " is not written yet."
"""How the sentence of a skeleton's hole ends."""
ALIKE = 0.75
"""Share of the checks concerned on which a submission and a slip must agree; training runs near a threshold differ."""


def slips_seen(grades: Sequence[Grade], known: Sequence[slips.Slip]) -> dict[str, int]:
    """Slip id → how many submissions fail the checks that this slip fails, or nearly so, most first.

    What is not written yet, or was skipped, says nothing of a mistake and is left out on both sides.
    """
    seen: Counter[str] = Counter()
    for grade in grades:
        silent = {o.name for o in grade.outcomes if o.outcome == "skipped" or o.why.endswith(UNWRITTEN)}
        lost = set(grade.lost) - silent

        def likeness(slip: slips.Slip, lost: set[str] = lost, silent: set[str] = silent) -> float:
            fails, failed = set(slip.fails) - silent, lost - set(slip.may)
            return len(fails & failed) / len(fails | failed) if fails | failed else 0.0

        best = max(known, key=likeness, default=None)
        if best is not None and likeness(best) >= ALIKE:
            seen[best.id] += 1
    return dict(seen.most_common())


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
        flags=tuple(flag for flag in grade.flags if not flag.startswith(("provisional:", TRAINING))),
        received=received,
    )


def private(folder: Path) -> Path:
    """A folder that only its owner may look into."""
    folder.mkdir(parents=True, exist_ok=True)
    folder.chmod(0o700)
    return folder


def write(path: Path, text: str) -> None:
    """Whole or not at all: a kill leaves the old file."""
    scratch = path.with_name(f".{path.name}.new")
    scratch.write_text(text, encoding="utf-8", newline="")
    scratch.replace(path)
