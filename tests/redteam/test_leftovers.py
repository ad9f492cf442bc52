"""Whatever a run could leave behind would be seen: here something of each kind is left, looked at and taken away."""

from __future__ import annotations

import ctypes
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest
from leftovers import KINDS, Watched, watched

from autograder.sandbox.limits import Cgroup
from autograder.sandbox.staging import _FIRST_UID, _UIDS

UID = _FIRST_UID + 17
ROOTS = ("shared memory", "System V objects", "cgroups", "mounts")
"""Kinds that take root to leave."""


@contextmanager
def a_daemon(seen: Watched) -> Iterator[None]:
    code = "import os, signal; os.fork() and os._exit(0); os.setsid(); print(os.getpid(), flush=True); signal.pause()"
    with subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE) as parent:
        assert parent.stdout is not None
        daemon = int(parent.stdout.readline())
    yield
    os.kill(daemon, signal.SIGKILL)
    os.waitpid(daemon, 0)  # it has become our child


@contextmanager
def a_pipe(seen: Watched) -> Iterator[None]:
    ends = os.pipe()
    yield
    for end in ends:
        os.close(end)


@contextmanager
def a_file(path: Path, uid: int = -1) -> Iterator[None]:
    path.touch()
    os.chown(path, uid, uid)
    yield
    path.unlink(missing_ok=True)


@contextmanager
def a_segment(seen: Watched) -> Iterator[None]:
    libc = ctypes.CDLL(None, use_errno=True)
    pid = os.fork()
    if pid == 0:
        os.setresuid(UID, UID, UID)
        os._exit(libc.shmget(0, 4096, 0o1600) < 0)
    assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 0
    yield
    for line in Path("/proc/sysvipc/shm").read_text().splitlines()[1:]:
        if int(line.split()[7]) == UID:
            libc.shmctl(int(line.split()[1]), 0, None)


@contextmanager
def a_group(seen: Watched) -> Iterator[None]:
    group = Cgroup.make(f"{os.getpid()}-left")
    assert group is not None
    yield
    group.remove()


@contextmanager
def a_lease(seen: Watched) -> Iterator[None]:
    pid = 4_000_001  # above the kernel's largest
    seen.crew.add(pid)
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as held:
        held.bind(f"\0autograder-uid-{_FIRST_UID + (pid * 31 + 5) % _UIDS}")
        yield


@contextmanager
def a_mount(seen: Watched) -> Iterator[None]:
    libc, place = ctypes.CDLL(None, use_errno=True), os.fsencode(seen.out)
    assert libc.mount(b"none", place, b"tmpfs", 0, b"size=4k") == 0
    yield
    assert libc.umount2(place, 0) == 0


@contextmanager
def a_link(seen: Watched) -> Iterator[None]:
    (seen.out / "link").symlink_to("/dev/null")
    yield


LEAVE: dict[str, Callable[[Watched], object]] = {
    "processes": a_daemon,
    "descriptors": a_pipe,
    "shared memory": lambda seen: a_file(Path("/dev/shm", f"left-{os.getpid()}"), UID),
    "System V objects": a_segment,
    "temporary files": lambda seen: a_file(seen.scratch / "left"),
    "cgroups": a_group,
    "user ids": a_lease,
    "mounts": a_mount,
    "results": a_link,
}


@pytest.mark.parametrize("kind", [kind for kind in KINDS if os.geteuid() == 0 or kind not in ROOTS])
def test_what_is_left_is_seen(kind: str, tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    with ExitStack() as stack:
        with watched(tmp_path / "out", tmp_path / "scratch", patience=0.0) as seen:
            stack.enter_context(LEAVE[kind](seen))  # type: ignore[arg-type]
        left = seen.left()
    assert left[kind] != []


def test_nothing_is_seen_where_nothing_is_left(tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    with watched(tmp_path / "out", tmp_path / "scratch") as seen:
        pass
    assert seen.left() == {kind: [] for kind in KINDS}
