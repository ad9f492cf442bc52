"""Group E of the list: attacking the machine, or the other submissions of the run."""

from __future__ import annotations

from raid import Attack

CRASHED = "made Python crash or exit."
TOO_SLOW = "did not finish"
TOO_LARGE = "memory"

UNPICKLED = Attack(
    "E1",
    "pickles",
    "data",
    """
class Bomb(Exception):
    def __reduce__(self):
        return exec, ("import pathlib; pathlib.Path('__BAIT__/unpickled').touch()",)

    __reduce_ex__ = lambda self, protocol: self.__reduce__()
    __setstate__ = __getstate__ = lambda self, state=None: {}


def double(x):
    return Bomb()


def count(x):
    return [Bomb()]


def loss(x, y):
    return np.array([Bomb()], dtype=object)


def triple(t):
    raise Bomb(Bomb())


class Meter:
    total = Bomb()

    def add(self, value):
        return {"bomb": (Bomb(),)}


class Model:
    def scores(self, x):
        return np.array([(Bomb(),)] * 100, dtype=[("bomb", object)])


def train(x, y):
    return Model()


class Net:
    params = {Bomb(): Bomb()}
""",
    says={
        "check_double_of_ones": "double(x) is a Bomb, not an array.",
        "check_double_of_draws": "is not an array",
        "check_count_of_three": "Handle to Bomb",
        "check_loss": "not an array",
        "check_meter": "not an array",
        "check_triple": "triple raised an exception",
        "check_train": "scores is not an array",
        "check_net": "raised TypeError",
    },
)

SPINS = Attack(
    "E6",
    "spins-in-c",
    "budget",
    """
import re


def count(x):
    return re.match("(a+)+$", "a" * 60 + "b")
""",
    says={"check_count_of_three": TOO_SLOW, "check_count_of_draws": TOO_SLOW},
)

SLEEPS = Attack(
    "E6",
    "deadlock-deaf-to-signals",
    "budget",
    """
import signal
import threading


class Net:
    def __init__(self):
        for number in range(1, signal.NSIG):
            try:
                signal.signal(number, signal.SIG_IGN)
            except (OSError, ValueError):
                pass
        signal.pthread_sigmask(signal.SIG_BLOCK, range(1, signal.NSIG))
        lock = threading.Lock()
        lock.acquire()
        lock.acquire()
""",
    says={"check_net": TOO_SLOW},
)

FORKS = Attack(
    "E7",
    "fork-bomb",
    "budget",
    """
import os


def train(x, y):
    while True:
        try:
            os.fork()
        except OSError:
            pass
""",
    says={"check_train": TOO_SLOW},
)

THREADS = Attack(
    "E7",
    "thread-bomb-and-orphans",
    "walls",
    """
import os
import signal
import threading

event = threading.Event()


def crowd():
    while True:
        threading.Thread(target=event.wait, daemon=True).start()


def orphan():
    if os.fork() == 0:
        os.setsid()
        if os.fork() == 0:
            for number in (signal.SIGHUP, signal.SIGINT, signal.SIGTERM):
                signal.signal(number, signal.SIG_IGN)
            os.closerange(0, 100)
            while True:
                signal.pause()
        os._exit(0)
    os.wait()


orphan()
print("an orphan is behind", flush=True)
attempt("start as many threads as one likes", crowd)
""",
    prints=("an orphan is behind", "held: start as many threads as one likes"),
)

HOARDS = Attack(
    "E8",
    "hoards",
    "budget",
    """
held = []


def double(x):
    while True:
        held.append(bytearray(b"x" * (1 << 20)))


def triple(t):
    import mmap

    for _ in range(600):
        part = mmap.mmap(-1, 1 << 20)
        part.write(b"x" * (1 << 20))
        held.append(part)


class Meter:
    total = 0.0

    def add(self, value):
        held.append(np.ones((70 << 20) // 8))
""",
    says={
        "check_double_of_ones": TOO_LARGE,
        "check_double_of_draws": TOO_LARGE,
        "check_triple": TOO_LARGE,
        "check_meter": TOO_LARGE,
    },
)

HOARDS_TOGETHER = Attack(
    "E8",
    "hoards-in-many-places",
    "budget",
    """
import os
import time


def double(x):
    for _ in range(6):
        if os.fork() == 0:
            held = [bytearray(b"x" * (1 << 20)) for _ in range(80)]
            time.sleep(3)
            os._exit(len(held) & 1)
    time.sleep(3)


def memory_file():
    held = os.memfd_create("x")
    for _ in range(512):
        os.write(held, bytes(1 << 20))


def shared_folder():
    with open("/dev/shm/x", "wb") as file:
        for _ in range(512):
            file.write(bytes(1 << 20))


attempt("hold memory in a file without a name", memory_file)
attempt("hold memory in a shared folder", shared_folder)
""",
    says={"check_double_of_ones": TOO_LARGE, "check_double_of_draws": TOO_LARGE},
    prints=("held: hold memory in a file without a name", "held: hold memory in a shared folder"),
)

