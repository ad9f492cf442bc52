"""Reading a notebook: what editors write is read, and what is no notebook gets a sentence, never a crash."""

from __future__ import annotations

import json
from typing import Any

import nbformat
import pytest
from books import book
from hypothesis import given, settings
from hypothesis import strategies as st

from autograder.cells import CELLS, LARGEST, PARTS, Cell, NotebookError, cells

TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=30)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | TEXT,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXT, inner, max_size=4),
    max_leaves=12,
)


@settings(deadline=None)
@given(st.lists(st.tuples(st.sampled_from(["code", "markdown", "raw"]), TEXT), max_size=8), st.sampled_from([3, 4]))
def test_what_jupyters_own_library_writes_is_read(parts: list[tuple[str, str]], version: int) -> None:
    v4: Any = nbformat.v4
    made = [getattr(v4, f"new_{kind}_cell")(text) for kind, text in parts]
    written = nbformat.writes(v4.new_notebook(cells=made), version=version)
    code = [text for kind, text in parts if kind == "code" and text.strip()]
    if not code:
        with pytest.raises(NotebookError, match="no code"):
            cells(written.encode())
        return
    assert [cell.source.splitlines() for cell in cells(written.encode())] == [text.splitlines() for text in code]


@settings(max_examples=200, deadline=None)
@given(st.binary(max_size=200) | JSON.map(lambda x: json.dumps(x).encode()))
def test_nothing_but_a_sentence_comes_of_what_is_no_notebook(content: bytes) -> None:
    with pytest.raises(NotebookError, match=r"\A\S[^\n]*\S\Z"):
        cells(content)


@settings(max_examples=200, deadline=None)
@given(st.dictionaries(st.sampled_from(["cells", "metadata", "nbformat", "worksheets", "x"]), JSON))
def test_wrong_parts_are_passed_over_or_told(parts: dict[str, Any]) -> None:
    text = json.dumps({"nbformat": 4, "cells": [{"cell_type": "code", "source": ["x = 1"]}], **parts})
    try:
        found = cells(text.encode())
    except NotebookError:
        return
    assert all(type(cell) is Cell and cell.source.strip() for cell in found)


def test_cells_are_counted_as_jupyter_counts_them() -> None:
    assert [cell.number for cell in cells(book("a = 1", "", "  \n", "b = 2").encode())] == [1, 2]


def test_outputs_counts_and_ids_are_passed_over() -> None:
    output = {"output_type": "display_data", "data": {"image/png": "A" * (8 << 20)}, "metadata": {}}
    made = json.loads(book("x = 1", "y = 2"))
    for cell in made["cells"]:
        cell |= {"id": "same", "outputs": [output], "execution_count": 99}
    assert [cell.source for cell in cells(json.dumps(made).encode())] == ["x = 1", "y = 2"]


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "is empty"),
        (b" \n", "is empty"),
        (b"<!DOCTYPE html><html>", "a web page"),
        (b"import numpy as np\n", "not a notebook but something else"),
        (b"PK\x03\x04", "something else"),
        (b'{"cells": [', "breaks off or is wrong at line 1"),
        (b'{\n<<<<<<< HEAD\n"cells": []}', "unresolved merge"),
        (b'{"a": 1}', "has no cells"),
        (b'{"nbformat": 2, "worksheets": []}', "a notebook format that is not read"),
        (b'{"nbformat": 4, "cells": []}', "no code"),
        (b'{"nbformat": 4, "cells": [{"cell_type": "code", "source": "\xe4"}]}', "not UTF-8"),
        (b'{"a": ' + b"[" * 100_000 + b"]" * 100_000 + b"}", "nested too deeply"),
        (b'{"a": ' + b"9" * 5_000 + b"}", "a number"),
        (b'{"cells": [' + b"0," * PARTS + b"0]}", "too large"),
        (b'{"cells": "' + b" " * LARGEST + b'"}', "too large"),
        (book(*["x = 1"] * (CELLS + 1)).encode(), "2,001 code cells"),
        (book("x = 1", metadata={"kernelspec": {"language": "R"}}).encode(), "a notebook for R"),
        (book("x" * (1 << 21)).encode(), "more than a million characters"),
    ],
)
def test_each_mishap_has_its_sentence(content: bytes, said: str) -> None:
    with pytest.raises(NotebookError, match=said) as raised:
        cells(content)
    assert "\n" not in str(raised.value)


def test_a_byte_order_mark_is_no_mishap() -> None:
    assert cells(b"\xef\xbb\xbf" + book("x = 1").encode()) == [Cell(1, "x = 1")]
