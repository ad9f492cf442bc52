"""Zips as students, tools and attackers make them, and an assignment to hand them in for."""

from __future__ import annotations

import io
import stat
import struct
import zipfile
from collections.abc import Mapping, Sequence
from pathlib import Path

from autograder.model import Assignment, Question

FILES = ("layers.py", "optim.py", "solver.py")
CODE = {name: f"# {name}\n" for name in FILES}


def an_assignment(
    files: Sequence[str] = FILES,
    optional: Sequence[str] = ("answers.md",),
    handout: Path | None = None,
    forbidden: Mapping[str, tuple[str, ...]] | None = None,
) -> Assignment:
    return Assignment(
        id="a9",
        title="A small one",
        source="",
        questions=(Question("q1", "One", 1.0),),
        files=tuple(files),
        handout=handout or Path("no such handout"),
        optional=tuple(optional),
        forbidden=forbidden or {},
    )


Files = Mapping[str, str | bytes] | Sequence[tuple[str, str | bytes]]


def zip_bytes(files: Files, method: int = zipfile.ZIP_DEFLATED) -> bytes:
    """A zip of `files` in their order; a sequence of pairs may hold a name twice."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", method) as archive:
        for name, content in files.items() if isinstance(files, Mapping) else files:
            info = zipfile.ZipInfo("x", (2024, 1, 1, 0, 0, 0))
            info.filename = name  # as it is: ZipInfo would turn backslashes and cut at NUL
            info.compress_type, info.external_attr = method, 0o100644 << 16
            archive.NameToInfo.pop(name, None)  # Python warns of a name that is there twice
            archive.writestr(info, content)
    return out.getvalue()


def with_special(files: Mapping[str, str | bytes], name: str, content: str, kind: int = stat.S_IFLNK) -> bytes:
    """A zip with one entry whose mode says that it is a link, a pipe or a device."""
    out = io.BytesIO(zip_bytes(files))
    with zipfile.ZipFile(out, "a") as archive:
        info = zipfile.ZipInfo(name, (2024, 1, 1, 0, 0, 0))
        info.create_system, info.external_attr = 3, (kind | 0o777) << 16
        archive.writestr(info, content)
    return out.getvalue()


def central_offsets(data: bytes) -> list[int]:
    """Where each entry of the central directory starts."""
    offsets, at = [], data.find(b"PK\x01\x02")
    while at >= 0:
        offsets.append(at)
        at = data.find(b"PK\x01\x02", at + 4)
    return offsets


def patched(data: bytes, entry: int, field: int, form: str, value: int) -> bytes:
    """`data` with one field of one directory entry overwritten: offset `field` in it, struct `form`."""
    changed = bytearray(data)
    struct.pack_into(form, changed, central_offsets(data)[entry] + field, value)
    return bytes(changed)


def write(folder: Path, files: Mapping[str, str | bytes]) -> Path:
    for name, content in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content.encode() if isinstance(content, str) else content)
    return folder
