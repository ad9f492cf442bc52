"""Error replies are untrusted: they are read strictly, and their text is fit for a terminal and a page."""

from __future__ import annotations

import contextlib
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from autograder.sandbox import mishap
from autograder.sandbox.wire import WireError

leaves = st.none() | st.booleans() | st.integers() | st.text() | st.sampled_from(sorted(mishap.KINDS))
trees = st.recursive(leaves, lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner), max_leaves=4)
frames = st.fixed_dictionaries({"file": trees, "line": trees, "function": trees, "text": trees})
errors = st.fixed_dictionaries(
    {"kind": trees, "type": trees, "message": trees, "frames": trees | st.lists(frames), "names": trees}
)


@given(trees | errors)
def test_no_error_reply_raises_anything_but_a_wire_error(tree: object) -> None:
    with contextlib.suppress(WireError):
        mishap.read(tree)


def test_an_error_reply_of_ours_is_read() -> None:
    frame = {"file": "layers.py", "line": 3, "function": "f", "text": "raise"}
    tree = {"kind": "raised", "type": "E", "message": "m", "frames": [frame], "names": ["g"]}

    assert mishap.read(tree) == mishap.Mishap("raised", "E", "m", (mishap.Frame("layers.py", 3, "f", "raise"),), ("g",))


@given(st.text(st.characters(exclude_categories=())), st.integers(2, 50))
def test_cleaned_text_is_one_visible_line_of_at_most_so_many_characters(text: str, cap: int) -> None:
    line = mishap.clean(text, cap)

    assert len(line) <= cap
    assert "\n" not in line
    assert not any(unicodedata.category(c)[0] == "C" for c in line)
    line.encode("utf-8")


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("plain", "plain"),
        ("two\nlines\tand tabs", "two lines and tabs"),
        ("\x1b[31mred\x1b[0m \x1b]0;title\x07\x1b]8;;x\x1b\\link", "red link"),
        ("\x9b31mred", "31mred"),
        ("user\u202etxt.exe", "user txt.exe"),
        ("\u200bzero\ufeffwidth\ud800", "zero width"),
        ("größer ≤ 数", "größer ≤ 数"),
        ("x" * 301, "x" * 299 + "…"),
    ],
)
def test_what_a_terminal_or_an_eye_could_be_fooled_by_is_left_out(text: str, shown: str) -> None:
    assert mishap.clean(text) == shown
