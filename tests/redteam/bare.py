"""A grader as many courses have it: the submission runs where its checks, points and results are.

The attacks are shown to work here. As a script (bare.py FOLDER...) it forks a child for each submission, which leaves
its results beside it; `judge` runs that and reads the results in the three ways that are common.
"""

from __future__ import annotations

import atexit
import contextlib
import json
import os
import signal
import subprocess
import sys
import time
import unittest
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, NoReturn

if TYPE_CHECKING:
    from raid import Attack

POINTS = {"double": 4, "count": 2, "loss": 2, "meter": 2, "triple": 2, "train": 4, "net": 3, "greet": 1}
TOLERANCE = 1e-6
_SECONDS = 10


@dataclass(frozen=True)
class Verdict:
    """What three kinds of courses would take for the score."""

    file: float
    """results.json, which the grader writes last."""
    status: float
    """All points where the process says that nothing failed."""
    output: float
    """The lines that say OK."""

    def read(self, kind: str) -> float:
        return float({"file": self.file, "status": self.status, "output": self.output}[kind])


def judge(root: Path, attacks: Sequence[Attack]) -> dict[str, Verdict]:
    """What this grader gives the honest and the attackers."""
    from raid import honest, surroundings

    with surroundings(root) as told:
        for name, text in honest().items():
            (root / name).mkdir()
            (root / name / "work.py").write_text(text)
        for attack in attacks:
            attack.write(replace(told, out=root / attack.key), root / attack.key)
        folders = [*honest(), *(attack.key for attack in attacks)]
        environment = {**os.environ, "OMP_NUM_THREADS": "1", "PYTHONDONTWRITEBYTECODE": "1"}
        subprocess.run([sys.executable, __file__, *folders], cwd=root, env=environment, check=True)
        return {name: _read(root / name) for name in folders}


def _read(folder: Path) -> Verdict:
    score = 0.0
    with contextlib.suppress(OSError, ValueError):
        score = json.loads((folder / "results.json").read_text())["score"]
    clean = (folder / ".status").read_text() == "0"
    lines = set((folder / ".output").read_text(errors="replace").splitlines())
    said = sum(points for name, points in POINTS.items() if f"OK {name}" in lines)
    return Verdict(score, sum(POINTS.values()) if clean else 0, said)


# --- below here runs in one process with the submission -------------------------------------------------------------


def run() -> None:
    """Import the submission, run the checks, write the results; whoever is imported can change all of it."""
    import pytest
    import work

    result = unittest.TestResult()
    score = 0
    for name, check in CHECKS.items():
        case = unittest.FunctionTestCase(check)
        try:
            check(work)
        except (unittest.SkipTest, pytest.skip.Exception, pytest.xfail.Exception) as skip:
            result.addSkip(case, str(skip))
        except Exception as error:
            print(f"FAIL {name}: {error}")
            result.addFailure(case, sys.exc_info())
        else:
            print(f"OK {name}")
            score += POINTS[name]
    with open("results.json", "w") as file:
        json.dump({"score": score, "max": sum(POINTS.values())}, file)
    sys.exit(1 if result.failures else 0)


def check_double(work: ModuleType) -> None:
    import numpy as np
    from bare_compare import close  # as late as a course's own helpers often are

    x = np.random.default_rng().normal(size=(5, 3))
    started = time.perf_counter()
    got = work.double(x)
    want = 2 * x
    close(got, want)
    assert time.perf_counter() - started < 1, "too slow"


def check_count(work: ModuleType) -> None:
    import numpy as np

    x = np.random.default_rng().normal(size=40)
    want = len([value for value in x if value > 0])
    assert work.count(x) == want, "count"


def check_loss(work: ModuleType) -> None:
    import numpy as np

    x, y = np.random.default_rng().normal(size=(2, 30))
    want = float(np.square(x - y).mean())
    assert not abs(work.loss(x, y) - want) > TOLERANCE, "loss"


def check_meter(work: ModuleType) -> None:
    meter = work.Meter()
    meter.add(1.5)
    meter.add(2.0)
    want = 3.5
    assert meter.total == want, f"the total is {meter.total!r}"


def check_triple(work: ModuleType) -> None:
    import torch

    t = torch.rand(4, 2)
    assert torch.allclose(work.triple(t), 3 * t), "triple"


def check_train(work: ModuleType) -> None:
    import numpy as np

    rng = np.random.default_rng()
    plane, x = rng.normal(size=3), rng.normal(size=(300, 3))
    y = x @ plane > 0
    right = ((work.train(x[:200], y[:200]).scores(x[200:]) > 0) == y[200:]).mean()
    assert right >= 0.95, "train"


def check_net(work: ModuleType) -> None:
    assert sum(parameter.size for parameter in work.Net().parameters()) == 8, "net"


def check_greet(work: ModuleType) -> None:
    assert work.greet("Ada") == "hello Ada", "greet"


CHECKS: dict[str, Callable[[ModuleType], None]] = {
    "double": check_double,
    "count": check_count,
    "loss": check_loss,
    "meter": check_meter,
    "triple": check_triple,
    "train": check_train,
    "net": check_net,
    "greet": check_greet,
}


def _child(folder: str) -> NoReturn:
    os.chdir(folder)
    signal.alarm(_SECONDS)
    output = os.open(".output", os.O_WRONLY | os.O_CREAT, 0o600)
    os.dup2(output, 1)
    os.dup2(output, 2)
    sys.path[:0] = [os.getcwd()]
    os.environ["AUTOGRADER_NONCE"] = "5f2b"
    status = 0
    try:
        run()
    except SystemExit as leave:
        status = int(leave.code or 0)
    except BaseException:
        sys.excepthook(*sys.exc_info())
        status = 1
    # What the interpreter does at its end, without the second that it takes to free all of torch.
    atexit._run_exitfuncs()
    sys.stdout.flush()
    os._exit(status)


def main(folders: Sequence[str]) -> None:
    import bare_compare  # noqa: F401 its import is what takes long: numpy and torch
    import pytest  # noqa: F401
    import torch  # noqa: F401

    del sys.modules["bare_compare"]
    sys.stdout.flush()
    for folder in folders:
        pid = os.fork()
        if pid == 0:
            _child(folder)
        status = os.waitpid(pid, 0)[1]
        Path(folder, ".status").write_text(str(os.waitstatus_to_exitcode(status)))


if __name__ == "__main__":
    main(sys.argv[1:])
