"""Five ways to grade one submission of the quiz, each as its own manual has it, in a folder that is thrown away."""

from __future__ import annotations

import contextlib
import csv
import json
import os
import shutil
import signal
import subprocess
import sys
import time
import zipfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from xml.etree import ElementTree

import nbformat

from autograder import pipeline
from autograder.sandbox.watchdog import cpu_seconds, tree
from benchmarks import quiz

PEERS = Path(__file__).with_name("peers.lock")
_PATIENCE = 10
"""How many wall-clock seconds a grader has for each CPU second: other load is to change no verdict."""
BYSTANDER = "ada"
STUDENT = "mallory"


@dataclass(frozen=True)
class Verdict:
    """What a course would take for the score. `points` is None where there is nothing to take."""

    points: float | None
    bystander: float | None = None
    """What another student has afterwards, where the grader keeps a gradebook: 1 is what she earned."""

    @property
    def others(self) -> bool:
        """Whether another student's score was moved."""
        return self.bystander not in (None, quiz.EARNED)

    def __str__(self) -> str:
        points = "no record" if self.points is None else f"{self.points:g}"
        return f"{points}, others {self.bystander:g}" if self.others else points


HANGS = Verdict(None)
"""Told from a missing record by identity: the grader was still busy when its time was up."""


@dataclass(frozen=True)
class Bench:
    """Where peers are installed, a course of nbgrader's that is ready to be copied, and a grader's CPU seconds."""

    python: Path
    course: Path
    seconds: float

    def run(self, command: Sequence[str | Path], cwd: Path) -> int | None:
        """The exit status, or None for a grader that had to be ended; nothing of it outlives the call."""
        (cwd / "tmp").mkdir(exist_ok=True)
        with (cwd / "said").open("wb") as said:
            process = subprocess.Popen(
                command,
                cwd=cwd,
                env=_environment(cwd, self.python.parent),
                stdin=subprocess.DEVNULL,
                stdout=said,
                stderr=subprocess.STDOUT,
            )
        end = time.monotonic() + _PATIENCE * self.seconds
        try:
            while time.monotonic() < end and cpu_seconds(process.pid) < self.seconds:
                with contextlib.suppress(subprocess.TimeoutExpired):
                    return process.wait(0.5)
            return None
        finally:
            for pid in reversed(tree(process.pid)):
                with contextlib.suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)
            process.wait()


def pinned(*names: str) -> dict[str, str]:
    """The versions of these peers that are installed."""
    lines = (line.split() for line in PEERS.read_text().splitlines() if "==" in line)
    versions = dict(words[0].split("==") for words in lines)
    return {name: versions[name] for name in names}


def prepare(root: Path, seconds: float) -> Bench:
    """Install the peers that the project itself does without, and let nbgrader make a course of one student."""
    python = root / "peers" / "bin" / "python"
    uv: list[str | Path] = [sys.executable, "-m", "uv"]
    subprocess.run([*uv, "venv", "-q", "--python", sys.executable, root / "peers"], check=True)
    install: list[str | Path] = [
        "pip",
        "install",
        "-q",
        "--compile-bytecode",
        "--require-hashes",
        "--python",
        python,
        "-r",
        PEERS,
    ]
    subprocess.run([*uv, *install], check=True)
    bench = Bench(python, root / "course", seconds)
    (bench.course / "source" / "quiz").mkdir(parents=True)
    nbformat.write(quiz.as_nbgrader(), bench.course / "source" / "quiz" / "quiz.ipynb")
    (bench.course / "nbgrader_config.py").write_text("c = get_config()\nc.CourseDirectory.course_id = 'quiz'\n")
    _hand_in(bench.course, BYSTANDER, quiz.WRONG, {})
    for order in ("generate_assignment", "autograde"):
        if bench.run([python.with_name("nbgrader"), order, "quiz"], bench.course) != 0:
            raise RuntimeError(f"nbgrader {order}: {(bench.course / 'said').read_text()[-2000:]}")
    return bench


def by_otter(bench: Bench, folder: Path, source: str, files: Mapping[str, bytes]) -> list[Verdict]:
    """`otter run` of a zip, as `Notebook.export` makes one; Otter comes with the project."""
    with zipfile.ZipFile(folder / "autograder.zip", "w") as archive:
        archive.writestr("tests/quiz.py", quiz.as_otter())
        archive.writestr("otter_config.json", '{"lang": "python"}')
    with zipfile.ZipFile(folder / "work.zip", "w") as archive:
        for name, content in {"work.py": source.encode(), **files}.items():
            archive.writestr(name, content)
    command = [str(Path(sys.executable).with_name("otter")), "run", "work.zip", "-a", "autograder.zip", "-o", "."]
    return [_json_score(folder / "results.json", bench.run(command, folder))]


