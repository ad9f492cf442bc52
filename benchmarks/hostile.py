"""Submissions of the quiz that attack the machine and the other submissions. They are graded in the sandbox only."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Mapping
from functools import cache

from benchmarks import quiz
from benchmarks.tricks import HONEST, TRICKS

FORKS = """
import os


def double(x):
    while True:
        try:
            os.fork()
        except OSError:
            pass
"""

HOARDS = """
held = []


def double(x):
    while True:
        held.append(bytearray(b"x" * (1 << 20)))
"""

HOARDS_IN_CHILDREN = """
import os
import time


def double(x):
    for _ in range(8):
        if os.fork() == 0:
            held = [bytearray(b"x" * (1 << 20)) for _ in range(80)]
            time.sleep(5)
            os._exit(len(held) & 1)
    time.sleep(5)
"""

DAEMON = """
import os
import signal


def daemon():
    if os.fork():
        os.wait()
        return
    os.setsid()
    if os.fork():
        os._exit(0)
    for number in (signal.SIGHUP, signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.SIG_IGN)
    os.closerange(0, 100)
    while True:
        signal.pause()


daemon()
"""

SEGMENTS = """
import ctypes
import os

libc = ctypes.CDLL(None)
libc.shmat.restype = ctypes.c_void_p
for key in range(40):
    segment = libc.shmget(0x5EED + key, 1 << 20, 0o1666)
    if segment >= 0:
        ctypes.memset(libc.shmat(segment, None, 0), 1, 1 << 20)
for folder in ("/dev/shm", "/tmp", "/var/tmp"):
    for number in range(40):
        try:
            with open(f"{folder}/left-{number}", "wb") as file:
                file.write(bytes(1 << 20))
        except OSError:
            break
"""

FILLS = """
import os


def double(x):
    number = 0
    while True:
        number += 1
        try:
            with open(f"{os.getcwd()}/{number}", "wb") as file:
                file.write(bytes(1 << 20))
        except OSError:
            if number > 5000:
                return x
"""

FLOODS = """
import os


def double(x):
    while True:
        os.write(1, bytes(1 << 20))
"""

KILLS = """
import os
import signal

for number in (signal.SIGSTOP, signal.SIGKILL):
    try:
        os.kill(os.getppid(), number)
    except OSError:
        pass
"""

CRASHES = """
import ctypes
import os


def double(x):
    ctypes.string_at(0)


def center(x):
    os.abort()
"""

SLEEPS = """
import signal
import time


def double(x):
    for number in range(1, signal.NSIG):
        try:
            signal.signal(number, signal.SIG_IGN)
        except (OSError, ValueError):
            pass
    while True:
        time.sleep(60)
"""

MOUNTS = """
import ctypes
import os

libc = ctypes.CDLL(None)
for flags in (0x10000000, 0x00020000, 0x10020000):
    libc.unshare(flags)
libc.mount(b"none", b"/tmp", b"tmpfs", 0, None)
for folder in ("/sys/fs/cgroup", "/sys/fs/cgroup/memory"):
    try:
        os.mkdir(folder + "/autograder-hostile")
    except OSError:
        pass
"""

SPEAKS_FIRST = """
import os

os.write(4, b"\\x02\\0\\0\\0" + bytes(8) + b"{}")
"""

MACHINE = {
    "forks": FORKS,
    "hoards": HOARDS,
    "leaves-segments": SEGMENTS,
    "kills": KILLS,
    "leaves-a-daemon": DAEMON,
    "fills-the-disk": FILLS,
    "crashes": CRASHES,
    "floods": FLOODS,
    "mounts": MOUNTS,
    "hoards-in-children": HOARDS_IN_CHILDREN,
    "speaks-first": SPEAKS_FIRST,
    "sleeps": SLEEPS,
}


@cache
def uploads() -> dict[str, bytes]:
    """Name → the bytes that are handed in: what attacks the machine, unreadable archives, what attacks the score."""
    plain = {name: _zip({"work.py": quiz.WRONG + code}) for name, code in MACHINE.items()}
    slip = {"../../slipped.py": "x = 1\n", "/tmp/slipped.py": "x = 1\n", "work.py": quiz.WRONG}
    archives = {
        "no-archive": b"%PDF-1.7\n" * 50,
        "cut-off": plain["forks"][:-40],
        "slips-out": _zip(slip),
        "grows": _zip({"work.py": quiz.WRONG, "large.py": "#" * (64 << 20)}),
    }
    tricks = {
        f"trick-{n}": _zip({"work.py": trick.source("/nowhere"), **trick.files})
        for n, trick in enumerate(trick for trick in TRICKS if trick is not HONEST)
    }
    return plain | archives | tricks


def _zip(files: Mapping[str, str | bytes]) -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(zipfile.ZipInfo(name), content, zipfile.ZIP_DEFLATED)
    return made.getvalue()
