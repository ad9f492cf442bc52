"""What the example class's attackers add to their wrong code; each says what it is after."""

from __future__ import annotations

ENDLESS = "    while True:\n        pass\n"

GIGABYTE = "    line = 'A' * (1 << 20)\n    for _ in range(1 << 10):\n        print(line)\n"

LEAVE = "    import os\n    os._exit(0)\n"

BROKEN_IMPORT = "from numpy import no_such_function\n"

# Looks for the solution and the hidden checks on disk, in this process's memory and objects, and in its parents.
READ_THE_ANSWERS = """
import gc
import glob
import os
import sys

FOUND = []
for root in ("/", "..", os.path.expanduser("~"), os.getcwd()):
    for folder in ("solutions", "assignments", "gradebook.db", "submissions"):
        FOUND += glob.glob(os.path.join(root, "**", folder), recursive=False)
for pid in ("self", str(os.getppid()), "1"):
    for name in ("environ", "cmdline", "mem"):
        try:
            with open(f"/proc/{pid}/{name}", "rb") as f:
                FOUND += [w for w in f.read(100_000).split(b"\\0") if b"solutions" in w]
        except OSError:
            pass
FOUND += [m for m in sys.modules if "checks" in m or "grading" in m or "gradebook" in m]
FOUND += [o for o in gc.get_objects() if isinstance(o, dict) and "expected" in o]
frame = sys._getframe()
while frame is not None:
    FOUND += [v for k, v in frame.f_locals.items() if k in ("want", "expected", "ref", "reference")]
    frame = frame.f_back
print("found:", FOUND)
"""

# Makes every comparison that it can reach say yes, and every report say passed.
PATCH_THE_COMPARISONS = '''
import builtins
import math
import unittest

import numpy as np
import numpy.testing

try:
    import pytest
    from _pytest import runner, reports

    def _passed(item, call):
        report = reports.TestReport.from_item_and_call.__func__(reports.TestReport, item, call)
        report.outcome, report.longrepr = "passed", None
        return report

    reports.TestReport.from_item_and_call = _passed
    pytest.fail = lambda *a, **k: None
except ImportError:
    pass
for _name in ("assert_allclose", "assert_equal", "assert_array_equal", "assert_almost_equal"):
    setattr(numpy.testing, _name, lambda *a, **k: None)
np.allclose = np.array_equal = lambda *a, **k: True
np.isclose = lambda a, *r, **k: np.ones(np.shape(a), bool)
math.isclose = lambda *a, **k: True
unittest.TestCase.fail = lambda *a, **k: None


class Yes(np.ndarray):
    """An array that is equal to whatever it is compared with."""

    def __eq__(self, other):
        return np.ones(self.shape, bool)

    __le__ = __lt__ = __ge__ = __gt__ = __ne__ = __eq__

    def __array_ufunc__(self, ufunc, method, *inputs, **kwargs):
        return np.zeros(self.shape)
'''
