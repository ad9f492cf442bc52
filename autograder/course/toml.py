"""Reads TOML so that whatever is wrong ends in one line: the file, the key, the value, the judgement, the near miss."""

from __future__ import annotations

import json
import math
import tomllib
from collections.abc import Collection, Iterable
from datetime import date, datetime, time
from difflib import get_close_matches
from pathlib import Path


class CourseError(ValueError):
    """Something a teacher wrote is wrong; the message is one line that names the place and what to do."""


def near(word: str, known: Iterable[str], cutoff: float = 0.6) -> str:
    """A suggestion to append to a judgement, or nothing when no known word is close."""
    options = {option.lower(): option for option in known}
    found = get_close_matches(word.lower(), options, n=1, cutoff=cutoff)
    return f"; did you mean {options[found[0]]}?" if found else ""


class Table:
    """One TOML table, with the place it came from. Each reader below takes a key, checks it, and raises CourseError."""

    def __init__(self, values: dict[str, object], path: Path, where: str = "") -> None:
        self.values = values
        self.path = path
        self.where = where

    def wrong(self, key: str, judgement: str) -> CourseError:
        """The error for `key`, with the value that was found there."""
        place = f"{self.where}.{key}" if self.where else key
        value = f" = {_shown(self.values[key])}" if key in self.values else ""
        return CourseError(f"{self.path.as_posix()}: {place}{value}: {judgement}")

    def only(self, known: Collection[str]) -> None:
        """Refuse keys that nobody reads, so that a misspelled one is not silently ignored."""
        for key in self.values:
            if key not in known:
                raise self.wrong(key, f"no such key{near(key, known) or '; there are ' + ', '.join(known)}")

    def named(self, kind: str) -> Table:
        """From here on, errors name this table by its id, where it has one, instead of by counting."""
        if isinstance(id := self.values.get("id"), str) and id:
            self.where = f"{kind} {id}"
        return self

    def text(self, key: str, default: str | None = None) -> str:
        """One line of text."""
        value = self._required(key, default)
        if not isinstance(value, str) or (not value.strip() and default is None) or "\n" in value.strip():
            raise self.wrong(key, "must be one line of text")
        return value.strip()

    def raw(self, key: str) -> str:
        """Text of any number of lines, exactly as written."""
        value = self._required(key, None)
        if not isinstance(value, str):
            raise self.wrong(key, "must be text")
        return value

    def number(self, key: str, default: float | None = None, *, least: float = 0.0, most: float = math.inf) -> float:
        """A finite number, `least` ≤ number ≤ `most`."""
        value = self._required(key, default)
        if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
            raise self.wrong(key, "must be a number")
        if not least <= value <= most:
            limit = f"at least {least:g}" if most == math.inf else f"between {least:g} and {most:g}"
            raise self.wrong(key, f"must be {limit}")
        return float(value)

    def whole(self, key: str, default: int | None = None, *, least: int = 0) -> int:
        """A whole number, at least `least`."""
        value = self._required(key, default)
        if isinstance(value, bool) or not isinstance(value, int):
            raise self.wrong(key, "must be a whole number")
        if value < least:
            raise self.wrong(key, f"must be at least {least}")
        return value

    def texts(self, key: str, default: tuple[str, ...] | None = None) -> tuple[str, ...]:
        """A list of different one-line texts."""
        value = self._required(key, default)
        if isinstance(value, tuple):
            return value
        if not isinstance(value, list) or not all(isinstance(v, str) and v.strip() == v != "" for v in value):
            raise self.wrong(key, "must be a list of texts, none of them empty")
        for n, text in enumerate(value):
            if text in value[:n]:
                raise self.wrong(key, f"names {text} twice")
        return tuple(value)

    def table(self, key: str) -> Table:
        """The table `[key]`; an empty one when it is not there."""
        value = self.values.get(key, {})
        if not isinstance(value, dict):
            raise self.wrong(key, f"must be a table, written [{key}]")
        return Table(value, self.path, f"{self.where}.{key}" if self.where else key)

    def tables(self, key: str) -> list[Table]:
        """The tables `[[key]]`, counted from 1 in error lines; at least one."""
        value = self._required(key, None)
        if not isinstance(value, list) or not value or not all(isinstance(v, dict) for v in value):
            raise self.wrong(key, f"must be tables, written [[{key}]]")
        return [Table(v, self.path, f"{self.where}.{key}[{n}]".lstrip(".")) for n, v in enumerate(value, 1)]

    def _required(self, key: str, default: object) -> object:
        if key not in self.values and default is None:
            raise self.wrong(key, "is missing")
        return self.values.get(key, default)


def read(path: Path) -> Table:
    """The whole file as a table; raises CourseError when it cannot be read or is not TOML."""
    try:
        text = path.read_bytes().decode("utf-8-sig")
    except OSError as error:
        raise CourseError(f"{path.as_posix()}: cannot be read: {error.strerror}") from None
    except UnicodeDecodeError as error:
        raise CourseError(f"{path.as_posix()}: is not UTF-8 at byte {error.start}; save it as UTF-8") from None
    try:
        return Table(tomllib.loads(text), path)
    except tomllib.TOMLDecodeError as error:
        raise CourseError(f"{path.as_posix()}: is not TOML: {error}") from None
    except RecursionError:
        raise CourseError(f"{path.as_posix()}: is nested too deeply") from None


def _shown(value: object) -> str:
    """A value as its author would recognise it, on one line and short."""
    if isinstance(value, datetime | date | time):
        return value.isoformat()
    text = json.dumps(value, ensure_ascii=False, default=str)
    return text if len(text) <= 60 else text[:57] + "..."
