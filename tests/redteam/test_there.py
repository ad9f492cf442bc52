"""The red team on machines that grant less: what a level's own layers have to hold back is held back by them too."""

from __future__ import annotations

import os
from dataclasses import replace

import pytest
from common import AgainstAttacks
from leftovers import KINDS
from raid import Attack, Raid, honest, timeless
from there import CONTAINER, OLD_USER, USER, Machine, attacks, raided, without_walls

pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="other machines can be simulated by root only")

AGAINST = AgainstAttacks()


@pytest.fixture(scope="module", params=[CONTAINER, USER], ids=["container", "landlock"])
def there(request: pytest.FixtureRequest) -> Raid:
    machine: Machine = request.param
    return raided(machine)


def test_it_is_another_level(there: Raid, request: pytest.FixtureRequest) -> None:
    level = request.node.callspec.id
    assert {grade.isolation[0] for grade in there.grades.values()} == {level}


@pytest.mark.parametrize("attack", attacks(), ids=lambda attack: attack.key)
def test_an_attack_ends_there_as_it_does_here(attack: Attack, there: Raid) -> None:
    AGAINST.test_no_point_is_gained(attack, there)
    AGAINST.test_the_record_says_what_happened(attack, there)
    AGAINST.test_it_was_tried_and_nothing_got_through(attack, there)


@pytest.fixture(scope="module")
def nowhere() -> Raid:
    """A machine that has none of it, on which somebody said `--isolation none`."""
    return raided(OLD_USER)


@pytest.mark.parametrize("attack", without_walls(), ids=lambda attack: attack.key)
def test_without_walls_what_needs_none_is_held_back_all_the_same(attack: Attack, nowhere: Raid) -> None:
    AGAINST.test_no_point_is_gained(attack, nowhere)
    AGAINST.test_the_record_says_what_happened(attack, nowhere)


def test_without_walls_nobody_else_is_harmed(nowhere: Raid, quiet: Raid) -> None:
    assert {grade.isolation[0] for grade in nowhere.grades.values()} == {"none"}
    assert {name: nowhere.grades[name].score for name in honest()} == {
        name: quiet.grades[name].score for name in honest()
    }
    assert {kind: nowhere.left[kind] for kind in KINDS if nowhere.left[kind]} == {}


def test_no_other_grade_moved(there: Raid, quiet: Raid) -> None:
    for name in honest():
        # PyTorch says that it cannot look at the processor, where /proc is closed
        one, other = (replace(timeless(raid.grades[name]), isolation=(), output="") for raid in (there, quiet))
        assert one == other
    assert sorted(there.grades) == sorted([*honest(), *(attack.submission for attack in attacks())])


def test_nothing_is_harmed_or_left(there: Raid) -> None:
    assert there.harmed == []
    assert {kind: there.left[kind] for kind in KINDS if there.left[kind]} == {}