FILLS_DISK = Attack(
    "E9",
    "fills-the-disk",
    "walls",
    """
import os
import resource


def large():
    with open("/tmp/large", "wb") as file:
        for _ in range(1000):
            file.write(bytes(1 << 20))


def many():
    for number in range(200_000):
        os.mkdir(f"/tmp/{number}")


def sparse():
    with open("/tmp/sparse", "wb") as file:
        file.truncate(1 << 40)
        file.seek(1 << 40)
        file.write(b"x")


def beside():
    with open(os.path.join(os.path.dirname(os.path.abspath(__file__)), "large"), "wb") as file:
        file.write(bytes(1 << 20))


for act in (large, sparse, many, beside):
    attempt(f"write {act.__name__} files", act)
attempt("raise the limit", lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (1 << 40, 1 << 40)))
attempt("leave a core", lambda: resource.setrlimit(resource.RLIMIT_CORE, (1 << 30, 1 << 30)))
""",
    prints=("held: write large files", "held: write sparse files", "held: write many files", "held: leave a core"),
)

FLOODS = Attack(
    "E10",
    "floods",
    "budget",
    """
import os
import warnings


def double(x):
    while True:
        os.write(1, bytes(1 << 20))


def count(x):
    for number in range(1_000_000):
        warnings.warn(str(number), stacklevel=1)
    return 0


def greet(name):
    return "h" * (1 << 24)
""",
    says={
        "check_double_of_ones": "printed more than 16 KB.",
        "check_double_of_draws": "printed too much.",
        "check_count_of_three": "printed more than 16 KB.",
        "check_count_of_draws": "printed too much.",
        "check_greet": "greet returned lists, dicts and text of more than 1 MiB",
    },
)

DIRTY = Attack(
    "E10",
    "dirty-text",
    "reports",
    """
import os

DIRT = "\\x1b[2J\\x1b]0;title\\x07\\x00\\x08\\x9b31m\\u202e\\u2066\\ud800\\r\\n"
DIRT += "fake,line\\r\\n<script>alert(1)</script>=1+1"
os.write(1, b"\\xff\\xfe\\x00\\xc3\\x28 \\x1b[31m" + b"A" * 4000 + b"\\n")


def double(x):
    raise type(DIRT.replace("\\ud800", "").replace("\\0", ""), (Exception,), {})(DIRT)


def count(x):
    return DIRT


def greet(name):
    return DIRT
""",
    says={
        "check_double_of_ones": "<script>",
        "check_double_of_draws": "double raised an exception",
        "check_count_of_three": "<scri",
        "check_count_of_draws": "is not what was expected",
        "check_greet": "<scri",
    },
)

EXHAUSTS = Attack(
    "E11",
    "takes-every-descriptor",
    "walls",
    """
import os
import socket

held = []


def descriptors():
    while True:
        held.append(os.open("/dev/null", os.O_RDONLY))


def pairs():
    while True:
        held.append(socket.socketpair())


def locks():
    import _multiprocessing

    for number in range(10_000):
        held.append(_multiprocessing.SemLock(1, 1, 1, f"/red-{number}", False))


attempt("open files without end", descriptors)
attempt("open sockets without end", pairs)
attempt("make locks without end", locks)
""",
    prints=(
        "held: open files without end",
        "held: open sockets without end",
        "held: make locks without end",
    ),
)

CRASHES = Attack(
    "E12",
    "crashes",
    "walls",
    """
import ctypes
import os
import signal
import sys


def double(x):
    ctypes.string_at(0)


def count(x):
    os.abort()


def loss(x, y):
    sys.setrecursionlimit(1 << 30)

    class Deep:
        def __getattr__(self, name):
            return getattr(self, name + "x")

    return Deep().x


def triple(t):
    os.kill(os.getpid(), signal.SIGKILL)
    ctypes.CDLL(None).abort()


class Meter:
    def __init__(self):
        self.total = 0.0

    def add(self, value):
        return self.add(value)
""",
    says={
        "check_double_of_ones": CRASHED,
        "check_double_of_draws": CRASHED,
        "check_count_of_three": CRASHED,
        "check_count_of_draws": CRASHED,
        "check_loss": CRASHED,
        "check_triple": CRASHED,
        "check_meter": "raised RecursionError",
    },
)

