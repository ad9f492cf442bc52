"""System calls that the standard library does not offer, through ctypes, with their numbers on x86_64 and aarch64."""

from __future__ import annotations

import ctypes
import os
from typing import Final

# name, number on x86_64, number on aarch64 ("-": that machine never had it); from the kernel's own unistd tables
_TABLE: Final = """
acct 163 89; add_key 248 217; adjtimex 159 171; bind 49 200; bpf 321 280; capset 126 91; chmod 90 -; chown 92 -;
chroot 161 51; clock_adjtime 305 266; clock_settime 227 112; clone 56 220; clone3 435 435; connect 42 203;
delete_module 176 106; fanotify_init 300 262; fchmod 91 52; fchmodat 268 53; fchmodat2 452 452; fchown 93 55;
fchownat 260 54; finit_module 313 273; fremovexattr 199 16; fsconfig 431 431; fsetxattr 190 7; fsmount 432 432;
fsopen 430 430; fspick 433 433; futimesat 261 -; init_module 175 105;
inotify_add_watch 254 27; inotify_init 253 -; inotify_init1 294 26; io_uring_enter 426 426;
io_uring_register 427 427; io_uring_setup 425 425; ioctl 16 29; ioperm 173 -; iopl 172 -; ioprio_set 251 30;
kcmp 312 272; kexec_file_load 320 294; kexec_load 246 104; keyctl 250 219; kill 62 129; landlock_add_rule 445 445;
landlock_create_ruleset 444 444; landlock_restrict_self 446 446; lchown 94 -; listen 50 201; lookup_dcookie 212 18;
lremovexattr 198 15; lsetxattr 189 6; madvise 28 233; memfd_create 319 279; memfd_secret 447 447; migrate_pages 256 238;
mknod 133 -; mknodat 259 33; modify_ldt 154 -; mount 165 40; mount_setattr 442 442; move_mount 429 429;
move_pages 279 239; mq_open 240 180; mq_unlink 241 181; msgctl 71 187; msgget 68 186; msgrcv 70 188; msgsnd 69 189;
name_to_handle_at 303 264; nfsservctl 180 42; open_by_handle_at 304 265; open_tree 428 428; perf_event_open 298 241;
personality 135 92; pidfd_getfd 438 438; pidfd_open 434 434; pidfd_send_signal 424 424; pivot_root 155 41;
prctl 157 167; prlimit64 302 261; process_madvise 440 440; process_mrelease 448 448; process_vm_readv 310 270;
process_vm_writev 311 271; ptrace 101 117; quotactl 179 60; quotactl_fd 443 443; reboot 169 142; removexattr 197 14;
request_key 249 218; rt_sigqueueinfo 129 138; rt_tgsigqueueinfo 297 240; sched_setaffinity 203 122;
sched_setattr 314 274; sched_setparam 142 118; sched_setscheduler 144 119; semctl 66 191; semget 64 190;
semop 65 193; semtimedop 220 192; setdomainname 171 162; sethostname 170 161; setfsgid 123 152; setfsuid 122 151;
setns 308 268; setpgid 109 154;
setpriority 141 140; setsid 112 157; settimeofday 164 170; setxattr 188 5; shmat 30 196; shmctl 31 195;
shmget 29 194; socket 41 198; socketpair 53 199; swapoff 168 225; swapon 167 224; syslog 103 116; tgkill 234 131;
tkill 200 130; truncate 76 45; umount2 166 39; unshare 272 97; userfaultfd 323 282; utime 132 -; utimensat 280 88;
utimes 235 -; vhangup 153 58
"""

FIRST_UNKNOWN: Final = 463
"""Numbers from here on (setxattrat, Linux 6.13) are not in the table, so nobody has judged them."""

_COLUMN: Final = {"x86_64": 1, "aarch64": 2}.get(os.uname().machine, 0)
AUDIT_ARCH: Final = {1: 0xC000003E, 2: 0xC00000B7}.get(_COLUMN, 0)
IS_X86: Final = _COLUMN == 1


def _numbers() -> dict[str, int]:
    if not _COLUMN:
        return {}
    rows = (row.split() for row in _TABLE.split(";"))
    return {row[0]: int(row[_COLUMN]) for row in rows if row[_COLUMN] != "-"}


NUMBERS: Final = _numbers()
"""System call → its number here; empty on a machine of another kind, where every layer made of them is missing."""

# PyDLL keeps the interpreter's lock: after a bare clone there is no other thread, and nothing may run in between.
_libc: Final = ctypes.PyDLL(None, use_errno=True)
_libc.syscall.restype = ctypes.c_long

PR_SET_PDEATHSIG, PR_SET_DUMPABLE, PR_CAPBSET_DROP, PR_SET_NAME = 1, 4, 24, 15
PR_SET_CHILD_SUBREAPER, PR_SET_NO_NEW_PRIVS, PR_GET_TID_ADDRESS, PR_SET_SECCOMP = 36, 38, 40, 22


def call(name: str, *args: int | bytes) -> int:
    """Do a system call; raises OSError with its name, ENOSYS where this machine's number is not known."""
    if name not in NUMBERS:
        raise OSError(38, f"{name}: {os.strerror(38)}")
    result = int(
        _libc.syscall(ctypes.c_long(NUMBERS[name]), *(ctypes.c_long(a) if isinstance(a, int) else a for a in args))
    )
    if result < 0:
        number = ctypes.get_errno()
        raise OSError(number, f"{name}: {os.strerror(number)}")
    return result


def prctl(option: int, value: int = 0) -> int:
    """Change one attribute of this process; raises OSError."""
    return call("prctl", option, value, 0, 0, 0)


def drop_capabilities() -> None:
    """Give up every capability, also those that a program run later could gain."""
    for capability in range(64):
        try:
            prctl(PR_CAPBSET_DROP, capability)
        except OSError:  # EINVAL past the last one, EPERM where there was nothing to drop
            break
    version_3 = 0x20080522
    call("capset", version_3.to_bytes(4, "little") + bytes(4), bytes(24))


def clone(flags: int) -> int:
    """Fork with new namespaces: os.fork() with clone's flags. Returns 0 in the child, its pid in the parent.

    As in glibc's fork, the kernel rewrites the thread id that glibc keeps, where it tells the address.
    """
    sigchld, child_cleartid, child_settid = 17, 0x00200000, 0x01000000
    address = ctypes.c_ulong(0)
    if _libc.prctl(PR_GET_TID_ADDRESS, ctypes.byref(address), 0, 0, 0) == 0 and address.value:
        flags |= child_cleartid | child_settid
    tid = ctypes.c_long(address.value)
    zero = ctypes.c_long(0)
    # the two machines differ in the order of the last two: child's tid, thread-local storage
    last = (tid, zero) if IS_X86 else (zero, tid)
    ctypes.pythonapi.PyOS_BeforeFork()
    pid = int(_libc.syscall(ctypes.c_long(NUMBERS["clone"]), ctypes.c_long(flags | sigchld), zero, zero, *last))
    number = ctypes.get_errno()
    if pid == 0:
        ctypes.pythonapi.PyOS_AfterFork_Child()
        return 0
    ctypes.pythonapi.PyOS_AfterFork_Parent()
    if pid < 0:
        raise OSError(number, f"clone: {os.strerror(number)}")
    return pid
