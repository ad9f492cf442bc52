"""Exercise 1: the function to learn, the network's weights and predictions, and that training lowers the error."""

from itertools import pairwise

import numpy as np
import torch

from autograder.checks import FLOAT32, as_array, close, count_parameters, equal, points, require, seen, unpack

SIDE = np.stack(np.meshgrid(np.linspace(-1, 1, 16), np.linspace(-1, 1, 16)), axis=-1).reshape(-1, 2).astype(np.float32)
"""A grid over [−1, 1]², (256, 2)."""

FACTS = """lambda make, L, K: [
    [(bool(t.is_leaf), bool(t.requires_grad), str(t.dtype)) for t in part] for part in make(L, K, "cpu")
]"""
"""Runs where the submission runs: what is known of a tensor only there."""

TRAIN = """lambda train, steps, weights, biases, X, Y, lr: (
    [t.requires_grad_() for t in [*weights, *biases]], train(steps, weights, biases, X, Y, lr, False), weights, biases
)[2:]"""
"""Runs where the submission runs: trains leaves that stay there meanwhile, and returns them."""


def target(x):
    """The handout's function in numpy, (N,)."""
    r = np.hypot(x[:, 0], x[:, 1]).astype(np.float64)
    return np.cos(10 * r) * np.exp(-4 * r**2)


def column(got, n, name):
    """`got` as (n,), whether it came as (n,) or as (n, 1)."""
    array = as_array(got, name)
    said = f"{name} has shape {array.shape}; ({n}, 1) was expected, or ({n},)."
    require(array.shape in ((n,), (n, 1)), said, hidden=f"{name} has another shape than (N, 1) and (N,).")
    return array.reshape(-1)


def layers(student, L, K):
    """What get_model_weights makes: two lists of L arrays each."""
    weights, biases = unpack(student.ex08.get_model_weights(L, K, "cpu"), "weights", "biases", of="get_model_weights")
    for name, part in (("weights", weights), ("biases", biases)):
        require(isinstance(part, (list, tuple)), f"{name} should be a list with one tensor for each layer.")
        equal(len(part), L, f"the number of {name} for L = {L}")
    return list(weights), list(biases)


# Question 1.1


@points(0.5, "q1_1")
def check_f_true_is_one_in_the_middle(student):
    """compute_f_true is 1 at (0, 0) and has one value for each point."""
    x = np.array([[0.0, 0.0], [0.3, 0.0], [0.0, -0.3], [0.6, 0.1], [0.0, 0.0]], dtype=np.float32)
    got = student.ex08.compute_f_true(torch.tensor(x))

    values = column(got, 5, "compute_f_true(X)")
    close(values[[0, 4]], [1.0, 1.0], "compute_f_true at (0, 0)", hint="cos(0) · exp(0) = 1.", **FLOAT32)
    shape = "(N, 1)" if as_array(got, "compute_f_true(X)").ndim == 2 else "(N,)"
    return seen(f"compute_f_true returns {shape}; both are accepted.")


@points(0.5, "q1_1")
def check_f_true_on_a_grid(student):
    """compute_f_true is cos(10 r) · exp(−4 r²) on a grid over [−1, 1]²."""
    values = column(student.ex08.compute_f_true(torch.tensor(SIDE)), len(SIDE), "compute_f_true(X)")
    close(values, target(SIDE), "compute_f_true(X)", hint="r is the length of a point, √(x₁² + x₂²).", **FLOAT32)


# Question 1.2


@points(0.5, "q1_2")
def check_weights_have_their_shapes(student):
    """get_model_weights(4, 32, "cpu") gives W of (2, 32), (32, 32), (32, 32), (32, 1) and b to match: 2,241 numbers."""
    weights, biases = layers(student, 4, 32)
    widths = [2, 32, 32, 32, 1]
    for i in range(4):
        equal(as_array(weights[i], f"W_{i + 1}").shape, (widths[i], widths[i + 1]), f"the shape of W_{i + 1}")
        equal(as_array(biases[i], f"b_{i + 1}").shape, (widths[i + 1],), f"the shape of b_{i + 1}")
    equal(count_parameters([*weights, *biases]), 2241, "the number of parameters")


@points(0.5, "q1_2", after="check_weights_have_their_shapes")
def check_weights_can_be_trained(student):
    """Weights and biases are float32 leaves with requires_grad, and biases start at 0."""
    facts = student.builtins.eval(FACTS)(student.ex08.get_model_weights, 3, 8)
    for name, part in zip(("W", "b"), facts, strict=True):
        for i, (leaf, grad, dtype) in enumerate(part, 1):
            require(grad, f"{name}_{i} has no requires_grad.", "What the optimiser is to move must ask for gradients.")
            hint = "Whatever is computed from a tensor with requires_grad is no leaf: scale first, then ask."
            require(leaf, f"{name}_{i} is not a leaf.", hint)
            equal(dtype, "torch.float32", f"the dtype of {name}_{i}")
    for i, b in enumerate(layers(student, 3, 8)[1], 1):
        require(not as_array(b, f"b_{i}").any(), f"b_{i} does not start at 0.")


@points(0.5, "q1_2")
def check_predict_with_known_weights(student, rng):
    """With weights that make it so, predict gives |x₁| + |x₂| − 1, also where that is negative."""
    x = rng.uniform(-1, 1, size=(40, 2)).astype(np.float32)
    first = torch.tensor([[1.0, -1.0, 0.0, 0.0], [0.0, 0.0, 1.0, -1.0]])
    got = student.ex08.predict(torch.tensor(x), [first, torch.ones(4, 1)], [torch.zeros(4), torch.tensor([-1.0])])

    equal(as_array(got, "predict(X, weights, biases)").shape, (40, 1), "the shape of what predict returns")
    hint = "ReLU after every layer but the last, and a bias in every layer."
    close(got, (np.abs(x).sum(1) - 1)[:, None], "predict(X, weights, biases)", hint=hint, **FLOAT32)


# Question 1.3


@points(1, "q1_3")
def check_training_lowers_the_error(student, rng):
    """100 steps of train_network teach x₁² − x₂ on 256 points to a tenth of the error that the best constant has."""
    widths = [2, 32, 32, 1]
    pairs = list(pairwise(widths))
    weights = [torch.tensor(rng.normal(0, np.sqrt(2 / into), size=(into, out))).float() for into, out in pairs]
    biases = [torch.zeros(out) for _, out in pairs]
    x, y = torch.tensor(SIDE), SIDE[:, :1] ** 2 - SIDE[:, 1:]

    run = student.builtins.eval(TRAIN)
    weights, biases = run(student.ex08.train_network, 100, weights, biases, x, torch.tensor(y), 1e-2)

    error = np.mean((column(student.ex08.predict(x, weights, biases), 256, "predict(X)") - y[:, 0]) ** 2)
    # Measured over 40 seeds, as shares of the constant's error: 0.1 to 1 %; without zero_grad 69 % or more, and where
    # shapes broadcast 99 %.
    why = f"After 100 steps the error is {error:.4f}; the best constant has {y.var():.4f}."
    require(error < y.var() / 10, why, hint="Prediction and target of one shape, and gradients set to zero each step.")
