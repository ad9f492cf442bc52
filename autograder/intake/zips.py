"""Zip files read from outside in: the directory first, then single entries as bounded streams."""

from __future__ import annotations

import stat
import struct
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO, Literal

MAX_ENTRIES = 100_000
MAX_DIRECTORY = 64 << 20
MAX_RATIO = 200
RATIO_MATTERS_FROM = 1 << 20
BLOCK = 1 << 16

_END = struct.Struct("<4s4H2LH")
_END64 = struct.Struct("<4sQ2H2L4Q")
_LOCATOR_SIZE = 20
_CENTRAL = struct.Struct("<4s6H3L5H2L")
_LOCAL = struct.Struct("<4s5H3L2H")

_ENCRYPTED, _UTF8 = 0x1, 0x800
_STORED, _DEFLATED = 0, 8
_IN_ZIP64 = 0xFFFFFFFF

_DAMAGED = "is damaged; zip it again"

Kind = Literal["file", "folder", "link", "other"]


class ZipError(ValueError):
    """The whole archive cannot be read; the message is a sentence for the student."""


class UnreadableError(ValueError):
    """One entry cannot be read; the message goes on a sentence that starts with the file's name."""


@dataclass(frozen=True)
class Entry:
    """One file of a zip or folder. `size` is what the source declares, `fault` why its bytes cannot be had."""

    name: str
    size: int
    kind: Kind
    key: int
    fault: str = ""


@dataclass(frozen=True)
class _Where:
    offset: int
    packed: int
    size: int
    crc: int
    method: int
    raw_name: bytes


class Archive:
    """A zip's entries, in the order of its directory, read lazily from the seekable `file`; raises ZipError."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        directory, start, shift = _directory(file)
        self._where: list[_Where] = []
        entries: list[Entry] = []
        for entry, where in _parse(directory, shift):
            entries.append(entry)
            self._where.append(where)
        self.entries = tuple(entries)
        _refuse_overlaps(self._where, start)

    def stream(self, entry: Entry) -> Iterator[bytes]:
        """The entry's bytes in blocks, never more than it declares; raises UnreadableError."""
        where = self._where[entry.key]
        if entry.fault:
            raise UnreadableError(entry.fault)
        if where.size > RATIO_MATTERS_FROM and where.size > MAX_RATIO * where.packed:
            raise UnreadableError(f"unpacks to more than {MAX_RATIO} times its size, as no honest file does")
        produced = crc = 0
        packed = self._packed(where)
        for block in _inflate(packed) if where.method == _DEFLATED and where.packed else packed:
            produced += len(block)
            crc = zlib.crc32(block, crc)
            if produced > where.size:
                raise UnreadableError("holds more than the zip says; zip it again")
            yield block
        if produced != where.size or crc != where.crc:
            raise UnreadableError(_DAMAGED)

    def _packed(self, where: _Where) -> Iterator[bytes]:
        self._file.seek(where.offset)
        header = self._file.read(_LOCAL.size)
        if len(header) < _LOCAL.size or not header.startswith(b"PK\x03\x04"):
            raise UnreadableError(_DAMAGED)
        name_size, extra_size = _LOCAL.unpack(header)[-2:]
        # Two names for one entry are how a zip shows one reader something else than another.
        if self._file.read(name_size) != where.raw_name:
            raise UnreadableError(_DAMAGED)
        self._file.seek(extra_size, 1)
        left = where.packed
        while left:
            block = self._file.read(min(left, BLOCK))
            if not block:
                raise UnreadableError(_DAMAGED)
            left -= len(block)
            yield block


def _inflate(packed: Iterator[bytes]) -> Iterator[bytes]:
    inflater = zlib.decompressobj(-zlib.MAX_WBITS)
    try:
        for block in packed:
            while block and not inflater.eof:
                yield inflater.decompress(block, BLOCK)
                block = inflater.unconsumed_tail
        yield inflater.flush()
    except zlib.error as error:
        raise UnreadableError(_DAMAGED) from error
    if not inflater.eof:
        raise UnreadableError(_DAMAGED)


def _directory(file: BinaryIO) -> tuple[bytes, int, int]:
    """The central directory's bytes, where it starts, and by how much bytes before the zip shift every offset."""
    size = file.seek(0, 2)
    tail_start = max(0, size - _END.size - 0xFFFF)
    file.seek(tail_start)
    tail = file.read()
    at = tail.rfind(b"PK\x05\x06")
    while at >= 0 and at + _END.size > len(tail):
        at = tail.rfind(b"PK\x05\x06", 0, at)
    if at < 0:
        raise ZipError("The zip is cut off, as after an upload that did not finish: upload it again.")
    _, disk, first_disk, _, count, length, offset, _ = _END.unpack_from(tail, at)
    end = tail_start + at
    if _IN_ZIP64 in (length, offset) or count == 0xFFFF:
        disk, first_disk, count, length, offset, end = _end64(file, end) or (
            disk,
            first_disk,
            count,
            length,
            offset,
            end,
        )
    if disk or first_disk:
        raise ZipError("This is one part of a split zip: hand in one whole zip.")
    shift = end - length - offset
    if shift < 0:
        raise ZipError("The zip is damaged or cut off: zip the files again.")
    file.seek(end - length)
    directory = file.read(min(length, MAX_DIRECTORY))
    if count > MAX_ENTRIES or length > MAX_DIRECTORY:
        raise ZipError(_too_many(directory))
    return directory, end - length, shift


