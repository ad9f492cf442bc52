"""Otter: tests for `grader.check("q2")` in Jupyter, and an autograder.zip for departments that run Otter.

A test of ours is a question, its cases are the question's checks, and each calls the very check that this kit runs.
Otter runs tests beside the submission: whoever hands in a notebook there can read the bundle and buy any score.
"""

from __future__ import annotations

import json
import os
import secrets
import shutil
import subprocess
import sys
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

from autograder.checks.declaration import Facts
from autograder.model import Assignment

KIT: Final = "kit"
"""The folder of a bundle that Otter lays beside a submission."""
PLUGIN: Final = "autograder.interop.plugin.Kit"
PYTHON: Final = "3.12"
_SOURCE: Final = "/autograder/source"
_CONFIG: Final = {"show_stdout": False, "show_hidden": False, "pdf": False, "print_summary": False}


class OtterError(Exception):
    """Otter could not pack a bundle; the message is its last line."""


def is_for(assignment: Assignment) -> bool:
    """Whether an assignment is done in one notebook, which is what Otter grades."""
    return len(notebooks(assignment)) == 1


def notebooks(assignment: Assignment) -> list[str]:
    """The notebooks that are asked for."""
    return [name for name in assignment.files if name.endswith(".ipynb")]


def test_files(assignment: Assignment, checks: Iterable[Facts], kit: str) -> dict[str, bytes]:
    """Name → text of a test file for each question that has checks.

    With "" for `kit`, for Jupyter: the visible checks only, and of those what can be said of a session as it stands.
    """
    cases: dict[str, list[dict[str, object]]] = {}
    for check in checks:
        hidden = assignment.solution is not None and check.path.is_relative_to(assignment.solution.resolve())
        if kit or not (hidden or "figures" in check.wants):
            cases.setdefault(check.question, []).append(_case(check, hidden, kit))
    return {f"{q.id}.py": _file(q.id, cases[q.id]) for q in assignment.questions if q.id in cases}


def _case(check: Facts, hidden: bool, kit: str) -> dict[str, object]:
    # one expression, so that no name of ours stands among the student's
    asks = f"{check.name!r}, globals()" + (f", {kit!r}" if kit else "")
    code = f">>> __import__('autograder.live', fromlist=['run']).run({asks})\n"
    return {"name": check.name, "code": code, "points": check.points, "hidden": hidden, "locked": False}


def _file(question: str, cases: Sequence[Mapping[str, object]]) -> bytes:
    suite = {"cases": cases, "scored": True, "setup": "", "teardown": "", "type": "doctest"}
    spec = json.dumps({"name": question, "points": None, "suites": [suite]}, indent=4)
    for theirs, ours in (("null", "None"), ("true", "True"), ("false", "False")):
        spec = spec.replace(f": {theirs}", f": {ours}")
    return f"OK_FORMAT = True\n\ntest = {spec}\n".encode()


def build(assignment: Assignment, checks: Iterable[Facts], wheel: Path, requirements: Sequence[str], out: Path) -> Path:
    """Write `out`/<id>/autograder.zip: tests, hidden ones too, the solution, the kit and what Otter installs.

    `requirements` pin what the wheel needs. The checks draw their inputs from a seed made here. Raises OtterError.
    """
    assert assignment.solution is not None
    made = (out / assignment.id / "autograder.zip").resolve()
    made.parent.mkdir(parents=True, exist_ok=True)
    with TemporaryDirectory() as folder:
        place = Path(folder)
        ignored = shutil.ignore_patterns("__pycache__", ".*", "slips.toml", "rubric.md", "answers.md")
        shutil.copytree(assignment.handout, place / KIT / "handout", ignore=ignored)
        shutil.copytree(assignment.solution, place / KIT / "solution", ignore=ignored)
        shutil.copy(wheel, place / KIT)
        _write(place / KIT / "seed.txt", f"{secrets.randbits(48)}\n".encode())
        for name, text in test_files(assignment, checks, KIT).items():
            _write(place / "tests" / name, text)
        others = [line for line in requirements if not line.startswith("otter-grader")]  # it brings itself
        wanted = [f"autograder @ file://{_SOURCE}/files/{KIT}/{wheel.name}", *others]
        _write(place / "requirements.txt", "\n".join(wanted).encode())
        _write(place / "otter_config.json", json.dumps(_CONFIG | {"plugins": [PLUGIN]}).encode())
        _generate(place, made)
    return made


def _generate(place: Path, made: Path) -> None:
    """Let Otter pack what lies in `place`, in a process of its own: it imports half of Jupyter."""
    given = ["-t", "tests", "-c", "otter_config.json", "-r", "requirements.txt", "--no-environment"]
    call = [sys.executable, "-m", "otter", "generate", *given, "--python-version", PYTHON, "-o", str(made), KIT]
    done = subprocess.run(call, cwd=place, capture_output=True, text=True, check=False)
    if done.returncode or not made.is_file():
        raise OtterError(f"otter generate failed: {(done.stderr.strip().splitlines() or ['it said nothing'])[-1]}")


def _write(path: Path, content: bytes) -> None:
    os.makedirs(path.parent, exist_ok=True)
    path.write_bytes(content)
