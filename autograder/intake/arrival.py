"""A submission where it lies, before anything of it is read."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path


class IntakeError(ValueError):
    """The call is wrong, not a submission: one line for staff or, at home, for the student."""


@dataclass(frozen=True)
class Arrival:
    """`members` name its files within `path` and in the submission; empty means all of `path`.

    `students` are called as their platform calls them; `received` comes from a platform's own records alone, because
    the times inside a zip are whatever its maker wants them to be. `notes` are for students, `flags` for staff.
    """

    name: str
    path: Path
    students: tuple[str, ...] = ()
    received: datetime | None = None
    notes: tuple[str, ...] = ()
    members: tuple[tuple[str, str], ...] = ()
    flags: tuple[str, ...] = ()
