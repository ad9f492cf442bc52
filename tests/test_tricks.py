"""The table of what tricks buy elsewhere: it names them all, they work in plain pytest, and ours sells nothing."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from autograder import pipeline
from benchmarks import graders, quiz, redteam
from benchmarks.graders import Bench, Verdict
from benchmarks.tricks import HONEST, RIGHT, TRICKS

ROOT = Path(__file__).parent.parent
BY_NAME = {trick.name: trick for trick in (RIGHT, *TRICKS)}


def test_ours_gives_every_trick_what_the_wrong_answers_earn(tmp_path: Path) -> None:
    for n, trick in enumerate(TRICKS):
        folder = tmp_path / "inbox" / f"{n:02}"
        folder.mkdir(parents=True)
        for name, content in {"work.py": trick.source(str(tmp_path)).encode(), **trick.files}.items():
            (folder / name).write_bytes(content)
    grades = pipeline.grade(quiz.as_ours(tmp_path / "course"), tmp_path / "inbox", tmp_path / "out", workers=1)
    scores = dict(zip((trick.name for trick in TRICKS), (grade.score for grade in grades), strict=True))
    assert scores == dict.fromkeys(scores, quiz.EARNED)
    assert {grade.status for grade in grades} == {"graded"}


@pytest.mark.parametrize(
    ("name", "points"),
    [
        ("a right submission", (10, 10)),
        ("the wrong submission alone", (1, 0)),
        ("patches the comparisons", (8, 0)),
        ("objects that lie when compared", (10, 10)),
        ("`os._exit(0)` in a function", (None, 10)),
        ("forges the result file at exit", (10, 10)),
        ("reads the tests from disk", (10, 10)),
    ],
)
def test_they_work_in_plain_pytest(name: str, points: tuple[float | None, float], tmp_path: Path) -> None:
    trick = BY_NAME[name]
    bench = Bench(tmp_path / "peers" / "bin" / "python", tmp_path, 30)
    got = graders.by_pytest(bench, tmp_path, trick.source(str(tmp_path)), trick.files)
    assert tuple(verdict.points for verdict in got) == points


def test_a_grader_that_hangs_is_ended(tmp_path: Path) -> None:
    trick = BY_NAME["loops for ever"]
    bench = Bench(tmp_path / "peers" / "bin" / "python", tmp_path, 2)
    got = graders.by_pytest(bench, tmp_path, trick.source(str(tmp_path)), trick.files)
    assert all(verdict is graders.HANGS for verdict in got)


def test_what_was_bought_is_bold() -> None:
    honest = tuple(Verdict(1) for _ in redteam.COLUMNS)
    row = (Verdict(10), Verdict(10, 10), Verdict(None), Verdict(0), graders.HANGS, Verdict(1, 1))
    lines = redteam.markdown({HONEST.name: honest, "a trick": row}).splitlines()
    assert lines[-1] == "| a trick | **10** | **10, others 10** | no record | 0 | hangs | 1 |"


def test_the_readme_has_a_row_for_every_trick() -> None:
    section = (ROOT / "README.md").read_text("utf-8").partition("## What a few lines")[2].partition("\n## ")[0]
    rows = re.findall(r"^\| (.*?) \|.* (\S+) \|$", section, re.MULTILINE)
    assert dict(rows[1:]) == {trick.name: str(quiz.EARNED) for trick in TRICKS}
