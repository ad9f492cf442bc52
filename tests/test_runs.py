"""Training in a class: progress is told, and a grader that was killed finds its finished runs again."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from trainers import WORK

from autograder.grading.runs import KeptRuns
from autograder.model import Submission

DECLARED = """\
id = "lines"
title = "Lines"
source = "made up for the tests"
files = ["work.py"]
preload = ["numpy"]

[[questions]]
id = "q1"
title = "The line"
points = 2
"""

CHECK = '''\
import numpy as np

from autograder.checks import Budget, points


@points(2, "q1")
def check_line_is_trained(student, retrain):
    """Trained from three seeds, the line separates the clouds."""
    rng = np.random.default_rng(3)
    y = np.arange(200) % 2
    x = rng.normal(size=(200, 2)) + 2.5 * (2 * y - 1)[:, None]

    def train(seed):
        line = student.work.Line()
        line.train(x, y, 40, retrain.report)
        return line

    def judge(line):
        return float(np.mean((line.scores(x) > 0) == y))

    return retrain(train, judge, Budget(seconds=20), steps={0.5: 0.5, 0.9: 1.0}).share
'''

GRADE = [sys.executable, "-m", "autograder.cli", "grade", "lines", "inbox", "--out", "out", "--json", "--workers", "1"]


@pytest.fixture
def course(tmp_path: Path) -> Path:
    numpy_only = WORK.replace("import torch\nfrom torch.nn import functional\n", "")
    files = {
        "assignments/lines/assignment.toml": DECLARED,
        "assignments/lines/README.md": "# Lines\n",
        "assignments/lines/work.py": "class Line:\n    pass\n",
        "assignments/lines/checks_lines.py": CHECK,
        "inbox/ada/work.py": numpy_only,
    }
    for name, text in files.items():
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return tmp_path


def events(said: str) -> list[dict[str, object]]:
    return [json.loads(line) for line in said.splitlines()]


def test_a_batch_that_was_killed_goes_on_with_its_finished_runs(course: Path) -> None:
    environment = {**os.environ, "PYTHONUNBUFFERED": "1"}
    first = subprocess.Popen(GRADE, cwd=course, stdout=subprocess.PIPE, text=True, env=environment)
    assert first.stdout is not None
    heard = []
    for line in first.stdout:
        heard.append(json.loads(line))
        if heard[-1].get("measured"):  # the first of three runs is finished
            first.send_signal(signal.SIGKILL)
            break
    first.stdout.close()
    first.wait()
    assert {"submission": "ada", "check": "check_line_is_trained", "seed": 0}.items() <= heard[-1].items()
    kept = {path.name: path.stat().st_mtime_ns for path in (course / "out" / "runs").glob("*.json")}
    assert 1 <= len(kept) < 3

    second = subprocess.run(GRADE, cwd=course, capture_output=True, text=True, check=True, env=environment)

    told = events(second.stdout)
    again = {e["seed"] for e in told if e["event"] == "training"}
    assert again == {0, 1, 2} - set(range(len(kept)))
    assert {
        path.name: path.stat().st_mtime_ns for path in (course / "out" / "runs").glob("*.json")
    }.items() >= kept.items()
    [graded] = [e for e in told if e["event"] == "graded"]
    assert graded["score"] == 2


def test_runs_are_of_one_submission_version_and_seed(tmp_path: Path) -> None:
    ada, bob = (Submission(name, name * 20) for name in ("ada", "bob"))
    runs = KeptRuns(tmp_path, ada, {"checks": "1"}, 5)
    runs["key"] = {"accuracy": 0.5}

    assert KeptRuns(tmp_path, ada, {"checks": "1"}, 5)["key"] == {"accuracy": 0.5}
    for other in (
        KeptRuns(tmp_path, bob, {"checks": "1"}, 5),
        KeptRuns(tmp_path, ada, {"checks": "2"}, 5),
        KeptRuns(tmp_path, ada, {"checks": "1"}, 6),
    ):
        assert "key" not in other
        assert list(other) == []
    assert list(runs) == ["key"]
    del runs["key"]
    assert len(runs) == 0


def test_a_file_that_was_cut_off_is_no_run(tmp_path: Path) -> None:
    runs = KeptRuns(tmp_path, Submission("ada", "a"), {}, 1)
    runs["key"] = {"accuracy": 0.5}
    [path] = tmp_path.glob("*.json")
    path.write_text(path.read_text()[:10])

    assert "key" not in runs
