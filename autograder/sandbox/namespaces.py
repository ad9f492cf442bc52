"""A worker's own small world: namespaces, and a read-only root that holds the interpreter and one submission."""

from __future__ import annotations

import contextlib
import fcntl
import os
import socket
import struct
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from typing import Final

from autograder.sandbox import syscalls
from autograder.sandbox.sources import DEVICES, Sources

INSIDE: Final = 1000
"""The user and group id that a worker sees itself as."""
HOST_NAME: Final = b"sandbox"

_FLAGS: Final = {
    "user": 0x10000000,
    "mount": 0x20000,
    "pid": 0x20000000,
    "network": 0x40000000,
    "ipc": 0x08000000,
    "uts": 0x04000000,
}
_NOSUID, _NODEV, _NOEXEC, _REC, _PRIVATE = 2, 4, 8, 0x4000, 1 << 18
_ATTR_RDONLY, _ATTR_NOSUID, _ATTR_NODEV, _ATTR_NOEXEC = 1, 2, 4, 8
_AT_FDCWD, _AT_EMPTY_PATH, _AT_RECURSIVE = -100, 0x1000, 0x8000
_OPEN_TREE_CLONE, _CLOEXEC, _MOVE_MOUNT_FROM_FD, _DETACH = 1, 0x80000, 4, 2
_ROOT_OPTIONS: Final = b"size=4m,nr_inodes=4000,mode=755"
_SCRATCH_INODES: Final = 10_000
_FILES: Final = {
    "etc/passwd": f"student:x:{INSIDE}:{INSIDE}::/tmp:/bin/sh\n",
    "etc/group": f"student:x:{INSIDE}:\n",
    "etc/hosts": "127.0.0.1 localhost sandbox\n",
    "etc/nsswitch.conf": "passwd: files\ngroup: files\nhosts: files\n",
}


@dataclass(frozen=True)
class Tree:
    """A detached copy of a mount, not visible anywhere yet: its descriptor and where it will go."""

    fd: int
    target: str
    is_dir: bool


def flags(parts: Collection[str]) -> int:
    """clone's flags for the namespaces among `parts`."""
    return sum(flag for part, flag in _FLAGS.items() if part in parts)


def map_ids(pid: int | str, uid: int, gid: int) -> None:
    """Say who a new user namespace's one user is outside. By root for a child, or by the child ("self") for itself."""
    if pid == "self":  # a plain user may map its own ids only, after giving up setgroups
        _write(f"/proc/{pid}/setgroups", "deny")
    _write(f"/proc/{pid}/uid_map", f"{INSIDE} {uid} 1")
    _write(f"/proc/{pid}/gid_map", f"{INSIDE} {gid} 1")


def _write(path: str, text: str) -> None:
    fd = os.open(path, os.O_WRONLY)
    try:
        os.write(fd, text.encode())
    finally:
        os.close(fd)


def loopback_up() -> None:
    """Give the empty network its loopback interface, which local servers expect."""
    set_flags, up_and_running = 0x8914, 0x49
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as control:
        fcntl.ioctl(control, set_flags, struct.pack("16sh14x", b"lo", up_and_running))


def clone_trees(sources: Sources, devices: Iterable[str] = ()) -> list[Tree]:
    """Detached read-only copies of all sources, and `devices` besides those that every worker has.

    Needs the right to mount, and to walk to each of them.
    """
    trees = [clone_tree(real, target) for target, real in sources.binds.items()]
    device = _ATTR_NOSUID | _ATTR_NOEXEC
    return trees + [clone_tree(path, path, device) for path in (*DEVICES, *devices) if os.path.exists(path)]


def clone_tree(real: str, target: str, attributes: int = _ATTR_RDONLY | _ATTR_NOSUID | _ATTR_NODEV) -> Tree:
    """A detached copy of the mount at `real`; raises OSError naming it."""
    try:
        fd = syscalls.call("open_tree", _AT_FDCWD, os.fsencode(real), _OPEN_TREE_CLONE | _AT_RECURSIVE | _CLOEXEC)
        change_mount(fd, attributes)
    except OSError as error:
        raise OSError(error.errno, f"{error.strerror}, {real}") from None
    return Tree(fd, target, os.path.isdir(real))


def change_mount(fd: int, attributes: int) -> None:
    """Add attributes to the mount `fd` stands for, and to all below it."""
    syscalls.call(
        "mount_setattr", fd, b"", _AT_EMPTY_PATH | _AT_RECURSIVE, struct.pack("QQQQ", attributes, 0, 0, 0), 32
    )


def detached_tmpfs() -> int:
    """A file system that no path leads to, as a descriptor. Needs root; gone when the last holder closes it."""
    context = syscalls.call("fsopen", b"tmpfs", 1)
    try:
        set_string, create = 1, 6
        syscalls.call("fsconfig", context, set_string, b"mode", b"755", 0)
        syscalls.call("fsconfig", context, create, 0, 0, 0)
        return syscalls.call("fsmount", context, 1, _ATTR_NOSUID | _ATTR_NODEV)
    finally:
        os.close(context)


def enter_root(
    trees: Iterable[Tree], links: dict[str, str], scratch_mb: int, own_processes: bool, uid: int, gid: int
) -> None:
    """Build the root out of `trees`, move into it and let go of the old one. The caller has its own mount namespace.

    `uid`, `gid` own the scratch folders. /proc is made anew, and only where the processes in it are the worker's own.
    """
    _mount("", "/", "", _REC | _PRIVATE)
    _mount("root", "/tmp", "tmpfs", _NOSUID | _NODEV, _ROOT_OPTIONS)
    os.chdir("/tmp")
    scratch = f"size={scratch_mb}m,nr_inodes={_SCRATCH_INODES},mode=700,uid={uid},gid={gid}".encode()
    for folder in ("tmp", "dev/shm"):
        os.makedirs(folder)
        _mount("scratch", folder, "tmpfs", _NOSUID | _NODEV, scratch)
    for tree in sorted(trees, key=lambda t: t.target.count("/")):
        _attach(tree)
    for path, leads_to in {**links, "/dev/fd": "/proc/self/fd"}.items():
        os.symlink(leads_to, "." + path)
    os.makedirs("etc", exist_ok=True)
    for path, text in _FILES.items():
        with open(path, "w") as file:
            file.write(text)
    os.mkdir("proc")
    if own_processes:
        # a container that masks parts of its own /proc refuses; then there is none, which withholds more, not less
        with contextlib.suppress(PermissionError):
            _mount("proc", "proc", "proc", _NOSUID | _NODEV | _NOEXEC)
    syscalls.call("pivot_root", b".", b".")
    syscalls.call("umount2", b".", _DETACH)
    os.chdir("/")
    syscalls.call("mount_setattr", _AT_FDCWD, b"/", 0, struct.pack("QQQQ", _ATTR_RDONLY, 0, 0, 0), 32)


def _mount(source: str, target: str, kind: str, flags: int, options: bytes = b"") -> None:
    try:
        syscalls.call("mount", source.encode(), target.encode(), kind.encode(), flags, options)
    except OSError as error:
        raise OSError(error.errno, f"{error.strerror}, {kind or 'bind'} on {target}") from None


def _attach(tree: Tree) -> None:
    path = "." + tree.target
    os.makedirs(path if tree.is_dir else os.path.dirname(path), exist_ok=True)
    if not tree.is_dir:
        os.close(os.open(path, os.O_CREAT | os.O_WRONLY, 0o444))
    syscalls.call("move_mount", tree.fd, b"", _AT_FDCWD, os.fsencode(path), _MOVE_MOUNT_FROM_FD)
    os.close(tree.fd)
