"""Text files are looked at as bytes: encodings that Python cannot read and marks that mislead are named."""

from __future__ import annotations

import pytest
from books import book
from hypothesis import given
from hypothesis import strategies as st

from autograder.intake.encoding import inspect


def test_utf8_with_and_without_a_mark_is_nothing_to_speak_of() -> None:
    for content in ("# größer\n".encode(), "x = 1".encode("utf-8-sig"), b"", b"# -*- coding: latin-1 -*-\n# \xe4\n"):
        assert inspect("layers.py", content) == ([], [])
    assert inspect("w.pt", b"\xff\xfe\0") == ([], [])


@pytest.mark.parametrize(
    ("content", "note"),
    [
        ("x = 1".encode("utf-16"), "layers.py is UTF-16, which Python cannot read: save it as UTF-8."),
        (b"#\n# \xf6\n", "layers.py is not UTF-8 (line 2 holds another encoding's letters): save it as UTF-8."),
        (b"x = 1\0", "layers.py holds NUL bytes, as no text does: save it again as UTF-8."),
    ],
)
def test_e15_another_encoding_is_named(content: bytes, note: str) -> None:
    assert inspect("layers.py", content) == ([note], [])


@pytest.mark.parametrize("coding", ["utf-7", "rot13", "unicode_escape", "nonsense"])
def test_e15_a_coding_that_hides_code_is_flagged(coding: str) -> None:
    notes, flags = inspect("layers.py", f"#!/usr/bin/python\n# coding: {coding}\n".encode())
    assert coding in notes[0]
    assert coding in flags[0]


def test_e15_code_shown_in_another_order_is_flagged() -> None:
    misleading = f"x = 1\ny = '{chr(0x202E)}'\n".encode()
    assert inspect("layers.py", misleading)[1] == [
        "layers.py line 2 holds marks that change the order in which code is shown"
    ]


@given(st.binary())
def test_any_bytes_are_looked_at(content: bytes) -> None:
    notes, flags = inspect("layers.py", content)
    assert len(notes) <= 1
    assert len(flags) <= 1


def test_what_is_no_notebook_is_told() -> None:
    assert inspect("ex08.ipynb", book("x = 1").encode()) == ([], [])
    told = "ex08.ipynb is not a whole notebook, its JSON breaks off or is wrong at line 1: save it again in Jupyter."
    assert inspect("ex08.ipynb", b'{"cells": [') == ([told], [])
