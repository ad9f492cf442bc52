"""A folder read with the same caution as a zip: no link is followed, no pipe opened."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from autograder.intake.names import MAX_DEPTH, is_junk
from autograder.intake.zips import BLOCK, MAX_ENTRIES, Entry, Kind, UnreadableError, ZipError

# Windows lacks most of these; there a link is caught by lstat alone.
READ_FLAGS = os.O_RDONLY
for _flag in ("O_NOFOLLOW", "O_NONBLOCK", "O_CLOEXEC", "O_BINARY"):
    READ_FLAGS |= getattr(os, _flag, 0)


class Tree:
    """The files under `root`, sorted; raises ZipError when there are too many or the folder cannot be read."""

    def __init__(self, root: Path) -> None:
        self._root = root
        entries: list[Entry] = []
        for name, kind, size in _walk(root):
            if len(entries) == MAX_ENTRIES:
                raise ZipError(f"The folder holds more than {MAX_ENTRIES:,} files: hand in only the files asked for.")
            entries.append(Entry(name, size, kind, len(entries)))
        self.entries = tuple(entries)

    def stream(self, entry: Entry) -> Iterator[bytes]:
        """The file's bytes in blocks; raises UnreadableError."""
        try:
            with plain_file(self._root / entry.name) as file:
                while block := file.read(BLOCK):
                    yield block
        except OSError as error:
            raise UnreadableError(f"cannot be read ({error.strerror or error})") from error


@contextmanager
def plain_file(path: Path) -> Iterator[BinaryIO]:
    """`path` opened for reading if it is a regular file and not a link; raises OSError."""
    if stat.S_ISLNK(os.lstat(path).st_mode):
        raise OSError(0, "it is a link, not a file")
    with open(os.open(path, READ_FLAGS), "rb") as file:
        if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
            raise OSError(0, "it is not an ordinary file")
        yield file


def _walk(root: Path) -> Iterator[tuple[str, Kind, int]]:
    """name, kind and size of everything under `root` that is not a folder; left-overs of systems are not entered."""
    waiting = [""]
    while waiting:
        here = waiting.pop()
        try:
            with os.scandir(root / here) as listing:
                found = sorted(listing, key=lambda e: e.name)
        except OSError as error:
            if not here:
                raise ZipError(f"The folder cannot be read: {error.strerror or error}.") from error
            continue
        if any(e.name == "pyvenv.cfg" for e in found):
            continue
        for item in found:
            name = f"{here}/{item.name}" if here else item.name
            if item.is_dir(follow_symlinks=False):
                if name.count("/") < MAX_DEPTH and not is_junk(name):
                    waiting.append(name)
                continue
            status = item.stat(follow_symlinks=False)
            yield name, _kind(status.st_mode), status.st_size


def _kind(mode: int) -> Kind:
    if stat.S_ISLNK(mode):
        return "link"
    return "file" if stat.S_ISREG(mode) else "other"
