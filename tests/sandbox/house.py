"""A small house with secrets in it, and everything a worker could find of them."""

from __future__ import annotations

import os
import secrets
import sqlite3
from dataclasses import dataclass, field
from pathlib import Path

from rows import NEEDED
from talk import SMALL, RemoteError, ask, hostile, shifted

from autograder.sandbox.box import Box, Zygote
from autograder.sandbox.isolation import Isolation


@dataclass(frozen=True)
class House:
    """Where the secrets lie. Each holds the marker, and all may be read by everybody on the machine."""

    place: Path
    marker: str = field(default_factory=lambda: "answer-" + secrets.token_hex(16))

    @property
    def secrets(self) -> dict[str, Path]:
        return {
            "hidden check": self.place / "solutions" / "a5" / "checks_hidden.py",
            "solution": self.place / "solutions" / "a5" / "layers_solved.py",
            "other submission": self.place / "out" / "submissions" / "bob-7351" / "layers.py",
            "gradebook": self.place / "out" / "gradebook.db",
        }

    def build(self) -> Path:
        """Make it and return the folder of the hostile submission, which lies beside the others."""
        for name, path in self.secrets.items():
            path.parent.mkdir(parents=True, exist_ok=True)
            if name == "gradebook":
                with sqlite3.connect(path) as book:
                    book.execute(f"create table grades (what text default '{self.marker}')")
                book.close()
            else:
                path.write_text(f"# {self.marker}\n")
        return hostile(self.place / "out" / "submissions" / "ada")


def discoveries(house: House, submission: Path, isolation: Isolation) -> set[str]:
    """What a worker finds out, told where to look, while the grader holds the marker in memory and environment."""
    os.environ["ANSWER"] = house.marker
    held = [path.read_bytes() for path in house.secrets.values()]
    found = set()
    with Zygote(isolation, NEEDED) as zygote, zygote.open(submission, SMALL) as box:
        if _remembers(box, house):  # first: what is read later lies in memory too
            found.add("found it in its own memory")
        if any(house.marker in told for told in ask(box, "environment")):
            found.add("found it in an environment")
        if ask(box, "descriptors"):
            found.add("inherited a descriptor")
        if _peeks(box, held[0], house):
            found.add("read the grader's memory")
        found |= {f"opened the {name}" for name, path in house.secrets.items() if _reads(box, path, house)}
        found |= {f"listed the {name}" for name, path in house.secrets.items() if _lists(box, path)}
    del os.environ["ANSWER"]
    return found


def _remembers(box: Box, house: House) -> bool:
    """Whether it is in the worker's own memory, where the worker may look into that at all."""
    try:
        count = ask(box, "find_in_memory", shifted(house.marker))
    except RemoteError as error:
        if error.name not in ("PermissionError", "FileNotFoundError"):
            raise
        return False
    assert ask(box, "remember", shifted(house.marker)) > 0, "the search of memory finds nothing at all"
    return bool(count)


def _reads(box: Box, path: Path, house: House) -> bool:
    try:
        return house.marker in ask(box, "read", str(path))
    except RemoteError:
        return False


def _lists(box: Box, path: Path) -> bool:
    return bool(ask(box, "seek", str(path.parent), [path.name]))


def _peeks(box: Box, held: bytes, house: House) -> bool:
    header = bytes.__basicsize__ - 1
    try:
        seen = ask(box, "peek", os.getpid(), id(held) + header, len(held))
    except RemoteError:
        return False
    return house.marker in seen


def less(full: Isolation) -> dict[str, Isolation]:
    """The walls around files: all of them, the mounts alone, and without the mounts too."""
    return {
        "all": full,
        "mounts": full.without("landlock", *({"uid"} & set(full.parts))),
        "none": full.without("landlock", "mount", *({"uid"} & set(full.parts))),
    }
