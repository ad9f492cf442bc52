"""Each layer seen at work: alone it holds back an attack, and with it taken off the same attack succeeds."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Iterator

import pytest
from plain import as_plain_user
from rows import Row, Trial, outside, rows

from autograder.sandbox.isolation import LAYERS, LEVELS, Isolation, of


@pytest.fixture(scope="module")
def trial(isolation: Isolation) -> Iterator[Trial]:
    with outside() as found, contextlib.closing(Trial(isolation, found)) as shared:
        yield shared


@pytest.mark.parametrize("row", rows(), ids=lambda row: row.name)
def test_a_layer_holds_back_what_succeeds_without_it(row: Row, isolation: Isolation, trial: Trial) -> None:
    if row.layer == "cgroup" and "cgroup" not in isolation.parts:
        return  # nothing to show on a machine that grants none
    alone, without = trial.run(row)
    assert alone, f"{row.layer} alone lets {row.attack} through"
    assert without, f"{row.attack} is held back without {row.layer} too, so the test shows nothing"


def test_every_layer_is_shown() -> None:
    elsewhere = {"jail", "quota"}  # layers of the lower levels, with tests of their own
    assert {row.layer for row in rows()} | {"uid", "user"} == set(LAYERS) - elsewhere


def test_a_plain_user_has_the_same_walls() -> None:
    said = json.loads(as_plain_user("rows"))
    assert said["level"] == "ns"
    assert said["missing"] == []
    assert said["uid"] != 0
    assert len(said["rows"]) > 12
    assert {name: shown for name, shown in said["rows"].items() if shown != [True, True]} == {}


def test_layers_can_be_taken_off_by_name() -> None:
    full = of("ns", LEVELS["ns"], landlock_abi=7)
    less = full.without("mount", "seccomp")
    assert set(full.parts) - set(less.parts) == {"mount", "seccomp"}
    assert "Landlock ABI 7" in less.layers
    with pytest.raises(ValueError, match="no such layer: moat"):
        full.without("moat")
