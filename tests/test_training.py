"""Accuracy, tiers and the majority baseline: what a score earns, and that nothing odd earns anything."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from autograder.checks import Failure, accuracy, majority, seen, tiers
from autograder.data import load

STEPS = {0.90: 0.5, 0.93: 1.0}


@pytest.mark.parametrize(
    ("scores", "labels", "share"),
    [
        (np.eye(4), [0, 1, 2, 3], 1.0),
        (np.eye(4)[::-1], [0, 1, 2, 3], 0.0),
        (torch.eye(4), np.array([0, 1, 2, 0]), 0.75),
        (np.array([-1.0, 2.0, 0.0, 3.0]), [0, 1, 0, 0], 0.75),
        (np.array([[-1.0], [2.0]]), [0, 1], 1.0),
        ([[1, 2], [2, 1]], [1, 0], 1.0),
        (np.zeros((4, 3)), [0, 1, 2, 0], 0.5),
    ],
)
def test_accuracy(scores: object, labels: list[int], share: float) -> None:
    assert accuracy(scores, labels) == share


@pytest.mark.parametrize(
    ("scores", "said"),
    [
        (None, "scores is None: did the function return it?"),
        (np.eye(3), "scores should be one row of scores a sample: 4 samples, but shape (3, 3)."),
        (np.zeros(()), "scores should be one row of scores a sample: 4 samples, but shape ()."),
        (np.zeros((1, 4)), "scores should be one row of scores a sample: 4 samples, but shape (1, 4)."),
        (np.zeros((4, 2, 1)), "scores should be one row of scores a sample: 4 samples, but shape (4, 2, 1)."),
        (np.zeros((4, 0)), "scores should be one row of scores a sample: 4 samples, but shape (4, 0)."),
        (np.ones(4) * 1j, "scores should be one row of scores a sample: 4 samples, but shape (4,)."),
        (np.full((4, 2), np.nan), "scores holds NaN or infinity."),
        (np.array([1.0, np.inf, 1.0, 1.0]), "scores holds NaN or infinity."),
        (0.99, "scores should be one row of scores a sample: 4 samples, but shape ()."),
    ],
)
def test_what_are_no_scores_is_said(scores: object, said: str) -> None:
    with pytest.raises(Failure) as caught:
        accuracy(scores, [0, 1, 1, 0])
    assert caught.value.why == said
    assert not any(c.isdigit() for c in caught.value.why_hidden)


@pytest.mark.parametrize("labels", [[], np.zeros((3, 1)), 1])
def test_labels_that_are_none_are_the_checks_own_fault(labels: object) -> None:
    with pytest.raises(ValueError, match="labels"):
        accuracy(np.zeros(3), labels)  # type: ignore[arg-type]


@given(st.lists(st.integers(0, 9), min_size=1, max_size=50))
def test_the_majority_is_what_always_answering_the_same_earns(labels: list[int]) -> None:
    best = max(accuracy(np.tile(np.eye(10)[c], (len(labels), 1)), labels) for c in range(10))
    assert majority(labels) == best


@pytest.mark.parametrize(
    ("value", "share"), [(0.0, 0.0), (0.8999, 0.0), (0.90, 0.5), (0.9299, 0.5), (0.93, 1.0), (1.0, 1.0)]
)
def test_a_tier_is_earned_from_its_threshold_on(value: float, share: float) -> None:
    assert tiers(value, STEPS) == share


def test_a_share_says_what_was_reached_and_what_comes_next() -> None:
    share = tiers(0.9296, STEPS, what="validation accuracy", hint="Train longer.")
    assert share.why == "The validation accuracy is 92.9 %; 93 % earns all of the points."
    assert share.why_hidden == "The validation accuracy is below 93 %, which earns all of the points."
    assert share.hint == "Train longer."
    assert tiers(0.5, STEPS).why == "The test accuracy is 50 %; 90 % earns 50 % of the points."
    assert tiers(0.95, STEPS).why == ""


@pytest.mark.parametrize("value", [float("nan"), float("inf"), -0.1, 1.1, 93.0])
def test_a_value_that_is_no_accuracy_is_the_checks_own_fault(value: float) -> None:
    with pytest.raises(ValueError, match="no accuracy"):
        tiers(value, STEPS)


@pytest.mark.parametrize(
    "steps", [{}, {0.9: 0.5}, {0.9: 1.0, 0.95: 0.5}, {0.9: 0.0, 0.95: 1.0}, {0.9: 1.0, 0.95: 1.0}, {0.9: 2.0}]
)
def test_steps_must_rise_to_everything(steps: dict[float, float]) -> None:
    with pytest.raises(ValueError, match="must rise"):
        tiers(0.92, steps)


def test_seen_earns_everything_and_says_what() -> None:
    share = seen("plain dropout")
    assert (share, share.why, share.why_hidden) == (1.0, "plain dropout", "plain dropout")


BY_SOURCE = {"mnist": {0.95: 0.5, 0.975: 1.0}, "digits": {0.93: 1.0}}


def test_thresholds_are_those_of_the_data_that_was_used() -> None:
    mnist, digits = tiers(0.96, BY_SOURCE, of="mnist"), tiers(0.96, BY_SOURCE, of=load("mnist"))
    assert (float(mnist), float(digits)) == (0.5, 1.0)
    assert mnist.why == "The test accuracy on mnist is 96 %; 97.5 % earns all of the points."
    assert mnist.why_hidden == "The test accuracy on mnist is below 97.5 %, which earns all of the points."


@pytest.mark.parametrize(
    ("steps", "of", "said"),
    [
        (BY_SOURCE, "fashion_mnist", "thresholds for mnist, digits, and none for fashion_mnist, the data used"),
        (BY_SOURCE, None, "`of` names the data"),
        (STEPS, "mnist", "thresholds per source"),
        ({"mnist": {0.9: 1.0}, 0.5: 1.0}, "mnist", "thresholds per source"),
        ({"mnist": {0.9: 0.5}}, "mnist", "must rise"),
    ],
)
def test_thresholds_of_one_source_never_serve_another(steps: dict[str, dict[float, float]], of: str, said: str) -> None:
    with pytest.raises(ValueError, match=said):
        tiers(0.95, steps, of=of)
