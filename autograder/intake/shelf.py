"""Where submissions lie side by side: a folder on disk or the inside of a bulk zip, looked at in the same way."""

from __future__ import annotations

import os
from collections import defaultdict
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from autograder.intake.arrival import Arrival
from autograder.intake.names import BadNameError, clean, label
from autograder.intake.reader import bounded
from autograder.intake.tree import plain_file
from autograder.intake.zips import Archive, Entry, UnreadableError, ZipError

_MAX_METADATA = 64 << 20


class Shelf:
    """`files(here)` and `folders(here)` are the sorted names in the folder `here`, which is "" or ends in a slash."""

    is_zip = False

    def __init__(self, path: Path) -> None:
        self.path = path

    def files(self, here: str) -> list[str]:
        return self._listed(here)[0]

    def folders(self, here: str) -> list[str]:
        return self._listed(here)[1]

    def text(self, name: str) -> str:
        """A platform's own file; "" when it is not a readable file."""
        try:
            with plain_file(self.path / name) as file:
                return file.read(_MAX_METADATA).decode("utf-8", "replace")
        except OSError:
            return ""

    def file(self, here: str, name: str) -> Arrival:
        """The arrival that a single file is."""
        return Arrival(label(name, is_folder=False), self.path / here / name)

    def folder(self, here: str, name: str) -> Arrival:
        """The arrival that a folder is; when all it holds is one zip, as platforms store them, that zip is meant."""
        inner = f"{here}{name}/"
        lone = self._lone_zip(inner)
        return Arrival(label(name, is_folder=True), self.path / inner / lone if lone else self.path / inner)

    def several(self, here: str, name: str, renamed: Sequence[tuple[str, str]]) -> Arrival:
        """The arrival that several loose files are; `renamed` pairs a name here with the one it was handed in under."""
        return Arrival(label(name, is_folder=True), self.path, members=tuple((here + old, new) for old, new in renamed))

    def _lone_zip(self, inner: str) -> str:
        files = [n for n in self.files(inner) if not n.startswith(".")]
        alone = len(files) == 1 and not [n for n in self.folders(inner) if n != "__MACOSX"]
        return files[0] if alone and files[0].lower().endswith(".zip") else ""

    def _listed(self, here: str) -> tuple[list[str], list[str]]:
        try:
            with os.scandir(self.path / here) as listing:
                found = [(item.name, item.is_dir(follow_symlinks=False)) for item in listing]
        except OSError:
            return [], []
        return sorted(n for n, is_dir in found if not is_dir), sorted(n for n, is_dir in found if is_dir)


class ZipShelf(Shelf):
    """The inside of a zip; names that lead outside are not on it."""

    is_zip = True

    def __init__(self, path: Path, archive: Archive) -> None:
        super().__init__(path)
        self._archive = archive
        self._entries: dict[str, Entry] = {}
        below: dict[str, tuple[set[str], set[str]]] = defaultdict(lambda: (set(), set()))
        for entry in archive.entries:
            try:
                name = clean(entry.name)
            except BadNameError:
                continue
            *above, base = name.split("/")
            here = ""
            for part in above:
                below[here][1].add(part)
                here += part + "/"
            if entry.kind == "folder":
                below[here][1].add(base)
            else:
                below[here][0].add(base)
                self._entries[name] = entry
        self._below = {here: (sorted(files), sorted(folders)) for here, (files, folders) in below.items()}

    def text(self, name: str) -> str:
        try:
            return b"".join(bounded(self._archive, self._entries[name], _MAX_METADATA)).decode("utf-8", "replace")
        except (KeyError, UnreadableError):
            return ""

    def file(self, here: str, name: str) -> Arrival:
        return Arrival(label(name, is_folder=False), self.path, members=((self._entries[here + name].name, name),))

    def folder(self, here: str, name: str) -> Arrival:
        inner = f"{here}{name}/"
        names = [inner + lone] if (lone := self._lone_zip(inner)) else [n for n in self._entries if n.startswith(inner)]
        members = tuple((self._entries[n].name, n.removeprefix(inner)) for n in names)
        return Arrival(label(name, is_folder=True), self.path, members=members)

    def several(self, here: str, name: str, renamed: Sequence[tuple[str, str]]) -> Arrival:
        members = tuple((self._entries[here + old].name, new) for old, new in renamed)
        return Arrival(label(name, is_folder=True), self.path, members=members)

    def _listed(self, here: str) -> tuple[list[str], list[str]]:
        return self._below.get(here, ([], []))


@contextmanager
def open_shelf(path: Path) -> Iterator[Shelf | None]:
    """The shelf at `path`; None when it is a file that is no readable zip; raises OSError."""
    if path.is_dir():
        yield Shelf(path)
        return
    with open(path, "rb") as file:
        try:
            shelf = ZipShelf(path, Archive(file))
        except ZipError:
            yield None
            return
        yield shelf
