"""Which attack each layer holds back: the table that the tests of the layers run, as root and as a plain user."""

from __future__ import annotations

import contextlib
import ctypes
import os
import secrets
import signal
import socket
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from talk import SMALL, RemoteError, ask, hostile

from autograder.sandbox.box import Zygote
from autograder.sandbox.isolation import Isolation
from autograder.sandbox.transport import Stopped

MARKER = secrets.token_hex(16)
NEEDED = ("ctypes", "mmap", "resource", "socket", "subprocess", "threading", "encodings.idna")
"""What the attacks import: with an own uid and no mounts, an interpreter in a closed folder is out of reach."""

MEMORY = ("cgroup", "watchdog")


@dataclass(frozen=True)
class Row:
    """`layer` alone holds back `attack`, the `others` that would do so too taken off; `root` rows need root to try."""

    layer: str
    attack: str
    argument: Callable[[Outside], tuple[object, ...]]
    others: tuple[str, ...] = ()
    through: Callable[[Any, Outside], bool] = lambda value, outside: True
    root: bool = False

    @property
    def name(self) -> str:
        return f"{self.layer}-{self.attack}"


@dataclass(frozen=True)
class Outside:
    """What there is to attack. `secret` is for all to read, `private` for root, `foreign` for a third user."""

    submission: Path
    secret: Path
    private: Path
    foreign: Path
    victim: int
    tcp: int
    udp: int
    name: str
    key: int


ROWS = (
    Row("mount", "read", lambda o: (str(o.secret),), ("landlock",)),
    Row(
        "mount", "seek", lambda o: (str(o.secret.parent), [o.secret.name]), ("landlock",), lambda found, o: bool(found)
    ),
    Row("landlock", "read", lambda o: (str(o.secret),), ("mount",)),
    Row(
        "landlock", "seek", lambda o: (str(o.secret.parent), [o.secret.name]), ("mount",), lambda found, o: bool(found)
    ),
    Row("uid", "read", lambda o: (str(o.private),), ("mount", "landlock"), root=True),
    Row("uid", "write", lambda o: (str(o.private.with_name("new")),), ("mount", "landlock"), root=True),
    Row("user", "read", lambda o: (str(o.foreign),), ("uid", "mount", "landlock", "capabilities"), root=True),
    Row("capabilities", "read", lambda o: (str(o.foreign),), ("uid", "mount", "landlock", "user"), root=True),
    Row("capabilities", "mount", lambda o: (), ("seccomp", "landlock")),
    Row("pid", "send_signal", lambda o: (o.victim,), ("uid", "landlock")),
    Row("landlock", "send_signal", lambda o: (o.victim,), ("uid", "pid")),
    Row("uid", "send_signal", lambda o: (o.victim,), ("landlock", "pid"), root=True),
    Row("network", "connect_tcp", lambda o: (o.tcp,), ("seccomp", "landlock")),
    Row("network", "send_udp", lambda o: (o.udp,), ("seccomp",)),
    Row("network", "connect_abstract", lambda o: (o.name,), ("landlock",)),
    Row("landlock", "connect_abstract", lambda o: (o.name,), ("network",)),
    Row("seccomp", "connect_tcp", lambda o: (o.tcp,), ("network", "landlock")),
    Row("seccomp", "send_udp", lambda o: (o.udp,), ("network",)),
    Row("seccomp", "unshare", lambda o: ()),
    Row("seccomp", "shared_segment", lambda o: (o.key,), ("ipc",)),
    Row("ipc", "shared_segment", lambda o: (o.key,), ("seccomp",)),
    Row("uts", "machine_name", lambda o: (), through=lambda name, o: name == os.uname().nodename),
    Row("rlimits", "fork_many", lambda o: (60,), through=lambda count, o: count > SMALL.processes),
    Row("cgroup", "hoard", lambda o: (SMALL.memory_mb + 40, 0.5)),
    Row("watchdog", "hoard", lambda o: (SMALL.memory_mb + 40, 0.5)),
)
"""RLIMIT_DATA lets a process have twice the memory, so that the last two rows see the other layer."""


def rows() -> list[Row]:
    return [row for row in ROWS if os.geteuid() == 0 or not row.root]


class Trial:
    """Tries rows. One zygote serves them all, but those about memory, which the zygote itself is born into."""

    def __init__(self, full: Isolation, outside: Outside) -> None:
        self._full = full
        self._outside = outside
        self._shared = Zygote(full.without(*MEMORY), NEEDED)

    def close(self) -> None:
        self._shared.close()

    def run(self, row: Row) -> tuple[bool, bool]:
        """(does the layer alone hold the attack back, does the attack work without it). Both have to be so."""
        parts = [part for part in self._full.parts if part not in (*row.others, *MEMORY)]
        alone = [*parts, row.layer] if row.layer in MEMORY else parts
        return not self._gets_through(row, alone), self._gets_through(row, [p for p in alone if p != row.layer])

    def _gets_through(self, row: Row, parts: list[str]) -> bool:
        """Whether the attack works in a box made of these layers."""
        isolation = self._full.of(parts)
        with contextlib.ExitStack() as stack:
            zygote = self._shared
            if row.layer in MEMORY:
                zygote = stack.enter_context(Zygote(isolation, NEEDED))
            zygote.isolation = isolation
            box = stack.enter_context(zygote.open(self._outside.submission, SMALL))
            assert ask(box, "double", 2) == 4, "a box in which nothing works would hold back everything"
            try:
                return row.through(ask(box, row.attack, *row.argument(self._outside)), self._outside)
            except (RemoteError, Stopped):
                return False


@contextlib.contextmanager
def outside() -> Iterator[Outside]:
    """Things to attack, all in reach of a worker without walls."""
    with contextlib.ExitStack() as stack:
        place = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="autograder-test-")))
        place.chmod(0o755)
        files = [place / name for name in ("secret", "private", "foreign")]
        for path, mode in zip(files, (0o644, 0o600, 0o600), strict=True):
            path.write_text(MARKER)
            path.chmod(mode)
        if os.geteuid() == 0:
            os.chown(files[2], 12345, 12345)
        victim = subprocess.Popen([sys.executable, "-S", "-c", "import signal; signal.pause()"], cwd="/")
        stack.callback(victim.wait)
        stack.callback(victim.send_signal, signal.SIGKILL)
        tcp = stack.enter_context(socket.create_server(("127.0.0.1", 0)))
        udp = stack.enter_context(socket.socket(socket.AF_INET, socket.SOCK_DGRAM))
        udp.bind(("127.0.0.1", 0))
        local = stack.enter_context(socket.socket(socket.AF_UNIX))
        name = f"autograder-test-{os.getpid()}"
        local.bind("\0" + name)
        local.listen(5)
        key = stack.enter_context(segment())
        yield Outside(
            hostile(place / "submission"), *files, victim.pid, tcp.getsockname()[1], udp.getsockname()[1], name, key
        )


@contextlib.contextmanager
def segment() -> Iterator[int]:
    """The key of a System V segment that everybody may find."""
    libc = ctypes.CDLL(None, use_errno=True)
    key, create, remove = 0x51AB0000 | os.getpid() & 0xFFFF, 0o1666, 0
    number = libc.shmget(key, 4096, create)
    if number < 0:
        raise OSError(ctypes.get_errno(), "shmget")
    try:
        yield key
    finally:
        libc.shmctl(number, remove, None)
