"""Group B of the list: tampering inside the interpreter."""

from __future__ import annotations

from raid import Attack

PATCHED_ASSERTS = Attack(
    "B1",
    "patched-asserts",
    "process",
    """
import math
import unittest

import numpy.testing
import torch


def yes(*args, **kwargs):
    return True


for module, names in {
    np: ("allclose", "isclose", "array_equal", "array_equiv"),
    np.testing: [name for name in dir(np.testing) if name.startswith("assert")],
    torch: ("allclose", "equal", "isclose"),
    torch.testing: ("assert_close",),
    math: ("isclose",),
    unittest.TestCase: [name for name in dir(unittest.TestCase) if name.startswith("assert")],
}.items():
    for name in names:
        setattr(module, name, yes)
print("patched", flush=True)
""",
    prints=("patched",),
    fools="output",
)

PATCHED_RUNNER = Attack(
    "B2",
    "patched-runner",
    "process",
    """
import doctest
import unittest

from _pytest.reports import TestReport

import autograder.checks.running
import autograder.checks.failure
import autograder.grading.score


def passed(*args, **kwargs):
    return None


unittest.TestResult.addFailure = unittest.TestResult.addError = passed
doctest.OutputChecker.check_output = lambda *args: True
TestReport.from_item_and_call = classmethod(passed)
autograder.checks.running.Run.judge = lambda self, facts, *more: {"score": facts.points, "outcome": "passed"}
autograder.checks.failure.Failure.__init__ = passed
autograder.grading.score.score = passed
print("patched", flush=True)
""",
    prints=("patched",),
    fools="status",
)

PATCHED_BUILTINS = Attack(
    "B3",
    "patched-builtins",
    "process",
    """
import builtins

print("patched", flush=True)
builtins.abs = builtins.round = lambda *args: 0.0
builtins.max = builtins.min = lambda *args, **more: 8
builtins.all = builtins.any = lambda *args: True
""",
    prints=("patched",),
    fools="output",
)

BROKEN_BUILTINS = Attack(
    "B3",
    "broken-builtins",
    "wire",
    """
import builtins

print("broken", flush=True)
builtins.len = lambda thing: 8
builtins.float = builtins.int = builtins.type = lambda *args: 0
builtins.isinstance = builtins.issubclass = builtins.callable = lambda *args: True
builtins.AssertionError = builtins.Exception = builtins.BaseException = StopAsyncIteration
builtins.open = builtins.__import__ = builtins.print = lambda *args, **more: None
""",
    says={"*": "Importing work.py made Python crash or exit."},
    prints=("broken",),
)

SWAPPED_MODULES = Attack(
    "B4",
    "swapped-modules",
    "process",
    """
import sys
import types

fake = types.ModuleType("numpy")
fake.__getattr__ = lambda name: lambda *args, **kwargs: True
fake.allclose = lambda *args, **kwargs: True
names = ("bare_compare", "autograder.checks", "autograder.grading", "solver_ref", "checks_more")
for name in names:
    sys.modules[name] = fake
fake.close = lambda *args, **kwargs: None
print("swapped", flush=True)
""",
    prints=("swapped",),
    fools="output",
)

SHADOWS = Attack(
    "B4",
    "shadowing-files",
    "intake",
    """
import json
import random

print("the library's:", hasattr(random, "SystemRandom"), hasattr(json, "JSONDecoder"), flush=True)
""",
    files={
        "numpy.py": 'print("SHADOWED numpy")\n',
        "random.py": 'print("SHADOWED random")\n',
        "json.py": 'print("SHADOWED json")\n',
        "autograder.py": 'print("SHADOWED autograder")\n',
        "pytest.py": 'print("SHADOWED pytest")\n',
        "torch/__init__.py": 'print("SHADOWED torch")\n',
        "checks_trap.py": 'print("SHADOWED checks")\n',
    },
    prints=("the library's: True True",),
    notes=("numpy.py was ignored, because it would hide the module numpy", "torch/__init__.py"),
)

