"""A zygote's memory on huge pages: a fork copies, and its end gives back, one table entry for each of them."""

from __future__ import annotations

from typing import Final

from autograder.sandbox import syscalls

_COLLAPSE: Final = 25
_HUGE: Final = 2 << 20


def collapse() -> int:
    """Put this process's own writable memory on huge pages. Returns how many bytes the kernel did that for.

    torch's imports leave many small pages, and a fork copies an entry for each and lets go of it at its end. A kernel
    that can't (before Linux 6.1, or built without) leaves all as it was.
    """
    done = 0
    with open("/proc/self/maps") as maps:
        lines = maps.read().splitlines()
    for line in lines:
        place, mode, _, _, inode, *_ = line.split()
        begin, end = (int(side, 16) for side in place.split("-"))
        first, last = -(-begin // _HUGE) * _HUGE, end // _HUGE * _HUGE
        if inode != "0" or mode != "rw-p" or last <= first:
            continue
        try:
            syscalls.call("madvise", first, last - first, _COLLAPSE)
        except OSError:
            continue
        done += last - first
    return done
