"""Opens what was handed in, zip or folder, without unpacking it: a list of entries, bounded reads, one sha256."""

from __future__ import annotations

import hashlib
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
from pathlib import Path
from typing import BinaryIO, Protocol

from autograder.intake.names import show
from autograder.intake.tree import Tree, plain_file
from autograder.intake.zips import BLOCK, Archive, Entry, UnreadableError, ZipError

MAX_ARCHIVE = 1 << 30
_IN_MEMORY = 16 << 20

_HEADS: tuple[tuple[bytes, str], ...] = (
    (b"%PDF", "a PDF"),
    (b"Rar!", "a RAR archive"),
    (b"7z\xbc\xaf\x27\x1c", "a 7z archive"),
    (b"\x1f\x8b", "a gzip file (.tar.gz or .gz)"),
    (b"BZh", "a bzip2 file"),
    (b"\xfd7zXZ", "an xz file"),
    (b"\x28\xb5\x2f\xfd", "a zstd file"),
    (b"\x89PNG", "a picture"),
    (b"\xff\xd8\xff", "a picture"),
    (b"\xd0\xcf\x11\xe0", "an old Office document"),
    (b"\x7fELF", "a program"),
    (b"MZ", "a program"),
)


class RejectedError(ValueError):
    """Nothing of a submission can be graded; the message is the sentence that its students read."""

    def __init__(self, sentence: str, sha256: str = "") -> None:
        super().__init__(sentence)
        self.sha256 = sha256


class Source(Protocol):
    """A zip, a folder or a selection of one."""

    @property
    def entries(self) -> Sequence[Entry]: ...

    def stream(self, entry: Entry) -> Iterator[bytes]: ...


@dataclass(frozen=True)
class View:
    """Some entries of another source, under other names."""

    source: Source
    entries: Sequence[Entry]
    originals: Sequence[Entry]

    def stream(self, entry: Entry) -> Iterator[bytes]:
        return self.source.stream(self.originals[entry.key])


@dataclass(frozen=True)
class Opened:
    """What was handed in. `sha256` is the zip's, or empty for loose files: then `fingerprint` makes one."""

    source: Source
    sha256: str
    is_zip: bool


def open_upload(stack: ExitStack, path: Path, members: Sequence[tuple[str, str]] = ()) -> Opened:
    """Open `path`, or only its `members` as in an Arrival, until `stack` closes it; raises RejectedError."""
    try:
        if not members:
            return _open_folder(path) if path.is_dir() and not path.is_symlink() else _open_zip(stack, path)
        base = Tree(path) if path.is_dir() else Archive(stack.enter_context(plain_file(path)))
    except OSError as error:
        raise RejectedError(f"It cannot be read: {error.strerror or error}.") from error
    except ZipError as error:
        raise RejectedError(str(error)) from error
    view = select(base, members)
    if len(view.entries) == 1 and view.entries[0].name.lower().endswith(".zip"):
        return open_inner(stack, view, view.entries[0])
    return Opened(view, "", is_zip=False)


def open_inner(stack: ExitStack, source: Source, entry: Entry) -> Opened:
    """The zip that `entry` of `source` is; raises RejectedError."""
    file = stack.enter_context(tempfile.SpooledTemporaryFile(_IN_MEMORY))  # noqa: SIM115
    try:
        for block in bounded(source, entry, MAX_ARCHIVE):
            file.write(block)
    except UnreadableError as error:
        raise RejectedError(f"{show(entry.name)} {error}.") from error
    file.seek(0)
    return _as_zip(file)


def select(source: Source, members: Sequence[tuple[str, str]]) -> View:
    """The `members` of `source`, renamed; a name that is there twice stays there twice."""
    new_names = dict(members)
    originals = [entry for entry in source.entries if entry.name in new_names]
    entries = [replace(entry, name=new_names[entry.name], key=key) for key, entry in enumerate(originals)]
    return View(source, entries, originals)


def bounded(source: Source, entry: Entry, limit: int) -> Iterator[bytes]:
    """The entry's bytes in blocks, no more than `limit` whatever its size claims to be; raises UnreadableError."""
    if entry.kind == "link":
        raise UnreadableError("is a link, not a file; hand in the file itself")
    if entry.kind != "file":
        raise UnreadableError("is not an ordinary file")
    clear = ": clear its outputs and save it again" if entry.name.endswith(".ipynb") else ""
    too_big = UnreadableError(f"is larger than the {limit / (1 << 20):.0f} MB that may be kept{clear}")
    if entry.size > limit:
        raise too_big
    read = 0
    for block in source.stream(entry):
        read += len(block)
        if read > limit:
            raise too_big
        yield block


def fingerprint(entries: Iterable[Entry], kept: Iterable[tuple[str, str]]) -> str:
    """A sha256 for loose files: over every name and size, and every kept file's name and own sha256, sorted."""
    digest = hashlib.sha256(b"folder\n")
    for name, size in sorted((entry.name, entry.size) for entry in entries):
        digest.update(f"{name!r} {size}\n".encode())
    for name, sha256 in sorted(kept):
        digest.update(f"{name!r} {sha256}\n".encode())
    return digest.hexdigest()


def looks_like(head: bytes) -> str:
    """What a file that is no zip seems to be, for a sentence."""
    for magic, what in _HEADS:
        if head.startswith(magic):
            return what
    if head[257:262] == b"ustar":
        return "a tar archive"
    text = head.lstrip().lower()
    if text.startswith((b"return-path:", b"received:", b"delivered-to:", b"from: ", b"mime-version:")):
        return "an e-mail, whose attachment has to be saved first"
    if text.startswith((b"<!doctype html", b"<html")):
        return "an HTML page, perhaps a log-in page that was saved in place of the file"
    if text.startswith(b"{") and b'"cells"' in text:
        return "a notebook"
    if head and b"\0" not in head:
        return "a text file"
    return "something else"


def _open_folder(path: Path) -> Opened:
    return Opened(Tree(path), "", is_zip=False)


def _open_zip(stack: ExitStack, path: Path) -> Opened:
    return _as_zip(stack.enter_context(plain_file(path)))


def _as_zip(file: BinaryIO | tempfile.SpooledTemporaryFile[bytes]) -> Opened:
    size = file.seek(0, 2)
    file.seek(0)
    if size > MAX_ARCHIVE:
        start = hashlib.sha256(f"{size}\n".encode() + file.read(1 << 20)).hexdigest()
        why = f"The zip is {size / (1 << 30):.1f} GB: zip only the files that the assignment asks for."
        raise RejectedError(why, start)
    digest = hashlib.sha256()
    head = file.read(1024)
    digest.update(head)
    while block := file.read(BLOCK):
        digest.update(block)
    sha256 = digest.hexdigest()
    if not head:
        raise RejectedError("The file is empty (0 bytes): zip the files again and look at the zip's size.", sha256)
    if not head.startswith((b"PK\x03\x04", b"PK\x05\x06")) and b"PK\x05\x06" not in _tail(file, size):
        raise RejectedError(
            f"This is not a zip but {looks_like(head)}: hand in one .zip of the files asked for.", sha256
        )
    try:
        archive = Archive(file)  # type: ignore[arg-type]
    except ZipError as error:
        raise RejectedError(str(error), sha256) from error
    return Opened(archive, sha256, is_zip=True)


def _tail(file: BinaryIO | tempfile.SpooledTemporaryFile[bytes], size: int) -> bytes:
    file.seek(max(0, size - (1 << 16) - 22))
    return file.read()
