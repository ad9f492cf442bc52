"""assignment.toml → Assignment: what is declared of one handout, checked down to the last key, and its two versions."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Sequence
from dataclasses import fields
from datetime import datetime
from pathlib import Path, PurePosixPath

from autograder.course.toml import CourseError, Table, near, read
from autograder.model import Assignment, Lateness, Limits, Question

NAME = "assignment.toml"
KEYS = ("id", "title", "source", "files", "optional", "data", "preload", "bonus")
FOR_NOTEBOOKS = (
    "IPython.core.inputtransformer2",
    "PIL.Image",
    "matplotlib.pyplot",
    "matplotlib.backends.backend_agg",
    "autograder.data.mnist",
)
"""What a notebook's worker has imported besides."""
TABLES = ("forbidden", "limits", "lateness", "questions")
IDENTIFIER = re.compile(r"[a-z][a-z0-9_]*")
MODULE = re.compile(r"[A-Za-z_]\w*(\.[A-Za-z_]\w*)*", re.ASCII)
# A question's id is a column of grades.csv, beside these.
COLUMNS = ("assignment", "submission", "students", "score", "max_score", "pending", "status", "reason", "late", "flags")
CACHES = ("__pycache__", "node_modules")
JUNK = (".pyc", ".pyo", ".egg-info", "~")


def load(handout: Path, solution: Path | None) -> Assignment:
    """The assignment that `handout`/assignment.toml declares; raises CourseError.

    `solution` is None on a student's machine.
    """
    top = read(handout / NAME)
    top.only((*KEYS, *TABLES))
    questions = _questions(top)
    files = tuple(_file(top, "files", name) for name in top.texts("files"))
    optional = tuple(_file(top, "optional", name) for name in top.texts("optional", ()))
    if not files:
        raise top.wrong("files", "must name at least one file that students hand in")
    folded = [name.casefold() for name in files]
    for name in optional:
        if name.casefold() in folded:
            raise top.wrong("optional", f"{name} is in files too; a file is either asked for or optional")
    total = sum(question.points for question in questions)
    bonus = top.number("bonus", 0.0)
    if bonus and bonus >= total:
        raise top.wrong("bonus", f"must be less than the {total:g} points that the questions add up to")
    return Assignment(
        id=_identifier(top, "id"),
        title=top.text("title"),
        source=top.text("source"),
        questions=questions,
        files=files,
        optional=optional,
        handout=handout,
        solution=solution,
        limits=_limits(top.table("limits")),
        lateness=_lateness(top.table("lateness")),
        bonus=bonus,
        data=top.texts("data", ()),
        forbidden=_forbidden(top.table("forbidden"), (*files, *optional)),
        preload=_preload(top, (*files, *optional)),
        version=_digest(handout, contents(handout)),
        checks_version=_checks_version(handout, solution),
    )


def find(root: Path) -> dict[str, Assignment]:
    """Every assignment of the course in `root`, by id, with its solution where there is one; raises CourseError."""
    if not (root / "assignments").is_dir():
        raise CourseError(f"{root.as_posix()}: has no folder assignments/")
    found = {}
    for path in sorted((root / "assignments").glob(f"*/{NAME}")):
        folder = path.parent
        solution = root / "solutions" / folder.name
        assignment = load(folder, solution if solution.is_dir() else None)
        if assignment.id != folder.name:
            raise CourseError(f'{path.as_posix()}: id = "{assignment.id}": must be the folder\'s name, {folder.name}')
        found[assignment.id] = assignment
    for orphan in sorted((root / "solutions").glob("*/slips.toml")):
        if orphan.parent.name not in found:
            place = orphan.parent.as_posix()
            raise CourseError(
                f"{place}: has no assignments/{orphan.parent.name}/{NAME}{near(orphan.parent.name, found)}"
            )
    return found


def solution_of(assignment: Assignment) -> Path:
    """The folder with the solution; raises CourseError where there is none, as on a student's machine."""
    if assignment.solution is None:
        raise CourseError(f"{assignment.handout.as_posix()}: has no solution here; run this in the course's folder")
    return assignment.solution


def contents(folder: Path) -> list[str]:
    """Files of `folder` at any depth, as sorted relative posix paths, without hidden ones, caches and compiled ones."""
    names = (path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file())
    return sorted(name for name in names if not _ignored(name))


def checks(folder: Path) -> list[str]:
    """Names of the check files in `folder`, sorted."""
    return sorted(path.name for path in folder.glob("checks_*.py"))


def _ignored(name: str) -> bool:
    parts = PurePosixPath(name).parts
    return any(part.startswith(".") or part in CACHES or part.endswith(JUNK) for part in parts)