IMPORT_HOOKS = Attack(
    "B5",
    "import-hooks",
    "process",
    """
import importlib
import importlib.abc
import importlib.util
import sys
import types

seen = []


class Finder(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    def find_spec(self, name, path=None, target=None):
        seen.append(name)
        return importlib.util.spec_from_loader(name, self) if "compare" in name or "checks" in name else None

    def exec_module(self, module):
        module.close = lambda *args, **kwargs: None


sys.meta_path.insert(0, Finder())
sys.setprofile(lambda *event: None)
sys.addaudithook(lambda name, args: None)
importlib.reload = importlib.import_module
print("hooked", flush=True)


def triple(t):
    print("checks seen:", [name for name in seen if "check" in name], flush=True)
    return t
""",
    prints=("hooked", "checks seen: []"),
    fools="output",
)

TRACER = Attack(
    "B5",
    "tracer",
    "process",
    """
import sys

names = set()


def trace(frame, event, argument):
    names.add(frame.f_code.co_name)
    return trace


sys.settrace(trace)


def triple(t):
    print("traced:", "double" in names, "checks:", [name for name in names if name.startswith("check_")], flush=True)
    return t
""",
    prints=("traced: True checks: []",),
)

PLUGGED = 'print("PLUGGED IN", __name__)\n'

PLUGINS = Attack(
    "B6",
    "plugins",
    "intake",
    files={
        "conftest.py": PLUGGED + "def pytest_runtest_makereport(item, call): raise SystemExit(0)\n",
        "pytest.ini": "[pytest]\naddopts = --collect-only\n",
        "pyproject.toml": '[tool.pytest.ini_options]\naddopts = "--collect-only"\n',
        "setup.cfg": "[tool:pytest]\naddopts = --collect-only\n",
        "tox.ini": "[pytest]\naddopts = --collect-only\n",
        "setup.py": PLUGGED,
        "sitecustomize.py": PLUGGED,
        "usercustomize.py": PLUGGED,
        "zz.pth": 'import sys; print("PLUGGED IN")\n',
        "plug-1.0.dist-info/entry_points.txt": "[pytest11]\nplug = plug\n",
        "plug-1.0.dist-info/METADATA": "Name: plug\nVersion: 1.0\n",
        ".env": "PYTHONPATH=/tmp\nPYTEST_ADDOPTS=--collect-only\n",
        "__pycache__/work.cpython-311.pyc": b"\0" * 64,
    },
    notes=("conftest.py was ignored, because the grader brings its own", "sitecustomize.py was ignored"),
)

SWAPPED_CODE = Attack(
    "B7",
    "swapped-code",
    "process",
    """
import gc
import types

checks = [f for f in gc.get_objects() if type(f) is types.FunctionType and f.__name__.startswith("check_")]
for check in checks:
    check.__code__ = (lambda *args: None).__code__
    check.__defaults__ = None
print("checks found:", len(checks), flush=True)
""",
    prints=("checks found: 0",),
    fools="output",
)

SWALLOWED = Attack(
    "B9",
    "swallowed-errors",
    "process",
    """
import sys
import traceback
import warnings


class Cheerful:
    def __init__(self, stream):
        self.stream = stream

    def write(self, text):
        if text.startswith("FAIL"):
            text = "OK " + text.split()[1].rstrip(":") + "\\n"
        return self.stream.write(text)

    def flush(self):
        self.stream.flush()


print("errors are swallowed", flush=True)
sys.stdout = sys.stderr = Cheerful(sys.stdout)
sys.excepthook = sys.unraisablehook = lambda *details: None
traceback.print_exc = traceback.format_exc = lambda *args, **kwargs: ""
warnings.warn = lambda *args, **kwargs: None


def double(x):
    raise ValueError("nobody shall see this")
""",
    says={
        "check_double_of_ones": "ValueError: nobody shall see this",
        "check_double_of_draws": "double raised ValueError (work.py line",
    },
    prints=("errors are swallowed",),
    fools="output",
)

