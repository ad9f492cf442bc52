"""From an arrival to a Submission: the files asked for, checked and written to a fresh folder, or a reason why not."""

from __future__ import annotations

import hashlib
import os
import shutil
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from autograder.intake import imports
from autograder.intake.arrival import Arrival
from autograder.intake.choose import AUTHORS, Choice, Kept, asked, choose
from autograder.intake.encoding import inspect
from autograder.intake.names import counted, label, some
from autograder.intake.people import MAX_AUTHORS_BYTES, who
from autograder.intake.reader import Opened, RejectedError, Source, bounded, fingerprint, open_inner, open_upload
from autograder.intake.zips import Entry, UnreadableError
from autograder.model import Assignment, Roster, Submission

MAX_FILE = 64 << 20
MAX_KEPT = 200 << 20
MAX_WEIGHTS = 1 << 30
MAX_COPIES = 4
WEIGHTS = (".pt", ".safetensors")
"""Files that may be as large as the assignment's limits say, and leave the others their room."""

_WRITE_FLAGS = os.O_WRONLY | os.O_CREAT | os.O_EXCL
for _flag in ("O_NOFOLLOW", "O_CLOEXEC", "O_BINARY"):
    _WRITE_FLAGS |= getattr(os, _flag, 0)


def receive(arrival: Arrival, assignment: Assignment, into: Path, roster: Roster | None = None) -> Submission:
    """Keep what the assignment asks for in the folder `into`/<name>, replacing what an earlier run left there.

    Never raises for what was handed in: then `rejected` says why. Not a byte of it is imported or executed.
    """
    into.mkdir(mode=0o700, parents=True, exist_ok=True)
    home = into / label(arrival.name, is_folder=True)
    _clear(home)
    with _staging(into, home.name) as staging, ExitStack() as stack:
        taking = _Taking(staging, assignment)
        try:
            sha256 = taking.take(stack, arrival)
            rejected = ""
            staging.rename(home)
        except RejectedError as error:
            sha256, rejected = error.sha256, str(error)
    people = who(arrival.name, arrival.students, taking.authors, roster)
    return Submission(
        name=arrival.name,
        sha256=sha256,
        students=people.students,
        folder=None if rejected else home,
        files=() if rejected else tuple(sorted(name for name, _ in taking.written)),
        missing=tuple(sorted(taking.missing)),
        notes=(*arrival.notes, *taking.notes, *people.notes),
        flags=(*arrival.flags, *taking.flags, *people.flags),
        received=arrival.received,
        rejected=rejected,
    )


