"""solutions/<id>/leaderboard.toml → Contest: the answers that only staff have, and the rules of the board."""

from __future__ import annotations

import csv
from pathlib import Path
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from autograder.course.toml import Table, read
from autograder.model import Assignment, Contest

NAME = "leaderboard.toml"
KEYS = ("title", "file", "columns", "truth", "public", "seed", "entries_a_day", "zone", "baselines")


def load(assignment: Assignment) -> Contest | None:
    """The contest that an assignment holds, or None where it holds none; raises CourseError."""
    if assignment.solution is None or not (assignment.solution / NAME).is_file():
        return None
    top = read(assignment.solution / NAME)
    top.only(KEYS)
    file = top.text("file")
    if file not in (*assignment.files, *assignment.optional):
        raise top.wrong("file", "is no file that this assignment asks for")
    columns = top.texts("columns", ("id", "label"))
    if len(columns) != 2:
        raise top.wrong("columns", 'must be two, as in ["id", "label"]')
    public = top.number("public", 0.5, most=1.0)
    if not 0 < public < 1:
        raise top.wrong("public", "must be above 0 and below 1: both boards need rows")
    baselines = top.table("baselines")
    return Contest(
        title=top.text("title"),
        file=file,
        columns=(columns[0], columns[1]),
        truth=_truth(top, assignment.solution / top.text("truth"), columns),
        public=public,
        seed=top.whole("seed"),
        entries_a_day=top.whole("entries_a_day", least=1),
        zone=_zone(top),
        baselines={name: baselines.number(name, most=1.0) for name in baselines.values},
    )


def _truth(top: Table, path: Path, columns: tuple[str, ...]) -> dict[str, str]:
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            rows = [row for row in csv.reader(file, strict=True) if row]
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise top.wrong("truth", f"cannot be read: {error}") from None
    if len(rows) < 3 or any(len(row) != 2 for row in rows) or tuple(rows[0]) != columns:
        raise top.wrong("truth", f"must begin with the line {','.join(columns)} and hold two rows or more")
    truth = {id.strip().casefold(): label.strip().casefold() for id, label in rows[1:]}
    if len(truth) != len(rows) - 1:
        raise top.wrong("truth", "names a row twice")
    return truth


def _zone(top: Table) -> str:
    zone = top.text("zone", "UTC")
    try:
        ZoneInfo(zone)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise top.wrong("zone", "is no time zone; write Europe/Zurich") from None
    return zone
