"""The grader's side of the wall: a zygote opens boxes, and each box is one confined worker over one submission."""

from __future__ import annotations

import contextlib
import os
import select
import signal
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Final, Literal

from autograder.model import Limits
from autograder.sandbox.isolation import Isolation, SandboxError
from autograder.sandbox.orders import Orders
from autograder.sandbox.transport import Hear, Kind, Stopped

if TYPE_CHECKING:  # what only Linux has is imported when it is used
    from autograder.sandbox.gpus import Lease
    from autograder.sandbox.launch import Running, Twin
    from autograder.sandbox.limits import Memory
    from autograder.sandbox.pipes import Ends
    from autograder.sandbox.watchdog import Budget

PRELOAD: Final = ("numpy", "numpy.random", "numpy.linalg", "numpy.fft", "torch", "torchvision", "IPython")
SERVE: Final = "autograder.sandbox.dispatch:serve"
_NOTHING: Final[Mapping[str, tuple[str, str]]] = MappingProxyType({})
_LAST_BREATH: Final = 0.5  # seconds between a worker's pipes closing and its being dead, at most


def shield() -> None:
    """Let no other process of this user read or trace this one, which holds answers in its memory."""
    from autograder.sandbox import syscalls

    syscalls.prctl(syscalls.PR_SET_DUMPABLE, 0)