def _end64(file: BinaryIO, end: int) -> tuple[int, int, int, int, int, int] | None:
    """disk, first disk, count, length, offset and end of the directory, from the zip64 record before `end`."""
    at = end - _LOCATOR_SIZE - _END64.size
    if at < 0:
        return None
    file.seek(at)
    record = file.read(_END64.size)
    if len(record) < _END64.size or not record.startswith(b"PK\x06\x06"):
        return None
    _, _, _, _, disk, first_disk, _, count, length, offset = _END64.unpack(record)
    return disk, first_disk, count, length, offset, at


def _too_many(directory: bytes) -> str:
    culprits = (b"site-packages", b"pyvenv.cfg", b"node_modules", b".git/objects")
    seen = next((c.decode() for c in culprits if c in directory), "")
    about = {"node_modules": "node_modules", ".git/objects": "a git repository", "": ""}.get(
        seen, "a virtual environment"
    )
    along = f"; it seems that {about} was zipped along" if about else ""
    return f"The zip holds more than {MAX_ENTRIES:,} files{along}. Zip only the files that the assignment asks for."


def _parse(directory: bytes, shift: int) -> Iterator[tuple[Entry, _Where]]:
    at = index = 0
    while at < len(directory):
        if index == MAX_ENTRIES:
            raise ZipError(_too_many(directory))
        if at + _CENTRAL.size > len(directory) or directory[at : at + 4] != b"PK\x01\x02":
            raise ZipError("The zip's list of files is damaged: zip the files again.")
        fields = _CENTRAL.unpack_from(directory, at)
        (
            _,
            made,
            _,
            flags,
            method,
            _,
            _,
            crc,
            packed,
            size,
            name_size,
            extra_size,
            comment_size,
            _,
            _,
            outside,
            offset,
        ) = fields
        at += _CENTRAL.size
        raw = directory[at : at + name_size]
        extra = directory[at + name_size : at + name_size + extra_size]
        at += name_size + extra_size + comment_size
        if _IN_ZIP64 in (size, packed, offset):
            size, packed, offset = _wide(extra, size, packed, offset)
        name = _decoded(raw, bool(flags & _UTF8))
        entry = Entry(name, size, _kind(name, outside, made >> 8), index, _fault(flags, method))
        yield entry, _Where(offset + shift, packed, size, crc, method, raw)
        index += 1


def _wide(extra: bytes, size: int, packed: int, offset: int) -> tuple[int, int, int]:
    """The 64-bit figures of a zip64 extra field, in place of those that did not fit."""
    at = 0
    while at + 4 <= len(extra):
        id, length = struct.unpack_from("<2H", extra, at)
        if id == 1:
            body = extra[at + 4 : at + 4 + min(length, 32)]
            wide = [w for (w,) in struct.iter_unpack("<Q", body[: len(body) // 8 * 8])]
            figures = [wide.pop(0) if f == _IN_ZIP64 and wide else f for f in (size, packed, offset)]
            return figures[0], figures[1], figures[2]
        at += 4 + length
    return size, packed, offset


def _decoded(raw: bytes, says_utf8: bool) -> str:
    # macOS writes UTF-8 without saying so; what is not UTF-8 and does not claim to be is the old DOS code page.
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError:
        return raw.decode("utf-8", "surrogateescape") if says_utf8 else raw.decode("cp437")


def _kind(name: str, outside: int, system: int) -> Kind:
    mode = outside >> 16
    if stat.S_ISLNK(mode):
        return "link"
    if name.endswith(("/", "\\")) or stat.S_ISDIR(mode):
        return "folder"
    unix = system in (3, 19)
    return "other" if unix and stat.S_IFMT(mode) not in (0, stat.S_IFREG) else "file"


def _fault(flags: int, method: int) -> str:
    if flags & _ENCRYPTED:
        return "is protected by a password; zip it again without one"
    if method not in (_STORED, _DEFLATED):
        return f"is packed by a method (number {method}) that few tools know; zip it again with your system's own"
    return ""


def _refuse_overlaps(where: list[_Where], directory_start: int) -> None:
    """Entries that share bytes are how a small zip unpacks to terabytes; no tool writes them."""
    free = 0
    for one in sorted(where, key=lambda w: w.offset):
        if one.offset < free:
            raise ZipError("The zip's files overlap, as no ordinary tool writes them: zip the files again.")
        free = one.offset + _LOCAL.size + len(one.raw_name) + one.packed
    if free > directory_start:
        raise ZipError("The zip is damaged or cut off: zip the files again.")
