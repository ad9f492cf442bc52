"""How Gradescope, Moodle, Canvas and OLAT lay out a bulk download, each as a function from a shelf to arrivals."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable
from dataclasses import replace

from autograder.intake.arrival import Arrival
from autograder.intake.gradescope import METADATA, read_metadata
from autograder.intake.names import show
from autograder.intake.shelf import Shelf

# lovelaceada_LATE_123456_7890123_layers-1.zip
_CANVAS = re.compile(r"(?P<who>[^_]+)_(?P<late>LATE_)?(?P<id>\d{3,})_(?P<upload>\d{3,})_(?P<file>.+)", re.IGNORECASE)
# Ada Lovelace_1234567_assignsubmission_file_ as a folder, or with the file's name behind it
_MOODLE = re.compile(r"(?P<who>.+?)_(?P<id>\d+)_assignsubmission_(?P<kind>file|onlinetext)(?:_(?P<file>.*))?")
# lovelace_ada_s1234567/2_submissions, 4_revisions
_STEP = re.compile(r"(\d{1,2})_(.+)")
_STAFFS_STEPS = ("task", "aufgabe", "correction", "korrektur", "review", "solution", "lösung", "feedback", "assess")

# The names on the shelf that belong to the layout, and what arrives under them; both empty when it is another one's.
Found = tuple[set[str], list[Arrival]]
Layout = Callable[[Shelf, str], Found]


def gradescope(shelf: Shelf, here: str) -> Found:
    """Folders submission_1234 beside submission_metadata.yml, which knows the people and the time."""
    if METADATA not in shelf.files(here):
        return set(), []
    records = read_metadata(shelf.text(here + METADATA))
    folders = [name for name in shelf.folders(here) if name in records]
    arrivals = [
        replace(shelf.folder(here, name), students=_people(*records[name].students), received=records[name].received)
        for name in folders
    ]
    return {METADATA, *folders}, arrivals


def moodle(shelf: Shelf, here: str) -> Found:
    """A folder for each person, or each file with the person in front; online text counts where there is no file."""
    people: dict[tuple[str, str], list[tuple[str, re.Match[str]]]] = defaultdict(list)
    folders = set(shelf.folders(here))
    for name in (*sorted(folders), *shelf.files(here)):
        if match := _MOODLE.fullmatch(name):
            people[match["who"], match["id"]].append((name, match))
    arrivals = []
    for (person, _), matches in people.items():
        files = [m for m in matches if m[1]["kind"] == "file"] or matches
        for name in (n for n, _ in files if n in folders):
            arrivals.append(replace(shelf.folder(here, name), students=_people(person)))
        loose = [(n, m["file"] or n) for n, m in files if n not in folders]
        arrivals += _grouped(shelf, here, f"{person}_{matches[0][1]['id']}", loose, person)
    return {name for matches in people.values() for name, _ in matches}, arrivals


def canvas(shelf: Shelf, here: str) -> Found:
    """Every file flat, with the person, LATE, and two numbers in front."""
    people: dict[tuple[str, str], list[tuple[str, re.Match[str]]]] = defaultdict(list)
    for name in shelf.files(here):
        if match := _CANVAS.fullmatch(name):
            people[match["who"], match["id"]].append((name, match))
    arrivals = []
    for (person, id), matches in people.items():
        found = _grouped(shelf, here, f"{person}_{id}", [(n, m["file"]) for n, m in matches], person)
        late = ("Canvas calls this upload late.",) if any(m["late"] for _, m in matches) else ()
        arrivals += [replace(arrival, notes=(*arrival.notes, *late)) for arrival in found]
    return {name for matches in people.values() for name, _ in matches}, arrivals


def olat(shelf: Shelf, here: str) -> Found:
    """A folder for each person with 1_task, 2_submissions, 4_revisions … in it; the last one handed in counts."""
    taken: set[str] = set()
    arrivals = []
    for person in shelf.folders(here):
        inside = shelf.folders(f"{here}{person}/")
        steps = [(int(match[1]), name, match[2]) for name in inside if (match := _STEP.fullmatch(name))]
        if not steps or len(steps) != len(inside) or shelf.files(f"{here}{person}/"):
            continue
        taken.add(person)
        theirs = [name for _, name, what in sorted(steps) if not what.casefold().startswith(_STAFFS_STEPS)]
        full = [name for name in theirs if _holds_something(shelf, f"{here}{person}/{name}/")]
        for last in full[-1:]:
            arrival = shelf.folder(f"{here}{person}/", last)
            notes = (f"{show(last)} is graded, not {show(full[0])}.",) if len(full) > 1 else ()
            arrivals.append(
                replace(arrival, name=shelf.folder(here, person).name, students=_people(person), notes=notes)
            )
    if taken:
        taken |= {name for name in shelf.files(here) if name.lower().endswith((".xlsx", ".xls"))}
        taken |= {name for name in shelf.folders(here) if name.casefold().startswith(_STAFFS_STEPS)}
    return taken, arrivals


LAYOUTS: tuple[Layout, ...] = (gradescope, moodle, canvas, olat)


def _grouped(shelf: Shelf, here: str, name: str, files: list[tuple[str, str]], person: str) -> list[Arrival]:
    """One person's loose files as one arrival, except that each of several zips is one of its own."""
    zips = [old for old, _ in files if old.lower().endswith(".zip")]
    if len(files) == 1:
        return [replace(shelf.file(here, files[0][0]), students=_people(person))]
    if len(zips) > 1:
        note = f"{show(person)} handed in {len(zips)} zips, and each is graded: the course decides which one counts."
        return [replace(shelf.file(here, old), students=_people(person), notes=(note,)) for old in zips]
    return [replace(shelf.several(here, name, files), students=_people(person))] if files else []


def _holds_something(shelf: Shelf, here: str) -> bool:
    return any(not name.startswith(".") for name in (*shelf.files(here), *shelf.folders(here)))


def _people(*called: str) -> tuple[str, ...]:
    return tuple(show(text, 100) for text in called)
