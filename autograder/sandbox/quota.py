"""What a worker holds on a disk that nothing bounds for us: files it made, and files it removed and keeps open."""

from __future__ import annotations

import contextlib
import os
import stat
from collections.abc import Iterator
from typing import Final

from autograder.sandbox import syscalls, watchdog

FILES: Final = 10_000
"""As many files and folders as a worker may have."""
_BLOCK: Final = 512


def over(scratch: str, pid: int, uid: int, limit_mb: int) -> bool:
    """Whether the files below `scratch`, and those without a name that the tree of `pid` holds, are too many or large.

    `uid` is the worker's own, 0 where it has ours. A folder that can't be looked into counts as too much. Files that
    are kept by a mapping or under way in a socket alone are not seen.
    """
    count = size = 0
    with _as_user(uid):
        for about in (*_named(scratch), *_nameless(pid)):
            if about is None:
                return True
            count += 1
            size += about.st_blocks * _BLOCK
            if count > FILES or size > limit_mb << 20:
                return True
    return False


@contextlib.contextmanager
def _as_user(uid: int) -> Iterator[None]:
    """Look at files with another user's eyes: in a container, root may not see what other users' processes hold."""
    if not uid:
        yield
        return
    syscalls.call("setfsgid", uid)
    syscalls.call("setfsuid", uid)
    try:
        yield
    finally:
        syscalls.call("setfsuid", 0)
        syscalls.call("setfsgid", 0)


def _named(folder: str) -> Iterator[os.stat_result | None]:
    """All below `folder`, without following links; None for a folder that won't be looked into."""
    waiting = [folder]
    while waiting:
        try:
            with os.scandir(waiting.pop()) as entries:
                for entry in entries:
                    with contextlib.suppress(FileNotFoundError):
                        yield entry.stat(follow_symlinks=False)
                        if entry.is_dir(follow_symlinks=False):
                            waiting.append(entry.path)
        except FileNotFoundError:
            continue
        except OSError:
            yield None


def _nameless(pid: int) -> Iterator[os.stat_result]:
    """Regular files that were removed and are still open somewhere in the tree, each once."""
    seen = set()
    for member in watchdog.tree(pid):
        with contextlib.suppress(OSError), os.scandir(f"/proc/{member}/fd") as held:
            for entry in held:
                with contextlib.suppress(OSError):
                    about = entry.stat()
                    if stat.S_ISREG(about.st_mode) and not about.st_nlink and about.st_ino not in seen:
                        seen.add(about.st_ino)
                        yield about