@dataclass
class _Taking:
    """One submission on its way into `folder`, and what there is to say of it."""

    folder: Path
    assignment: Assignment
    written: list[tuple[str, str]] = field(default_factory=list)
    missing: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    flags: list[str] = field(default_factory=list)
    authors: bytes | None = None
    python: dict[str, bytes] = field(default_factory=dict)
    room: int = field(default_factory=lambda: MAX_KEPT)
    room_for_weights: int = MAX_WEIGHTS

    def take(self, stack: ExitStack, arrival: Arrival) -> str:
        """Write what is asked for and return the sha256; raises RejectedError, which carries one where it can."""
        opened = open_upload(stack, arrival.path, arrival.members)
        sha256 = opened.sha256
        choice = self._choose(opened.source.entries)
        try:
            if not choice.any_asked and self._is_wrapped(choice):
                opened = open_inner(stack, opened.source, choice.zips[0])
                self.notes.append(
                    f"The zip in it, {some([choice.zips[0].name])}, was opened; next time hand in that one."
                )
                sha256 = sha256 or opened.sha256
                choice = self._choose(opened.source.entries)
            if not choice.any_asked:
                raise RejectedError(self._nothing(opened, choice))
            self._keep_all(opened.source, choice)
        except RejectedError as error:
            raise RejectedError(
                str(error), sha256 or error.sha256 or fingerprint(opened.source.entries, self.written)
            ) from error
        return sha256 or fingerprint(opened.source.entries, self.written)

    def _choose(self, entries: Sequence[Entry]) -> Choice:
        choice = choose(entries, self.assignment, _given(self.assignment))
        self.missing = list(choice.missing)
        self.notes += choice.notes
        self.flags += choice.flags
        return choice

    def _is_wrapped(self, choice: Choice) -> bool:
        """Whether all that matters in it is one inner zip."""
        return (
            len(choice.zips) == 1 and not choice.kept and not any(o.endswith((".py", ".ipynb")) for o in choice.others)
        )

    def _nothing(self, opened: Opened, choice: Choice) -> str:
        what = "zip" if opened.is_zip else "folder"
        if not any(entry.kind != "folder" for entry in opened.source.entries):
            return f"The {what} is empty: hand in {some(list(asked(self.assignment)), 10)}."
        holds = f"; it holds {some(choice.others)}" if choice.others else ""
        return f"None of the files asked for is in the {what}{holds}. Hand in {some(list(asked(self.assignment)), 10)}."

    def _keep_all(self, source: Source, choice: Choice) -> None:
        refused = []
        for kept in sorted(choice.kept, key=lambda k: not k.asked):
            try:
                self._keep(kept, self._content(source, kept))
            except UnreadableError as error:
                refused.append(f"{kept.name} {error}.")
                if kept.asked:
                    self.missing.append(kept.name)
        if not {name for name, _ in self.written} & {kept.name for kept in choice.kept if kept.asked}:
            more = f" {counted(len(refused) - 1, 'more file')} could not be read either." if len(refused) > 1 else ""
            raise RejectedError(refused[0] + more)
        self.notes += refused
        if choice.others:
            were = "was" if len(choice.others) == 1 else "were"
            self.notes.append(f"{counted(len(choice.others), 'other file')} {were} ignored: {some(choice.others)}.")
        notes, flags = imports.advise(self.python, self.assignment.forbidden)
        self.notes += notes
        self.flags += flags

    def _content(self, source: Source, kept: Kept) -> bytes:
        """The file's bytes, which must be the same in all its entries; raises UnreadableError."""
        weights = kept.asked and kept.name.endswith(WEIGHTS)
        if len(kept.entries) > (1 if weights else MAX_COPIES):
            raise UnreadableError(f"is there {len(kept.entries)} times; hand it in once")
        if weights:
            limit = min(self.room_for_weights, self.assignment.limits.weights_mb << 20)
        else:
            limit = min(self.room, MAX_AUTHORS_BYTES if kept.name == AUTHORS else MAX_FILE)
        copies = {b"".join(bounded(source, entry, limit)) for entry in kept.entries}
        if len(copies) > 1:
            self.flags.append(f"holds {kept.name} {len(kept.entries)} times with different contents")
            raise UnreadableError("is there more than once with different contents; hand it in once")
        return copies.pop()

    def _keep(self, kept: Kept, content: bytes) -> None:
        path = self.folder / kept.name
        path.parent.mkdir(parents=True, exist_ok=True)
        with open(os.open(path, _WRITE_FLAGS, 0o644), "wb") as file:
            file.write(content)
        if kept.name.endswith(WEIGHTS):
            self.room_for_weights -= len(content)
        else:
            self.room -= len(content)
        self.written.append((kept.name, hashlib.sha256(content).hexdigest()))
        if kept.name == AUTHORS:
            self.authors = content
        if kept.name.endswith(".py"):
            self.python[kept.name] = content[: imports.MOST + 1]
        notes, flags = inspect(kept.name, content)
        self.notes += notes
        self.flags += flags


def _given(assignment: Assignment) -> set[str]:
    """Names that come back in many zips and need no word: the handout's texts and checks, submit's own zip."""
    names = {f"{assignment.id}.zip", *(f"tests/{question.id}.py" for question in assignment.questions)}
    if assignment.handout.is_dir():
        names |= set(os.listdir(assignment.handout))
    return {name for name in names if not name.endswith(".py") or name.startswith(("checks_", "tests/"))}


@contextmanager
def _staging(into: Path, name: str) -> Iterator[Path]:
    """A fresh folder beside the final one, so that a kill never leaves half a submission under its name."""
    folder = into / f".{name}.part"
    _clear(folder)
    folder.mkdir(mode=0o755)
    try:
        yield folder
    finally:
        _clear(folder)


def _clear(path: Path) -> None:
    """Remove whatever lies at `path`, a link as a link."""
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)
