"""When a name is nearly one that was asked for: other case, a copy's ending, a platform's prefix, a typing slip."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from difflib import get_close_matches

from autograder.intake.names import show

_PREFIX = re.compile(r"^(?:[^_]+_(?:late_)?\d+_\d+_|.+_\d+_assignsubmission_file_|copy of |kopie von )")
_SUFFIX = re.compile(
    r"(?: *\(\d{1,3}\)|[ _-]+(?:\d{1,2}|v\d{1,2}|final|finished|done|new|neu|fixed|copy\d{0,2}|kopie\d{0,2}))$"
)


@dataclass(frozen=True, order=True)
class Candidate:
    """`path` could be the file asked for as `name`, with the files handed in `folder` ("" or ending in a slash).

    `far` is 0 for the very name, 1 where only the case differs, 2 where an ending like " (1)" or a prefix does.
    """

    far: int
    path: str
    folder: str
    name: str


def candidates(paths: Iterable[str], names: Sequence[str]) -> list[Candidate]:
    """Every path that is one of `names`, exactly or nearly."""
    by_base: dict[str, list[str]] = {}
    for name in names:
        by_base.setdefault(name.rpartition("/")[2].casefold(), []).append(name)
    found = []
    for path in paths:
        for base in _nearly(path.rpartition("/")[2]):
            for name in by_base.get(base, ()):
                folder = _folder(path, name)
                if folder is not None:
                    found.append(Candidate(_distance(path, folder + name), path, folder, name))
    return sorted(set(found))


def did_you_mean(name: str, beside: Sequence[str]) -> str:
    """What to say when one of the paths `beside` looks like the missing file `name`; "" when none does."""
    folded = {path.casefold(): path for path in beside}
    close = get_close_matches(name.casefold(), folded, n=1, cutoff=0.75)
    if not close:
        return ""
    seen = folded[close[0]]
    odd = "" if seen.isascii() else ", and this one holds letters that only look like a–z"
    return f"{show(seen)}: did you mean {name}? A file counts under its own name only{odd}."


def _nearly(base: str) -> Iterator[str]:
    """`base` in small letters, then without a platform's prefix, then without each of "(1)", "-final" and the like."""
    stem, dot, ending = base.casefold().rpartition(".")
    for start in dict.fromkeys((stem, _PREFIX.sub("", stem))):
        stem = start
        while stem:
            yield stem + dot + ending
            shorter = _SUFFIX.sub("", stem)
            if shorter == stem:
                break
            stem = shorter


def _folder(path: str, name: str) -> str | None:
    """What is above `path` when its last parts are `name`'s; None when the folders in `name` are not above it."""
    parts, wanted = path.split("/"), name.split("/")
    if len(parts) < len(wanted) or [p.casefold() for p in parts[-len(wanted) : -1]] != [
        w.casefold() for w in wanted[:-1]
    ]:
        return None
    return "".join(part + "/" for part in parts[: -len(wanted)])


def _distance(path: str, wanted: str) -> int:
    if path == wanted:
        return 0
    return 1 if path.casefold() == wanted.casefold() else 2
