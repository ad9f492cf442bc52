"""A small class under fire, and what the siege looks for is found where it is there."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from autograder.model import Grade
from benchmarks import hostile, quiz, siege
from benchmarks.machine import watched

ORPHAN = "import os, time\nif os.fork() == 0:\n    os.setsid()\n    time.sleep(300)\n"


@pytest.fixture(scope="module")
def besieged(tmp_path_factory: pytest.TempPathFactory) -> siege.Siege:
    return siege.run(tmp_path_factory.mktemp("siege"), submissions=24, kills=2)


def test_no_grade_is_lost_moved_or_bought_and_nothing_is_left(besieged: siege.Siege) -> None:
    assert besieged.problems == ()


def test_everybody_was_there_and_the_grader_was_killed(besieged: siege.Siege) -> None:
    assert (len(besieged.grades), len(besieged.hostile)) == (24, 4)
    assert besieged.killed_at == (8, 16)
    assert {g.score for g in besieged.grades} >= {quiz.EARNED, quiz.TOTAL}


def test_a_grade_that_was_moved_bought_or_lost_is_told() -> None:
    wrong = Grade("quiz", "0", "", (), "graded", "", 1.0, 10.0, 0.0, {"double": 0.0}, (), 7, {})
    calm, fine = {"0": wrong}, {"s000": wrong, "s003-forks": wrong}
    assert siege.judge(fine, calm, {"s000": "0"}, ["s003-forks"]) == []
    told = {
        "s000 was graded otherwise than undisturbed: 0 for 1": {"s000": replace(wrong, score=0.0)},
        "s003-forks has 3, more than its wrong answers earn": {"s003-forks": replace(wrong, score=3.0)},
    }
    for sentence, change in told.items():
        assert siege.judge(fine | change, calm, {"s000": "0"}, ["s003-forks"]) == [sentence]
    assert siege.judge({"s000": wrong}, calm, {"s000": "0"}, ["s003-forks"]) == ["s003-forks has no record"]


def test_a_process_and_a_file_that_are_left_are_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("benchmarks.machine._SECONDS", 0.2)
    with watched(tmp_path / "scratch") as machine:
        assert not any(machine.left().values())
        subprocess.run([sys.executable, "-S", "-c", ORPHAN], check=True)
        (tmp_path / "scratch" / "left").touch()
        left = machine.left()
        assert [len(left[kind]) for kind in ("processes", "temporary files")] == [1, 1]
        orphan = int(left["processes"][0].split(",")[0])
        os.kill(orphan, 9)
        os.waitpid(orphan, 0)


def test_every_hostile_upload_differs() -> None:
    uploads = hostile.uploads()
    assert len(set(uploads.values())) == len(uploads) > 25
