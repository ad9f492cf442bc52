"""Cuts solution regions out of notebooks, and keeps of a notebook only what a student should get: its cells' text."""

from __future__ import annotations

import hashlib
import json
import re
import warnings

import nbformat

from autograder.course import regions
from autograder.course.toml import CourseError

KERNEL = {"display_name": "Python 3", "language": "python", "name": "python3"}
CELL_ID = re.compile(r"[A-Za-z0-9_-]{1,64}")


def cut_notebook(text: str, name: str = "<notebook>") -> str:
    """The skeleton of a notebook: regions cut; outputs, counts and all metadata dropped; always the same bytes.

    A region begins and ends within one cell. Cells keep their ids; one without gets an id from its place and text, so
    that cutting twice gives the same. Raises CourseError with the notebook's name, the cell (from 1) and its line.
    """
    cells: list[dict[str, object]] = []
    for number, cell in enumerate(read(text, name)["cells"], 1):
        place = f"{name}: cell {number}"
        source = _cut(cell["cell_type"], cell["source"], place)
        kept: dict[str, object] = {"cell_type": cell["cell_type"], "metadata": {}, "source": source.splitlines(True)}
        kept["id"] = _cell_id(cell, number, {c["id"] for c in cells}, source)
        if cell["cell_type"] == "code":
            kept |= {"execution_count": None, "outputs": []}
        if pictures := {name: data for name, data in cell.get("attachments", {}).items() if name in source}:
            kept["attachments"] = pictures
        cells.append(kept)
    book = {"cells": cells, "metadata": {"kernelspec": KERNEL}, "nbformat": 4, "nbformat_minor": 5}
    return json.dumps(book, ensure_ascii=False, indent=1, sort_keys=True) + "\n"


def read(text: str, name: str) -> nbformat.NotebookNode:
    """A notebook of any version as version 4, cell sources as text; raises CourseError."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # cells without an id: they get one from us
            book: nbformat.NotebookNode = nbformat.reads(text, as_version=4)
            nbformat.validate(book)
    except Exception as error:  # nbformat raises whatever its parts raise
        raise CourseError(f"{name}: is not a notebook: {str(error).strip().splitlines()[0]}") from None
    return book


def _cut(kind: str, source: str, place: str) -> str:
    if kind == "markdown":
        return regions.cut_markdown(source, place)
    if kind == "raw":  # Otter's raw cells: a marker there would span cells, and is refused as never closed
        return regions.cut(source, place)
    return regions.cut(source, place, magics=True)


def _cell_id(cell: nbformat.NotebookNode, number: int, taken: set[object], source: str) -> str:
    own = str(cell.get("id", ""))
    if CELL_ID.fullmatch(own) and own not in taken:
        return own
    return hashlib.sha256(f"{number}\n{source}".encode()).hexdigest()[:16]
