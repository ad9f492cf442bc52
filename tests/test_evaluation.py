"""Accuracy, confusion, calibration and the early end of an evaluation, over a network behind the proxy."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from checkpoints import pt, state, write
from hypothesis import given
from hypothesis import strategies as st

from autograder.checks import Failure, evaluate
from autograder.checks.weights import Weights
from autograder.data import load
from autograder.model import Limits
from autograder.sandbox import local
from autograder.sandbox.files import content
from autograder.sandbox.student import Student


class Fixed:
    """Answers a batch of one-hot rows with the rows themselves, and counts what it was asked."""

    asked = 0

    def infer_many(self, calls: list[tuple[torch.Tensor]]) -> list[torch.Tensor]:
        self.asked += len(calls)
        return [x for (x,) in calls]


def judged(right: list[bool], steps: Mapping[float, float] | None, batch: int, **more: Any) -> Any:
    """An evaluation of a network that gets the images of `right` right."""
    labels, net = np.arange(len(right)) % 3, Fixed()
    x = 5 * np.eye(3)[np.where(right, labels, (labels + 1) % 3)]
    result = evaluate(net, x, labels, batch, steps, classes=3, **more)
    assert net.asked == -(-result.seen // batch)  # none is asked for that was not needed
    return result


@given(
    st.lists(st.booleans(), min_size=1, max_size=40),
    st.lists(st.integers(0, 20), min_size=1, max_size=3, unique=True),
    st.integers(1, 7),
)
def test_ending_early_never_changes_what_is_earned(right: list[bool], marks: list[int], batch: int) -> None:
    thresholds = sorted(marks)
    steps = {mark / 20: (n + 1) / len(marks) for n, mark in enumerate(thresholds)}
    early, whole = judged(right, steps, batch), judged(right, steps, batch, full=True)
    assert float(early.share) == float(whole.share)
    assert whole.seen == len(right)
    low, high = early.bounds
    assert low <= whole.accuracy <= high


def test_it_ends_at_the_first_batch_that_decides() -> None:
    steps = {0.5: 0.5, 0.9: 1.0}
    assert judged([False] * 100, steps, 10).seen == 60  # 40 right ones more would still be no half
    assert judged([True] * 100, steps, 10).seen == 90
    assert judged([False] * 20 + [True] * 80, steps, 10).seen == 70  # a half, and 0.9 is lost
    assert judged([False] * 100, None, 10).seen == 100


def test_the_sentence_after_an_early_end_names_what_was_seen() -> None:
    share = judged([True] * 10 + [False] * 90, {0.5: 0.5, 0.9: 1.0}, 10, hint="Train longer.").share
    said = "Of the first 70 of 100 images 14.2 % are right, so the test accuracy cannot reach 50 %, which earns 50 %"
    assert share.why.startswith(said)
    assert share.why_hidden == "The test accuracy is below 50 %, which earns 50 % of the points."
    assert share.hint == "Train longer."


def test_thresholds_of_the_data_that_was_used() -> None:
    steps = {"mnist": {0.9: 1.0}, "digits": {0.5: 1.0}}
    share = evaluate(Fixed(), np.eye(2)[[0, 1, 0]], [1, 0, 0], 3, steps, of="digits").share
    assert share.why == "The test accuracy on digits is 33.3 %; 50 % earns all of the points."
    for of in (None, "cifar10"):
        with pytest.raises(ValueError, match="thresholds"):
            evaluate(Fixed(), np.eye(2)[[0, 1, 0]], [1, 0, 0], 3, steps, of=of)


def test_the_full_figures(tmp_path: Path) -> None:
    rng = np.random.default_rng(4)
    x, y = rng.normal(size=(40, 1, 4, 4)).astype(np.float32), rng.integers(3, size=40)
    folder = write(tmp_path, net__pt=pt(state()))
    student = Student(lambda: local.connect(folder), Limits(), ["nets.py"])
    net = Weights(student, lambda name, most: content(folder / name, most))("net", student.nets.net())
    result = evaluate(net, x, y, batch=7)
    layers = state()
    hidden = torch.relu(torch.tensor(x).flatten(1) @ layers["1.weight"].T + layers["1.bias"])
    want = (hidden @ layers["3.weight"].T + layers["3.bias"]).numpy()
    np.testing.assert_allclose(result.logits, want, rtol=1e-5, atol=1e-5)
    right = want.argmax(1) == y
    assert result.accuracy == right.mean()
    assert result.wrong.tolist() == np.flatnonzero(~right).tolist()
    assert result.confusion.sum() == 40
    assert np.trace(result.confusion) == right.sum()
    np.testing.assert_allclose(result.per_class, [1 - right[y == c].mean() for c in range(3)])
    assert result.probabilities.sum(1) == pytest.approx(np.ones(40))


def test_images_that_the_worker_has_are_not_sent(tmp_path: Path) -> None:
    (tmp_path / "nets.py").write_text("from torch import nn\ndef net():\n    return nn.Flatten()\n")
    d = load("digits")
    net = Student(lambda: local.connect(tmp_path), Limits(), ["nets.py"]).nets.net()
    got = evaluate(net, d.test(), d.y_test, batch=150, classes=784)
    want = evaluate(net, d.x_test, d.y_test, batch=500, classes=784)
    assert np.array_equal(got.logits, want.logits)
    assert (got.seen, len(d.test(7)), len(d.test().part(400, 600))) == (500, 7, 100)


def test_calibration() -> None:
    sure = evaluate(Fixed(), 100 * np.eye(2)[[0, 0, 0, 0]], [0, 0, 0, 1])
    assert sure.calibration == pytest.approx(0.25)
    # Given 75 % each time, and right three times of four.
    fair = evaluate(Fixed(), np.log([[0.75, 0.25]] * 4), [0, 0, 0, 1])
    assert fair.calibration == pytest.approx(0.0, abs=1e-12)


@pytest.mark.parametrize(
    ("kind", "why"),
    [
        ("labels", "The network returns labels: 5 images gave the shape (5,), not (5, 3)."),
        ("nan", "The network's logits hold NaN or infinity."),
        ("wide", "The network does not return logits of the right shape: 5 images gave the shape (5, 6), not (5, 3)."),
        ("one", "The network does not return logits of the right shape: 5 images gave the shape (1, 3), not (5, 3)."),
        ("none", "what the network returned is None: did the function return it?"),
    ],
)
def test_answers_that_are_no_logits(tmp_path: Path, kind: str, why: str) -> None:
    folder = write(tmp_path)
    student = Student(lambda: local.connect(folder), Limits(), ["nets.py"])
    with pytest.raises(Failure) as caught:
        evaluate(student.nets.Answers(kind), np.zeros((5, 1, 4, 4), np.float32), [0, 1, 2, 0, 1])
    assert caught.value.why == why
    assert not any(c.isdigit() for c in caught.value.why_hidden)


@pytest.mark.parametrize(("x", "y"), [(np.zeros((3, 2)), [0, 1]), (np.zeros((0, 2)), []), (np.zeros(2), [[0], [1]])])
def test_labels_that_do_not_go_with_the_images_are_the_checks_fault(x: Any, y: Any) -> None:
    with pytest.raises(ValueError, match="labels"):
        evaluate(Fixed(), x, y)


def test_no_gradients_are_recorded(tmp_path: Path) -> None:
    folder = write(tmp_path)
    (folder / "nets.py").write_text("import torch\ndef net(x):\n    return torch.is_grad_enabled()\n")
    student = Student(lambda: local.connect(folder), Limits(), ["nets.py"])
    assert student.nets.net.infer(1.0) is False
    assert student.nets.net(1.0) is True
