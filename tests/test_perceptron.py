"""A network behind an adapter: forms are judged first, then values; a gradient of another loss is told apart."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from autograder.checks import Failure
from autograder.checks.perceptron import Perceptron, close_gradients, close_loss, loaded, resembles
from autograder.checks.reference import NONLINEARITIES, cross_entropy, fresh, probabilities, slopes
from autograder.checks.shifts import READINGS, largest_differences
from autograder.model import Limits
from autograder.sandbox import local
from autograder.sandbox.student import Student

ADAPTER = """\
import numpy as np
import torch

KIND = {kind!r}
bend = getattr(torch, KIND, None) or getattr(torch.nn.functional, KIND)


def build(init="glorot", seed=0):
    rng = np.random.default_rng(seed)
    return [(rng.normal(size=s), np.zeros(s[1])) for s in ((6, 5), (5, 4), (4, 10))]


def parameters(model):
    return list(model)


def load(model, layers):
    model[:] = layers


def scores(model, X):
    h = torch.tensor(X)
    leaves = [torch.tensor(a, requires_grad=True) for pair in model for a in pair]
    for i in (0, 2, 4):
        h = h @ leaves[i] + leaves[i + 1]
        h = bend(h) if i < 4 else h
    return leaves, h


def loss(model, X, y):
    return torch.nn.functional.cross_entropy(scores(model, X)[1], torch.tensor(y)).item() * {factor}


def gradients(model, X, y):
    leaves, s = scores(model, X)
    (torch.nn.functional.cross_entropy(s, torch.tensor(y)) * {slope}).backward()
    g = [leaf.grad.numpy() for leaf in leaves]
    return list(zip(g[::2], g[1::2]))


def step(model, X, y, lr):
    return [(w - lr * dw, b - lr * db) for (w, b), (dw, db) in zip(model, gradients(model, X, y))]


def predict(model, X):
    return scores(model, X)[1].softmax(1)
