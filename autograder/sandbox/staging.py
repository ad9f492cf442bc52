"""A submission as a worker will see it: its regular files, read-only, in a place that only this worker can reach."""

from __future__ import annotations

import contextlib
import os
import shutil
import socket
import stat
import tempfile
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from autograder.sandbox import namespaces

_FIRST_UID: Final = 60_100
_UIDS: Final = 5_000


@dataclass
class Staged:
    """`folder` holds the submission outside, or `tree`, a detached mount, does; `scratch` where one is needed."""

    folder: str
    tree: int = -1
    scratch: str = ""
    _made: list[str] = field(default_factory=list)

    def close(self) -> None:
        if self.tree >= 0:
            os.close(self.tree)
            self.tree = -1
        while self._made:
            shutil.rmtree(self._made.pop(), ignore_errors=True)


def stage(folder: Path, uid: int, own_mounts: bool) -> Staged:
    """Make a submission readable for `uid` (0: for whoever we are) without opening it to anybody else.

    Only root needs a copy: in a mount that no path leads to or, without a mount namespace, in a folder of that user's.
    """
    if own_mounts:
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
    staged = Staged(str(folder))
    staged.scratch = _private_folder(staged, uid)
    if uid:
        staged.folder = _private_folder(staged, uid)
        target = os.open(staged.folder, os.O_RDONLY | os.O_DIRECTORY)
        try:
            _copy(folder, target)
        finally:
            os.close(target)
    return staged


def _private_folder(staged: Staged, uid: int) -> str:
    path = tempfile.mkdtemp(prefix="autograder-")
    staged._made.append(path)
    if uid:
        os.chown(path, uid, uid)
    return path


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
