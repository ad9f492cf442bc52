"""Between a Grade and the rows it is stored as: exact both ways, no SQL."""

from __future__ import annotations

import json
import zlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import astuple, fields
from datetime import datetime
from typing import Any

from autograder.model import Entry, Grade, Outcome

Cell = str | bytes | int | float | None
Row = Mapping[str, Cell]

_JSON = ("students", "versions", "flags", "notes", "isolation")
_APART = ("questions", "outcomes", "weights", "pictures")
OUTCOME_COLUMNS = tuple(f.name for f in fields(Outcome))


def bind(text: str) -> str | bytes:
    """Text as SQLite takes it; a file name with bytes that are no UTF-8 (lone surrogates in Python) goes as bytes."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return text.encode("utf-8", "surrogatepass")
    return text


def grade_row(grade: Grade) -> dict[str, Cell]:
    """Column → value of the table `grade`."""
    row: dict[str, Cell] = {}
    for field in fields(Grade):
        value = getattr(grade, field.name)
        if field.name in _JSON:
            row[field.name] = dumps(value)
        elif field.name not in _APART:
            row[field.name] = bind(value) if isinstance(value, str) else value
    return row


def outcome_row(outcome: Outcome) -> tuple[Cell, ...]:
    """Values of the table `outcome`, in the order of OUTCOME_COLUMNS."""
    return tuple(bind(value) if isinstance(value, str) else value for value in astuple(outcome))


def grade_of(row: Row, questions: Iterable[Row], outcomes: Iterable[Row], sketches: Iterable[Row]) -> Grade:
    """The grade that was saved as these rows, equal to it."""
    facts: dict[str, Any] = {}
    for field in fields(Grade):
        if field.name in _JSON:
            value = json.loads(text(row[field.name]))
            facts[field.name] = value if isinstance(value, dict) else tuple(value)
        elif field.name not in _APART:
            facts[field.name] = plain(row[field.name])
    facts["questions"] = {text(q["question"]): q["score"] for q in questions}
    facts["weights"] = {text(s["file"]): text(s["numbers"]) for s in sketches}
    facts["outcomes"] = tuple(_outcome_of(o) for o in outcomes)
    return Grade(**facts)


def entry_of(row: Row) -> Entry:
    """The entry that was kept as this row, equal to it."""
    return Entry(
        submission=text(row["submission"]),
        students=tuple(json.loads(text(row["students"]))),
        sha256=text(row["sha256"]),
        entered=datetime.fromisoformat(text(row["entered"])),
        content=zlib.decompress(row["content"]) if isinstance(row["content"], bytes) else b"",
    )


def dumps(value: Sequence[str] | Mapping[str, str]) -> str:
    """JSON that compares equal as text when the values are equal."""
    if isinstance(value, Mapping):
        return json.dumps(dict(value), sort_keys=True)
    return json.dumps(list(value))


def text(cell: Cell) -> str:
    """A text cell as it was before `bind`."""
    return cell.decode("utf-8", "surrogatepass") if isinstance(cell, bytes) else str(cell)


def plain(cell: Cell) -> Any:
    """A cell as it was before `bind`."""
    return text(cell) if isinstance(cell, bytes) else cell


def _outcome_of(row: Row) -> Outcome:
    facts: dict[str, Any] = {name: plain(row[name]) for name in OUTCOME_COLUMNS}
    return Outcome(**facts)
