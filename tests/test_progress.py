"""Plain lines and JSON hold the event, the table has one line a submission, and no text acts as markup."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
from samples import everyone

from autograder import progress
from autograder.model import SAME_WEIGHTS
from autograder.pipeline import Event


def test_the_table_has_one_line_a_submission(capsys: pytest.CaptureFixture[str]) -> None:
    grades = everyone()
    progress.table(grades)
    lines = capsys.readouterr().out.rstrip("\n").split("\n")
    assert len(lines) == 1 + len(grades)
    assert all(len(line) <= 140 for line in lines)


def test_what_is_odd_about_weights_is_said_below(capsys: pytest.CaptureFixture[str]) -> None:
    flags = ("the same bytes as another submission: bob", "training: 99.8 % [b]right", f"{SAME_WEIGHTS}bob")
    progress.table([replace(everyone()[0], submission="ada", flags=flags)])
    assert capsys.readouterr().out.splitlines()[2:] == [
        "⚑ ada: training: 99.8 % [b]right",
        "⚑ ada: nearly the same weights as another submission: bob",
    ]


def test_a_name_is_text_and_neither_markup_nor_an_escape(capsys: pytest.CaptureFixture[str]) -> None:
    hostile = replace(everyone()[0], submission="[red]x[/red]\x1b[31m\nnext", reason="[bold]y")
    progress.table([hostile])
    with progress.shown() as tell:
        tell(Event("graded", 1, 1, hostile))
    said = capsys.readouterr()
    assert "[red]x[/red] next" in said.out
    assert "[bold]y" in said.out
    assert "\x1b" not in said.out + said.err
    assert len(said.err.splitlines()) == 1


def test_what_was_kept_is_said_once(capsys: pytest.CaptureFixture[str]) -> None:
    with progress.shown() as tell:
        tell(Event("started", 3, 5))
        tell(Event("finished", 5, 5))
    assert capsys.readouterr().err == "3/5 were graded before and are kept\n"


def test_json_events_hold_no_seed(capsys: pytest.CaptureFixture[str]) -> None:
    grade = everyone()[0]
    with progress.shown(as_json=True) as tell:
        tell(Event("started", 0, 1))
        tell(Event("graded", 1, 1, grade))
    events = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [event["event"] for event in events] == ["started", "graded"]
    assert str(grade.seed) not in json.dumps(events)