def by_nbgrader(bench: Bench, folder: Path, source: str, files: Mapping[str, bytes]) -> list[Verdict]:
    """`nbgrader autograde`, and the scores that `nbgrader export` then gives."""
    shutil.copytree(bench.course, folder, dirs_exist_ok=True)
    _hand_in(folder, STUDENT, source, files)
    nbgrader = bench.python.with_name("nbgrader")
    status = bench.run([nbgrader, "autograde", "quiz", "--student", STUDENT], folder)
    if bench.run([nbgrader, "export"], folder) != 0:
        raise RuntimeError(f"nbgrader export: {(folder / 'said').read_text()[-2000:]}")
    with (folder / "grades.csv").open() as file:
        scores = {row["student_id"]: float(row["score"] or 0) for row in csv.DictReader(file)}
    return [HANGS if status is None else Verdict(scores.get(STUDENT), scores[BYSTANDER])]


def by_gradescope(bench: Bench, folder: Path, source: str, files: Mapping[str, bytes]) -> list[Verdict]:
    """gradescope-utils' runner, in the folders that a container of Gradescope's has."""
    program, results = folder / "source", folder / "results"
    results.mkdir()
    _write(program, source, files)
    (program / "test_quiz.py").write_text(quiz.as_gradescope())
    (program / "run_tests.py").write_text(
        "import unittest\n"
        "from gradescope_utils.autograder_utils.json_test_runner import JSONTestRunner\n"
        "suite = unittest.defaultTestLoader.discover('.')\n"
        "with open('../results/results.json', 'w') as file:\n"
        "    JSONTestRunner(visibility='visible', stream=file).run(suite)\n"
    )
    return [_json_score(results / "results.json", bench.run([bench.python, "run_tests.py"], program))]


def by_pytest(bench: Bench, folder: Path, source: str, files: Mapping[str, bytes]) -> list[Verdict]:
    """Plain pytest, read in two ways: its JUnit file by the names of tests, and its exit status as all or nothing."""
    _write(folder, source, files)
    (folder / "test_quiz.py").write_text(quiz.as_pytest())
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "--junitxml=junit.xml"]
    status = bench.run(command, folder)
    if status is None:
        return [HANGS, HANGS]
    try:
        cases = ElementTree.parse(folder / "junit.xml").getroot().iter("testcase")
    except (OSError, ElementTree.ParseError):
        junit = Verdict(None)
    else:
        passed = {case.get("name") for case in cases if len(case) == 0}
        junit = Verdict(sum(check.points for check in quiz.CHECKS if f"test_{check.name}" in passed))
    return [junit, Verdict(quiz.TOTAL if status == 0 else 0)]


def by_ours(bench: Bench, folder: Path, source: str, files: Mapping[str, bytes]) -> list[Verdict]:
    """Our own grading, in the sandbox."""
    inbox = folder / "inbox"
    _write(inbox / STUDENT, source, files)
    _write(inbox / BYSTANDER, quiz.WRONG, {})
    grades = pipeline.grade(quiz.as_ours(folder / "course"), inbox, folder / "out", workers=1)
    scores = {grade.submission: grade.score for grade in grades}
    return [Verdict(scores[STUDENT], scores[BYSTANDER])]


def _write(folder: Path, source: str, files: Mapping[str, bytes]) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for name, content in {"work.py": source.encode(), **files}.items():
        (folder / name).write_bytes(content)


def _hand_in(course: Path, student: str, source: str, files: Mapping[str, bytes]) -> None:
    folder = course / "submitted" / student / "quiz"
    folder.mkdir(parents=True)
    nbformat.write(quiz.as_nbgrader(source), folder / "quiz.ipynb")
    for name, content in files.items():
        (folder / name).write_bytes(content)


def _json_score(path: Path, status: int | None) -> Verdict:
    """A results.json as Gradescope reads it: the score at its top or, where none is, the sum of the tests'."""
    if status is None:
        return HANGS
    try:
        results = json.loads(path.read_text())
    except (OSError, ValueError):
        return Verdict(None)
    return Verdict(results.get("score", sum(test.get("score", 0) for test in results["tests"])))


def _environment(cwd: Path, programs: Path) -> dict[str, str]:
    """Ours without what it says of the user: homes and temporary files are in the throwaway folder as well."""
    path = f"{programs}{os.pathsep}{os.environ.get('PATH', os.defpath)}"
    threads = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1")
    places = {"HOME": str(cwd / "tmp"), "TMPDIR": str(cwd / "tmp")}
    return {"PATH": path, "LANG": "C.UTF-8", "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1", **threads, **places}