def _questions(top: Table) -> tuple[Question, ...]:
    questions: dict[str, Question] = {}
    for table in top.tables("questions"):
        table.named("question").only(("id", "title", "points", "manual"))
        id = _identifier(table, "id")
        if id in questions:
            raise table.wrong("id", "is already the id of another question")
        if id in COLUMNS:
            raise table.wrong("id", "is a column of grades.csv; choose another id")
        points = table.number("points")
        if points == 0:
            raise table.wrong("points", "must be above 0")
        manual = table.number("manual", 0.0)
        if manual > points:
            raise table.wrong("manual", f"must not be more than the question's {points:g} points")
        questions[id] = Question(id, table.text("title"), points, manual)
    return tuple(questions.values())


def _forbidden(table: Table, files: Sequence[str]) -> dict[str, tuple[str, ...]]:
    """File → top-level modules that it must not import, and dotted names, torch.optim.Adam, that it must not use."""
    table.only([file for file in files if file.endswith(".py")])
    found = {file: table.texts(file) for file in table.values}
    for file, modules in found.items():
        for module in modules:
            if not MODULE.fullmatch(module):
                raise table.wrong(file, f"{module} is no module and no name in one; write torch, or torch.optim.Adam")
    return found


def _preload(top: Table, files: Sequence[str]) -> tuple[str, ...]:
    asked = top.texts("preload", Assignment.preload)
    notebooks = any(file.endswith(".ipynb") for file in files)
    return tuple(dict.fromkeys((*asked, *(FOR_NOTEBOOKS if notebooks else ()))))


def _limits(table: Table) -> Limits:
    default = Limits()
    table.only([f.name for f in fields(Limits)])
    for key in table.values:
        value = table.whole(key, 0) if isinstance(getattr(default, key), int) else table.number(key, 0.0)
        if value == 0:
            raise table.wrong(key, "must be above 0")
    limits = Limits(**{key: type(getattr(default, key))(value) for key, value in table.values.items()})
    for small, large in (("call_seconds", "check_seconds"), ("check_seconds", "submission_seconds")):
        if getattr(limits, small) > getattr(limits, large):
            named = small if small in table.values else large
            raise table.wrong(
                named, f"{small} ({getattr(limits, small):g}) must not exceed {large} ({getattr(limits, large):g})"
            )
    return limits


def _lateness(table: Table) -> Lateness:
    table.only([f.name for f in fields(Lateness)])
    if not table.values:
        return Lateness()
    return Lateness(
        due=_due(table),
        grace_minutes=table.number("grace_minutes", 0.0),
        per_day=table.number("per_day", 0.0, most=1.0),
        days=table.whole("days", 0),
    )


def _due(table: Table) -> datetime:
    value = table.values.get("due")
    if isinstance(value, str):
        try:
            value = datetime.fromisoformat(value)
        except ValueError:
            raise table.wrong("due", "is no date and time; write 2026-11-03T23:59:00+01:00") from None
    if value is None:
        raise table.wrong("due", "is missing, so nothing can be late; name the date and time or drop [lateness]")
    if not isinstance(value, datetime):
        raise table.wrong("due", "must be a date and a time; write 2026-11-03T23:59:00+01:00")
    if value.tzinfo is None:
        raise table.wrong("due", f"has no time zone; write {value.isoformat()}+01:00 or whichever is yours")
    return value


def _identifier(table: Table, key: str) -> str:
    value = table.text(key)
    if not IDENTIFIER.fullmatch(value):
        raise table.wrong(key, "must be small letters, digits and _, starting with a letter")
    return value


def _file(table: Table, key: str, name: str) -> str:
    """A path inside the submission; the same on every system, so no backslashes, no drives, no way out."""
    path = PurePosixPath(name)
    if path.is_absolute() or ".." in path.parts or re.search(r'[\\:*?"<>|\x00-\x1f]', name) or str(path) != name:
        raise table.wrong(key, f"{name} must be a plain path inside the folder, such as layers.py")
    others = table.values[key]
    if isinstance(others, list) and [str(other).casefold() for other in others].count(name.casefold()) > 1:
        raise table.wrong(key, f"{name} differs from another name only in upper and lower case")
    return name


def _checks_version(handout: Path, solution: Path | None) -> str:
    """Of the visible checks, the hidden ones, and the reference that both compare with: all that decides a score."""
    parts = [_digest(handout, checks(handout))]
    if solution is not None:
        parts.append(_digest(solution, [name for name in contents(solution) if name.endswith((".py", ".ipynb"))]))
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()


def _digest(folder: Path, names: Iterable[str]) -> str:
    """sha256 over names and contents, in the order given."""
    total = hashlib.sha256()
    for name in names:
        total.update(f"{name}\0{hashlib.sha256((folder / name).read_bytes()).hexdigest()}\n".encode())
    return total.hexdigest()
