"""A seccomp filter, assembled by hand: which system calls student code may not make."""

from __future__ import annotations

import ctypes
import struct
from collections.abc import Iterable
from typing import Final

from autograder.sandbox import syscalls

ALWAYS: Final = """
ptrace process_vm_readv process_vm_writev process_madvise process_mrelease kcmp pidfd_getfd
mount umount2 pivot_root chroot move_mount open_tree fsopen fsconfig fsmount fspick mount_setattr unshare setns
keyctl add_key request_key bpf perf_event_open userfaultfd io_uring_setup io_uring_enter io_uring_register
init_module finit_module delete_module kexec_load kexec_file_load reboot swapon swapoff syslog acct quotactl
quotactl_fd settimeofday clock_settime clock_adjtime adjtimex personality open_by_handle_at name_to_handle_at
fanotify_init lookup_dcookie iopl ioperm modify_ldt vhangup nfsservctl sethostname setdomainname mknod mknodat
migrate_pages move_pages
memfd_create memfd_secret shmget shmat shmctl msgget msgsnd msgrcv msgctl semget semop semctl semtimedop
mq_open mq_unlink
"""
"""Never needed by an assignment. The last two lines are memory of no process, which no watchdog could count."""

WITHOUT_NAMESPACES: Final = """
setsid setpgid pidfd_send_signal rt_sigqueueinfo rt_tgsigqueueinfo ioprio_set setpriority
sched_setscheduler sched_setattr sched_setparam
setxattr lsetxattr fsetxattr removexattr lremovexattr fremovexattr truncate
connect bind listen
pidfd_open inotify_init inotify_init1 inotify_add_watch
"""
"""Denied where no namespace hides the neighbours: Landlock does not mediate these, a new session escapes the kill."""

WITHOUT_AN_OWN_UID: Final = """
tkill chmod fchmod fchmodat fchmodat2 chown fchown lchown fchownat utime utimes utimensat futimesat
"""
"""Denied where the neighbours are the same user's besides."""

_LOAD, _EQUAL, _AT_LEAST, _ANY_BIT, _RETURN = 0x20, 0x15, 0x35, 0x45, 0x06
_ALLOW, _KILL = 0x7FFF0000, 0x80000000
_NUMBER, _ARCH, _ARGUMENT = 0, 4, (16, 24, 32)  # offsets in struct seccomp_data; the low halves of the arguments
_EPERM, _ENOSYS, _EAFNOSUPPORT = 1, 38, 97
_NAMESPACE_FLAGS: Final = 0x7E020000
_AF_UNIX: Final = 1
_TIOCSTI, _TIOCLINUX = 0x5412, 0x541C
_PR_SET_CHILD_SUBREAPER: Final = 36


def _error(number: int) -> int:
    return 0x00050000 | number


class _Program:
    """Classic BPF, one instruction at a time; jumps count instructions forward."""

    def __init__(self) -> None:
        self.code: list[bytes] = []

    def add(self, code: int, value: int, if_true: int = 0, if_false: int = 0) -> None:
        self.code.append(struct.pack("HBBI", code, if_true, if_false, value & 0xFFFFFFFF))

    def deny(self, name: str, error: int = _EPERM) -> None:
        if name in syscalls.NUMBERS:
            self.add(_EQUAL, syscalls.NUMBERS[name], 0, 1)
            self.add(_RETURN, _error(error))

    def only(self, name: str, argument: int, allowed: Iterable[int], error: int = _EPERM) -> None:
        """Allow a call when its argument is one of these values."""
        values = list(allowed)
        self.add(_EQUAL, syscalls.NUMBERS[name], 0, 3 + len(values))
        self.add(_LOAD, _ARGUMENT[argument])
        for i, value in enumerate(values):
            self.add(_EQUAL, value, len(values) - i, 0)
        self.add(_RETURN, _error(error))
        self.add(_RETURN, _ALLOW)

    def never(self, name: str, argument: int, refused: Iterable[int]) -> None:
        """Refuse a call when its argument is one of these values."""
        values = list(refused)
        self.add(_EQUAL, syscalls.NUMBERS[name], 0, 3 + len(values))
        self.add(_LOAD, _ARGUMENT[argument])
        for i, value in enumerate(values):
            self.add(_EQUAL, value, len(values) - i, 0)
        self.add(_RETURN, _ALLOW)
        self.add(_RETURN, _error(_EPERM))


def assemble(namespaces: bool, pid: int = 0, own_uid: bool = False) -> bytes:
    """The filter's instructions. Without namespaces there are more.

    Without an own uid besides, only the worker `pid` may be signalled: not even its own children may.
    """
    denied = ALWAYS if namespaces else ALWAYS + WITHOUT_NAMESPACES + ("" if own_uid else WITHOUT_AN_OWN_UID)
    program = _Program()
    program.add(_LOAD, _ARCH)
    program.add(_EQUAL, syscalls.AUDIT_ARCH, 1, 0)
    program.add(_RETURN, _KILL)  # a 32-bit call would mean other numbers
    program.add(_LOAD, _NUMBER)
    program.add(_AT_LEAST, syscalls.FIRST_UNKNOWN, 0, 1)  # newer than the table, and x32's numbers
    program.add(_RETURN, _error(_ENOSYS))
    for name in denied.split():
        program.deny(name)
    program.deny("clone3", _ENOSYS)  # its flags lie in memory, out of a filter's reach; glibc then uses clone
    number = syscalls.NUMBERS
    program.add(_EQUAL, number["clone"], 0, 4)
    program.add(_LOAD, _ARGUMENT[0])
    program.add(_ANY_BIT, _NAMESPACE_FLAGS, 0, 1)
    program.add(_RETURN, _error(_EPERM))
    program.add(_RETURN, _ALLOW)
    for name in ("socket", "socketpair"):
        program.only(name, 0, (_AF_UNIX,), _EAFNOSUPPORT)
    program.only("prlimit64", 0, (0,))  # one's own limits, not another's
    program.never("ioctl", 1, (_TIOCSTI, _TIOCLINUX))
    if not namespaces and not own_uid:
        program.only("kill", 0, (pid,))
        program.only("tgkill", 0, (pid,))
    if not namespaces:
        program.only("sched_setaffinity", 0, (0,))
        program.never("prctl", 0, (_PR_SET_CHILD_SUBREAPER,))
    program.add(_RETURN, _ALLOW)
    return b"".join(program.code)


def install(program: bytes) -> None:
    """Put this process and all it will start under the filter, for good. Needs no_new_privs; raises OSError."""
    held = ctypes.create_string_buffer(program, len(program))
    pointer = struct.pack("HxxxxxxQ", len(program) // 8, ctypes.addressof(held))
    argument = ctypes.create_string_buffer(pointer, len(pointer))
    mode_filter = 2
    syscalls.call("prctl", syscalls.PR_SET_SECCOMP, mode_filter, ctypes.addressof(argument), 0, 0)
