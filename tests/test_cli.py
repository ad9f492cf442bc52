"""The command: what it prints, what it exits with, and that a wrong call costs one line."""

from __future__ import annotations

import json
import os
import pty
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from means import RIGHT, WRONG, hand_in, write

PROGRAM = Path(sys.executable).parent / "autograder"


def call(folder: Path, *arguments: object) -> subprocess.CompletedProcess[str]:
    words = [str(PROGRAM), *map(str, arguments)]
    return subprocess.run(words, cwd=folder, capture_output=True, text=True, check=False, timeout=300)


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("house")
    write(root)
    hand_in(root / "inbox", {"ada": RIGHT, "bob": WRONG})
    return root


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("grade", "maens", "inbox", "--out", "o"), "maens: no such assignment; did you mean means?"),
        (("grade", "means", "nowhere", "--out", "o"), "nowhere"),
        (("grade", "means", "inbox", "--out", "o", "--roster", "no.csv"), "no.csv"),
        (("grade", "means", "inbox", "--out", "o", "--device", "gpu"), "--device gpu: there is auto, cpu and cuda:N"),
        (("regrade", "means", "--out", "o"), "o: there is no gradebook.db here"),
        (("student", "maens"), "did you mean means?"),
        (("check",), "there is no assignment.toml here"),
        (("submit",), "there is no assignment.toml here"),
    ],
)
def test_a_wrong_call_is_one_line_and_exit_code_two(house: Path, arguments: tuple[str, ...], said: str) -> None:
    done = call(house, *arguments)
    assert (done.returncode, done.stdout) == (2, "")
    assert said in done.stderr
    assert len(done.stderr.strip().splitlines()) == 1


def test_a_wrong_option_is_exit_code_two(house: Path) -> None:
    done = call(house, "grade", "means", "inbox", "--out", "o", "--isolation", "strictly")
    assert done.returncode == 2
    assert "strictly" in done.stderr
    assert "Traceback" not in done.stderr


def test_outside_a_course_the_command_says_so(tmp_path: Path) -> None:
    done = call(tmp_path, "verify")
    assert (done.returncode, done.stderr) == (
        2,
        f"{tmp_path}: there is no assignments/ here or above; run this in the course's folder\n",
    )


def test_grade_prints_lines_a_table_and_where_to_look(house: Path) -> None:
    done = call(house, "grade", "means", "inbox", "--out", "graded", "--workers", 1)
    assert done.returncode == 0
    assert done.stderr.splitlines() == ["1/2 ada: graded, 4 of 5", "2/2 bob: graded, 3 of 5"]
    table = done.stdout.splitlines()
    assert table[0].split() == ["submission", "score", "of", "pending", "status", "reason"]
    assert table[2].split()[:5] == ["bob", "3", "5", "1", "graded"]
    assert table[-2:] == ["graded/grades.csv", "graded/summary.html"]


def test_json_is_one_event_a_line(house: Path) -> None:
    done = call(house, "grade", "means", "inbox", "--out", "events", "--workers", 1, "--json")
    events = [json.loads(line) for line in done.stdout.splitlines()]
    assert [e["event"] for e in events] == ["started", "graded", "graded", "finished"]
    assert events[1] == {
        "event": "graded",
        "done": 1,
        "total": 2,
        "submission": "ada",
        "status": "graded",
        "score": 4.0,
        "max_score": 5.0,
        "reason": "all 3 checks passed",
    }


def test_a_terminal_gets_a_bar_with_an_estimate(house: Path) -> None:
    ours, theirs = pty.openpty()
    words = [str(PROGRAM), "grade", "means", "inbox", "--out", "bar", "--workers", "1"]
    environment = os.environ | {"TERM": "xterm-256color", "COLUMNS": "100"}
    process = subprocess.Popen(words, cwd=house, env=environment, stdout=subprocess.DEVNULL, stderr=theirs)
    os.close(theirs)
    seen = b""
    while True:
        try:
            chunk = os.read(ours, 1 << 16)
        except OSError:  # how a terminal says that nobody writes to it any more
            break
        if not chunk:
            break
        seen += chunk
    os.close(ours)
    assert process.wait() == 0
    text = seen.decode("utf-8", "replace")
    assert "grading" in text
    assert "2/2" in text
    assert "left" in text


def test_skeletons_can_be_checked_and_written(tmp_path: Path) -> None:
    assignment = write(tmp_path)
    assert call(tmp_path, "skeletons", "--check").stdout == "every skeleton is what its solution gives\n"
    (assignment.handout / "means.py").write_text("# something else\n")
    drifted = call(tmp_path, "skeletons", "--check")
    assert drifted.returncode == 1
    assert "means.py" in drifted.stdout
    assert call(tmp_path, "skeletons").stdout == "assignments/means/means.py\n"
    assert call(tmp_path, "skeletons", "--check").returncode == 0


def test_verify_exits_with_two_when_something_is_wrong(tmp_path: Path) -> None:
    assignment = write(tmp_path)
    assert call(tmp_path, "verify", "means").returncode == 0
    (assignment.handout / "means.py").write_text("# something else\n")
    done = call(tmp_path, "verify", "means")
    assert done.returncode == 2
    assert "means.py" in done.stdout


def test_verify_of_several_ends_with_a_table(tmp_path: Path) -> None:
    write(tmp_path)
    for part in ("assignments", "solutions"):
        shutil.copytree(tmp_path / part / "means", tmp_path / part / "modes")
    declared = tmp_path / "assignments/modes/assignment.toml"
    declared.write_text(declared.read_text().replace('id = "means"', 'id = "modes"', 1))
    done = call(tmp_path, "verify")
    assert done.returncode == 0, done.stdout
    heads, *rows = [line.split() for line in done.stdout.splitlines()[2:]]
    assert heads == ["assignment", "questions", "checks", "points", "automatic", "by", "hand", "slips", "caught"]
    assert rows == [[id, "2", "3", "5", "4", "1", "3", "of", "3"] for id in ("means", "modes")]


def test_regrade_prints_the_table_again(house: Path) -> None:
    call(house, "grade", "means", "inbox", "--out", "again", "--workers", 1)
    done = call(house, "regrade", "means", "--out", "again", "--question", "q2", "--workers", 1)
    assert done.returncode == 0
    assert [line.split()[:2] for line in done.stdout.splitlines()[1:3]] == [["ada", "4"], ["bob", "3"]]


def test_a_question_that_does_not_exist_is_a_wrong_call(house: Path) -> None:
    call(house, "grade", "means", "inbox", "--out", "unknown", "--workers", 1)
    done = call(house, "regrade", "means", "--out", "unknown", "--question", "q9", "--workers", 1)
    assert done.returncode == 2
    assert "q9" in done.stderr.splitlines()[-1]
