"""The rooms import each other as the table says, and nowhere else."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

HOUSE = Path(__file__).parent.parent / "autograder"

# room → the rooms it may import; every room may import model. `checks` ships in handouts and imports nothing of ours.
ALLOWED: dict[str, set[str]] = {
    "model": set(),
    "checks": set(),
    "course": {"model"},
    "cells": set(),
    "intake": {"model", "cells"},
    "data": {"model"},
    "sandbox": {"model", "data", "cells"},
    "grading": {"model", "sandbox", "checks"},
    "gradebook": {"model"},
    "reports": {"model"},
    "outputs": {"model", "course", "reports"},
    "pipeline": {
        "alike",
        "contest",
        "model",
        "course",
        "intake",
        "data",
        "sandbox",
        "grading",
        "gradebook",
        "outputs",
        "interop",
    },
    "alike": {"model", "grading", "checks"},
    "contest": {"model", "course", "gradebook", "grading", "outputs", "reports", "sandbox"},
    "verify": {"model", "course", "intake", "data", "grading", "pipeline"},
    "steadiness": {"model", "intake", "data", "sandbox", "grading", "pipeline", "verify"},
    "mutation": {"model", "course", "intake", "data", "grading", "pipeline", "verify"},
    "home": {"model", "course", "sandbox", "data"},
    "interop": {"model", "checks"},
    "offline": {"sandbox"},
    "live": {"checks", "home", "sandbox", "grading"},
    "progress": {"model", "pipeline", "grading", "reports"},
    "datasets": {"data", "progress"},
    "cli": {
        "model",
        "pipeline",
        "contest",
        "verify",
        "mutation",
        "steadiness",
        "progress",
        "course",
        "intake",
        "datasets",
    },
}


def room_of(path: Path) -> str:
    return path.relative_to(HOUSE).parts[0].removesuffix(".py")


def rooms_imported(source: str) -> set[str]:
    """The rooms of the house that a piece of code imports, wherever in it."""
    found = set()
    for node in ast.walk(ast.parse(source)):
        names: list[str] = []
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            if node.level == 1:  # within the room
                continue
            assert node.level == 0, "a relative import may not leave its room"
            module = node.module or ""
            names = [f"{module}.{alias.name}" for alias in node.names] if module == "autograder" else [module]
        found |= {name.split(".")[1] for name in names if name.startswith("autograder.")}
    return found - {"__version__"}


def trespasses(room: str, source: str) -> set[str]:
    return rooms_imported(source) - ALLOWED[room] - {room}


@pytest.mark.parametrize("path", sorted(HOUSE.rglob("*.py")), ids=lambda p: str(p.relative_to(HOUSE)))
def test_a_file_imports_only_what_its_room_may(path: Path) -> None:
    room = room_of(path)
    if room == "__init__":
        assert rooms_imported(path.read_text()) == set()
        return
    assert room in ALLOWED, f"{room} is a new room: enter it in the table"
    assert trespasses(room, path.read_text()) == set()


@pytest.mark.parametrize(
    ("room", "source", "caught"),
    [
        ("checks", "from autograder.model import Grade", {"model"}),
        ("reports", "def f():\n    import autograder.gradebook.store", {"gradebook"}),
        ("course", "from autograder import intake, model", {"intake"}),
        ("pipeline", "from autograder.grading import run", set()),
    ],
)
def test_a_forbidden_import_is_caught(room: str, source: str, caught: set[str]) -> None:
    assert trespasses(room, source) == caught


def test_the_imports_form_no_circle() -> None:
    remaining = {room: allowed - {room} for room, allowed in ALLOWED.items()}
    while free := [room for room, allowed in remaining.items() if not allowed & remaining.keys()]:
        for room in free:
            del remaining[room]
    assert remaining == {}