ESCAPES = Attack(
    "E13",
    "escapes",
    "walls",
    """
import ctypes
import os
import socket

libc = ctypes.CDLL(None, use_errno=True)


def call(name, *args):
    if getattr(libc, name)(*args) < 0:
        raise OSError(ctypes.get_errno(), name)


def write(path, text):
    with open(path, "w") as file:
        file.write(text)


def docker():
    with socket.socket(socket.AF_UNIX) as out:
        out.connect("/var/run/docker.sock")


def join():
    target = os.open("/proc/1/ns/mnt", os.O_RDONLY)
    call("setns", target, 0)
    os.chroot("/proc/1/root/../..")


for what, act in {
    "speak to docker": docker,
    "mount": lambda: call("mount", b"proc", b"/tmp", b"proc", 0, None),
    "mount a cgroup": lambda: call("mount", b"x", b"/tmp", b"cgroup", 0, b"memory"),
    "set the core pattern": lambda: write("/proc/sys/kernel/core_pattern", "|/tmp/x"),
    "set a helper": lambda: write("/sys/kernel/uevent_helper", "/tmp/x"),
    "set a release agent": lambda: write("/sys/fs/cgroup/release_agent", "/tmp/x"),
    "leave the cgroup": lambda: write("/sys/fs/cgroup/cgroup.procs", str(os.getpid())),
    "press a key": lambda: write("/proc/sysrq-trigger", "h"),
    "read the memory of the machine": lambda: open("/dev/mem", "rb"),
    "read the log of the machine": lambda: open("/dev/kmsg", "rb"),
    "make a device": lambda: os.mknod("/tmp/disk", 0o60666, os.makedev(8, 0)),
    "make namespaces": lambda: call("unshare", 0x10020000),
    "join namespaces": join,
    "change the root": lambda: os.chroot("/tmp"),
    "become root": lambda: os.setresuid(0, 0, 0),
    "load a module": lambda: call("syscall", 313, -1, b"", 0),
    "set the clock": lambda: call("settimeofday", ctypes.create_string_buffer(16), None),
    "name the machine": lambda: call("sethostname", b"x", 1),
    "go out by the way in": lambda: os.chdir("/proc/1/root/proc/__GRADER__/cwd"),
}.items():
    attempt(what, act)
print("every door tried", flush=True)
""",
    prints=("every door tried", "held: mount ", "held: become root", "held: make namespaces"),
)

WRITES = "open('__BAIT__/{}', 'w')"
BUILDS = Attack(
    "E14",
    "build-files",
    "intake",
    files={
        name: text.replace("WRITE", WRITES.format("built"))
        for name, text in {
            "setup.py": "WRITE",
            "conftest.py": "WRITE",
            "sitecustomize.py": "WRITE",
            "usercustomize.py": "WRITE",
            "noxfile.py": "WRITE",
            "zz.pth": "import os; WRITE",
            "requirements.txt": "evil @ file:///tmp/evil\n",
            "pyproject.toml": '[build-system]\nrequires = []\nbuild-backend = "setup"\nbackend-path = ["."]\n',
            "Makefile": 'all test:\n\tpython -c "WRITE"\n',
            ".git/hooks/post-checkout": '#!/bin/sh\npython -c "WRITE"\n',
            ".envrc": 'python -c "WRITE"\n',
            ".vscode/settings.json": '{"python.defaultInterpreterPath": "./evil"}',
            "work.ipynb": '{"cells": [{"cell_type": "code", "source": ["WRITE"]}], "metadata": {}, "nbformat": 4}',
        }.items()
    },
    notes=("ignored",),
)

DEEP_SOURCE = Attack(
    "E15",
    "deep-source",
    "walls",
    "import deep",
    files={"deep.py": f"x = {'(' * 3000}1{')' * 3000}\n"},
    says={"*": "SyntaxError"},
)

LONG_SOURCE = Attack(
    "E15",
    "long-source",
    "walls",
    "import long",
    files={"long.py": f"x = {'-' * 50_000}1\ny = {'+'.join(['1'] * 50_000)}\n"},
    says={"*": "Error"},
)

DEEP_VALUES = Attack(
    "E15",
    "deep-values",
    "wire",
    """
def double(x):
    nest = []
    for _ in range(100_000):
        nest = [nest]
    return nest


def count(x):
    return 1 << 3_000_000


def loss(x, y):
    nest = {}
    nest["again"] = nest
    return nest


def triple(t):
    return [0] * 2_000_000


class Meter:
    total = "9" * (1 << 23)

    def add(self, value):
        return float("1e308") * 10


class Model:
    def scores(self, x):
        return np.empty((0, 1 << 62))


def train(x, y):
    return Model()


class Net:
    params = {f"{number}": np.zeros(0) for number in range(100_000)}
""",
    says={
        "check_double_of_ones": "nested deeper than 32",
        "check_double_of_draws": "returned too much",
        "check_count_of_three": "count(x) is a whole number",
        "check_count_of_draws": "is not what was expected",
        "check_loss": "returned too much",
        "check_meter": "returned too much",
        "check_triple": "returned too much",
        "check_train": "raised ValueError",
        "check_net": "returned too much",
    },
)

ATTACKS = [
    UNPICKLED,
    SPINS,
    SLEEPS,
    FORKS,
    THREADS,
    HOARDS,
    HOARDS_TOGETHER,
    FILLS_DISK,
    FLOODS,
    DIRTY,
    EXHAUSTS,
    CRASHES,
    ESCAPES,
    BUILDS,
    DEEP_SOURCE,
    LONG_SOURCE,
    DEEP_VALUES,
]
