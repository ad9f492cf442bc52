"""The way into confinement, in the order that works: from a fresh fork to a worker ready for a submission."""

from __future__ import annotations

import functools
import os
from dataclasses import dataclass, field
from typing import Final

from autograder.sandbox import jail, landlock, limits, namespaces, seccomp, syscalls
from autograder.sandbox.namespaces import INSIDE, Tree
from autograder.sandbox.orders import SUBMISSION, Orders
from autograder.sandbox.sources import DEVICES, Sources

READ_FD, WRITE_FD, _STATUS_FD = 3, 4, 5
_SIGKILL: Final = 9


@dataclass
class Start:
    """What the zygote hands a fork: descriptors, and whatever only the zygote may open. All gone once confined."""

    request: int
    reply: int
    output: int
    status: int
    owner: tuple[int, int] = (0, 0)
    """User and group id of the zygote, which a fork in a new user namespace can't see."""
    gate: int = -1
    """Readable once root has mapped the ids of a new user namespace."""
    trees: list[Tree] | None = None
    """None where the fork has to clone them itself."""
    sources: Sources = field(default_factory=Sources)
    baseline: int = 0
    """Private memory in bytes at birth."""


def confine(orders: Orders, start: Start) -> int:
    """Confine this process for good. Returns the Landlock ABI used, 0 for none; raises OSError if a layer fails."""
    parts = orders.parts
    others = 0 if "user" in parts else limits.processes_of(orders.uid) if orders.uid else limits.others()
    _settle(start)
    if "user" in parts:
        _become_inside(orders, start)
    if "network" in parts:
        namespaces.loopback_up()
    if "uts" in parts:
        syscalls.call("sethostname", namespaces.HOST_NAME, len(namespaces.HOST_NAME))
    if "mount" in parts:
        _enter_root(orders, start)
    if orders.jail:
        jail.enter(orders.jail)
    if orders.uid and "user" not in parts:
        _become(orders.uid)
    if "pid" not in parts:
        syscalls.prctl(syscalls.PR_SET_CHILD_SUBREAPER, 1)  # orphans stay in sight, below us
    if "rlimits" in parts:
        limits.apply_rlimits(orders.limits, start.baseline, orders.limits.processes + others)
    syscalls.prctl(syscalls.PR_SET_NO_NEW_PRIVS, 1)
    abi = landlock.restrict(_rules(orders, start.sources), orders.landlock_abi) if "landlock" in parts else 0
    # credentials that change clear both of these
    syscalls.prctl(syscalls.PR_SET_PDEATHSIG, _SIGKILL)
    syscalls.prctl(syscalls.PR_SET_DUMPABLE, int(_may_be_read(orders)))
    if "capabilities" in parts:
        syscalls.drop_capabilities()
    if "seccomp" in parts:
        seccomp.install(filter_for(orders, os.getpid()))
    return abi


def filter_for(orders: Orders, pid: int) -> bytes:
    """The system calls that this worker may not make. The zygote asks once, so that its forks find it assembled."""
    namespaces = orders.level == "ns"
    return _assembled(namespaces, 0 if namespaces or orders.uid else pid, bool(orders.uid))


_assembled: Final = functools.lru_cache(4)(seccomp.assemble)


def _may_be_read(orders: Orders) -> bool:
    """Whether no other worker can look into this one anyway; then we may, who count the files that it holds open."""
    return bool({"pid", "user"} <= set(orders.parts) or orders.uid or "landlock" in orders.parts)


def _settle(start: Start) -> None:
    """Die with the zygote, lead an own session, be the first that the kernel kills when memory is short."""
    syscalls.prctl(syscalls.PR_SET_PDEATHSIG, _SIGKILL)
    os.setsid()
    syscalls.prctl(syscalls.PR_SET_DUMPABLE, 1)  # or /proc/self would belong to root
    with open("/proc/self/oom_score_adj", "w") as file:
        file.write("1000")


def _become_inside(orders: Orders, start: Start) -> None:
    if start.gate < 0:
        namespaces.map_ids("self", *start.owner)
        return
    if os.read(start.gate, 1) != b"1":
        raise OSError("the zygote went away before the ids were mapped")
    _become(INSIDE)
    syscalls.prctl(syscalls.PR_SET_DUMPABLE, 1)


def _become(uid: int) -> None:
    os.setgroups([])
    os.setresgid(uid, uid, uid)
    os.setresuid(uid, uid, uid)


def _enter_root(orders: Orders, start: Start) -> None:
    trees = start.trees
    if trees is None:
        trees = [
            *namespaces.clone_trees(start.sources, orders.devices),
            namespaces.clone_tree(orders.folder, SUBMISSION),
        ]
    owner = INSIDE if "user" in orders.parts else orders.uid
    namespaces.enter_root(trees, start.sources.links, orders.limits.scratch_mb, "pid" in orders.parts, owner, owner)


def _rules(orders: Orders, sources: Sources) -> list[tuple[str, int]]:
    devices = [(path, landlock.DEVICE) for path in (*DEVICES, *orders.devices)]
    if "mount" in orders.parts:
        return [("/", landlock.READ), ("/tmp", landlock.WRITE), ("/dev/shm", landlock.WRITE), *devices]
    if orders.jail:
        return [("/", landlock.READ), (orders.inner_scratch, landlock.WRITE), *devices]
    read = [*sources.binds, orders.folder, f"/proc/{os.getpid()}", "/proc/self"]
    return [*((path, landlock.READ) for path in read), (orders.scratch, landlock.WRITE), *devices]


def keep_only_pipes(start: Start) -> None:
    """Leave descriptors 0 to 4 (nothing, output, output, requests, replies) and the status pipe, closed by `report`."""
    empty = _nothing_to_read()
    spare = 100  # above every target, so that no move overwrites one that is still to be made
    moves = (empty, start.output, start.output, start.request, start.reply, start.status)
    for i, fd in enumerate(moves):
        os.dup2(fd, spare + i, inheritable=True)
    for i in range(len(moves)):
        os.dup2(spare + i, i, inheritable=i != _STATUS_FD)
    os.closerange(len(moves), 65536)


def _nothing_to_read() -> int:
    try:
        return os.open(os.devnull, os.O_RDONLY)
    except OSError:  # a root without devices
        reader, writer = os.pipe()
        os.close(writer)
        return reader


def report(text: str) -> None:
    """Tell the zygote how it went and let go of the pipe: student code can't speak through it."""
    os.write(_STATUS_FD, text.encode())
    os.close(_STATUS_FD)
