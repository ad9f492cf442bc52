"""report.toml as data: values at dotted keys, and a sentence for whatever can't be had."""

from __future__ import annotations

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from autograder.checks.failure import Failure
from autograder.checks.report import LARGEST, Report

SOUND = b"""
title = "mine"
[mlp]
valid_accuracy = 0.97
epochs = 10
losses = [2.3, 1.5, 0.9]
note = ""
trained = true
[[runs]]
lr = 0.1
"""


def test_values_are_found_at_dotted_keys() -> None:
    report = Report(SOUND)
    assert report["mlp.valid_accuracy"] == 0.97
    assert report["title"] == "mine"
    assert report["runs.0.lr"] == 0.1
    assert report.number("mlp.epochs", 1, 100) == 10
    assert report.numbers("mlp.losses", 3) == [2.3, 1.5, 0.9]
    assert report.text("title") == "mine"
    assert "mlp.epochs" in report
    assert "mlp.epoch" not in report
    assert set(report) >= {"title", "mlp.epochs"}


@pytest.mark.parametrize(
    ("content", "key", "said", "hint"),
    [
        (None, "a", "report.toml is missing.", "Hand it in"),
        (b"a = ", "a", "cannot be read: Invalid value (at end of document)", "name = 0.5"),
        (b"\xff", "a", "is not UTF-8 text.", "Save it"),
        (b"a = " + b"[" * 50_000, "a", "nested too deeply", "Two levels"),
        (b".".join([b"a"] * 100_000) + b" = 1", "a", "more than 64 dots", "answers.md"),
        (b"#" * (LARGEST + 1), "a", "larger than 256 KB", "answers.md"),
        (SOUND, "mlp.val_accuracy", "has no mlp.val_accuracy; did you mean mlp.valid_accuracy?", "under [mlp]"),
        (SOUND, "other", "has no other.", "at the top"),
        (SOUND, "runs.1.lr", "has no runs.1.lr", ""),
        (SOUND, "mlp.epochs.x", "has no mlp.epochs.x", ""),
    ],
)
def test_each_mishap_has_a_sentence_and_a_hint(content: bytes | None, key: str, said: str, hint: str) -> None:
    with pytest.raises(Failure) as raised:
        _ = Report(content)[key]
    assert said in raised.value.why
    assert hint in raised.value.hint
    assert raised.value.why.startswith("report.toml")


@pytest.mark.parametrize(
    ("line", "said"),
    [
        (b'x = "0.97"', 'is "0.97"'),
        (b"x = true", "is a yes or no"),
        (b"x = nan", "not a finite number"),
        (b"x = 1" + b"0" * 400, "not a finite number"),
        (b"x = 97", "is 97, which is not from 0 to 1"),
        (b"x = 2026-11-03", "is a date or time"),
        (b"x = [1]", "is a list"),
    ],
)
def test_what_is_no_number_is_told(line: bytes, said: str) -> None:
    with pytest.raises(Failure, match=r"report\.toml: x") as raised:
        Report(line).number("x", 0, 1)
    assert said in raised.value.why


def test_a_hidden_check_tells_nothing_that_the_report_holds() -> None:
    with pytest.raises(Failure) as raised:
        Report(b'x = "secret"').number("x")
    assert "secret" in raised.value.why
    assert "secret" not in raised.value.why_hidden


def test_lists_and_texts_are_asked_for_by_name() -> None:
    with pytest.raises(Failure, match="not a list of 5 or more"):
        Report(SOUND).numbers("mlp.losses", 5)
    with pytest.raises(Failure, match="holds no text"):
        Report(SOUND).text("mlp.note")


@settings(deadline=None)
@given(st.binary(max_size=300) | st.text(max_size=100).map(lambda text: text.encode("utf-8", "replace")))
@example(b"a.b = 1\na.b.c = 2")
@example(b"a = 9999999999999999999999999" * 200)
def test_whatever_the_file_holds_a_key_or_a_sentence_comes_of_it(content: bytes) -> None:
    report = Report(content)
    assert "mlp.valid_accuracy" not in report
    with pytest.raises(Failure, match=r"\Areport\.toml"):
        report["mlp.valid_accuracy"]
