"""Finds the submissions in what staff downloaded: a folder of zips, a platform's bulk download, or one zip."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import replace
from pathlib import Path

from autograder.intake.arrival import Arrival, IntakeError
from autograder.intake.choose import asked, is_pattern
from autograder.intake.gradescope import METADATA
from autograder.intake.names import label, numbered, show
from autograder.intake.platforms import LAYOUTS
from autograder.intake.shelf import Shelf, open_shelf
from autograder.model import Assignment

_NEVER = {METADATA, "grades.csv", "roster.csv", "__MACOSX", "desktop.ini", "Thumbs.db"}
_OURS = {"gradebook.db", "gradebook.db-wal", "gradebook.db-shm", "summary.html", "feedback", "submissions"}
_CODE = (".py", ".ipynb")
_ADDRESS = re.compile(r"[A-Za-z0-9.+_-]+@[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)+")


def discover(submissions: Path, assignment: Assignment | None = None) -> list[Arrival]:
    """The arrivals in a folder or zip, sorted, each with a name of its own; raises IntakeError when there is nothing.

    With `assignment`, a folder that itself holds the files asked for is known as one submission for certain.
    """
    return sorted(_with_own_names(_found(submissions, assignment)), key=lambda arrival: arrival.name)


def _found(path: Path, assignment: Assignment | None) -> list[Arrival]:
    try:
        with open_shelf(path) as shelf:
            return [_whole(path)] if shelf is None else _on(shelf, assignment)
    except OSError as error:
        raise IntakeError(f"{path}: {error.strerror or error}; name a folder of zips or folders, or one zip") from error


def _on(shelf: Shelf, assignment: Assignment | None) -> list[Arrival]:
    here = _below_wrappers(shelf)
    layouts = [layout(shelf, here) for layout in LAYOUTS]
    if not any(taken for taken, _ in layouts) and _is_one_submission(shelf, here, assignment):
        return [_whole(shelf.path)]
    arrivals = [arrival for _, found in layouts for arrival in found]
    if shelf.is_zip and len(arrivals) == 1:
        return [_whole(shelf.path)]  # an export of one person's work is no proof: that person could have packed it so
    skipped = set().union(*(taken for taken, _ in layouts))
    names = [name for name in _names(shelf, here) if name not in skipped]
    if len(names) == 1 and not skipped and not shelf.is_zip and names[0].lower().endswith(".zip"):
        bulk = shelf.path / here / names[0]
        if bulk.is_file() and not bulk.is_symlink():
            return _doubted(_found(bulk, assignment), names[0])
    folders = set(shelf.folders(here))
    for name in names:
        arrival = shelf.folder(here, name) if name in folders else shelf.file(here, name)
        address = _ADDRESS.search(name.removesuffix(".zip"))
        arrivals.append(replace(arrival, students=(address.group(),) if address else ()))
    return arrivals


def _doubted(arrivals: list[Arrival], bulk: str) -> list[Arrival]:
    """What a zip that nobody named says of several people: a platform's download, or one person's imitation."""
    if len(arrivals) == 1:
        return arrivals
    why = f"only the inside of {show(bulk)}, which lay there alone, says whose this is and when it came"
    advice = "if it is a platform's download, grade that zip by its name; if a student handed it in, ask"
    return [replace(arrival, flags=(f"{why}: {advice}",)) for arrival in arrivals]


def _names(shelf: Shelf, here: str) -> list[str]:
    """What lies here and may be a submission: not hidden, not staff's, and in a graded class not what grading wrote."""
    never = _NEVER | (_OURS if "gradebook.db" in shelf.files(here) else set())
    return [n for n in (*shelf.files(here), *shelf.folders(here)) if not n.startswith(".") and n not in never]


def _below_wrappers(shelf: Shelf) -> str:
    """The folder in which submissions lie side by side: bulk downloads often have one folder around everything."""
    here = ""
    while True:
        names = _names(shelf, here)
        if len(names) != 1 or names[0] not in shelf.folders(here) or any(layout(shelf, here)[0] for layout in LAYOUTS):
            return here
        inner = f"{here}{names[0]}/"
        zips = [n for n in shelf.files(inner) if n.lower().endswith(".zip")]
        code = any(n.endswith(_CODE) for n in shelf.files(inner))
        if any(layout(shelf, inner)[0] for layout in LAYOUTS) or (len(zips) > 1 and not code):
            here = inner
        else:
            return here


def _is_one_submission(shelf: Shelf, here: str, assignment: Assignment | None) -> bool:
    """Whether all here is one student's: asked files, or code without zips; a zip is, unless it is a zip of zips."""
    files = set(_names(shelf, here)) & set(shelf.files(here))
    zips = [name for name in files if name.lower().endswith(".zip")]
    if assignment is not None:
        wanted = {name for name in asked(assignment) if not is_pattern(name)}
        if wanted & files and (not zips or 2 * len(wanted & files) >= len(wanted)):
            return True
    code = any(name.endswith(_CODE) for name in files)
    return code or len(zips) < 2 if shelf.is_zip else code and not zips


def _whole(path: Path) -> Arrival:
    return Arrival(label(path.resolve().name, path.is_dir()), path)


def _with_own_names(arrivals: Iterable[Arrival]) -> Iterator[Arrival]:
    """Of two that are called the same, or differ only in case, the later one gets a number."""
    ordered = sorted(arrivals, key=lambda a: (a.name, str(a.path), a.members))
    natural = {arrival.name.casefold() for arrival in ordered}
    used: set[str] = set()
    for arrival in ordered:
        name, number = arrival.name, 1
        while name.casefold() in used or (number > 1 and name.casefold() in natural):
            number += 1
            name = numbered(arrival.name, number)
        used.add(name.casefold())
        yield replace(arrival, name=name)
