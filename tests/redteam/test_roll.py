"""Every attack on the list is shown by a test, or its limit is named."""

from __future__ import annotations

import importlib
import re
from pathlib import Path

from raid import Attack
from roll import LIMITS, ids


def covered() -> dict[str, list[str]]:
    """ID → the attacks and tests of this folder that show it."""
    found: dict[str, list[str]] = {}
    lists: dict[int, list[Attack]] = {}
    for path in sorted(Path(__file__).parent.glob("test_*.py")):
        module = importlib.import_module(path.stem)
        attacks = getattr(module, "ATTACKS", [])
        lists[id(attacks)] = attacks  # two modules may share a run
        for name, member in vars(module).items():
            if not name.startswith("test_"):
                continue
            for mark in getattr(member, "pytestmark", ()):
                for covers in mark.args if mark.name == "covers" else ():
                    found.setdefault(covers, []).append(name)
    for attacks in lists.values():
        for attack in attacks:
            found.setdefault(attack.id, []).append(attack.key)
    return found


def test_every_id_has_a_test_or_a_named_limit() -> None:
    shown = covered()
    assert [id for id in ids() if id not in shown and id not in LIMITS] == []


def test_no_id_is_unknown_or_both_shown_and_given_up() -> None:
    shown = covered()
    assert set(shown) | set(LIMITS) <= set(ids())
    assert set(shown) & set(LIMITS) == set()


def test_no_two_attacks_share_a_name() -> None:
    keys = [key for keys in covered().values() for key in keys if not key.startswith("test_")]
    assert len(keys) == len(set(keys))


def test_every_limit_is_a_line_of_the_readme_and_nothing_else_is() -> None:
    readme = (Path(__file__).parent.parent.parent / "README.md").read_text("utf-8")
    named = re.findall(r"[A-F]\d+", " ".join(re.findall(r"\[([A-F]\d+(?:,\s+[A-F]\d+)*)\]", readme)))
    assert sorted(named) == sorted(LIMITS)
