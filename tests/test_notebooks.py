"""A notebook for students holds its cells' text and nothing that was ever run, in the same bytes every time."""

from __future__ import annotations

import json
import warnings

import courses
import nbformat
import pytest
from hypothesis import given
from hypothesis import strategies as st

from autograder.course import CourseError
from autograder.course.notebooks import cut_notebook


def cut(book: dict[str, object]) -> dict[str, object]:
    text = cut_notebook(json.dumps(book))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        nbformat.validate(nbformat.reads(text, as_version=4))
    loaded: dict[str, object] = json.loads(text)
    return loaded


def test_cells_are_cut_and_all_else_is_dropped() -> None:
    assert cut(courses.notebook()) == {
        "cells": [
            {
                "cell_type": "code",
                "id": "first",
                "execution_count": None,
                "metadata": {},
                "outputs": [],
                "source": ["%matplotlib inline\n", "# TODO: your code here"],
            },
            {
                "cell_type": "markdown",
                "id": "second",
                "metadata": {},
                "source": ["## Why\n", "\n", "*Your answer here.*"],
            },
        ],
        "metadata": {"kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"}},
        "nbformat": 4,
        "nbformat_minor": 5,
    }


def test_cutting_again_changes_no_byte() -> None:
    once = cut_notebook(json.dumps(courses.notebook()))
    assert cut_notebook(once) == once
    assert once.endswith("}\n")


def test_an_older_notebook_gets_ids_that_stay() -> None:
    cells = [{"cell_type": "code", "metadata": {}, "execution_count": 1, "outputs": [], "source": "x = 1"}] * 2
    book = {"cells": cells, "metadata": {}, "nbformat": 4, "nbformat_minor": 2}
    once = cut(book)
    ids = [cell["id"] for cell in once["cells"]]  # type: ignore[index, attr-defined]
    assert len(set(ids)) == 2
    assert cut(book) == once


def test_only_pictures_that_are_still_shown_stay() -> None:
    book = courses.notebook()
    picture = {"image/png": "iVBORw0KGgo="}
    text = "![a](attachment:a.png)\n<!-- BEGIN SOLUTION -->\n![b](attachment:b.png)\n<!-- END SOLUTION -->"
    cell = {
        "cell_type": "markdown",
        "id": "c",
        "metadata": {},
        "source": text,
        "attachments": {"a.png": picture, "b.png": picture},
    }
    assert list(cut(book | {"cells": [cell]})["cells"][0]["attachments"]) == ["a.png"]  # type: ignore[index]


def cell(kind: str, source: str) -> str:
    more = {"execution_count": None, "outputs": []} if kind == "code" else {}
    book = courses.notebook() | {"cells": [{"cell_type": kind, "id": "c", "metadata": {}, "source": source, **more}]}
    return json.dumps(book)


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("{}", "a.ipynb: is not a notebook: "),
        ("nothing", "a.ipynb: is not a notebook: "),
        ("[" * 100_000, "a.ipynb: is not a notebook: "),
        (cell("code", "x = 1\n# BEGIN SOLUTION"), "a.ipynb: cell 1:2: BEGIN SOLUTION is never closed"),
        (cell("raw", "# BEGIN SOLUTION"), "a.ipynb: cell 1:1: BEGIN SOLUTION is never closed"),
        (cell("raw", "# BEGIN QUESTION\nname: q1"), "a.ipynb: cell 1:1: BEGIN QUESTION is no marker here"),
        (cell("markdown", "# BEGIN SOLUTION"), "a.ipynb: cell 1:1: a marker is written <!-- BEGIN SOLUTION --> here"),
        (
            cell("code", "%%bash\necho so it is\n# BEGIN SOLUTION\nls\n# END SOLUTION"),
            "a.ipynb: cell 1:2: is not Python: ",
        ),
    ],
)
def test_a_wrong_notebook_is_named_with_its_cell(text: str, line: str) -> None:
    with pytest.raises(CourseError) as caught:
        cut_notebook(text, "a.ipynb")
    assert str(caught.value).startswith(line)
    assert "\n" not in str(caught.value)


sources = st.text(st.sampled_from("ab #%!=\n\x0c\u2028é"), max_size=40)


@given(st.lists(st.tuples(st.sampled_from(["code", "markdown", "raw"]), sources)))
def test_cells_without_markers_keep_their_text(drawn: list[tuple[str, str]]) -> None:
    book = {**courses.notebook(), "cells": [json.loads(cell(kind, source))["cells"][0] for kind, source in drawn]}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # nbformat's own complaint about ids that occur twice, which are mended here
        kept = cut_notebook(json.dumps(book))
    assert [(c["cell_type"], "".join(c["source"])) for c in json.loads(kept)["cells"]] == drawn
