"""What a worker needs to see of this machine: the interpreter, its packages, the system's libraries, and no more."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

# parts of a prefix that an interpreter or a library may read; a repository that lies in the same folder stays out
_OF_A_PREFIX: Final = ("bin", "lib", "lib64", "pyvenv.cfg")
_SYSTEM: Final = (
    "/usr/bin",
    "/usr/sbin",
    "/usr/lib",
    "/usr/lib32",
    "/usr/lib64",
    "/usr/libexec",
    "/usr/share",
    "/usr/local/bin",
    "/usr/local/lib",
)
_SHORTCUTS: Final = (
    "/bin",
    "/sbin",
    "/lib",
    "/lib32",
    "/lib64",
)  # links into /usr on most machines, folders on the others
_ETC: Final = ("/etc/ld.so.cache", "/etc/alternatives", "/etc/localtime")
DEVICES: Final = ("/dev/null", "/dev/zero", "/dev/full", "/dev/random", "/dev/urandom")


@dataclass
class Sources:
    """`binds`: path inside → real path outside, read-only. `links`: symbolic links to make, path → where it leads."""

    binds: dict[str, str] = field(default_factory=dict)
    links: dict[str, str] = field(default_factory=dict)

    def add(self, path: str) -> None:
        """Make `path` visible under its own name and, where it is a link, under the name it leads to."""
        real = os.path.realpath(path)
        if not os.path.exists(real):
            return
        for name in (real, path):
            if not self.covers(name):
                self.binds[name] = real

    def covers(self, path: str) -> bool:
        return any(path == bound or path.startswith(bound + "/") for bound in self.binds)

    def is_open(self) -> bool:
        """Whether any user of this machine may walk to all of it."""
        return all(others_may_pass(path) for path in {*self.binds, *self.binds.values()})


def others_may_pass(path: str) -> bool:
    """Whether any user may walk to `path` and, if it is a folder, into it; a file must be readable."""
    real = Path(os.path.realpath(path))
    readable = 0o005 if real.is_dir() else 0o004
    return real.stat().st_mode & readable == readable and all(p.stat().st_mode & 0o001 for p in real.parents)


def site_folders(path: Iterable[str]) -> list[str]:
    """The package folders among `sys.path`: never a working folder or a repository that was put there."""
    return [p for p in dict.fromkeys(path) if Path(p).name in ("site-packages", "dist-packages") and os.path.isdir(p)]


def sources(package: str, sites: Iterable[str], executable: str = sys.executable) -> Sources:
    """What to bind for this interpreter, with `package` (our own folder) and the package folders `sites`."""
    found = Sources()
    for path in _SYSTEM:
        found.add(path)
    for path in _SHORTCUTS:
        if os.path.islink(path):
            found.links[path] = os.readlink(path)
        else:
            found.add(path)
    for prefix in dict.fromkeys((sys.base_prefix, sys.base_exec_prefix, sys.prefix, sys.exec_prefix)):
        for name in _OF_A_PREFIX:
            found.add(os.path.join(prefix, name))
    for site in sites:
        found.add(site)
        for entry in os.scandir(site):
            if entry.is_symlink():
                found.add(os.path.realpath(entry.path))
    found.add(package)
    for hop in _hops(executable):
        if not found.covers(hop):
            found.binds[hop] = os.path.realpath(executable)
    for path in _ETC:
        found.add(path)
    return found


def _hops(executable: str) -> list[str]:
    """The names on the way from a linked interpreter to the real one: .venv/bin/python → ~/.pyenv/… → python3.11."""
    hops: list[str] = []
    while os.path.islink(executable) and len(hops) < 16:
        executable = os.path.normpath(os.path.join(os.path.dirname(executable), os.readlink(executable)))
        hops.append(executable)
    return hops
