"""The figures of a2: what the solution's notebook and formulas give, against numbers that were worked out apart."""

from __future__ import annotations

import math
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest
import torch

from autograder.sandbox.modules import Modules

SOLUTION = Path(__file__).parent.parent / "solutions" / "a2_first_lab"


@pytest.fixture(scope="module")
def modules() -> Iterator[Modules]:
    modules = Modules(SOLUTION, notebooks=("ex08.ipynb",))
    with modules.installed():
        yield modules


@pytest.fixture(scope="module")
def lab(modules: Modules) -> ModuleType:
    return modules.load("ex08")


@pytest.fixture(scope="module")
def derived(modules: Modules) -> ModuleType:
    return modules.load("derivations")


def test_the_function_is_one_in_the_middle_and_zero_on_its_first_ring(lab: ModuleType) -> None:
    values = lab.compute_f_true(torch.tensor([[0.0, 0.0], [math.pi / 20, 0.0], [0.0, math.pi / 10]]))
    assert values.shape == (3, 1)
    np.testing.assert_allclose(values[:, 0], [1, 0, -math.exp(-4 * (math.pi / 10) ** 2)], atol=1e-6)


def test_sizes_are_those_of_the_sheet(lab: ModuleType) -> None:
    weights, biases = lab.get_model_weights(4, 32, "cpu")
    assert sum(t.numel() for t in (*weights, *biases)) == 2241
    assert sum(p.numel() for p in lab.MNIST_model().parameters()) == 134_794
    kinds = [type(layer).__name__ for layer in lab.create_network_e3(32, 128, "tanh")]
    assert (kinds.count("Linear"), kinds.count("Tanh"), kinds[-1]) == (32, 31, "Linear")


def test_the_given_grid_and_values(lab: ModuleType) -> None:
    grid = lab.sample_grid(3)
    assert grid.tolist()[:4] == [[-1, -1], [0, -1], [1, -1], [-1, 0]]
    model = lab.create_network_e3(3, 5, "relu")
    outputs, deltas, weight_grads, bias_grads = lab.get_values(model, 5, 11)
    assert [len(part) for part in (outputs, deltas, weight_grads, bias_grads)] == [3] * 4
    assert outputs[0].shape == deltas[0].shape == (11, 5)
    for i in range(3):
        np.testing.assert_allclose(bias_grads[i], deltas[i].sum(0), rtol=1e-4, atol=1e-5)
    np.testing.assert_allclose(weight_grads[2], deltas[2].T @ np.maximum(outputs[1], 0), rtol=1e-4, atol=1e-5)


def test_training_learns_the_picture(lab: ModuleType) -> None:
    torch.manual_seed(0)
    points = lab.sample_grid(20)
    target = lab.compute_f_true(points)
    weights, biases = lab.get_model_weights(4, 64, "cpu")
    lab.train_network(300, weights, biases, points, target, lr=5e-3, verbose=False)
    error = (lab.predict(points, weights, biases) - target).square().mean()
    assert error < 0.25 * target.var()


def test_the_variance_is_what_drawing_gives(derived: ModuleType) -> None:
    rng = np.random.default_rng(3)
    drawn = (np.maximum(rng.standard_normal((30_000, 64)), 0) * rng.normal(0, 0.3, (30_000, 64))).sum(1).var()
    assert derived.variance_of_y(64, 0.3) == pytest.approx(2.88)
    assert drawn == pytest.approx(2.88, rel=0.03)
    assert derived.variance_of_y(100, derived.sigma_for_unit_variance(100)) == pytest.approx(1)


def test_the_smoothed_minimum_is_what_descent_finds(derived: ModuleType) -> None:
    assert derived.smoothed_gap(10, 0.1) == pytest.approx(math.log(91))
    assert derived.smoothed_gap(10, 0.1) == pytest.approx(4.510860, rel=1e-6)
    assert derived.smoothed_minimum(10, 0.1) == pytest.approx(0.500288, rel=1e-6)
    label = np.full(10, 0.01)
    label[3] += 0.9
    x = np.zeros(10)
    for _ in range(20_000):
        x -= 5 * derived.cross_entropy_gradient(x, label)
    assert x[3] - x[0] == pytest.approx(derived.smoothed_gap(10, 0.1), rel=1e-4)
    assert -(label * np.log(derived.softmax_stable(x))).sum() == pytest.approx(0.500288, rel=1e-6)


class Counted:
    """A matrix that counts the multiplications it takes part in."""

    done = 0

    def __init__(self, rows: int, columns: int) -> None:
        self.shape = rows, columns

    @property
    def T(self) -> Counted:  # noqa: N802 - numpy's name
        return Counted(*self.shape[::-1])

    def __matmul__(self, other: Counted) -> Counted:
        (n, k), (inner, m) = self.shape, other.shape
        assert k == inner
        Counted.done += n * k * m
        return Counted(n, m)


@pytest.mark.parametrize(("n", "layers", "width"), [(1, 1, 1), (3, 2, 5), (4, 6, 2)])
def test_multiplications_are_those_that_are_made(derived: ModuleType, n: int, layers: int, width: int) -> None:
    Counted.done = 0
    inputs, weights = [Counted(n, width)], [Counted(width, width) for _ in range(layers)]
    for w in weights:
        inputs.append(inputs[-1] @ w)
    assert derived.multiplications_forward(n, layers, width) == Counted.done
    dout = inputs.pop()
    for number in reversed(range(layers)):
        inputs[number].T @ dout
        if number:
            dout = dout @ weights[number].T
    assert derived.multiplications_training(n, layers, width) == Counted.done
