"""The process that workers are forked from: exec'ed clean, with the libraries imported, and never told a secret."""

from __future__ import annotations

import contextlib
import gc
import importlib
import json
import os
import select
import signal
import socket
import sys
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Final, NoReturn

from autograder.sandbox import birth, hugepages, jail, lazily, quota, syscalls, watchdog, worker
from autograder.sandbox.birth import Born
from autograder.sandbox.confine import Start
from autograder.sandbox.jail import Fence, Jail
from autograder.sandbox.orders import Orders
from autograder.sandbox.sources import Sources, site_folders, sources
from autograder.sandbox.transport import Kind

MESSAGE: Final = 1 << 16
"""Bytes of the largest message on the control socket."""
_LOOK_EVERY_MS: Final = 50
_PATIENCE: Final = 1000
"""So often new strays are looked for: they can't multiply for ever, but at the lowest level they may try."""


@dataclass(frozen=True)
class Watched:
    """A worker that the kernel does not limit in all things for us; `baseline` is its memory in bytes at the fork."""

    orders: Orders
    baseline: int

    def excess(self, pid: int) -> Kind | None:
        """What it has too much of."""
        limits, parts = self.orders.limits, self.orders.parts
        if "watchdog" in parts and watchdog.over(pid, limits.memory_mb, self.baseline):
            return "memory"
        # where rlimits bind it has no more than that, but they do not bind a root who may not become another user
        if "user" not in parts and "rlimits" in parts and len(watchdog.tree(pid)) > limits.processes + 1:
            return "processes"
        if "quota" in parts and quota.over(self.orders.scratch, pid, self.orders.uid, limits.scratch_mb):
            return "disk"
        return None


@dataclass
class Zygote:
    """The zygote's own state; `control` is the one socket it has."""

    control: socket.socket
    sources: Sources
    sites: list[str]
    loaded: list[str]
    """What was imported because the grader asked for it."""
    jail: Jail | None = None
    """Made when the first worker needs it."""
    alive: set[int] = field(default_factory=set)
    """Forks not waited for yet: these numbers can't mean another process."""
    watched: dict[int, Watched] = field(default_factory=dict)
    ended_for: dict[int, Kind] = field(default_factory=dict)
    """pid → why we killed it"""

    def wait_for_orders(self) -> tuple[Orders, Start]:
        """Serve the grader. Returns in a fork only, with what that worker is to be; exits when the grader goes away."""
        grader, poll = self._listens()
        while True:
            ready = poll.poll(_LOOK_EVERY_MS if self.watched else None)
            self._look()
            if any(fd == grader for fd, _ in ready):
                self._end()
            if not ready:
                continue
            message, fds, _, _ = socket.recv_fds(self.control, MESSAGE, 8)
            if not message:
                self._end()
            request = json.loads(message)
            if "reap" in request:
                self._send(self._reap(request["reap"], request["alone"]))
                continue
            if "twin" in request:
                if self._twin(fds[0]):
                    os.close(grader)
                    grader, poll = self._listens()
                continue
            if "data" in request:
                self._send(_hold(request["data"]))
                continue
            orders = Orders.from_json(request["orders"])
            if start := self._fork(orders, dict(zip(request["fds"], fds, strict=True))):
                return orders, start

    def _listens(self) -> tuple[int, select.poll]:
        """(pidfd of whoever started us, what to wait for)"""
        grader, poll = os.pidfd_open(os.getppid()), select.poll()
        poll.register(self.control, select.POLLIN)
        poll.register(grader, select.POLLIN)
        return grader, poll

    def _twin(self, fd: int) -> bool:
        """Fork a zygote that listens to `fd` alone. True in the fork, which has no worker of ours and is no one's."""
        pid = os.fork()
        if pid:
            os.close(fd)
            self.alive.add(pid)
            self._send({"pid": pid})
            return False
        self.control.close()
        self.control = socket.socket(fileno=fd)
        self.alive, self.watched, self.ended_for = set(), {}, {}
        _become()
        return True

    def _fork(self, orders: Orders, given: dict[str, int]) -> Start | None:
        """One more worker, and word of it to the grader. Returns a `Start` in the fork."""
        try:
            if orders.jail and self.jail is None:
                if held := sys.modules.get("autograder.data.given"):
                    held.hold_all()
                self.jail = jail.build(orders.jail, self.sites, self.loaded)
                gc.freeze()
            born = birth.fork(orders, given, self.sources)
        except OSError as error:
            self._send({"error": str(error)})
            return None
        if not isinstance(born, Born):
            self.control.detach()  # its number will be a pipe's
            if orders.jail and self.jail:
                importlib.invalidate_caches()  # the same folders have fewer files now
                sys.meta_path.append(Fence(self.jail.beyond))
            return born
        self.alive.add(born.pid)
        if {"watchdog", "quota"} & set(orders.parts):
            self.watched[born.pid] = Watched(orders, born.resident)
        self._send({"pid": born.pid, "landlock": born.landlock_abi}, born.pidfd)
        os.close(born.pidfd)
        return None

    def _send(self, answer: dict[str, object], *fds: int) -> None:
        with contextlib.suppress(BrokenPipeError):
            socket.send_fds(self.control, [json.dumps(answer).encode()], list(fds))

    def _look(self) -> None:
        for pid, seen in list(self.watched.items()):
            if excess := seen.excess(pid):
                self.ended_for[pid] = excess
                del self.watched[pid]
                os.kill(pid, signal.SIGKILL)

    def _reap(self, pid: int, alone: bool) -> dict[str, object]:
        """Kill a worker and all of its kind, and wait until nothing of them is left.

        `alone`: it is the first process of a pid namespace, and once that is waited for, every other in it is gone.
        """
        if pid not in self.alive:
            return {"status": 0, "cpu": 0.0, "why": ""}
        self.alive.discard(pid)
        self.watched.pop(pid, None)
        os.kill(pid, signal.SIGKILL)
        _, status, used = os.wait4(pid, 0)
        while not alone:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(pid, signal.SIGKILL)
            try:
                os.waitpid(-pid, 0)
            except ChildProcessError:
                self._reap_strays()
                break
        return {"status": status, "cpu": used.ru_utime + used.ru_stime, "why": self.ended_for.pop(pid, "")}

    def _reap_strays(self) -> None:
        """Orphans come to us, and what is ours without being a worker's first process has left its group."""
        for _ in range(_PATIENCE):
            strays = [pid for pid in watchdog.children(os.getpid()) if pid not in self.alive]
            for pid in strays:
                os.kill(pid, signal.SIGKILL)
            for pid in strays:
                os.waitpid(pid, 0)
            if not strays:
                return

    def _end(self) -> NoReturn:
        """Take all workers along: the kernel ends each of them when we are gone, but not what they started."""
        for pid in list(self.alive):
            self._reap(pid, alone=False)
        os._exit(0)