MEMORY = Attack(
    "B10",
    "memory",
    "process",
    """
import ctypes
import sys
import tempfile


def overwrite(number, value):
    "A float is what its bytes say, whoever holds it."
    ctypes.memmove(id(number) + 16, ctypes.byref(ctypes.c_double(value)), 8)


main = sys.modules["__main__"]
if hasattr(main, "TOLERANCE"):
    overwrite(main.TOLERANCE, 1e300)
probe = 1.5 * float(len(sys.argv[0]) + 1)
overwrite(probe, 7.25)
print("memory is writable:", probe == 7.25, flush=True)


def through_proc():
    held = bytearray(b"before")
    address = ctypes.addressof(ctypes.c_char.from_buffer(held))
    with open("/proc/self/mem", "r+b", 0) as memory:
        memory.seek(address)
        memory.write(b"after!")
    return bytes(held)


try:
    print("through /proc:", through_proc(), flush=True)
except OSError as error:
    print("through /proc:", error, flush=True)

""",
    prints=("memory is writable: True", "through /proc:"),
    fools="output",
)

PATCHED_TIME = Attack(
    "B11",
    "patched-time",
    "budget",
    """
import signal
import sys
import threading
import time

for name in ("time", "perf_counter", "monotonic", "process_time", "thread_time"):
    setattr(time, name, lambda: 0.0)
signal.alarm(0)
for number in range(1, signal.NSIG):
    try:
        signal.signal(number, signal.SIG_IGN)
    except (OSError, ValueError):
        continue
signal.signal = signal.setitimer = lambda *args: None
print("time stands still", flush=True)


def triple(t):
    while True:
        pass


if hasattr(sys.modules["__main__"], "POINTS"):  # where time is measured beside it, it only has to stand still

    def triple(t):
        return t

    def double(x):
        threading.Event().wait(1.2)
        return 2.0 * x
""",
    says={"check_triple": "did not finish in time."},
    prints=("time stands still",),
    fools="output",
)

PATCHED_DRAWS = Attack(
    "B12",
    "patched-draws",
    "process",
    """
import os
import random

import torch


class Zeros:
    def normal(self, size=None, **more):
        return np.zeros(size)

    standard_normal = random = uniform = normal


np.random.default_rng = lambda *seed: Zeros()
np.random.seed = torch.manual_seed = random.seed = lambda *seed: None
np.random.normal = np.random.randn = lambda *args, **more: 0.0
torch.rand = torch.randn = lambda *shape: torch.zeros(*shape)
os.urandom = lambda size: bytes(size)
os.environ["PYTHONHASHSEED"] = "1"
np.random.get_state = random.getstate = lambda *args: ("MT19937", np.zeros(624, np.uint32), 624, 0, 0.0)
print("every draw is zero", flush=True)
""",
    prints=("every draw is zero",),
    fools="output",
)

OVERRIDDEN = Attack(
    "B14",
    "overridden-seed",
    "process",
    """
import os

SEED = seed = RNG_SEED = random_state = 0
rng = np.random.default_rng(0)
data = ref = once = None
DATA_DIR = DATA = "/tmp"
points = close = equal = lambda *args, **kwargs: lambda function: function
POINTS = {"double": 1000}
os.environ.update(AUTOGRADER_SEED="0", SEED="0", PYTHONHASHSEED="0", DATA_DIR="/tmp")


def check_double_of_draws(student):
    "Passed, says the submission."


print("overridden", flush=True)
""",
    files={".env": "SEED=0\n", "config.toml": "seed = 0\n", "assignment.toml": 'id = "trap"\n'},
    prints=("overridden",),
)

ATTACKS = [
    PATCHED_ASSERTS,
    PATCHED_RUNNER,
    PATCHED_BUILTINS,
    BROKEN_BUILTINS,
    SWAPPED_MODULES,
    SHADOWS,
    IMPORT_HOOKS,
    TRACER,
    PLUGINS,
    SWAPPED_CODE,
    SWALLOWED,
    MEMORY,
    PATCHED_TIME,
    PATCHED_DRAWS,
    OVERRIDDEN,
]
