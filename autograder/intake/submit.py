"""The student's side: what the grader will see of a folder, and the zip to hand in."""

from __future__ import annotations

import os
import tempfile
import zipfile
import zlib
from dataclasses import replace
from pathlib import Path

from autograder.intake.arrival import Arrival, IntakeError
from autograder.intake.receive import receive
from autograder.intake.zips import RATIO_MATTERS_FROM
from autograder.model import Assignment, Submission

_LONG_AGO = (1980, 1, 1, 0, 0, 0)
# A file that shrinks more than this is stored as it is: the grader would take it for a zip bomb.
_SHRINKS_TOO_WELL = 50


def preview(folder: Path, assignment: Assignment) -> Submission:
    """What the grader will make of `folder`, by the grader's own code; its `folder` is the student's."""
    with tempfile.TemporaryDirectory() as scratch:
        seen = receive(Arrival("preview", folder), assignment, Path(scratch))
    students = tuple(student for student in seen.students if student != "preview")
    return replace(seen, name=folder.resolve().name, folder=folder, students=students, flags=())


def bundle(folder: Path, assignment: Assignment, out: Path) -> Path:
    """Zip what the grader would keep, the same bytes each time; raises IntakeError for what it would reject."""
    with tempfile.TemporaryDirectory() as scratch:
        kept = receive(Arrival("kept", folder), assignment, Path(scratch))
        if kept.folder is None:
            raise IntakeError(kept.rejected)
        built = Path(scratch) / "built.zip"
        with zipfile.ZipFile(built, "w") as archive:
            for name in kept.files:
                _add(archive, name, (kept.folder / name).read_bytes())
        again = receive(Arrival("again", built), assignment, Path(scratch))
        if again.rejected or again.files != kept.files:
            raise IntakeError(
                again.rejected or f"the zip would not hold {', '.join(kept.files)}; hand in fewer or smaller files"
            )
        out.parent.mkdir(parents=True, exist_ok=True)
        fresh = out.with_name(f".{out.name}.part")
        fresh.write_bytes(built.read_bytes())
        os.replace(fresh, out)
    return out


def _add(archive: zipfile.ZipFile, name: str, content: bytes) -> None:
    info = zipfile.ZipInfo(name, _LONG_AGO)
    info.create_system, info.external_attr = 3, 0o100644 << 16
    info.compress_type = zipfile.ZIP_DEFLATED
    if len(content) > RATIO_MATTERS_FROM and len(zlib.compress(content)) * _SHRINKS_TOO_WELL < len(content):
        info.compress_type = zipfile.ZIP_STORED
    archive.writestr(info, content)
