"""Landlock: from here on this process may open, write and run only below the folders named."""

from __future__ import annotations

import os
import struct
from collections.abc import Sequence
from typing import Final

from autograder.sandbox import syscalls

_EXECUTE, _WRITE_FILE, _READ_FILE, _READ_DIR, _REMOVE_DIR, _REMOVE_FILE = (1 << i for i in range(6))
_MAKE_CHAR, _MAKE_DIR, _MAKE_REG, _MAKE_SOCK, _MAKE_FIFO, _MAKE_BLOCK, _MAKE_SYM = (1 << i for i in range(6, 13))
_REFER, _TRUNCATE, _IOCTL_DEV = (1 << i for i in range(13, 16))

READ: Final = _EXECUTE | _READ_FILE | _READ_DIR
WRITE: Final = (
    READ
    | _WRITE_FILE
    | _REMOVE_DIR
    | _REMOVE_FILE
    | _MAKE_DIR
    | _MAKE_REG
    | _MAKE_SOCK
    | _MAKE_FIFO
    | _MAKE_SYM
    | _REFER
    | _TRUNCATE
)
DEVICE: Final = _READ_FILE | _WRITE_FILE | _TRUNCATE | _IOCTL_DEV
_OF_A_FILE: Final = _EXECUTE | _WRITE_FILE | _READ_FILE | _TRUNCATE | _IOCTL_DEV
# rights the kernel knows, by ABI: 1 has the first 13, 2 adds refer, 3 truncate, 5 ioctl on devices
_KNOWN_BITS: Final = {1: 13, 2: 14, 3: 15, 4: 15}


def abi() -> int:
    """Landlock's version here; 0 where the kernel has none or keeps it off."""
    try:
        return syscalls.call("landlock_create_ruleset", 0, 0, 1)
    except OSError:
        return 0


def restrict(rules: Sequence[tuple[str, int]], most: int = 0, tcp: bool = False) -> int:
    """Allow only `rules` (path → rights), no TCP unless told so, and no signals or abstract sockets beyond oneself.

    A path out of reach grants nothing. Returns the ABI used, not above `most`; raises OSError where there is none.
    """
    version = min(abi(), most or 99)
    if not version:
        raise OSError(38, "this kernel has no Landlock")
    handled = (1 << _KNOWN_BITS.get(version, 16)) - 1
    network = 0 if tcp or version < 4 else 3
    scoped = 0 if version < 6 else 3
    size = 8 if version < 4 else 16 if version < 6 else 24
    ruleset = syscalls.call("landlock_create_ruleset", struct.pack("QQQ", handled, network, scoped), size, 0)
    try:
        for path, rights in rules:
            _allow(ruleset, path, rights & handled)
        syscalls.prctl(syscalls.PR_SET_NO_NEW_PRIVS, 1)
        syscalls.call("landlock_restrict_self", ruleset, 0)
    finally:
        os.close(ruleset)
    return version


def _allow(ruleset: int, path: str, rights: int) -> None:
    try:
        anchor = os.open(path, os.O_PATH | os.O_CLOEXEC)
    except (FileNotFoundError, NotADirectoryError, PermissionError):
        return  # what this user cannot even name needs no grant
    try:
        if not os.path.isdir(path):
            rights &= _OF_A_FILE
        syscalls.call("landlock_add_rule", ruleset, 1, struct.pack("=Qi", rights, anchor), 0)
    finally:
        os.close(anchor)
