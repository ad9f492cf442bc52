"""What the kernel itself holds a worker to: resource limits, and a memory cgroup where one may be made."""

from __future__ import annotations

import contextlib
import itertools
import os
import resource
import time
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar, Final

from autograder.model import Limits
from autograder.sandbox.watchdog import started

_MB: Final = 1 << 20
_NAME: Final = "autograder"
_HIERARCHIES: Final = ("/sys/fs/cgroup", "/sys/fs/cgroup/memory")


def apply_rlimits(limits: Limits, baseline: int, processes: int) -> None:
    """Bound this process and its children. `baseline` is the private memory in bytes that it was born with.

    RLIMIT_DATA is per process and only a second line: the tree's memory is for the cgroup or the watchdog.
    """
    data = baseline + 2 * limits.memory_mb * _MB
    seconds = max(1, int(limits.submission_seconds + limits.notebook_seconds) + 1)
    for kind, value in (
        (resource.RLIMIT_CORE, 1),  # not 0: only 1 also keeps a core pattern that is a program from being run
        (resource.RLIMIT_CPU, seconds),
        (resource.RLIMIT_DATA, data),
        (resource.RLIMIT_FSIZE, limits.scratch_mb * _MB),
        (resource.RLIMIT_NOFILE, 1024),
        (resource.RLIMIT_NPROC, processes),
        (resource.RLIMIT_MEMLOCK, 64 << 10),
        (resource.RLIMIT_MSGQUEUE, 0),
        (resource.RLIMIT_SIGPENDING, 1024),
    ):
        hard = resource.getrlimit(kind)[1]
        value = value if hard == resource.RLIM_INFINITY else min(value, hard)
        resource.setrlimit(kind, (value, value))


def private_memory(pid: int | str = "self") -> int:
    """VmData of a process in bytes: what RLIMIT_DATA counts."""
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmData:"):
            return int(line.split()[1]) << 10
    return 0


def processes_of(uid: int) -> int:
    """How many tasks a user has: RLIMIT_NPROC counts them all where no user namespace begins at zero."""
    count = 0
    for name in os.listdir("/proc"):
        if name.isdigit():
            with contextlib.suppress(OSError):
                if os.stat(f"/proc/{name}").st_uid == uid:
                    count += len(os.listdir(f"/proc/{name}/task"))
    return count


def others() -> int:
    """How many tasks this process's user has besides this process."""
    return processes_of(os.getuid()) - 1


@dataclass(frozen=True)
class Cgroup:
    """A memory limit that a zygote's forks are born under. Entering it costs the zygote 15 ms, and a fork nothing.

    What the zygote held before it entered is not counted.
    """

    folder: Path
    unified: bool

    @classmethod
    def make(cls, label: str) -> Cgroup | None:
        """A new group, or None where this user may not make one that limits memory."""
        for root in _HIERARCHIES:
            if not os.access(root, os.W_OK):
                continue
            folder = Path(root, f"{_NAME}-{label}")
            with contextlib.suppress(OSError):
                folder.mkdir()
                try:
                    group = cls(folder, (folder / "memory.max").exists())
                    group.limit(1 << 40)
                    return group
                except OSError:
                    folder.rmdir()
        return None

    def limit(self, size: int) -> None:
        """All its processes together may hold `size` bytes, swap included."""
        if self.unified:
            _write(self.folder / "memory.max", size)
            with contextlib.suppress(OSError):
                _write(self.folder / "memory.swap.max", 0)
        else:
            _write(self.folder / "memory.limit_in_bytes", size)
            with contextlib.suppress(OSError):
                _write(self.folder / "memory.swappiness", 0)

    def enter(self, pid: int) -> None:
        _write(self.folder / "cgroup.procs", pid)

    @property
    def events(self) -> Path:
        """Where the kernel tells what happened here."""
        return self.folder / ("memory.events" if self.unified else "memory.oom_control")

    def kills(self) -> int:
        """How many processes the kernel ended here because memory ran out."""
        with contextlib.suppress(OSError):
            return _kills(self.events.read_bytes())
        return 0

    def remove(self) -> None:
        """Take the group away once its processes are gone; the kernel may need a moment after the last one."""
        for _ in range(200):
            try:
                self.folder.rmdir()
                return
            except FileNotFoundError:
                return
            except OSError:
                time.sleep(0.005)


def _kills(events: bytes) -> int:
    if b"oom_kill 0\n" in events:  # asked for at every request, and this is the answer but once in a lifetime
        return 0
    return next((int(line.split()[1]) for line in events.splitlines() if line.startswith(b"oom_kill ")), 0)


def _write(path: Path, value: int) -> None:
    fd = os.open(path, os.O_WRONLY)  # no O_CREAT: where this is no cgroup it must fail
    try:
        os.write(fd, str(value).encode())
    finally:
        os.close(fd)


def sweep_cgroups() -> None:
    """Remove the groups that a grader which was killed left behind."""
    for root in _HIERARCHIES:
        for folder in Path(root).glob(f"{_NAME}-*-*"):
            owner = folder.name.split("-")[1]
            if owner.isdigit() and started(int(owner)) < 0:
                with contextlib.suppress(OSError):
                    folder.rmdir()


def may_make_cgroup() -> bool:
    """Whether a group that limits memory can really be made here."""
    group = Cgroup.make(f"{os.getpid()}-trial")
    if group is None:
        return False
    group.remove()
    return True


class Memory:
    """The cgroup of one zygote and all boxes it has open. They share the sum of what each may have."""

    _made: ClassVar = itertools.count()

    def __init__(self, zygote: int) -> None:
        """Raises OSError where no group can be made."""
        sweep_cgroups()
        group = Cgroup.make(f"{os.getpid()}-{next(self._made)}")
        if group is None:
            raise OSError("no memory cgroup may be made here")
        self._group = group
        self._megabytes = 0
        self._events = os.open(group.events, os.O_RDONLY | os.O_CLOEXEC)  # asked at every request: opening is dear
        group.enter(zygote)

    def allow(self, megabytes: int) -> None:
        """One more box is opened."""
        self._megabytes += megabytes
        self._group.limit(self._megabytes * _MB)

    def disallow(self, megabytes: int) -> None:
        """A box has been closed. The limit itself changes with the next one that is opened."""
        self._megabytes -= megabytes

    def kills(self) -> int:
        with contextlib.suppress(OSError):
            return _kills(os.pread(self._events, 4096, 0))
        return 0  # it is closed

    def close(self) -> None:
        if self._events >= 0:
            os.close(self._events)
        self._events = -1
        self._group.remove()
