"""A raid on another machine: `there.raided(machine)` is what came of it, run in a process of its own."""

from __future__ import annotations

import importlib
import pickle
import sys
import tempfile
from pathlib import Path

from raid import HERE, Attack, Raid, grade

sys.path.insert(0, str(HERE.parent / "sandbox"))
import machines
from machines import CONTAINER, OLD_USER, USER, Machine

__all__ = ["CONTAINER", "OLD_USER", "USER", "Machine", "attacks", "raided", "without_walls"]

BY_LEVEL = ("A10", "E7", "E8", "E9")
"""What else than walls holds these back, such as the watchdogs, differs from level to level; budgets do not."""
DEAR = ("E7-fork-bomb", "E8-hoards")
"""Seconds of CPU each; the other attack of the same ID goes along, and test_levels.py has both of these there."""


def attacks() -> list[Attack]:
    """Of the whole list those whose end depends on the level."""
    lists = [importlib.import_module(f"attacks_{group}").ATTACKS for group in "abcdef"]
    every: list[Attack] = sorted({attack.key: attack for found in lists for attack in found}.values(), key=_key)
    return [a for a in every if (a.layer == "walls" or a.id in BY_LEVEL) and a.key not in DEAR]


def without_walls() -> list[Attack]:
    """Of these, those that no wall holds back: what is left where files lie open, as `--isolation none` says aloud."""
    return [attack for attack in attacks() if attack.layer != "walls"]


def _key(attack: Attack) -> str:
    return attack.key


def raided(machine: Machine) -> Raid:
    """Raid that machine. What it is comes back through a file that only our own processes write."""
    with tempfile.TemporaryDirectory(prefix="autograder-test-") as place:
        Path(place).chmod(0o777)
        walls = machine != OLD_USER
        code = f"import sys; sys.path.insert(0, {str(HERE)!r}); import there; there.main({place!r}, {walls})"
        done = machines.on(machine, "-c", code, seconds=600)
        assert done.returncode == 0, done.stderr[-3000:]
        raid: Raid = pickle.loads((Path(place) / "raid.pickle").read_bytes())
        return raid


def main(place: str, walls: bool) -> None:
    """There: raid, and write down what came of it."""
    root, isolation = Path(place), "best" if walls else "none"
    (root / "raid").mkdir(mode=0o755)
    tried = attacks() if walls else without_walls()
    (root / "raid.pickle").write_bytes(pickle.dumps(grade(root / "raid", tried, workers=1, isolation=isolation)))
