"""What the kernel itself holds a worker to: resource limits, and a memory cgroup where one may be made."""

from __future__ import annotations

import contextlib
import os
import resource
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from autograder.model import Limits

_MB: Final = 1 << 20
_NAME: Final = "autograder"
_HIERARCHIES: Final = ("/sys/fs/cgroup", "/sys/fs/cgroup/memory")


def apply_rlimits(limits: Limits, baseline: int, processes: int) -> None:
    """Bound this process and its children. `baseline` is the private memory in bytes that it was born with.

    RLIMIT_DATA is per process and only a second line: the tree's memory is for the cgroup or the watchdog.
    """
    data = baseline + 2 * limits.memory_mb * _MB
    seconds = max(1, int(limits.submission_seconds) + 1)
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


@dataclass
class Cgroup:
    """A memory limit over the whole tree of one worker."""

    folder: Path
    unified: bool

    @classmethod
    def make(cls, label: str, memory_mb: int) -> Cgroup | None:
        """A new group with this limit, swap included, or None where this user may not make one."""
        for root in _HIERARCHIES:
            if not os.access(root, os.W_OK):
                continue
            group = cls(Path(root, f"{_NAME}-{label}"), unified=False)
            try:
                group.folder.mkdir()
            except OSError:
                continue
            try:
                group._limit(memory_mb * _MB)
            except OSError:
                group.folder.rmdir()
                continue
            return group
        return None

    def _limit(self, size: int) -> None:
        self.unified = (self.folder / "memory.max").exists()
        if self.unified:
            self._write("memory.max", size)
            self._write("memory.oom.group", 1, optional=True)
            self._write("memory.swap.max", 0, optional=True)
        else:
            self._write("memory.limit_in_bytes", size)
            self._write("memory.swappiness", 0, optional=True)
            self._write("memory.memsw.limit_in_bytes", size, optional=True)

    def _write(self, name: str, value: int, optional: bool = False) -> None:
        path = self.folder / name
        try:
            fd = os.open(path, os.O_WRONLY)  # no O_CREAT: in a plain tmpfs this must fail
        except OSError:
            if optional:
                return
            raise
        try:
            os.write(fd, str(value).encode())
        except OSError:
            if not optional:
                raise
        finally:
            os.close(fd)

    def entrance(self) -> int:
        """A descriptor through which a process that could not open it itself may enter, by writing "0"."""
        return os.open(self.folder / "cgroup.procs", os.O_WRONLY | os.O_CLOEXEC)

    def kills(self) -> int:
        """How many processes the kernel ended here because memory ran out."""
        with contextlib.suppress(OSError):
            name = "memory.events" if self.unified else "memory.oom_control"
            for line in (self.folder / name).read_text().splitlines():
                if line.startswith("oom_kill "):
                    return int(line.split()[1])
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


def sweep_cgroups() -> None:
    """Remove the groups that a grader which was killed left behind."""
    for root in _HIERARCHIES:
        for folder in Path(root).glob(f"{_NAME}-*-*"):
            owner = folder.name.split("-")[1]
            if owner.isdigit() and not os.path.exists(f"/proc/{owner}"):
                with contextlib.suppress(OSError):
                    folder.rmdir()
