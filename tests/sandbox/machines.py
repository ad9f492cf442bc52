"""Other machines than this one, as far as a program can tell: what grants a worker less is simulated by root."""

from __future__ import annotations

import json
import os
import struct
import subprocess
import sys
from dataclasses import dataclass
from typing import Any, Final

from plain import HERE, HOUSE, become_plain, open_the_way

from autograder.sandbox import seccomp, syscalls
from autograder.sandbox.sources import site_folders

_ENOSYS, _EPERM = 38, 1

# what Docker's default profile answers with EPERM to a container's root, of the calls that our table knows
_DOCKER_DENIES: Final = """
acct add_key bpf clock_adjtime clock_settime delete_module fanotify_init finit_module fsconfig fsmount fsopen fspick
init_module io_uring_enter io_uring_register io_uring_setup ioperm iopl kcmp kexec_file_load kexec_load keyctl
lookup_dcookie mount mount_setattr move_mount move_pages name_to_handle_at nfsservctl open_by_handle_at open_tree
perf_event_open pivot_root quotactl quotactl_fd reboot request_key setdomainname sethostname setns settimeofday
swapoff swapon syslog umount2 unshare userfaultfd vhangup
"""
_NO_NAMESPACES: Final = "unshare setns mount pivot_root open_tree"
_LANDLOCK: Final = "landlock_create_ruleset landlock_add_rule landlock_restrict_self"
# chown, dac_override, fowner, fsetid, kill, setgid, setuid, setpcap, net_bind_service, net_raw, sys_chroot, mknod,
# audit_write, setfcap: Docker's default
_DOCKER_KEEPS: Final = frozenset((0, 1, 3, 4, 5, 6, 7, 8, 10, 13, 18, 27, 29, 31))


@dataclass(frozen=True)
class Machine:
    """`user`: whoever grades is no root. `landlock`: the kernel has it. `opened`: others may read the interpreter."""

    user: bool = False
    landlock: bool = True
    opened: bool = True

    def enter(self) -> None:
        """Make this process, which is root, one on that machine. For good, and for what it starts."""
        open_the_way(self.opened)
        _hide_cgroups()
        program = _filter((_NO_NAMESPACES if self.user else _DOCKER_DENIES).split(), self.landlock)
        if self.user:
            become_plain()
            syscalls.prctl(syscalls.PR_SET_NO_NEW_PRIVS, 1)
        seccomp.install(program)
        if not self.user:
            _keep_capabilities(_DOCKER_KEEPS)


CONTAINER: Final = Machine()
CLOSED: Final = Machine(opened=False)
OLD_CONTAINER: Final = Machine(landlock=False)
USER: Final = Machine(user=True)
OLD_USER: Final = Machine(user=True, landlock=False)


def _filter(denied: list[str], landlock: bool) -> bytes:
    program = seccomp._Program()
    program.add(0x20, 0)
    for name in denied:
        program.deny(name, _EPERM)
    for name in () if landlock else _LANDLOCK.split():
        program.deny(name, _ENOSYS)
    program.deny("clone3", _ENOSYS)
    program.add(0x15, syscalls.NUMBERS["clone"], 0, 4)
    program.add(0x20, 16)
    program.add(0x45, 0x7E020000, 0, 1)
    program.add(0x06, 0x00050000 | _EPERM)
    program.add(0x06, 0x7FFF0000)
    program.add(0x06, 0x7FFF0000)
    return b"".join(program.code)


def _keep_capabilities(kept: frozenset[int]) -> None:
    for capability in set(range(64)) - kept:
        try:
            syscalls.prctl(syscalls.PR_CAPBSET_DROP, capability)
        except OSError:
            continue
    bits = sum(1 << capability for capability in kept)
    low, high = bits & 0xFFFFFFFF, bits >> 32
    version_3 = 0x20080522
    syscalls.call("capset", struct.pack("Ii", version_3, 0), struct.pack("6I", low, low, 0, high, high, 0))


def _hide_cgroups() -> None:
    """A container's are read-only; an ordinary user has none."""
    read_only = 1
    syscalls.call("mount", b"none", b"/sys/fs/cgroup", b"tmpfs", read_only, b"mode=755")


def on(machine: Machine, *args: str, seconds: float = 120) -> subprocess.CompletedProcess[str]:
    """Run Python with these arguments on that machine."""
    path = os.pathsep.join([str(HOUSE), str(HERE), *site_folders(sys.path)])
    return subprocess.run(
        [sys.executable, *args],
        env={"PATH": os.defpath, "PYTHONPATH": path, "OMP_NUM_THREADS": "1", "PYTHONDONTWRITEBYTECODE": "1"},
        cwd="/",
        capture_output=True,
        text=True,
        preexec_fn=machine.enter,
        timeout=seconds,
    )


def told(machine: Machine, *trials: str) -> dict[str, Any]:
    """What trials of lower.py come to there."""
    done = on(machine, "-c", f"import json, lower; print(json.dumps(lower.main(*{trials!r})))")
    assert done.returncode == 0, done.stderr
    said: dict[str, Any] = json.loads(done.stdout)
    return said
