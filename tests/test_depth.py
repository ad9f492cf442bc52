"""Signals of deep networks are measured where the network is, and held to what follows from its parameters."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from autograder.checks import Failure, drift, signals
from autograder.model import Limits
from autograder.sandbox import local
from autograder.sandbox.student import Student

NETWORKS = """
import torch
from torch import nn


def chain(depth, width, bend=nn.Tanh):
    return nn.Sequential(*[part for _ in range(depth) for part in (nn.Linear(width, width), bend())][:-1])


def nested(depth, width):
    return nn.Sequential(nn.Sequential(*chain(depth - 1, width), nn.Tanh()), nn.Linear(width, width))


class Lying(nn.Linear):
    def forward(self, x):
        return super().forward(x) / 2


Lying.__name__ = "Linear"


def lying(depth, width):
    model = chain(depth, width)
    model[2] = Lying(width, width)
    return model


def crooked(depth, width):
    model = chain(depth, width)
    model[2].register_full_backward_hook(lambda module, grads, dout: (2 * grads[0],))
    return model


def huge(depth, width):
    model = chain(depth, width, nn.Identity)
    for p in model.parameters():
        p.data.fill_(1e20)
    return model


def spare(depth, width):
    model = chain(depth, width)
    model.spare = nn.Linear(1, 1)
    model.forward = lambda x: nn.Sequential(*list(model)[:-1])(x)
    return model
"""


@pytest.fixture
def student(tmp_path: Path) -> Student:
    (tmp_path / "networks.py").write_text(NETWORKS)
    return Student(lambda: local.connect(tmp_path), Limits(), ("networks.py",))


def measured(student: Student, name: str, *args: Any) -> tuple[list[Any], list[Any]]:
    rng = np.random.default_rng(5)
    model = getattr(student.networks, name)(4, 6, *args)
    return signals(student, model, torch.tanh, rng.normal(size=(7, 6)), rng.normal(size=(7, 6)))


@pytest.mark.parametrize("name", ["chain", "nested"])
def test_one_output_and_one_gradient_for_each_linear_layer(student: Student, name: str) -> None:
    outputs, deltas = measured(student, name)
    assert [a.shape for a in outputs] == [a.shape for a in deltas] == [(7, 6)] * 4
    upstream = np.random.default_rng(5).normal(size=(2, 7, 6))[1]
    np.testing.assert_allclose(deltas[-1], upstream, rtol=1e-6)


@pytest.mark.parametrize("name", ["lying", "crooked", "spare"])
def test_what_does_not_follow_from_the_parameters_is_refused(student: Student, name: str) -> None:
    with pytest.raises(Failure, match="not those of the network's Linear layers"):
        measured(student, name)


def test_another_activation_than_asked_for_is_refused(student: Student) -> None:
    with pytest.raises(Failure):
        measured(student, "chain", student.torch.nn.ReLU)


def test_what_grows_beyond_all_numbers_is_said(student: Student) -> None:
    with pytest.raises(Failure, match="grow beyond all numbers"):
        measured(student, "huge")


def test_drift_is_the_largest_factor_up_or_down_from_the_middle() -> None:
    ones = np.array([-1.0, 1.0])
    assert drift([ones, ones, ones]) == 1.0
    assert drift([ones, 2 * ones, 16 * ones]) == 8.0
    assert drift([ones / 5, ones, 3 * ones]) == pytest.approx(5.0)


def test_large_float32_numbers_do_not_overflow() -> None:
    large = np.array([-1e30, 1e30], dtype=np.float32)
    assert drift([large, large, large / 4]) == pytest.approx(4)


def test_what_has_faded_to_nothing_has_drifted_without_end() -> None:
    assert drift([np.zeros(3), np.array([-1.0, 1.0]), np.array([-1.0, 1.0])]) > 1e20
    assert math.isfinite(drift([np.zeros(3)] * 3))
