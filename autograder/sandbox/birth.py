"""One fork of the zygote, seen from the zygote: what it gets handed, and whether its confinement succeeded."""

from __future__ import annotations

import contextlib
import os
import select
import signal
import sys
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final

from autograder.sandbox import confine, limits, namespaces, syscalls, watchdog
from autograder.sandbox.confine import Start
from autograder.sandbox.namespaces import Tree
from autograder.sandbox.orders import SUBMISSION, Orders
from autograder.sandbox.sources import Sources

_SETUP_SECONDS: Final = 30


@dataclass(frozen=True)
class Born:
    """A confined worker that waits for requests. `resident` is the memory in bytes that it shares with the zygote."""

    pid: int
    pidfd: int
    landlock_abi: int
    resident: int


def fork(orders: Orders, given: Mapping[str, int], sources: Sources) -> Born | Start:
    """Fork a worker. Returns `Born` in the zygote, a `Start` in the fork; raises OSError if it could not be confined.

    `given` holds the descriptors that came with the orders, by name; the zygote's copies of them are closed here.
    """
    with contextlib.ExitStack() as held:
        for fd in given.values():
            held.callback(os.close, fd)
        is_root = os.geteuid() == 0
        status, told = _pipe(held)
        gate, open_gate = _pipe(held) if is_root and "user" in orders.parts else (-1, -1)
        start = Start(
            request=given["request"],
            reply=given["reply"],
            output=given["output"],
            status=told,
            gate=gate,
            owner=(os.geteuid(), os.getegid()),
            trees=_trees(given.get("submission", -1), sources, orders.devices, held)
            if is_root and "mount" in orders.parts
            else None,
            sources=sources,
            baseline=limits.private_memory(),
        )
        if "seccomp" in orders.parts:
            confine.filter_for(orders, 0)
        resident = watchdog.anonymous()
        _assert_one_task()
        _assert_no_cuda()
        pid = syscalls.clone(namespaces.flags(orders.parts))
        if pid == 0:
            held.pop_all()  # the fork keeps them
            return start
        pidfd = os.pidfd_open(pid)
        try:
            if gate >= 0:
                namespaces.map_ids(pid, orders.uid, orders.uid)
                os.write(open_gate, b"1")
            return Born(pid, pidfd, _verdict(status, pidfd), resident)
        except OSError:
            os.kill(pid, signal.SIGKILL)
            os.waitpid(pid, 0)
            os.close(pidfd)
            raise


def _pipe(held: contextlib.ExitStack) -> tuple[int, int]:
    reader, writer = os.pipe()
    held.callback(os.close, reader)
    held.callback(os.close, writer)
    return reader, writer


def _trees(submission: int, sources: Sources, devices: Iterable[str], held: contextlib.ExitStack) -> list[Tree]:
    """What only root may open, since it may lie below a closed folder: an interpreter in a home, say."""
    trees = namespaces.clone_trees(sources, devices)
    for tree in trees:
        held.callback(os.close, tree.fd)
    return [*trees, Tree(submission, SUBMISSION, is_dir=True)]


def _assert_one_task() -> None:
    """A thread would not survive the fork, and whatever lock it held would stay locked."""
    tasks = os.listdir("/proc/self/task")
    if len(tasks) != 1:
        raise OSError(f"the zygote has {len(tasks)} threads and can't be forked safely")


def _assert_no_cuda() -> None:
    """A fork of a process that has used a GPU can never use one."""
    torch = sys.modules.get("torch")
    if torch is not None and torch.cuda.is_initialized():
        raise OSError("CUDA was initialised in the zygote, so no worker could use a GPU")


def _verdict(status: int, pidfd: int) -> int:
    """Wait until the fork says "ok" and the Landlock ABI it used; raises OSError with what it says otherwise."""
    poll = select.poll()
    poll.register(status, select.POLLIN)
    poll.register(pidfd, select.POLLIN)
    if not any(fd == status for fd, _ in poll.poll(_SETUP_SECONDS * 1000)):
        raise OSError("the fork said nothing while it was being confined")
    word, _, rest = os.read(status, 4096).decode(errors="replace").partition(" ")
    if word != "ok":
        raise OSError(rest)
    return int(rest)
