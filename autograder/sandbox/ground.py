"""The folder in which a grader keeps what its workers need on disk, and the sweep after a grader that was killed."""

from __future__ import annotations

import contextlib
import os
import re
import shutil
import signal
import tempfile
from collections.abc import Collection
from pathlib import Path
from typing import Final

from autograder.sandbox.sources import others_may_pass
from autograder.sandbox.watchdog import started

WORKER: Final = "worker"
"""Name of the file, in each box's folder, that holds its worker's process id."""
BOXES: Final = "boxes"
"""Name of the folder that has a folder for each box."""
JAIL: Final = "jail"
"""Name of the folder that is the root of workers who can't have the machine's."""

_NAME: Final = re.compile(r"(autograder-\d+-)(\d+)-(\d+)-\w+")
_EVERYONES: Final = ("/tmp", "/var/tmp")


class Ground:
    """The folder of one zygote and its boxes, made when the first of them needs it."""

    def __init__(self) -> None:
        self._path = ""

    def places(self, parts: Collection[str]) -> tuple[str, str]:
        """(a root of copies or "", folder of the boxes) for workers of these layers. Raises OSError.

        Others may pass the folder but not list it, and what lies in it has random names.
        """
        if "mount" in parts:
            return "", ""
        if not self._path:
            sweep()
            self._path = _make("uid" in parts and "jail" not in parts)
        jail = os.path.join(self._path, JAIL) if "jail" in parts else ""
        boxes = os.path.join(jail or self._path, BOXES)
        for path in filter(None, (jail, boxes)):
            if not os.path.isdir(path):
                os.mkdir(path)
                os.chmod(path, 0o711)
        return jail, boxes

    def close(self) -> None:
        if self._path:
            remove(self._path)
            self._path = ""


def _make(passable: bool) -> str:
    """A new folder; `passable`: a worker of another user walks through it."""
    fit = [folder for folder in folders() if not passable or others_may_pass(folder)]
    if not fit:
        raise OSError(f"no temporary folder ({', '.join(folders())}) lies where a worker of another user may go")
    path = tempfile.mkdtemp(prefix=prefix(), dir=fit[0])
    os.chmod(path, 0o711)
    return path


def folders() -> list[str]:
    """Where temporary folders may lie, and the sweep looks: this process's own choice first."""
    return [folder for folder in dict.fromkeys((tempfile.gettempdir(), *_EVERYONES)) if os.path.isdir(folder)]


def prefix() -> str:
    """How the names of this process's temporary folders begin."""
    return f"{_machine()}{os.getpid()}-{started(os.getpid())}-"


def remove(path: str) -> None:
    """Remove a folder, also where something in it was made unreadable for its own user."""
    shutil.rmtree(path, ignore_errors=True)
    if os.path.isdir(path):
        for folder, folders, _ in os.walk(path):  # top down: each is opened before it is entered
            for inner in (os.path.join(folder, name) for name in folders):
                with contextlib.suppress(OSError):
                    if not os.path.islink(inner):
                        os.chmod(inner, 0o700)
        shutil.rmtree(path, ignore_errors=True)


def sweep() -> None:
    """Remove the folders of graders that are gone, and end what their workers left running."""
    for parent in folders():
        with contextlib.suppress(OSError), os.scandir(parent) as entries:
            for entry in entries:
                named = _NAME.fullmatch(entry.name)
                if not named or named[1] != _machine() or not _is_ours(entry):
                    continue
                if started(int(named[2])) != int(named[3]):
                    _end_workers(Path(entry.path))
                    remove(entry.path)


def _is_ours(entry: os.DirEntry[str]) -> bool:
    return entry.is_dir(follow_symlinks=False) and entry.stat(follow_symlinks=False).st_uid == os.geteuid()


def _machine() -> str:
    """Where this process's number means this process: two containers may share a folder, and each has a number 7."""
    return f"autograder-{os.stat('/proc/self/ns/pid').st_ino}-"


def _end_workers(place: Path) -> None:
    for note in (*place.glob(f"{BOXES}/*/{WORKER}"), *place.glob(f"{JAIL}/{BOXES}/*/{WORKER}")):
        with contextlib.suppress(OSError, ValueError):
            _end_session(int(note.read_text()))


def _end_session(number: int) -> None:
    """Kill what is left of a worker's session, which nothing in it could leave.

    The number may be another's by now: what is confined by a filter and without privileges is ours, what else is not.
    """
    for name in filter(str.isdigit, os.listdir("/proc")):
        with contextlib.suppress(OSError):
            status = Path(f"/proc/{name}/status").read_text()
            if os.getsid(int(name)) == number and "NoNewPrivs:\t1" in status and "Seccomp:\t2" in status:
                os.kill(int(name), signal.SIGKILL)
