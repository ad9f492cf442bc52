"""roster.csv → Roster: who may submit, in which team, and under which names a platform sends their zips."""

from __future__ import annotations

import codecs
import csv
import io
import re
from collections.abc import Iterator
from pathlib import Path

from autograder.course.toml import CourseError, near
from autograder.model import Roster

REQUIRED = ("id", "name")
COLUMNS = (*REQUIRED, "team", "aliases")
BETWEEN = re.compile(r"[|;]")
# Ids are joined and split again in tables, and name files.
FORBIDDEN = re.compile(r'[,;|/\\:*?"<>\x00-\x1f]')


def load_roster(path: Path) -> Roster:
    """The roster in `path`: columns id, name, and perhaps team and aliases, in any order and among others.

    Takes what spreadsheets write: a byte order mark, UTF-16, an old Windows encoding, semicolons or tabs, quotes, a
    line `sep=;`. Aliases of one student are separated by | or ;. Raises CourseError naming the file and the line.
    """
    names: dict[str, str] = {}
    teams: dict[str, tuple[str, ...]] = {}
    aliases: dict[str, tuple[str, ...]] = {}
    seen: dict[str, int] = {}
    spoken: dict[str, int] = {}
    for line, row in _rows(path):
        student = row["id"]
        if not student or FORBIDDEN.search(student):
            raise _wrong(path, line, f'id = "{student}": must be there and hold none of , ; | / \\ : * ? " < >')
        if student.casefold() in seen:
            raise _wrong(path, line, f'id = "{student}": is already on line {seen[student.casefold()]}')
        if not row["name"]:
            raise _wrong(path, line, f'name of "{student}" is empty')
        seen[student.casefold()] = line
        names[student] = row["name"]
        if row["team"]:
            teams[row["team"]] = (*teams.get(row["team"], ()), student)
        for alias in filter(None, map(str.strip, BETWEEN.split(row["aliases"]))):
            spoken.setdefault(alias, line)
            if student not in aliases.get(alias, ()):
                aliases[alias] = (*aliases.get(alias, ()), student)
    if not names:
        raise CourseError(f"{path.as_posix()}: names no students")
    for alias, line in spoken.items():
        if alias.casefold() in seen and aliases[alias] != (alias,):
            raise _wrong(path, line, f'alias "{alias}" is the id of the student on line {seen[alias.casefold()]}')
    return Roster(names, teams, aliases)


def _rows(path: Path) -> Iterator[tuple[int, dict[str, str]]]:
    """Line number and cells by column of each row that is not blank."""
    text = _text(path)
    first = text.partition("\n")[0].strip()
    skip = 0
    if found := re.fullmatch(r"sep=(.)", first, re.IGNORECASE):
        delimiter, skip = found.group(1), 1
        text = text.partition("\n")[2]
    else:
        delimiter = max(",;\t", key=first.count)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    try:
        header = [cell.strip().lower() for cell in next(reader, [])]
        places = _places(path, header, skip + 1)
        for cells in reader:
            if not any(cell.strip() for cell in cells):
                continue
            line = reader.line_num + skip
            if len(cells) > len(header) and any(cell.strip() for cell in cells[len(header) :]):
                raise _wrong(path, line, f"has {len(cells)} cells, but the first line names {len(header)} columns")
            values = [*(cell.strip() for cell in cells), *[""] * len(header)]
            yield line, {name: values[places[name]] if name in places else "" for name in COLUMNS}
    except csv.Error as error:
        raise _wrong(path, reader.line_num + skip, f"is not CSV: {error}") from None


def _places(path: Path, header: list[str], line: int) -> dict[str, int]:
    """Column → index; a column that is missing or only nearly named is refused."""
    for name in COLUMNS:
        if header.count(name) > 1:
            raise _wrong(path, line, f"names the column {name} twice")
    places = {name: header.index(name) for name in COLUMNS if name in header}
    for name in COLUMNS:
        # An optional column that is absent must not make a suspect of every other one.
        cutoff = 0.6 if name in REQUIRED else 0.8
        alike = next((cell for cell in header if cell not in COLUMNS and near(cell, [name], cutoff)), None)
        if name not in places and alike:
            raise _wrong(path, line, f'"{alike}": no such column; did you mean {name}?')
        if name not in places and name in REQUIRED:
            there = ", ".join(filter(None, header)) or "nothing"
            raise _wrong(path, line, f"must name the columns id and name; {name} is missing, there is {there}")
    return places


def _text(path: Path) -> str:
    try:
        raw = path.read_bytes()
    except OSError as error:
        raise CourseError(f"{path.as_posix()}: cannot be read: {error.strerror}") from None
    wide = raw.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE))
    for encoding in ["utf-16"] if wide else ["utf-8-sig", "cp1252"]:
        try:
            return raw.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise CourseError(f"{path.as_posix()}: cannot be read as text; save it as CSV UTF-8")


def _wrong(path: Path, line: int, judgement: str) -> CourseError:
    return CourseError(f"{path.as_posix()}:{line}: {judgement}")
