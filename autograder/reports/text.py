"""Text that others wrote, made harmless for a page, a terminal and a spreadsheet; and how numbers are written."""

from __future__ import annotations

import math
import re

from markupsafe import Markup, escape

LIMIT = 4000
"""Characters of one text that a page shows; a submission's name may have ten million."""

_ANSI = re.compile(
    r"(?:\x1b\[|\x9b)[0-?]*[ -/]*[@-~]"  # colours and cursor moves
    r"|\x1b[\]PX^_][^\x07\x1b\x9c]*(?:\x07|\x1b\\|\x9c)"  # titles, links and other strings
    r"|\x1b[ -/]*[0-~]"
)
# Control characters but tab and newline; bidi marks, embeddings and isolates, which show text in another order than it
# has; invisible and tag characters; lone surrogates and noncharacters, which no file can hold.
_UNWANTED = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\xad\u061c\u200b\u200e\u200f\u202a-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb"
    "\ufdd0-\ufdef\ufffe\uffff\ud800-\udfff\U000e0000-\U000e007f]"
)
_LINES = re.compile("\r\n|[\r\x0b\x0c\x85\u2028\u2029]")
_SPACE = re.compile(r"\s+")
# What Excel, LibreOffice and Google Sheets take for the beginning of a formula, full-width forms included; and the
# separators after which a spreadsheet with another locale begins a new cell.
_FORMULA = re.compile(r"""(^|[,;|\t])([\s"']*)([=+\-@＝＋－＠])""")
_CHECKSUM = re.compile(r"\b([0-9a-f]{12})[0-9a-f]{52}\b")
_CODE = re.compile(r"`([^`\n]+)`")


def plain(text: str, limit: int = LIMIT) -> str:
    """The text without escape sequences, control and bidi characters, lines ended by newline, cut at `limit`."""
    cut = text[: 4 * limit]  # before the expressions run, so that no text is long for them
    clean = _UNWANTED.sub("", _LINES.sub("\n", _ANSI.sub("", cut)))
    if len(cut) == len(text) and len(clean) <= limit:
        return clean
    return f"{clean[:limit]}… (cut, {len(text):,} characters)"


def line(text: str, limit: int = LIMIT) -> str:
    """`plain` on one line, for a terminal or a cell."""
    return _SPACE.sub(" ", plain(text, limit)).strip()


def cell(text: str, limit: int = 1000) -> str:
    """`line` that no spreadsheet takes for a formula: an apostrophe stands before what would begin one.

    Also behind a separator within the text, where another locale would begin a cell (OWASP, "CSV Injection").
    """
    return _FORMULA.sub(r"\1\2'\3", line(text, limit))


def data_told(version: str) -> str:
    """The data of a grade as a page names it: its checksums cut to what tells them apart."""
    return _CHECKSUM.sub(r"\1…", line(version))


def prose(text: str) -> Markup:
    """HTML of a sentence for a student: everything escaped, `names in backticks` as code."""
    return Markup(_CODE.sub(r"<code>\1</code>", str(escape(plain(text)))))


def number(value: float) -> str:
    """A figure without locale: 12, 12.5, 0.3333; raises ValueError on what is no figure."""
    if not math.isfinite(value):
        raise ValueError(f"{value} is not a score that a report can show")
    rounded = round(value, 4) + 0.0
    return str(int(rounded)) if rounded == int(rounded) else repr(rounded)


def counted(value: float, noun: str) -> str:
    """1 point, 2.5 points."""
    return f"{number(value)} {noun}" if value == 1 else f"{number(value)} {noun}s"
