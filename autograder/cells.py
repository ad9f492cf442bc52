"""The code cells of a notebook, read from its JSON within bounds; outputs and all else in the file are passed over.

This reads what Jupyter, Colab and VS Code write, and forgives what does not matter to running it: unknown keys, cell
ids that are missing or there twice, outputs of any kind. It needs nothing but Python, so that it works wherever a
submission is read.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any, Final

LARGEST: Final = 64 << 20
"""Bytes of a notebook."""
PARTS: Final = 2_000_000
"""Values that its JSON may hold: each costs memory, and text or a picture is one."""
CELLS: Final = 2_000
SOURCE: Final = 1 << 20
"""Characters of one cell."""


class NotebookError(ValueError):
    """Why a file is no notebook that can be run: the rest of a sentence that begins with its name."""


@dataclass(frozen=True)
class Cell:
    """A code cell. `number` is what Jupyter shows beside it after "Restart and run all": empty cells have none."""

    number: int
    source: str


def cells(content: bytes) -> list[Cell]:
    """The code cells that hold anything, from top to bottom; raises NotebookError."""
    book = _parsed(content)
    _check_language(book)
    sources = [_source(cell) for cell in _listed(book) if isinstance(cell, dict) and cell.get("cell_type") == "code"]
    sources = [source for source in sources if source.strip()]
    if not sources:
        raise NotebookError("has no code in it: save the notebook before you hand it in")
    if len(sources) > CELLS:
        raise NotebookError(f"has {len(sources):,} code cells; {CELLS:,} is the most")
    if any(len(source) > SOURCE for source in sources):
        raise NotebookError("has a cell of more than a million characters: read such data from a file")
    return [Cell(number, source) for number, source in enumerate(sources, 1)]


def _parsed(content: bytes) -> dict[str, Any]:
    start = content[:1000].lstrip(b"\xef\xbb\xbf \t\r\n")
    if not content.strip():
        raise NotebookError("is empty: save the notebook before you hand it in")
    if len(content) > LARGEST or sum(content.count(mark) for mark in (b",", b"[", b"{")) > PARTS:
        raise NotebookError("is too large to be read: clear its outputs, save it and hand it in again")
    if not start.startswith(b"{"):
        what = "a web page" if start[:1] == b"<" and b"<<<<" not in start else "something else"
        raise NotebookError(f"is not a notebook but {what}: hand in the .ipynb file itself")
    try:
        book = json.loads(content.decode("utf-8-sig"))
    except UnicodeDecodeError:
        raise NotebookError("is not UTF-8 text, as a notebook is: save it again in Jupyter") from None
    except RecursionError:
        raise NotebookError("is nested too deeply, as no notebook is: save it again in Jupyter") from None
    except json.JSONDecodeError as error:
        if b"\n<<<<<<< " in content:
            raise NotebookError("holds an unresolved merge of two versions (<<<<<<<): choose one and save it") from None
        where = f"its JSON breaks off or is wrong at line {error.lineno}"
        raise NotebookError(f"is not a whole notebook, {where}: save it again in Jupyter") from None
    except ValueError:
        raise NotebookError("holds a number that no notebook holds: save it again in Jupyter") from None
    if not isinstance(book, dict):
        raise NotebookError("is not a notebook: hand in the .ipynb file itself")
    return book


def _listed(book: dict[str, Any]) -> list[Any]:
    """All cells, of the present format or of the one before."""
    sheets = book.get("worksheets")
    if book.get("nbformat") == 3 and isinstance(sheets, list):
        inner = [sheet.get("cells") for sheet in sheets if isinstance(sheet, dict)]
        return [cell for sheet in inner if isinstance(sheet, list) for cell in sheet]
    found = book.get("cells")
    if isinstance(found, list):
        return found
    if isinstance(book.get("nbformat"), int):
        raise NotebookError("is of a notebook format that is not read here: open it in Jupyter and save it")
    raise NotebookError("is JSON but not a notebook, as it has no cells: hand in the .ipynb file itself")


def _source(cell: dict[str, Any]) -> str:
    source = cell.get("source", cell.get("input", ""))
    if isinstance(source, list):
        return "".join(line for line in source if isinstance(line, str))
    return source if isinstance(source, str) else ""


def _check_language(book: dict[str, Any]) -> None:
    about = book.get("metadata")
    about = about if isinstance(about, dict) else {}
    for key, name in (("language_info", "name"), ("kernelspec", "language")):
        part = about.get(key)
        language = part.get(name) if isinstance(part, dict) else None
        if isinstance(language, str) and language and "python" not in language.lower():
            raise NotebookError(f"is a notebook for {language[:20]}, not for Python")