def main(fd: int) -> None:
    """Life of a zygote: hear what to import, import it, fork on request. In a fork, the life of a worker."""
    control = socket.socket(fileno=fd)
    _become()
    settings = json.loads(control.recv(MESSAGE))
    gc.disable()
    try:
        module, _, function = settings["serve"].partition(":")
        serve: worker.Serve = getattr(importlib.import_module(module), function)
        loaded = list(_preload(settings["preload"]))
        lazily.bring_forward()
        if rehearse := getattr(importlib.import_module(module), "rehearse", None):
            rehearse()
        sites = site_folders(sys.path)
        zygote = Zygote(control, sources(settings["package"], sites), sites, loaded)
    except Exception as error:
        control.send(json.dumps({"error": f"{type(error).__name__}: {error}"}).encode())
        sys.exit(1)
    if torch := sys.modules.get("torch"):
        torch.manual_seed(0)  # the first time reads source files, for a traceback that it keeps
    gc.collect()
    gc.freeze()  # a collection in a worker would else write to, and so copy, every page of it
    hugepages.collapse()
    control.send(json.dumps({"loaded": loaded}).encode())
    orders, start = zygote.wait_for_orders()
    del zygote, control, settings
    worker.live(orders, start, serve)


def _hold(sets: dict[str, tuple[str, str]]) -> dict[str, object]:
    """Map the run's data for the workers to come; what to answer to that."""
    from autograder.data import given

    try:
        given.hold(sets)
    except (OSError, ValueError) as error:
        return {"error": f"the run's data: {error}"}
    return {}


def _become() -> None:
    """What no fork inherits: orphans below come to us, and nobody reads our memory."""
    syscalls.prctl(syscalls.PR_SET_CHILD_SUBREAPER, 1)
    syscalls.prctl(syscalls.PR_SET_DUMPABLE, 0)


def _preload(names: Iterable[str]) -> Iterable[str]:
    """Import what there is of these. Raises RuntimeError naming one that starts threads, which no fork survives."""
    for name in names:
        try:
            importlib.import_module(name)
        except ImportError:
            continue
        if len(os.listdir("/proc/self/task")) != 1:
            raise RuntimeError(f"importing {name} starts threads, so it can't be imported before the fork")
        lazily.put_off()  # before torchvision, which would import it
        yield name
