"""What a worker's tree of processes uses, read from outside where it can't be forged: CPU seconds and memory."""

from __future__ import annotations

import contextlib
import os
import time
from collections.abc import Callable
from typing import Final

from autograder.sandbox.transport import Stopped

_TICKS: Final = os.sysconf("SC_CLK_TCK")
_MB: Final = 1 << 20
_SHORTEST: Final = 0.01
_LONGEST: Final = 0.25
_CORES: Final = os.cpu_count() or 1
# fields of /proc/<pid>/stat after the name: utime, stime, and the same of children that were waited for; threads
_TIMES: Final = slice(11, 15)
_THREADS: Final = 17


WALL: Final = 3.0
"""Seconds of sleep that count as one CPU second, so that a function that sleeps uses up its budgets too."""
_MOST: Final = 10
"""How many times the patience with sleep a request may take where others leave it no CPU."""


class Budget:
    """CPU seconds for one request, and how long it may only sleep.

    Time in which the tree wants a CPU and gets none is neither: a machine with much to do changes no grade.
    """

    def __init__(
        self,
        spent: Callable[[], float],
        seconds: float,
        is_asleep: Callable[[], bool] = lambda: True,
        before: float | None = None,
    ) -> None:
        """`spent` gives the CPU seconds used so far, `is_asleep` whether nothing of the tree wants to run.

        `before` are those used up to now, where they are known already.
        """
        self._spent, self._is_asleep = spent, is_asleep
        self._seconds = seconds
        self._spent_before = spent() if before is None else before
        self._patience = WALL * seconds + 1
        self.slept = 0.0
        self._looked = time.monotonic()
        self._end = self._looked + _MOST * self._patience
        self._look = self._looked + self._soonest(seconds)

    def _soonest(self, left: float) -> float:
        """The tree can't use `left` up sooner than with every core at once."""
        return min(max(left / _CORES, _SHORTEST), _LONGEST)

    def pause(self) -> float:
        """Seconds until the next look is due; raises Stopped("timed_out") when either limit is passed."""
        now = time.monotonic()
        if now >= self._look:
            used = self.used()
            if used > self._seconds:
                raise Stopped("timed_out", f"{used:.2f} CPU seconds used", self._seconds)
            if self._is_asleep():
                self.slept += min(now - self._looked, 2 * _LONGEST)  # more than that it was we who got no CPU
            if self.slept >= self._patience or now >= self._end:
                raise Stopped("timed_out", "waited three times as long as the work may take", self._seconds)
            self._looked, self._look = now, now + self._soonest(self._seconds - used)
        return self._look - now

    def used(self) -> float:
        """CPU seconds since the request came."""
        return self._spent() - self._spent_before


def tree(pid: int) -> list[int]:
    """`pid` and all its descendants. Orphans stay among them: the worker is their init or subreaper."""
    found, waiting = [], [pid]
    while waiting:
        current = waiting.pop()
        found.append(current)
        waiting += children(current)
    return found


def children(pid: int) -> list[int]:
    """The children of all threads of a process; none once it is gone."""
    found: list[int] = []
    with contextlib.suppress(OSError, ValueError):
        for task in os.listdir(f"/proc/{pid}/task"):
            with open(f"/proc/{pid}/task/{task}/children", "rb") as file:
                found += map(int, file.read().split())
    return found


def started(pid: int) -> int:
    """When a process was started, in ticks since the machine was: with the pid it is unique. -1 where there is none,
    or only what a parent has not waited for yet, which in a container without an init may be never.
    """
    try:
        with open(f"/proc/{pid}/stat", "rb") as stat:
            after_name = stat.read().rpartition(b")")[2].split()
        return -1 if after_name[0] in (b"Z", b"X") else int(after_name[19])
    except (OSError, IndexError, ValueError):
        return -1


def is_asleep(pid: int) -> bool:
    """Whether no thread of the tree runs or waits for a CPU."""
    for member in tree(pid):
        with contextlib.suppress(OSError):
            for task in os.listdir(f"/proc/{member}/task"):
                with contextlib.suppress(OSError), open(f"/proc/{member}/task/{task}/stat", "rb") as stat:
                    if stat.read().rpartition(b")")[2].split()[:1] == [b"R"]:
                        return False
    return True


class Meter:
    """`cpu_seconds` of one tree, asked twice a request: as long as it is one process with one thread, two short reads.

    The two files stay open, as opening them takes longer than reading. They are that process's even if its number
    should be given to another one.
    """

    def __init__(self, pid: int) -> None:
        self._pid = pid
        self._files: list[int] = []
        with contextlib.suppress(OSError):  # it is gone already, and the slow way says so
            for name in (f"/proc/{pid}/stat", f"/proc/{pid}/task/{pid}/children"):
                self._files.append(os.open(name, os.O_RDONLY | os.O_CLOEXEC))

    def seconds(self) -> float:
        """As `cpu_seconds`."""
        with contextlib.suppress(OSError, ValueError, IndexError):
            stat, children = self._files
            fields = os.pread(stat, 4096, 0).rpartition(b")")[2].split()
            if fields[_THREADS] == b"1" and not os.pread(children, 1, 0):
                return sum(map(int, fields[_TIMES])) / _TICKS
        return cpu_seconds(self._pid)

    def close(self) -> None:
        for file in self._files:
            os.close(file)
        self._files = []


def cpu_seconds(pid: int) -> float:
    """CPU seconds, user and system, of the whole tree and of all its dead that were waited for."""
    ticks = 0
    for member in tree(pid):
        with contextlib.suppress(OSError, ValueError, IndexError), open(f"/proc/{member}/stat", "rb") as stat:
            ticks += sum(map(int, stat.read().rpartition(b")")[2].split()[_TIMES]))
    return ticks / _TICKS


def memory(pid: int, baseline: int = 0) -> int:
    """Bytes of private and shared memory of the whole tree, less `baseline` for each process (what it was forked with).

    Pages that a parent and its forked child still share count for both; `proportional` counts them once.
    """
    total = 0
    for member in tree(pid):
        with contextlib.suppress(OSError, ValueError):
            total += max(0, _fields(f"/proc/{member}/status", (b"RssAnon:", b"RssShmem:")) - baseline)
    return total


def proportional(pid: int, baseline: int = 0) -> int | None:
    """The same with every shared page counted in shares, or None where the kernel won't tell."""
    total = 0
    for member in tree(pid):
        try:
            total += _fields(f"/proc/{member}/smaps_rollup", (b"Pss_Anon:", b"Pss_Shmem:"))
        except PermissionError:
            return None
        except OSError:
            continue
    return max(0, total - baseline // 2)  # the zygote holds at least as large a share of what it shares


def over(pid: int, limit_mb: int, baseline: int) -> bool:
    """Is the tree above its limit? The dear count is made only when the cheap one, which errs upwards, says so."""
    if memory(pid, baseline) <= limit_mb * _MB:
        return False
    exact = proportional(pid, baseline)
    return exact is None or exact > limit_mb * _MB


def anonymous(pid: int | str = "self") -> int:
    """Bytes of anonymous memory that a process holds now."""
    return _fields(f"/proc/{pid}/status", (b"RssAnon:", b"RssShmem:"))


def _fields(path: str, names: tuple[bytes, ...]) -> int:
    with open(path, "rb") as file:
        return sum(int(line.split()[1]) << 10 for line in file if line.startswith(names))
