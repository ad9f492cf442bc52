"""Writes zips that are the same bit for bit wherever and whenever they are written."""

from __future__ import annotations

import io
import stat
import zipfile
from collections.abc import Iterable
from pathlib import Path

# The earliest time a zip can hold: a real one would differ between two builds.
EPOCH = (1980, 1, 1, 0, 0, 0)
MODE = stat.S_IFREG | 0o644
LEVEL = 9
UNIX = 3


def pack(path: Path, files: Iterable[tuple[str, bytes]]) -> Path:
    """Write `files` in the order given, without times, owners or comments; the zip is there whole or not at all."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, data in files:
            archive.writestr(entry(name), data, zipfile.ZIP_DEFLATED, LEVEL)
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_name(path.name + ".partial")
    partial.write_bytes(buffer.getvalue())
    partial.replace(path)
    return path


def entry(name: str) -> zipfile.ZipInfo:
    """A file's entry with everything fixed that Python would take from the machine."""
    info = zipfile.ZipInfo(name, EPOCH)
    info.create_system = UNIX
    info.external_attr = MODE << 16
    return info
