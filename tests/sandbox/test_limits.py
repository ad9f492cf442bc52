"""Resource limits and the memory cgroup, as the kernel sees them."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from talk import SMALL, is_root

from autograder.sandbox import limits
from autograder.sandbox.limits import Cgroup, Memory

MB = 1 << 20


def in_a_process(code: str) -> str:
    setup = "import resource; from autograder.model import Limits; from autograder.sandbox import limits;"
    done = subprocess.run([sys.executable, "-c", setup + code], capture_output=True, text=True, check=True)
    return done.stdout.strip()


def test_limits_are_set_and_cannot_be_undone() -> None:
    told = in_a_process(
        "limits.apply_rlimits(Limits(memory_mb=100, processes=5, scratch_mb=3), limits.private_memory(), 500);"
        "print(*[resource.getrlimit(k) for k in (resource.RLIMIT_FSIZE, resource.RLIMIT_NPROC, resource.RLIMIT_CORE)])"
    )
    assert told == f"({3 * MB}, {3 * MB}) (500, 500) (1, 1)"


def test_a_process_may_have_twice_the_memory_and_no_more() -> None:
    told = in_a_process(
        "limits.apply_rlimits(Limits(memory_mb=100), limits.private_memory(), 500)\n"
        "held = bytearray(150 << 20)\n"
        "try:\n    more = bytearray(150 << 20)\n"
        "except MemoryError:\n    print('no more')"
    )
    assert told == "no more"


def test_a_limit_that_is_lower_already_stays() -> None:
    told = in_a_process(
        "resource.setrlimit(resource.RLIMIT_NOFILE, (50, 60));"
        "limits.apply_rlimits(Limits(), 0, 500); print(resource.getrlimit(resource.RLIMIT_NOFILE))"
    )
    assert told == "(60, 60)"


def test_tasks_of_a_user_are_counted() -> None:
    before = limits.processes_of(os.getuid())
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE):
        assert limits.processes_of(os.getuid()) >= 1
    assert before >= 1
    assert limits.processes_of(54321) == 0


def test_private_memory_is_what_the_kernel_counts() -> None:
    """In a process of its own: where tests ran before, an allocator may hold 50 MB that are free already."""
    told = in_a_process(
        "before = limits.private_memory(); held = bytearray(50 << 20);"
        "print(limits.private_memory() - before >= len(held))"
    )
    assert told == "True"


@pytest.mark.parametrize("kind", ["limits memory", "is removed", "is swept"])
def test_a_cgroup(kind: str) -> None:
    if not limits.may_make_cgroup():
        assert Cgroup.make("1-none") is None, "a machine that grants none says so"
        return
    gone = 2**22 + 1
    group = Cgroup.make(f"{gone if kind == 'is swept' else os.getpid()}-test")
    assert group is not None
    try:
        if kind == "limits memory":
            group.limit(40 * MB)
            assert group.kills() == 0
            assert _hoard_in(group, 80) == -9
            assert group.kills() == 1
            assert _hoard_in(group, 10) == 0
        elif kind == "is removed":
            group.remove()
            assert not group.folder.exists()
            group.remove()
        else:
            limits.sweep_cgroups()
            assert not group.folder.exists()
    finally:
        group.remove()


def _hoard_in(group: Cgroup, megabytes: int) -> int:
    """Exit status of a process that enters the group and then takes memory."""
    code = f"input(); held = b'x' * {megabytes * MB}"
    with subprocess.Popen([sys.executable, "-S", "-c", code], stdin=subprocess.PIPE) as process:
        group.enter(process.pid)
        process.communicate(b"\n")
    return process.returncode


def test_sweeping_leaves_living_graders_alone() -> None:
    if group := Cgroup.make(f"{os.getpid()}-mine"):
        limits.sweep_cgroups()
        assert group.folder.exists()
        group.remove()


def test_boxes_of_a_zygote_share_the_sum() -> None:
    if not limits.may_make_cgroup():
        with pytest.raises(OSError, match="no memory cgroup"):
            Memory(os.getpid())
        return
    with subprocess.Popen([sys.executable, "-S", "-c", "input()"], stdin=subprocess.PIPE) as process:
        memory = Memory(process.pid)
        memory.allow(100)
        memory.allow(50)
        assert _limit_of(memory) == 150 * MB
        memory.disallow(50)
        memory.disallow(100)
        memory.allow(SMALL.memory_mb)
        assert _limit_of(memory) == SMALL.memory_mb * MB
        process.communicate(b"\n")
    memory.close()
    assert is_root()


def _limit_of(memory: Memory) -> int:
    folder: Path = memory._group.folder
    names = ("memory.max", "memory.limit_in_bytes")
    return next(int((folder / name).read_text()) for name in names if (folder / name).exists())
