"""What a worker says of a notebook's run is read as untrusted: a form of its own, or nothing."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from autograder.sandbox.bookrun import BookRun, fits, read

FRAME = {"file": "ex08.ipynb, cell 2", "line": 3, "function": "<module>", "text": "x = y"}
WRONG = {"kind": "raised", "type": "NameError", "message": "y", "frames": [FRAME], "names": []}
PICTURE = np.zeros((2, 3, 3), np.uint8)
SOUND = {"failures": [[2, WRONG]], "notes": ["cell 1: \x1b[31m!ls was not run"], "pictures": [[4, PICTURE]]}


def test_a_sound_record_is_read_and_its_text_cleaned() -> None:
    run = read(SOUND, "ex08.ipynb")
    assert run.says == (
        "ex08.ipynb, cell 2, line 3: `x = y`: NameError: y.",
        "ex08.ipynb: the cells after one that failed were run all the same.",
        "ex08.ipynb, cell 1: !ls was not run",
    )
    assert [cell for cell, _ in run.pictures] == [4]


@pytest.mark.parametrize(
    "change",
    [
        {"failures": [[0, WRONG]]},
        {"failures": [[2, {**WRONG, "kind": "praised"}]]},
        {"failures": [[True, WRONG]]},
        {"failures": [[2, WRONG]] * 21},
        {"notes": [1]},
        {"notes": ["x"] * 41},
        {"pictures": [[4, PICTURE.astype(float)]]},
        {"pictures": [[4, PICTURE[..., :2]]]},
        {"pictures": [[4, np.zeros((0, 3, 3), np.uint8)]]},
        {"pictures": [[4, np.zeros((1, 2000, 3), np.uint8)]]},
        {"pictures": [[4, PICTURE]] * 21},
        {"pictures": [[4, "PNG"]]},
        {"pictures": None},
    ],
)
def test_another_form_is_refused(change: dict[str, Any]) -> None:
    assert fits(SOUND)
    assert not fits(SOUND | change)


ATOM = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8)
TREE = st.recursive(ATOM, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner))
RECORD = st.dictionaries(st.sampled_from(sorted(SOUND)), TREE)


@settings(deadline=None)
@given(TREE | RECORD)
def test_whatever_comes_it_is_judged(tree: object) -> None:
    assert fits(tree) in (True, False)


def test_many_failures_are_counted() -> None:
    run = BookRun("ex08.ipynb", tuple((n, read(SOUND, "").failures[0][1]) for n in range(1, 9)))
    assert len(run.says) == 7
    assert run.says[-2] == "ex08.ipynb: 3 more cells failed."


def test_what_is_not_written_yet_is_said_so() -> None:
    frames = [FRAME, {**FRAME, "function": "line"}]
    unwritten = {**WRONG, "type": "NotImplementedError", "message": "", "frames": frames}
    run = read({"failures": [[2, unwritten]], "notes": [], "pictures": []}, "ex08.ipynb")
    assert run.says[0] == "ex08.ipynb, cell 2, line 3: `x = y`: line is not written yet."
