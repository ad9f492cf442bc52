"""A submission as a worker will see it: its regular files, read-only, in a place that only this worker can reach."""

from __future__ import annotations

import contextlib
import os
import socket
import stat
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from autograder.sandbox import ground, namespaces
from autograder.sandbox.ground import WORKER

_FIRST_UID: Final = 60_100
_UIDS: Final = 5_000


@dataclass
class Staged:
    """`folder` holds the submission outside, or `tree`, a detached mount, does; `scratch` where one is needed."""

    folder: str
    tree: int = -1
    scratch: str = ""
    _made: str = ""

    def note(self, pid: int) -> None:
        """Whose all this is, for the sweep after a grader that was killed. The worker can't write it."""
        if self._made:
            Path(self._made, WORKER).write_text(str(pid))

    def close(self) -> None:
        if self.tree >= 0:
            os.close(self.tree)
            self.tree = -1
        if self._made:
            ground.remove(self._made)
            self._made = ""


def stage(folder: Path, uid: int, place: str = "") -> Staged:
    """Make a submission readable for `uid` (0: for whoever we are) without opening it to anybody else.

    It is copied below `place`. Without one the worker has a root of its own: then a plain user needs no copy, and
    root's lies in a mount that no path leads to.
    """
    if place:
        return _below(place, folder, uid)
    if os.geteuid():
        return Staged(str(folder))
    staged = Staged(str(folder), tree=namespaces.detached_tmpfs())
    try:
        _copy(folder, staged.tree)
        read_only = 1
        namespaces.change_mount(staged.tree, read_only)
    except OSError:
        staged.close()
        raise
    return staged


def _below(place: str, folder: Path, uid: int) -> Staged:
    """A folder that only `uid` may enter and nobody but us may change, save for the scratch folder in it."""
    made = tempfile.mkdtemp(dir=place)
    staged = Staged(f"{made}/sub", scratch=f"{made}/tmp", _made=made)
    try:
        for path in (staged.folder, staged.scratch):
            os.mkdir(path, 0o700)
        if uid:
            os.chown(staged.scratch, uid, uid)
            for path in (staged.folder, made):
                os.chown(path, 0, uid)
                os.chmod(path, 0o750)
        target = os.open(staged.folder, os.O_RDONLY | os.O_DIRECTORY)
        try:
            _copy(folder, target)
        finally:
            os.close(target)
    except OSError:
        staged.close()
        raise
    return staged


def _copy(source: Path, target: int) -> None:
    """Copy the regular files and folders below `source` into the folder `target`; links and all else stay behind."""
    with os.scandir(source) as entries:
        for entry in entries:
            if entry.is_dir(follow_symlinks=False):
                os.mkdir(entry.name, 0o755, dir_fd=target)
                inner = os.open(entry.name, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW, dir_fd=target)
                try:
                    os.chmod(inner, 0o755)
                    _copy(Path(entry.path), inner)
                finally:
                    os.close(inner)
            elif entry.is_file(follow_symlinks=False):
                _copy_file(entry.path, entry.name, target)


def _copy_file(path: str, name: str, target: int) -> None:
    reader = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
    try:
        about = os.fstat(reader)
        if not stat.S_ISREG(about.st_mode):
            return
        writer = os.open(name, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o444, dir_fd=target)
        try:
            os.fchmod(writer, 0o444)
            while os.sendfile(writer, reader, None, 1 << 24):
                pass
            os.utime(writer, ns=(about.st_atime_ns, about.st_mtime_ns))
        finally:
            os.close(writer)
    finally:
        os.close(reader)


class Lease:
    """A user id that no other worker has now. Taken by binding an abstract name, which no crash leaves behind."""

    def __init__(self, number: int) -> None:
        for attempt in range(_UIDS):
            self.uid = _FIRST_UID + (os.getpid() * 31 + number + attempt) % _UIDS
            self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
            try:
                self._socket.bind(f"\0autograder-uid-{self.uid}")
                return
            except OSError:
                self._socket.close()
        raise OSError("every user id for workers is taken")

    def close(self) -> None:
        with contextlib.suppress(OSError):
            self._socket.close()
