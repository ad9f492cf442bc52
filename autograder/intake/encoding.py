"""What the bytes of a text file betray before anyone runs it: its encoding, and marks that mislead a reader."""

from __future__ import annotations

import codecs
import re

from autograder.cells import NotebookError, cells
from autograder.intake.names import show

_TEXT = (".py", ".md", ".txt", ".toml", ".ipynb")
_CODING = re.compile(rb"^[ \t\f]*#.*?coding[:=][ \t]*([-\w.]+)")
_HONEST = {"utf8", "utf8sig", "ascii", "usascii", "latin1", "iso88591", "iso885915", "cp1252", "windows1252"}
# Marks that make an editor show code in another order than Python reads it.
_TURNING = re.compile("[\u202a-\u202e\u2066-\u2069]")
_BOMS = ((codecs.BOM_UTF16_LE, "UTF-16"), (codecs.BOM_UTF16_BE, "UTF-16"))


def inspect(name: str, content: bytes) -> tuple[list[str], list[str]]:
    """Notes for the student and flags for staff about one kept file; both empty for ordinary text."""
    if not name.endswith(_TEXT):
        return [], []
    if name.endswith(".ipynb"):
        try:
            cells(content)
        except NotebookError as error:
            return [f"{name} {error}."], []
    for bom, what in _BOMS:
        if content.startswith(bom):
            return [f"{name} is {what}, which Python cannot read: save it as UTF-8."], []
    if b"\0" in content:
        return [f"{name} holds NUL bytes, as no text does: save it again as UTF-8."], []
    coding = _declared(content) if name.endswith(".py") else ""
    if coding and re.sub(r"[-_.]", "", coding.lower()) not in _HONEST:
        said = show(coding)
        return [f"{name} declares the coding {said}: save it as UTF-8."], [f"{name} declares the coding {said}"]
    try:
        text = content.decode("utf-8")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        if coding:
            return [], []
        return [f"{name} is not UTF-8 (line {line} holds another encoding's letters): save it as UTF-8."], []
    turning = _TURNING.search(text)
    if turning:
        line = text.count("\n", 0, turning.start()) + 1
        return [], [f"{name} line {line} holds marks that change the order in which code is shown"]
    return [], []


def _declared(content: bytes) -> str:
    """The coding that a Python file names in its first two lines, or ""."""
    for line in content[:1000].splitlines()[:2]:
        match = _CODING.match(line)
        if match:
            return match.group(1).decode("ascii", "replace")
    return ""
