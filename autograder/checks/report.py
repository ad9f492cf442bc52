"""The numbers that a student reports: `report.toml`, read as data, a sentence for whatever is missing or no number.

`report["mlp.valid_accuracy"]` is the value at that key, `report.number("mlp.valid_accuracy", 0, 1)` must be a number.
"""

from __future__ import annotations

import difflib
import math
import re
import tomllib
from collections.abc import Iterator, Mapping
from typing import Any, Final

from .failure import Failure

NAME: Final = "report.toml"
LARGEST: Final = 256 << 10
"""Bytes."""
_DOTS: Final = 64
_SEAMS: Final = re.compile(rb"[,=\[\]{}#\n]")


class Report(Mapping[str, Any]):
    """A read-only mapping from dotted keys to values. Where one can't be had, that is a Failure with a sentence."""

    def __init__(self, content: bytes | None) -> None:
        """`content` is the file's, or None where there is none; nothing is read before the first key is asked for."""
        self._content = content
        self._tree: dict[str, Any] | None = None

    def __getitem__(self, key: str) -> Any:
        found: Any = self._read()
        for part in key.split("."):
            if isinstance(found, list) and part.isdigit() and int(part) < len(found):
                found = found[int(part)]
            elif isinstance(found, dict) and part in found:
                found = found[part]
            else:
                raise self._missing(key)
        return found

    def __contains__(self, key: object) -> bool:
        try:
            self[str(key)]
        except Failure:
            return False
        return True

    def __iter__(self) -> Iterator[str]:
        return _keys(self._read())

    def __len__(self) -> int:
        return sum(1 for _ in self)

    def number(self, key: str, least: float = -math.inf, most: float = math.inf) -> float:
        """The finite number at `key`, from `least` to `most`."""
        found = self[key]
        if isinstance(found, bool) or not isinstance(found, int | float):
            what = f'"{found[:40]}"' if isinstance(found, str) else f"a {_kind(found)}"
            raise self._wrong(key, f"is {what}", f"Write a number without quotes, as in {_last(key)} = 0.5.")
        try:
            number = float(found)
        except OverflowError:
            number = math.inf
        if not math.isfinite(number):
            raise self._wrong(key, "is not a finite number", "Report the number that your run gave.")
        if not least <= number <= most:
            raise self._wrong(key, f"is {number:g}, which is not from {least:g} to {most:g}", _percent(number, most))
        return number

    def numbers(self, key: str, least: int = 1) -> list[float]:
        """The list of finite numbers at `key`, of `least` or more."""
        found = self[key]
        if not isinstance(found, list) or len(found) < least:
            raise self._wrong(
                key, f"is not a list of {least} or more numbers", f"Write {_last(key)} = [0.1, 0.2], one for each."
            )
        return [self.number(f"{key}.{place}") for place in range(len(found))]

    def text(self, key: str) -> str:
        """The text at `key`, which must not be empty."""
        found = self[key]
        if not isinstance(found, str) or not found.strip():
            raise self._wrong(key, "holds no text", f'Write {_last(key)} = "…".')
        return found

    def _read(self) -> dict[str, Any]:
        if self._tree is None:
            self._tree = parse(self._content)
        return self._tree

    def _missing(self, key: str) -> Failure:
        near = difflib.get_close_matches(key, list(self)[:1000], 1)
        meant = f"; did you mean {near[0][:60]}?" if near else "."
        table, _, last = key.rpartition(".")
        where = f" under [{table}]" if table else " at the top"
        return Failure(f"{NAME} has no {key}{meant}", f"Write {last} = …{where}.", f"{NAME} has no {key}.")

    def _wrong(self, key: str, what: str, hint: str) -> Failure:
        return Failure(f"{NAME}: {key} {what}.", hint, f"{NAME}: {key} is not what was asked for.")


def parse(content: bytes | None) -> dict[str, Any]:
    """The tree in a report's bytes; raises Failure."""
    if content is None:
        raise _unreadable("is missing", "Hand it in beside the other files: it holds the numbers that are asked for.")
    if len(content) > LARGEST:
        raise _unreadable(f"is larger than {LARGEST >> 10} KB", "It holds numbers; put words into answers.md.")
    # a key of a hundred thousand parts would keep the reader busy for minutes
    if any(part.count(b".") > _DOTS for part in _SEAMS.split(content)):
        raise _unreadable(f"holds a key or a text of more than {_DOTS} dots", "Put words into answers.md.")
    try:
        return tomllib.loads(content.decode("utf-8-sig").replace("\r\n", "\n"))
    except UnicodeDecodeError:
        raise _unreadable("is not UTF-8 text", "Save it as UTF-8.") from None
    except RecursionError:
        raise _unreadable("is nested too deeply", "Two levels are enough.") from None
    except ValueError as error:
        hint = 'A line reads name = 0.5 or name = "text"; a table begins with [name].'
        raise _unreadable(f"cannot be read: {str(error)[:200]}", hint) from None


def _unreadable(what: str, hint: str) -> Failure:
    return Failure(f"{NAME} {what}.", hint, f"{NAME} {what.partition(':')[0]}.")


def _keys(tree: Mapping[str, Any], start: str = "") -> Iterator[str]:
    for name, value in tree.items():
        if isinstance(value, dict):
            yield from _keys(value, f"{start}{name}.")
        else:
            yield start + name


def _kind(x: object) -> str:
    kinds = {bool: "yes or no", list: "list", dict: "table"}
    return kinds.get(type(x), "date or time")


def _last(key: str) -> str:
    return key.rpartition(".")[2]


def _percent(number: float, most: float) -> str:
    return "Write a share, 0.97 for 97 %." if most == 1 and 1 < number <= 100 else ""
