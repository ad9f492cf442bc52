"""What a run could leave on the machine: looked at before and after, without minding what others do meanwhile."""

from __future__ import annotations

import ctypes
import importlib
import multiprocessing
import os
import shutil
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from multiprocessing import forkserver, resource_tracker
from pathlib import Path

from autograder.pipeline import Event
from autograder.sandbox.staging import _FIRST_UID, _UIDS
from autograder.sandbox.watchdog import tree

KINDS = (
    "processes",
    "descriptors",
    "shared memory",
    "System V objects",
    "temporary files",
    "cgroups",
    "user ids",
    "mounts",
    "results",
)
"""Each is a test of its own."""
_SUBREAPER = 36
_WORKERS = range(_FIRST_UID, _FIRST_UID + _UIDS)


@dataclass
class Watched:
    """Looks before, hears the run's events meanwhile, looks again after."""

    out: Path
    scratch: Path
    crew: set[int] = field(default_factory=set)
    _before: dict[str, set[str]] = field(default_factory=dict)
    _after: dict[str, set[str]] = field(default_factory=dict)

    def tell(self, event: Event) -> None:
        """A grading process shows itself while it is at work."""
        self.crew |= {child.pid for child in multiprocessing.active_children() if child.pid}

    def left(self) -> dict[str, list[str]]:
        """Kind → what is there and was not before."""
        return {kind: sorted(self._after[kind] - self._before[kind]) for kind in KINDS}

    def _look(self) -> dict[str, set[str]]:
        return {kind: look(self) for kind, look in _LOOKS.items()}


@contextmanager
def watched(out: Path, scratch: Path, patience: float = 10.0) -> Iterator[Watched]:
    """While it lasts temporary files go to `scratch`, and orphans of orphans become children of this process."""
    scratch.mkdir()
    resource_tracker.ensure_running()  # multiprocessing's own, which stay for as long as this process lives
    forkserver.ensure_running()
    importlib.import_module("matplotlib.font_manager")  # the folder that it makes where it has no home stays as long
    libc = ctypes.CDLL(None)
    libc.prctl(_SUBREAPER, 1, 0, 0, 0)
    before, was = os.environ.get("TMPDIR"), tempfile.tempdir
    os.environ["TMPDIR"], tempfile.tempdir = str(scratch), str(scratch)
    seen = Watched(out, scratch)
    seen._before = seen._look()
    try:
        yield seen
        end = time.monotonic() + patience  # the kernel may need a moment to take away what has died
        while True:
            seen._after = seen._look()
            if time.monotonic() > end or not any(seen.left().values()):
                break
            time.sleep(0.05)
    finally:
        libc.prctl(_SUBREAPER, 0, 0, 0, 0)
        tempfile.tempdir = was
        if before is None:
            del os.environ["TMPDIR"]
        else:
            os.environ["TMPDIR"] = before
        shutil.rmtree(scratch, ignore_errors=True)


def _processes(seen: Watched) -> set[str]:
    """Everything below us: what is orphaned anywhere below comes here."""
    found = set()
    for pid in set(tree(os.getpid())) - {os.getpid()}:
        with suppress(OSError):
            after_name = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
            found.add(f"process {pid}, started at {after_name[19]}")
    return found


def _descriptors(seen: Watched) -> set[str]:
    """Pipes, sockets and the like, and files of the run; fonts that a library keeps open are none of it."""
    found = set()
    for fd in os.listdir("/proc/self/fd"):
        with suppress(OSError):
            name = os.readlink(f"/proc/self/fd/{fd}")
            if ":" in name or name.startswith((str(seen.out), str(seen.scratch))):
                found.add(f"{fd} {name}")
    return found


def _shared_memory(seen: Watched) -> set[str]:
    return {path.name for path in Path("/dev/shm").iterdir() if _is_workers(path) or "bait" in path.name}


def _system_v(seen: Watched) -> set[str]:
    """Segments, queues and semaphores of a worker's user."""
    found = set()
    for kind in ("shm", "msg", "sem"):
        for line in Path("/proc/sysvipc", kind).read_text().splitlines()[1:]:
            if any(word.isdigit() and int(word) in _WORKERS for word in line.split()):
                found.add(f"{kind} {line}")
    return found


def _temporary(seen: Watched) -> set[str]:
    ours = {str(path) for path in seen.scratch.rglob("*")}
    public = {str(path) for folder in ("/tmp", "/var/tmp") for path in Path(folder).iterdir() if _is_workers(path)}
    return ours | public


def _cgroups(seen: Watched) -> set[str]:
    pids = {os.getpid(), *seen.crew}
    roots = (Path("/sys/fs/cgroup"), Path("/sys/fs/cgroup/memory"))
    return {str(group) for root in roots for pid in pids for group in root.glob(f"autograder-{pid}-*")}


def _uids(seen: Watched) -> set[str]:
    """Leases on user ids that a grading process of this run would have taken."""
    names = Path("/proc/net/unix").read_text()
    candidates = {_FIRST_UID + (pid * 31 + number) % _UIDS for pid in seen.crew for number in range(1, 400)}
    return {str(uid) for uid in candidates if f"@autograder-uid-{uid}\n" in names}


def _mounts(seen: Watched) -> set[str]:
    return set(Path("/proc/self/mountinfo").read_text().splitlines())


def _results(seen: Watched) -> set[str]:
    """Whatever lies among the results and is not the grader's own regular file."""
    return {
        str(path)
        for path in seen.out.rglob("*")
        if path.is_symlink() or not (path.is_file() or path.is_dir()) or path.lstat().st_uid != os.geteuid()
    }


def _is_workers(path: Path) -> bool:
    with suppress(OSError):
        return path.lstat().st_uid in _WORKERS
    return False


_LOOKS: dict[str, Callable[[Watched], set[str]]] = dict(
    zip(
        KINDS,
        (_processes, _descriptors, _shared_memory, _system_v, _temporary, _cgroups, _uids, _mounts, _results),
        strict=True,
    )
)
