"""What a run could leave on the machine, looked at before and after, without minding what others do meanwhile."""

from __future__ import annotations

import ctypes
import os
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

from autograder.sandbox.staging import _FIRST_UID, _UIDS
from autograder.sandbox.watchdog import tree

_SUBREAPER = 36
_SECONDS = 30.0
"""The kernel may need a moment to take away what has died."""
_WORKERS = range(_FIRST_UID, _FIRST_UID + _UIDS)

Look = dict[str, set[str]]


@dataclass
class Machine:
    """`scratch` is where temporary files go meanwhile; `crew` the processes seen at work, whose names cgroups carry."""

    scratch: Path
    crew: set[int] = field(default_factory=set)
    _before: Look = field(default_factory=dict)

    def notice(self) -> None:
        """Remember who is at work now."""
        self.crew |= set(tree(os.getpid()))

    def left(self) -> dict[str, list[str]]:
        """Kind → what is there and was not before, as soon as nothing is, or after half a minute."""
        end = time.monotonic() + _SECONDS
        while True:
            now = self._look()
            left = {kind: sorted(now[kind] - self._before[kind]) for kind in now}
            if not any(left.values()) or time.monotonic() > end:
                return left
            time.sleep(0.05)

    def _look(self) -> Look:
        return {
            "processes": self._processes(),
            "temporary files": self._files(),
            "shared memory": _segments() | _theirs("/dev/shm"),
            "cgroups": self._cgroups(),
            "mounts": set(Path("/proc/self/mountinfo").read_text().splitlines()),
        }

    def _processes(self) -> set[str]:
        """Everything below us. The orphans of a killed grader come here and have to be waited for."""
        found = set()
        for pid in set(tree(os.getpid())) - {os.getpid()}:
            with suppress(OSError):
                after_name = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
                found.add(name := f"{pid}, started at {after_name[19]}")
                if after_name[0] == "Z" and self._before and name not in self._before["processes"]:
                    os.waitpid(pid, os.WNOHANG)
        return found

    def _files(self) -> set[str]:
        return {str(path) for path in self.scratch.rglob("*")} | _theirs("/tmp") | _theirs("/var/tmp")

    def _cgroups(self) -> set[str]:
        roots = (Path("/sys/fs/cgroup"), Path("/sys/fs/cgroup/memory"))
        ours = (f"autograder-{pid}-*" for pid in self.crew)
        return {str(group) for name in (*ours, "autograder-hostile") for root in roots for group in root.glob(name)}


@contextmanager
def watched(scratch: Path) -> Iterator[Machine]:
    """Look before; while it lasts temporary files go to `scratch` and orphans become children of this process."""
    scratch.mkdir()
    libc = ctypes.CDLL(None)
    libc.prctl(_SUBREAPER, 1, 0, 0, 0)
    was, tempdir = os.environ.get("TMPDIR"), tempfile.tempdir
    os.environ["TMPDIR"] = tempfile.tempdir = str(scratch)
    machine = Machine(scratch)
    machine._before = machine._look()
    try:
        yield machine
    finally:
        libc.prctl(_SUBREAPER, 0, 0, 0, 0)
        tempfile.tempdir = tempdir
        if was is None:
            del os.environ["TMPDIR"]
        else:
            os.environ["TMPDIR"] = was


def memory_mb(name: str) -> int:
    """A line of /proc/meminfo, such as MemAvailable or Shmem."""
    for line in Path("/proc/meminfo").read_text().splitlines():
        if line.startswith(f"{name}:"):
            return int(line.split()[1]) >> 10
    raise KeyError(f"/proc/meminfo has no {name}")


def _segments() -> set[str]:
    """System V segments of a worker's user."""
    lines = Path("/proc/sysvipc/shm").read_text().splitlines()[1:]
    return {line for line in lines if any(word.isdigit() and int(word) in _WORKERS for word in line.split()[7:11])}


def _theirs(folder: str) -> set[str]:
    """What lies in a folder and belongs to a worker's user."""
    found = set()
    for path in Path(folder).iterdir():
        with suppress(OSError):
            if path.lstat().st_uid in _WORKERS:
                found.add(str(path))
    return found
