"""slips.toml: familiar wrong submissions, each an edit of the solution with the checks that must catch it."""

from __future__ import annotations

import ast
import json
import re
from dataclasses import dataclass
from difflib import SequenceMatcher
from pathlib import Path
from typing import Any

from autograder.course.assignment import solution_of
from autograder.course.toml import CourseError, Table, near, read
from autograder.model import Assignment

NAME = "slips.toml"
SEAM = "\n\x1f\n"
"""Between the cells of a notebook, where no find reaches across."""
_MAGIC = re.compile(r"^([ \t]*)[%!].*", re.MULTILINE)


@dataclass(frozen=True)
class Edit:
    """In `file`, every one of exactly `count` places that read `find` becomes `replace`."""

    file: str
    find: str
    replace: str
    count: int = 1


@dataclass(frozen=True)
class Slip:
    """`says` names the mistake in a line; `fails` the checks that the edited solution fails, and no other.

    `may` names checks whose verdict is left open: a training run that the mistake brings close to a threshold.
    """

    id: str
    says: str
    edits: tuple[Edit, ...]
    fails: tuple[str, ...]
    may: tuple[str, ...] = ()


def load(assignment: Assignment) -> tuple[Slip, ...]:
    """The slips of an assignment in the order written; raises CourseError.

    Each is tried on the solution's text here: it must be found as often as it says, change something and leave Python.
    """
    solution = solution_of(assignment)
    top = read(solution / NAME)
    top.only(("slips",))
    slips: dict[str, Slip] = {}
    for table in top.tables("slips"):
        slip = _slip(table)
        if slip.id in slips:
            raise table.wrong("id", "is already the id of another slip")
        _try(slip, table, assignment)
        slips[slip.id] = slip
    return tuple(slips.values())


def apply(slip: Slip, folder: Path) -> None:
    """Make the slip in `folder`, a copy of the solution; raises CourseError where the text is not as expected."""
    for edit in slip.edits:
        path = folder / edit.file
        text = _text(path)
        if text.count(edit.find) != edit.count:
            raise CourseError(f"{path.as_posix()}: slip {slip.id}: {_miscounted(edit, text)}")
        replaced = text.replace(edit.find, edit.replace)
        path.write_bytes((_put_back(path, replaced) if path.suffix == ".ipynb" else replaced).encode())


def _slip(table: Table) -> Slip:
    single = ("file", "find", "replace", "count")
    table.named("slip").only(("id", "says", "fails", "may", "edits", *single))
    id = table.text("id")
    if "edits" in table.values:
        for key in single:
            if key in table.values:
                raise table.wrong(key, "belongs into [[slips.edits]], since this slip has several edits")
        edits = tuple(_edit(inner) for inner in table.tables("edits"))
    else:
        edits = (_edit(table),)
    fails = table.texts("fails")
    if not fails:
        raise table.wrong("fails", "must name at least one check that catches this slip")
    may = table.texts("may") if "may" in table.values else ()
    return Slip(id, table.text("says"), edits, fails, may)


def _edit(table: Table) -> Edit:
    if "id" not in table.values:
        table.only(("file", "find", "replace", "count"))
    edit = Edit(table.text("file"), table.raw("find"), table.raw("replace"), table.whole("count", 1, least=1))
    if not edit.find.strip():
        raise table.wrong("find", "must not be empty")
    if edit.find == edit.replace:
        raise table.wrong("replace", "is the same as find, so nothing would be wrong")
    return edit


def _try(slip: Slip, table: Table, assignment: Assignment) -> None:
    """Make the slip on texts in memory; raises CourseError where that would not give a wrong submission that runs."""
    place = f"{table.path.as_posix()}: {table.where}"
    solution = solution_of(assignment)
    known = [name for name in assignment.files + assignment.optional if (solution / name).is_file()]
    texts: dict[str, str] = {}
    for edit in slip.edits:
        if edit.file not in known:
            raise CourseError(f"{place}: file = {edit.file}: students hand in no such file{near(edit.file, known)}")
        text = texts.setdefault(edit.file, _text(solution / edit.file))
        if text.count(edit.find) != edit.count:
            raise CourseError(f"{place}: find: {_miscounted(edit, text)}")
        texts[edit.file] = text.replace(edit.find, edit.replace)
    for name, text in texts.items():
        if text == _text(solution / name):
            raise CourseError(f"{place}: its edits undo each other in {name}")
        for number, part in enumerate(_python(name, text), 1):
            try:
                ast.parse(part)
            except SyntaxError as error:
                where = f"cell {number}, line {error.lineno}" if name.endswith(".ipynb") else f"line {error.lineno}"
                broken = f"leaves {name} broken on {where}: {error.msg}"
                raise CourseError(f"{place}: {broken}; a slip must still be Python") from None


def _text(path: Path) -> str:
    """What a slip edits: a file's text, or the code cells of a notebook with SEAM between them."""
    try:
        text = path.read_bytes().decode("utf-8-sig").replace("\r\n", "\n")
    except (OSError, UnicodeDecodeError) as error:
        raise CourseError(f"{path.as_posix()}: cannot be read: {error}") from None
    return SEAM.join(cell["source"] for cell in _code(text, path)) if path.suffix == ".ipynb" else text


def _put_back(path: Path, text: str) -> str:
    """The notebook at `path` with the cells of `text` in place of its own."""
    book = json.loads(path.read_text(encoding="utf-8"))
    own = [cell for cell in book["cells"] if cell["cell_type"] == "code"]
    for cell, source in zip(own, text.split(SEAM), strict=True):
        cell["source"] = source
    return json.dumps(book, ensure_ascii=False, indent=1) + "\n"


def _code(text: str, path: Path) -> list[Any]:
    from autograder.course import notebooks  # nbformat is not on a student's machine

    return [cell for cell in notebooks.read(text, path.as_posix())["cells"] if cell["cell_type"] == "code"]


def _python(name: str, text: str) -> list[str]:
    """The parts of `text` that are to be Python, without magics and shell commands."""
    if name.endswith(".ipynb"):
        return [_MAGIC.sub(r"\1pass", cell) for cell in text.split(SEAM)]
    return [text] if name.endswith(".py") else []


def _miscounted(edit: Edit, text: str) -> str:
    """Why `find` is not there as often as it should be, with the place that was probably meant."""
    times = text.count(edit.find)
    if times:
        return f"is {times} times in {edit.file}, not {edit.count}; make it longer, or write count = {times}"
    first = edit.find.strip().split("\n")[0].strip()
    lines = text.split("\n")
    for number, line in enumerate(lines, 1):
        if line.strip() == first:
            return f"is not in {edit.file}, only its first line, on line {number}; compare indentation and what follows"
    ratios = [SequenceMatcher(None, line.strip(), first, autojunk=False).ratio() for line in lines]
    best = max(range(len(lines)), key=ratios.__getitem__)
    hint = f"; nearest is line {best + 1}: {lines[best].strip()}" if ratios[best] > 0.6 else ""
    return f"is not in {edit.file}{hint}"
