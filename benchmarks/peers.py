"""The same checks run the way other tools run them: beside the student's code, a fresh process a submission."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
import zipfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import nbformat

from autograder.grading.runner import check_files
from autograder.model import Assignment

ENVIRONMENT = os.environ | {
    **dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1"),
    "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1",
    "PYTHONPATH": str(Path(__file__).parent.parent),
}


@dataclass(frozen=True)
class Cost:
    """What one submission cost: wall and CPU seconds of the whole process tree, and the checks that passed."""

    wall: float
    cpu: float
    passed: int


def by_pytest(assignment: Assignment, folder: Path, names: Sequence[str]) -> Cost:
    """Bare pytest in a fresh process, the submission's modules imported into it."""
    files = [str(path) for path in check_files(assignment)]
    command = [
        sys.executable,
        "-m",
        "pytest",
        "-q",
        *files,
        "-p",
        "autograder.checks.plugin",
        "-p",
        "benchmarks.beside",
    ]
    command += ["-p", "no:cacheprovider", "-c", os.devnull, "--rootdir", str(folder)]
    facts = {"BESIDE_ID": assignment.id, "BESIDE_FOLDER": str(folder), "BESIDE_CHECKS": ",".join(names)}
    wall, cpu, said = _measured(command, folder, ENVIRONMENT | facts)
    return Cost(wall, cpu, _count(said, "PASSED-CHECKS "))


def by_otter(autograder: Path, notebook: Path, out: Path) -> Cost:
    """`otter run` on one notebook, as its own manual says."""
    command = [str(Path(sys.executable).parent / "otter"), "run", str(notebook), "-a", str(autograder), "-o", str(out)]
    wall, cpu, _ = _measured([*command, "--no-logo"], out, ENVIRONMENT)
    results = json.loads((out / "results.json").read_text())
    passed = sum(test["score"] for test in results["tests"] if test.get("max_score"))
    return Cost(wall, cpu, round(passed))


def otter_zip(assignment: Assignment, names: Sequence[str], target: Path) -> Path:
    """An Otter autograder whose test file calls the very same checks, one point each."""
    body = [
        "from otter.test_files import test_case",
        "from benchmarks import beside",
        "OK_FORMAT = False",
        'name = "q1"',
        f"points = {len(names)}",
        f"CHECKS = beside.checks({assignment.id!r}, {list(names)!r})",
    ]
    body += [f"@test_case(points=1)\ndef t{n}(folder):\n    CHECKS[{name!r}](folder)\n" for n, name in enumerate(names)]
    with zipfile.ZipFile(target, "w") as archive:
        archive.writestr("tests/q1.py", "\n".join(body))
        archive.writestr("otter_config.json", '{"lang": "python", "print_summary": false}')
    return target


def notebook(folder: Path, target: Path) -> Path:
    """A submission in the only form that Otter grades: one notebook, here naming the folder of its modules."""
    cells = [nbformat.v4.new_code_cell(f"folder = {str(folder)!r}"), nbformat.v4.new_code_cell("import sys")]
    made = nbformat.v4.new_notebook(
        cells=cells, metadata={"kernelspec": {"name": "python3", "display_name": "Python 3"}}
    )
    nbformat.write(made, target)
    return target


def _measured(command: Sequence[str], cwd: Path, environment: dict[str, str]) -> tuple[float, float, str]:
    before, began = os.times(), time.perf_counter()
    done = subprocess.run(command, cwd=cwd, env=environment, capture_output=True, text=True, check=False)
    wall, after = time.perf_counter() - began, os.times()
    if done.returncode not in (0, 1):
        raise RuntimeError(f"{command[0]} ended with {done.returncode}: {done.stdout[-2000:]}{done.stderr[-2000:]}")
    cpu = after.children_user + after.children_system - before.children_user - before.children_system
    return wall, cpu, done.stdout


def _count(said: str, label: str) -> int:
    return int(said.rpartition(label)[2].split()[0])
