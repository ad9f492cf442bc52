"""The submission_metadata.yml of a Gradescope export: who handed in and when, read without a YAML library."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta, timezone

METADATA = "submission_metadata.yml"

_FOLDER = re.compile(r"(\w[\w.-]*):\s*$")
_KEY = re.compile(r"  :(\w+):(?: (.*))?$")
_PERSON = re.compile(r"\s+(- )?:(name|sid|email):(?: (.*))?$")
_TIME = re.compile(r"(\d{4}-\d\d-\d\d)[ T](\d\d:\d\d:\d\d)(?:\.\d+)? *(Z|UTC|[+-]\d\d:?\d\d)?$")


@dataclass
class Record:
    """One entry of the export. `students` are ids where Gradescope knows them, else addresses, else names."""

    people: list[dict[str, str]] = field(default_factory=list)
    received: datetime | None = None

    @property
    def students(self) -> tuple[str, ...]:
        called = (p.get("sid") or p.get("email") or p.get("name") or "" for p in self.people)
        return tuple(c for c in called if c)


def read_metadata(text: str) -> dict[str, Record]:
    """Folder name → its record. Only the few lines wanted are understood; everything deeper is skipped unread."""
    records: dict[str, Record] = {}
    record: Record | None = None
    section = ""
    for line in text.splitlines():
        if match := _FOLDER.match(line):
            record, section = records.setdefault(match.group(1), Record()), ""
        elif record is None:
            continue
        elif match := _KEY.match(line):
            section = match.group(1)
            if section == "created_at":
                record.received = _time(_plain(match.group(2)))
        elif section == "submitters" and (match := _PERSON.match(line)):
            if match.group(1) or not record.people:
                record.people.append({})
            record.people[-1][match.group(2)] = _plain(match.group(3))
    return records


def _plain(value: str | None) -> str:
    text = (value or "").strip()
    if len(text) > 1 and text[0] == text[-1] and text[0] in "'\"":
        return text[1:-1].replace("''", "'")
    return "" if text in ("~", "null") else text


def _time(text: str) -> datetime | None:
    match = _TIME.match(text)
    if not match:
        return None
    day, clock, zone = match.groups()
    try:
        at = datetime.fromisoformat(f"{day}T{clock}")
    except ValueError:
        return None
    if zone in (None, "Z", "UTC"):
        return at.replace(tzinfo=UTC)
    digits = zone.replace(":", "")
    offset = timedelta(hours=int(digits[1:3]), minutes=int(digits[3:5]))
    return at.replace(tzinfo=timezone(-offset if zone[0] == "-" else offset)) if offset < timedelta(days=1) else None