"""


def adapter(folder: Path, *edits: tuple[str, str], kind: str = "relu", factor: float = 1, slope: float = 1) -> Any:
    text = ADAPTER.format(kind=kind, factor=factor, slope=slope)
    for old, new in edits:
        assert old in text
        text = text.replace(old, new)
    (folder / "adapter.py").write_text(text)
    return Student(lambda: local.connect(folder), Limits(), ["adapter.py"])


@pytest.fixture
def rng() -> np.random.Generator:
    return np.random.default_rng(4)


def shapes(*sizes: int) -> list[tuple[np.ndarray, np.ndarray]]:
    return [(np.zeros(pair), np.zeros(pair[1])) for pair in pairwise(sizes)]


def samples(rng: np.random.Generator, n: int) -> tuple[np.ndarray, np.ndarray]:
    return rng.random((n, 6)), rng.integers(10, size=n)


@pytest.mark.parametrize("kind", NONLINEARITIES)
def test_the_nonlinearity_is_recognised_and_the_rest_agrees(tmp_path, rng, kind):
    network, layers, found = loaded(adapter(tmp_path, kind=kind), rng)
    assert found == kind
    X, y = samples(rng, 7)
    close_loss(network.loss(X, y), cross_entropy(layers, X, y, kind), 7, network.single)
    want = slopes(layers, X, y, kind)
    close_gradients(network.gradients(X, y), want, 7, network.single, lambda: None)
    close_gradients(network.moved(X, y), want, 7, network.single, lambda: None)
    for (w, b), (v, c) in zip(layers, network.layers, strict=True):
        np.testing.assert_array_equal(w, v)
        np.testing.assert_array_equal(b, c)


def test_a_gradient_that_is_none_is_taken_from_a_step(tmp_path, rng):
    made = adapter(
        tmp_path,
        ("def gradients(", "def own("),
        ("zip(model, gradients(", "zip(model, own("),
        ("def predict(", "def gradients(model, X, y):\n    return None\n\n\ndef predict("),
    )
    network, layers, kind = loaded(made, rng)
    X, y = samples(rng, 3)
    close_gradients(network.gradients(X, y), slopes(layers, X, y, kind), 3, network.single, lambda: None)


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ("return list(model)", "return model[:2]", "a pair for each of the three layers; it returned a list of 2"),
        ("return list(model)", "return [(w.T, b) for w, b in model]", "b1 of adapter.parameters is not one row"),
        ("return list(model)", "return model[::-1]", "W2 of adapter.parameters does not take what"),
        ("return list(model)", "return [(w, b[None]) for w, b in model]", "b1 of adapter.parameters is not one row"),
        ("return list(model)", "return [(w.astype(int), b) for w, b in model]", "W1 of adapter.parameters is not a"),
        ("return list(model)", "return [w for w, b in model]", "in it is an array"),
        (".softmax(1)", "", "predict does not give the probabilities that follow from them"),
        ("h = h @ leaves[i] + leaves[i + 1]", "h = h @ leaves[i]", "predict does not give the probabilities"),
    ],
)
def test_another_form_is_said_and_its_numbers_stay_hidden(tmp_path, rng, old, new, says):
    with pytest.raises(Failure, match=says) as caught:
        loaded(adapter(tmp_path, (old, new)), rng)
    assert not any(digit in caught.value.why_hidden for digit in "56789")


@pytest.mark.parametrize("new", ["torch.tensor([1.0, 2.0])", "float('nan')"])
def test_a_loss_is_one_finite_number(tmp_path, rng, new):
    network = Perceptron(adapter(tmp_path, ("def loss(model, X, y):", f"def loss(model, X, y):\n    return {new}")))
    with pytest.raises(Failure, match=r"adapter\.loss should return one finite number"):
        network.loss(*samples(rng, 2))


@pytest.mark.parametrize(
    ("factor", "slope", "says"),
    [
        (6, 6, "right for your own loss, but that loss is not the mean cross entropy: the loss is summed"),
        (0.1, 0.1, "right for your own loss, but that loss is not the mean cross entropy: it is divided by the number"),
        (1, -1, "off by one and the same factor, and your loss is not: it has the wrong sign"),
        (1, 1 / 6, "off by one and the same factor, and your loss is not: it is divided by the batch size once too"),
        (1, 3.7, "and your loss is not: it is 3.7 times"),
    ],
)
def test_a_gradient_off_by_a_factor_is_told_apart_from_one_of_another_loss(tmp_path, rng, factor, slope, says):
    network, layers, kind = loaded(adapter(tmp_path, factor=factor, slope=slope), rng)
    X, y = samples(rng, 6)
    want = slopes(layers, X, y, kind)
    own = lambda: network.loss(X, y) / cross_entropy(layers, X, y, kind)  # noqa: E731
    with pytest.raises(Failure, match=says):
        close_gradients(network.gradients(X, y), want, 6, network.single, own)


def test_a_gradient_off_in_one_place_is_shown_there(tmp_path, rng):
    _, layers, kind = loaded(adapter(tmp_path), rng)
    X, y = samples(rng, 6)
    want = slopes(layers, X, y, kind)
    got = [(w.copy(), b.copy()) for w, b in want]
    got[1][0][2, 1] += 1
    with pytest.raises(Failure, match=r"dW2: 1 of 20 entries is off, worst at \[2, 1\]"):
        close_gradients(got, want, 6, False, lambda: 1.0)


def test_a_gradient_that_is_not_finite_is_said_to_be_that_and_no_multiple(tmp_path, rng):
    _, layers, kind = loaded(adapter(tmp_path), rng)
    X, y = samples(rng, 6)
    want = slopes(layers, X, y, kind)
    got = [(w.copy(), b.copy()) for w, b in want]
    got[0][0][:] = np.inf
    with pytest.raises(Failure, match="dW1: every entry is infinite"):
        close_gradients(got, want, 6, False, lambda: 1.0)


@pytest.mark.parametrize(
    ("ratio", "says"),
    [(8, "summed over the batch"), (1 / 8, "once too often"), (1 / np.log(10), "base 10"), (-1, "sign"), (1.3, "")],
)
def test_familiar_ratios_have_a_sentence(ratio, says):
    assert says in resembles(ratio, 8)
    assert (resembles(ratio, 8) == "") == (says == "")
    assert resembles(1.0, 1) == ""


def test_a_loss_of_another_size_is_named(rng):
    with pytest.raises(Failure, match="The loss is 12 where 2 was expected: the loss is summed over the batch"):
        close_loss(12.0, 2.0, 6, False)
    with pytest.raises(Failure, match=r"the loss is 2\.5 where 2 was expected"):
        close_loss(2.5, 2.0, 6, False)
    close_loss(2.00001, 2.0, 6, True)


def test_gradients_of_the_reference_are_those_of_its_loss(rng):
    layers = fresh(shapes(6, 5, 4, 10), rng)
    X, y = samples(rng, 4)
    picked = probabilities(layers, X, "tanh")[np.arange(4), y]
    assert cross_entropy(layers, X, y, "tanh") == pytest.approx(-np.log(picked).mean())
    grads = slopes(layers, X, y, "tanh")
    for part in range(3):
        moved = [list(pair) for pair in layers]
        direction = rng.normal(size=layers[part][0].shape)
        ends = []
        for h in (1e-6, -1e-6):
            moved[part][0] = layers[part][0] + h * direction
            ends.append(cross_entropy([tuple(pair) for pair in moved], X, y, "tanh"))
        assert (ends[0] - ends[1]) / 2e-6 == pytest.approx((grads[part][0] * direction).sum(), rel=1e-5)


@pytest.mark.parametrize("reading", READINGS)
def test_moved_weights_cost_what_moving_them_costs(rng, reading):
    part, order = reading
    layers = fresh(shapes(6, 12, 11, 10), rng)
    x, y = rng.random((1, 6)), np.array([3])
    grads = slopes(layers, x, y, "sigmoid")
    Ns = [1, 10, 100]
    want = []
    for N in Ns:
        off = []
        for i in range(10):
            place = np.unravel_index(i, layers[part][0].shape, order=order)
            ends = []
            for sign in (1, -1):
                moved = [(w.copy(), b) for w, b in layers]
                moved[part][0][place] += sign / N
                ends.append(cross_entropy(moved, x, y, "sigmoid"))
            off.append(abs((ends[0] - ends[1]) * N / 2 - grads[part][0][place]))
        want.append(max(off))
    found = largest_differences(layers, grads, x, 3, "sigmoid", reading, Ns)
    np.testing.assert_allclose(found, want, rtol=1e-6, atol=1e-13)
    assert found[1] / found[2] == pytest.approx(100, rel=0.1)
