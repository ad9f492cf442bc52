"""Exercise 1 on other sizes, how the weights are spread, and that training is Adam on the mean squared error."""

from itertools import pairwise

import numpy as np
import torch

from autograder.checks import FLOAT32, Failure, as_array, close, points, require, unchanged, unpack

TRAIN = """lambda train, steps, weights, biases, X, Y, lr: (
    [t.requires_grad_() for t in [*weights, *biases]], train(steps, weights, biases, X, Y, lr, False), weights, biases
)[2:]"""
"""Runs where the submission runs: trains leaves that stay there meanwhile, and returns them."""

SLOPES = """lambda predict, X, weights, biases, dout: [
    t.grad
    for t in (
        [t.requires_grad_() for t in [*weights, *biases]],
        (predict(X, weights, biases) * dout).sum().backward(),
        [*weights, *biases],
    )[2]
]"""
"""Runs where the submission runs: the gradients that flow back through predict."""


def drawn(rng, L, K):
    """Random weights, and biases that are not 0, of L layers."""
    widths = [2] + [K] * (L - 1) + [1]
    pairs = list(pairwise(widths))
    weights = [torch.tensor(rng.normal(0, np.sqrt(2 / into), size=(into, out))).float() for into, out in pairs]
    return weights, [torch.tensor(rng.normal(0, 0.3, size=out)).float() for _, out in pairs]


def network(x, weights, biases):
    """What predict should give, (N, 1)."""
    for number, (w, b) in enumerate(zip(weights, biases, strict=True), 1):
        x = torch.addmm(b, x, w)
        x = x.clamp(min=0) if number < len(weights) else x
    return x


def square(rng, n):
    """n points in [−1, 1]², float32."""
    return torch.tensor(rng.uniform(-1, 1, size=(n, 2))).float()


@points(1, "q1_1")
def check_f_true_takes_any_number_of_points(student, rng):
    """compute_f_true is right for one point, two points and many, and leaves X as it is."""
    for n in (1, 2, 57):
        x = square(rng, n)
        r = np.hypot(*x.double().numpy().T)
        got, (after,) = student.ex08.compute_f_true.watch(x)
        values = as_array(got, "compute_f_true(X)")
        said = "compute_f_true does not give one value for each point."
        require(values.shape in ((n,), (n, 1)), said, "One point has one value: (1, 1) or (1,).", hidden=said)
        hint = "Square the coordinates of a point, add them up, and only then take the root."
        close(values.reshape(-1), np.cos(10 * r) * np.exp(-4 * r**2), "compute_f_true(X)", hint=hint, **FLOAT32)
        unchanged(after, x.numpy(), "X", "compute_f_true")


# Question 1.2


def parts(student, L, K):
    """The L weights and L biases of get_model_weights as arrays."""
    weights, biases = unpack(student.ex08.get_model_weights(L, K, "cpu"), "weights", "biases", of="get_model_weights")
    said = "get_model_weights does not give a list of L weights and a list of L biases."
    both = all(isinstance(part, (list, tuple)) and len(part) == L for part in (weights, biases))
    require(both, said, "Layers are counted from the input to the output: L of them.", hidden=said)
    return [as_array(w, "W") for w in weights], [as_array(b, "b") for b in biases]


@points(0.75, "q1_2")
def check_weights_are_spread_by_fan_in(student):
    """Weights have mean 0 and standard deviation √(2/K_{i−1}), by the number of inputs of their layer."""
    for L, K in ((1, 64), (2, 2000), (4, 128)):
        weights, _ = parts(student, L, K)
        widths = [2] + [K] * (L - 1) + [1]
        for number, w in enumerate(weights):
            said = "A weight matrix has another shape than (K_{i−1}, K_i)."
            require(w.shape == (widths[number], widths[number + 1]), said, hidden=said)
            if w.size < 100:
                continue  # too few numbers to tell
            wanted = np.sqrt(2 / widths[number])
            # Five standard errors: of a class of a thousand, nobody's right weights fall outside by chance.
            slack = 5 * wanted / np.sqrt(w.size)
            said = "Weights do not have mean 0."
            require(bool(abs(w.mean()) < slack), said, hidden=said)
            said = "Weights do not have the standard deviation √(2/K_{i−1})."
            hint = "K_{i−1} is the number of inputs of layer i; N(0, σ) has a standard deviation here, not a variance."
            require(bool(abs(w.std() - wanted) < slack), said, hint, hidden=said)


@points(0.25, "q1_2")
def check_weights_are_drawn_anew(student):
    """Every layer and every call has weights of its own."""
    first, again = parts(student, 4, 16)[0], parts(student, 4, 16)[0]
    said = "Two layers start with the same weights."
    require(not np.array_equal(first[1], first[2]), said, "Draw inside the loop over layers.", hidden=said)
    said = "Two calls of get_model_weights give the same weights."
    require(not np.array_equal(first[1], again[1]), said, "A seed belongs into a cell of its own.", hidden=said)


