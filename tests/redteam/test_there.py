"""The red team on machines that grant less: what a level's own layers have to hold back is held back by them too."""

from __future__ import annotations

import os

import pytest
from common import AgainstAttacks
from leftovers import KINDS
from raid import Attack, honest, timeless
from there import CONTAINER, USER, Machine, Visit, attacks, raided

pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="other machines can be simulated by root only")

AGAINST = AgainstAttacks()


@pytest.fixture(scope="module", params=[CONTAINER, USER], ids=["container", "landlock"])
def visit(request: pytest.FixtureRequest) -> Visit:
    machine: Machine = request.param
    return raided(machine)


def test_it_is_another_level(visit: Visit, request: pytest.FixtureRequest) -> None:
    level = request.node.callspec.id
    assert {grade.isolation[0] for grade in visit.raid.grades.values()} == {level}


@pytest.mark.parametrize("attack", attacks(), ids=lambda attack: attack.key)
def test_an_attack_ends_there_as_it_does_here(attack: Attack, visit: Visit) -> None:
    AGAINST.test_no_point_is_gained(attack, visit.raid)
    AGAINST.test_the_record_says_what_happened(attack, visit.raid)
    AGAINST.test_it_was_tried_and_nothing_got_through(attack, visit.raid)


def test_no_other_grade_moved(visit: Visit) -> None:
    for name in honest():
        assert timeless(visit.raid.grades[name]) == timeless(visit.quiet.grades[name])
    assert sorted(visit.raid.grades) == sorted([*honest(), *(attack.submission for attack in attacks())])


def test_nothing_is_harmed_or_left(visit: Visit) -> None:
    assert visit.raid.harmed == []
    assert [kind for kind in KINDS if visit.raid.left[kind]] == []
