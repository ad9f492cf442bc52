"""Sketches find weights that are nearly the same, and nothing else."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from samples import grade

from autograder import alike
from autograder.checks.sketch import ALIKE, SIZE, likeness, sketch

RNG = np.random.default_rng(1)
ONE = {"a.weight": RNG.normal(size=(30, 40)).astype(np.float32), "b.weight": RNG.normal(size=(9, 30))}


def near(by: float) -> dict[str, Any]:
    return {key: value + by * RNG.normal(size=value.shape) for key, value in ONE.items()}


def test_the_same_weights_are_alike_however_they_are_called_rounded_or_scaled() -> None:
    mine = sketch(ONE)
    assert likeness(mine, mine) == pytest.approx(1.0)
    assert likeness(mine, sketch({f"net.{key}": 3 * value for key, value in ONE.items()})) > ALIKE
    assert likeness(mine, sketch({key: value.astype(np.float16) for key, value in ONE.items()})) > ALIKE
    assert likeness(mine, sketch(dict(reversed(ONE.items())))) > ALIKE
    assert likeness(mine, sketch(ONE | {"n.running_mean": np.ones(8), "n.num_batches_tracked": np.array(9)})) > ALIKE


@pytest.mark.parametrize(("by", "are"), [(0.001, True), (0.005, True), (0.03, False), (0.3, False), (30.0, False)])
def test_how_near_is_near(by: float, are: bool) -> None:
    assert (likeness(sketch(ONE), sketch(near(by))) >= ALIKE) is are


def test_other_sizes_and_what_is_no_number_are_like_nothing() -> None:
    assert likeness(sketch(ONE), sketch(ONE | {"c": np.ones(1)})) == 0.0
    for odd in ({}, {"a": np.zeros(5)}, {"a": np.full(5, np.nan)}, {"n": np.arange(5)}):
        assert sketch(odd) == ""
    assert likeness("", "") == likeness(sketch(ONE), "") == 0.0


def test_a_sketch_of_many_numbers_is_the_sum_of_its_chunks() -> None:
    x = {"w": np.ones((1 << 20) + 5)}
    assert likeness(sketch(x), sketch({"w": x["w"] * 2})) == pytest.approx(1.0)
    assert len(sketch(x)) < 8 * SIZE


def test_a_class_is_compared_pair_by_pair() -> None:
    mine, other = {"net.pt": sketch(ONE)}, {"net.safetensors": sketch(near(0.001))}
    ada, bob = replace(grade("ada"), weights=mine), replace(grade("bob"), weights=other)
    eve, blank = replace(grade("eve"), weights={"net.pt": sketch(near(1.0))}), grade("blank")
    flags = {done.submission: done.flags for done in alike.weights([ada, bob, eve, blank])}
    said = "nearly the same weights as another submission"
    assert flags["ada"] == (*ada.flags, f"{said}: bob")
    assert flags["bob"] == (*bob.flags, f"{said}: ada")
    assert flags["eve"] == eve.flags
    again = replace(bob, submission="again", students=ada.students)
    assert alike.weights([ada, again]) == [ada, again]