@points(1, "q1_2")
def check_predict_is_the_network(student, rng):
    """predict is right for one layer and for six, for one point and many, with biases that are not 0."""
    for L, K, n in ((1, 1, 5), (2, 7, 1), (3, 16, 31), (6, 5, 12)):
        weights, biases, x = *drawn(rng, L, K), square(rng, n)
        hint = "x @ W + b in every layer, ReLU between layers and none at the end; with one layer there is no ReLU."
        close(student.ex08.predict(x, weights, biases), network(x, weights, biases), "predict", hint=hint, **FLOAT32)


@points(0.5, "q1_2")
def check_gradients_flow_through_predict(student, rng):
    """Gradients reach every weight and every bias through predict."""
    weights, biases, x = *drawn(rng, 3, 6), square(rng, 20)
    dout = torch.tensor(rng.normal(size=(20, 1))).float()
    leaves = [t.clone().requires_grad_() for t in (*weights, *biases)]
    (network(x, leaves[:3], leaves[3:]) * dout).sum().backward()

    found = student.builtins.eval(SLOPES)(student.ex08.predict, x, weights, biases, dout)

    for got, leaf in zip(found, leaves, strict=True):
        said = "A weight or a bias gets no gradient through predict."
        hint = "Stay with tensors from beginning to end: no numpy, no .data, no .detach()."
        require(got is not None, said, hint, hidden=said)
        close(got, leaf.grad, "a gradient", hint=hint, **FLOAT32)


# Question 1.3


def trained(student, steps, weights, biases, x, y, lr):
    """The weights and biases after the submission's training."""
    run = student.builtins.eval(TRAIN)
    after = run(student.ex08.train_network, steps, [*weights], [*biases], x, y, lr)
    return [as_array(t, "a weight").astype(float) for part in after for t in part]


def adam(student, steps, weights, biases, x, y, lr):
    """The same by torch's Adam on the mean squared error of the submission's own predict, whose faults it forgives."""
    leaves = [t.clone().requires_grad_() for t in (*weights, *biases)]
    optimizer = torch.optim.Adam(leaves, lr=lr)
    slopes = student.builtins.eval(SLOPES)
    for _ in range(steps):
        now = [leaf.detach() for leaf in leaves]
        parts = now[: len(weights)], now[len(weights) :]
        out = as_array(student.ex08.predict(x, *parts), "what predict returns")
        said = "predict does not give one number for each point, so training cannot be judged."
        require(out.size == len(y), said, "See question 1.2 first.", hidden=said)
        dout = torch.tensor(2 * (out.reshape(-1) - y.numpy()) / len(y)).float().reshape(out.shape)
        for leaf, grad in zip(leaves, slopes(student.ex08.predict, x, *parts, dout), strict=True):
            leaf.grad = grad
        optimizer.step()
    return [leaf.detach().double().numpy() for leaf in leaves]


def same(after, expected, weights, biases):
    """Raise Failure unless every tensor moved as expected."""
    for got, want, start in zip(after, expected, (*weights, *biases), strict=True):
        was = start.double().numpy()
        reason = "float32, and Adam's ε weighs otherwise when the error has a factor of ½"
        close(got - was, want - was, "a step", rtol=1e-3, floor=5e-3, reason=reason)


@points(1.75, "q1_3")
def check_training_is_adam(student, rng):
    """train_network takes exactly num_steps steps of Adam, with the rate it is given, on all weights and biases."""
    for steps, lr in ((1, 1e-2), (6, 3e-3)):
        weights, biases, x = *drawn(rng, 3, 6), square(rng, 64)
        y = torch.tensor(rng.normal(size=64)).float()
        after = trained(student, steps, weights, biases, x, y[:, None], lr)
        expected = adam(student, steps, weights, biases, x, y, lr)
        for got, want, start in zip(after, expected, (*weights, *biases), strict=True):
            said = "train_network leaves a weight or a bias where it was."
            stays = (got == start.numpy()).all() and (want != start.numpy()).any()
            require(not stays, said, "The optimiser holds weights and biases, all of them.", hidden=said)
        try:
            same(after, expected, weights, biases)
        except Failure:
            said = "Weights and biases do not move as by num_steps steps of Adam on the mean squared error."
            hint = "Zero the gradients in every step, give Adam the rate lr, and take no step more or less."
            raise Failure(said, hint, hidden=said) from None


@points(1.25, "q1_3")
def check_training_takes_targets_of_both_shapes(student, rng):
    """Targets of shape (N,) and of shape (N, 1) train the same network."""
    weights, biases, x = *drawn(rng, 2, 8), square(rng, 48)
    y = torch.tensor(rng.normal(size=48)).float()
    expected = adam(student, 4, weights, biases, x, y, 1e-2)
    hint = "(N, 1) − (N,) is an N × N matrix, without a warning. Bring both to one shape first."
    said = "Trained with targets of shape {}, the network is not the one that the mean squared error gives."
    for name, target in (("(N, 1)", y[:, None]), ("(N,)", y)):
        after = trained(student, 4, weights, biases, x, target, 1e-2)
        try:
            same(after, expected, weights, biases)
        except Failure:
            raise Failure(said.format(name), hint, hidden=said.format(name)) from None