def end_with(parent: int) -> None:
    """Let this process be killed when `parent`, which started it, ends; at once if it has ended already."""
    from autograder.sandbox import syscalls

    syscalls.prctl(syscalls.PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent:
        os._exit(1)


class Zygote:
    """A warm process that forks confined workers; started by exec, so that it knows nothing of the grader's memory."""

    def __init__(
        self,
        isolation: Isolation,
        preload: Sequence[str] = PRELOAD,
        serve: str = SERVE,
        twin: Twin | None = None,
        data: Mapping[str, tuple[str, str]] = _NOTHING,
    ) -> None:
        """Raises SandboxError if it can't be started. `serve`, as module:function, is what a confined worker does.

        `twin` has been started for it already, from a zygote of the same `preload` and `serve`. `data` are the sets
        that workers have: name → (name of the source, folder of its arrays or "").
        """
        self.isolation = isolation
        self._how = (tuple(preload), serve)
        self._data = dict(data)
        self._opened = 0
        self._start(twin)

    def _start(self, twin: Twin | None = None) -> None:
        from autograder.sandbox import launch
        from autograder.sandbox.ground import Ground
        from autograder.sandbox.limits import Memory

        self._ground = Ground()
        self._running = twin.taken() if twin else launch.Started(*self._how)
        if self._data:
            self._running.ask({"data": self._data})
        self._memory = Memory(self._running.pid) if "cgroup" in self.isolation.parts else None

    @property
    def loaded(self) -> tuple[str, ...]:
        """What was there to import of `preload`."""
        return self._running.loaded

    @property
    def pid(self) -> int:
        return self._running.pid

    def open(self, folder: Path, limits: Limits, gpu: Lease | None = None) -> Box:
        """A confined worker over the files in `folder`. Raises SandboxError if one layer could not be had.

        It sees no GPU but that of the lease, which is given back when the worker is closed.
        A zygote that died is replaced; its other boxes died with it.
        """
        if not self._running.is_alive:
            self.close()
            self._start()
        self._opened += 1
        with contextlib.ExitStack() as held:
            if gpu:
                held.callback(gpu.close)
            try:
                return self._open(folder, limits, gpu.gpu.nodes if gpu else (), held)
            except OSError as error:
                raise SandboxError(f"no worker could be prepared: {error}") from error

    def _open(self, folder: Path, limits: Limits, devices: tuple[str, ...], held: contextlib.ExitStack) -> Box:
        """`held` undoes, in the order opposite to that of doing, whatever was done when a step fails."""
        from autograder.sandbox import pipes, staging

        parts = self.isolation.parts
        jail, place = self._ground.places(parts)
        uid, given = 0, {}
        if "uid" in parts:
            lease = staging.Lease(self._opened)
            held.callback(lease.close)
            uid = lease.uid
        if self._memory:
            self._memory.allow(limits.memory_mb)
            held.callback(self._memory.disallow, limits.memory_mb)
        staged = staging.stage(folder, uid, place)
        held.callback(staged.close)
        if staged.tree >= 0:
            given["submission"] = staged.tree
        ends = pipes.Ends(held)
        given |= ends.theirs
        abi = self.isolation.landlock_abi
        level = self.isolation.level
        orders = Orders(level, parts, limits, staged.folder, staged.scratch, uid, jail, abi, devices)
        answer, fds = self._running.ask({"orders": orders.as_json(), "fds": list(given)}, list(given.values()))
        ends.let_go()
        held.callback(os.close, fds[0])
        staged.note(answer["pid"])
        return Box(self._running, answer["pid"], fds[0], ends, self._memory, limits, "pid" in parts, held.pop_all())

    def close(self) -> None:
        """End the zygote, and with it every box that is still open."""
        self._running.close()
        self._ground.close()
        if self._memory:
            self._memory.close()

    def __enter__(self) -> Zygote:
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()


class Box:
    """One confined worker: a Transport. Made by `Zygote.open`."""

    def __init__(
        self,
        running: Running,
        pid: int,
        pidfd: int,
        ends: Ends,
        memory: Memory | None,
        limits: Limits,
        alone: bool,
        held: contextlib.ExitStack,
    ) -> None:
        from autograder.sandbox.pipes import Output
        from autograder.sandbox.watchdog import Meter

        self.pid = pid
        self._meter = Meter(pid)
        held.callback(self._meter.close)
        self._running = running
        self._pidfd = pidfd
        self._ends = ends
        self._memory = memory
        self._killed_before = memory.kills() if memory else 0
        self._alone = alone
        self._held = held
        self._body_cap = limits.reply_mb << 20
        self._output = Output(ends.output, limits.output_kb << 10)
        self._spent = 0.0
        self._slept = 0.0
        self._death: tuple[int, Kind | Literal[""]] | None = None
        self._poll = select.poll()
        for fd in (ends.reply, ends.output, pidfd):
            self._poll.register(fd, select.POLLIN)

    def exchange(self, frame: bytes, seconds: float, hear: Hear | None = None) -> tuple[bytes, memoryview]:
        """Send a frame, return (header, body) of its reply. Raises Stopped, after which the worker is dead.

        `seconds` are CPU seconds of the worker's whole tree; it may sleep for 3 × seconds + 1. `hear` takes notes.
        """
        from autograder.sandbox.pipes import GoneError
        from autograder.sandbox.watchdog import WALL, Budget, is_asleep

        if self._death is not None:
            raise Stopped("died", "this worker has ended already")
        # What ran since the last exchange is threads that a call has left running: the next call may pay for them.
        budget = Budget(self._cpu_seconds, seconds, lambda: is_asleep(self.pid), self._spent or None)
        try:
            answer = self._exchange(frame, budget, hear)
            if self._ran_out_of_memory:
                raise Stopped("memory", "the kernel ended one of its processes")
            return answer
        except GoneError:
            raise self._post_mortem() from None
        except Stopped:
            self._end()
            raise
        finally:
            used = budget.used()
            if budget.slept:
                self._slept += max(0.0, budget.slept / WALL - used)

    def _exchange(self, frame: bytes, budget: Budget, hear: Hear | None) -> tuple[bytes, memoryview]:
        from autograder.sandbox.pipes import GoneError, Reply, write

        reply, fd = Reply(self._ends.reply, self._body_cap), self._ends.reply
        if reply.has_begun():
            raise Stopped("garbled", "it spoke without being asked")
        rest = write(self._ends.request, memoryview(frame))
        if rest:
            self._poll.register(self._ends.request, select.POLLOUT)
        while True:
            ready = {fd for fd, _ in self._poll.poll(budget.pause() * 1000)}
            if self._ends.request in ready:
                rest = write(self._ends.request, rest)
                if not rest:
                    self._poll.unregister(self._ends.request)
            self._listen(ready)
            if fd in ready:
                if reply.read():
                    if hear is None or not hear(reply.parts()[0]):
                        break
                    reply = Reply(self._ends.reply, self._body_cap)
            elif self._pidfd in ready:
                raise GoneError
            elif not ready and self._ran_out_of_memory:
                raise Stopped("memory", "the kernel ended one of its processes")
        if rest:
            raise Stopped("garbled", "it answered before it had read the request")
        return reply.parts()

    @property
    def _ran_out_of_memory(self) -> bool:
        return self._memory is not None and self._memory.kills() > self._killed_before

    def _listen(self, ready: set[int]) -> None:
        if self._output.fd in ready:
            self._output.drain()
            if not self._output.is_open:
                self._poll.unregister(self._output.fd)

    def _post_mortem(self) -> Stopped:
        """Why a worker that closed its pipes did so."""
        died_by_itself = bool(select.select([self._pidfd], [], [], _LAST_BREATH)[0])
        status, why = self._end()
        if why or self._ran_out_of_memory:
            return Stopped(why or "memory", "its processes held more than they may")
        if not died_by_itself:
            return Stopped("died", "closed its pipes")
        code = os.waitstatus_to_exitcode(status)
        return Stopped("died", signal.Signals(-code).name if code < 0 else f"exit status {code}")

    def _end(self) -> tuple[int, Kind | Literal[""]]:
        """Kill the worker and wait until nothing of it is left: (wait status, why the zygote killed it, if it did)."""
        if self._death is not None:
            return self._death
        self._cpu_seconds()
        death: tuple[int, Kind | Literal[""]] = (0, "")
        self._death = death
        with contextlib.suppress(ProcessLookupError):
            signal.pidfd_send_signal(self._pidfd, signal.SIGKILL)
        try:
            answer, _ = self._running.ask({"reap": self.pid, "alone": self._alone})
            death = self._death = (answer["status"], answer["why"])
            self._spent = max(self._spent, answer["cpu"])
        except SandboxError:  # a dead zygote takes its workers along; whoever adopts them does the waiting
            select.select([self._pidfd], [], [], _LAST_BREATH)
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(self.pid, signal.SIGKILL)  # what they started, they do not take along
        with contextlib.suppress(Stopped):
            self._output.drain()
        return death

    def printed(self) -> str:
        """What was printed so far, bounded by limits.output_kb."""
        if self._death is None:
            with contextlib.suppress(Stopped):  # too much of it ends the next exchange
                self._output.drain()
        return self._output.text()

    def spent(self) -> float:
        """CPU seconds that the whole tree had used when the last exchange ended, and what its sleep counts besides."""
        return self._spent + self._slept

    def _cpu_seconds(self) -> float:
        """Of the whole tree since it was opened, also once it is dead."""
        if self._death is None:
            self._spent = max(self._spent, self._meter.seconds())
        return self._spent

    def close(self) -> None:
        """Kill the worker and all it started, and give back everything that was made for it. May be called twice."""
        self._end()
        self._held.close()

    def __enter__(self) -> Box:
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()
