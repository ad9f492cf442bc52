"""Batch normalisation on plain batches, in both modes, under any reading of its formula that the sheet allows."""

import numpy as np
import torch
from torch.nn import functional

from autograder.checks import close, gradient, points, seen, value

READINGS = {
    "variance": "This is batch norm with σ² = Σ(x−μ)²/n for each feature, as in the starter code.",
    "per feature": "This is batch norm with σ² = Σ(x−μ)² for each feature, the sheet's formula without 1/n.",
    "one": "This is batch norm with one σ² = Σ‖x−μ‖² for all features, the sheet's formula to the letter.",
}


def batchnorm(x, gamma, beta, reading, eps=1e-5):
    """Batch normalisation in mode "train" under one of the readings, on torch tensors."""
    if reading == "variance":
        return functional.batch_norm(x, None, None, gamma, beta, training=True, eps=eps)
    centred = x - x.mean(0)
    norm = torch.linalg.vector_norm(centred, dim=0 if reading == "per feature" else None)
    return gamma * centred / torch.hypot(norm, torch.tensor(eps**0.5)) + beta


def wanted(once, *inputs):
    """What comes out under each of the readings."""
    return once(lambda: {r: value(lambda *given, r=r: batchnorm(*given, r), inputs) for r in READINGS})


def gradients(once, dout, *inputs):
    """(dx, dgamma, dbeta) under each of the readings."""
    return once(lambda: {r: gradient(lambda *given, r=r: batchnorm(*given, r), inputs, dout) for r in READINGS})


def reading_of(out, outs):
    """Under which reading `out` came out; under the starter's if it is none of them."""
    shaped = isinstance(out, np.ndarray) and out.shape == outs["variance"].shape
    fits = [reading for reading in outs if shaped and np.allclose(out, outs[reading])]
    return fits[0] if fits else "variance"


def batch(rng, samples, features):
    """x, gamma, beta and an upstream gradient."""
    x, gamma = rng.normal(1, 2, size=(samples, features)), rng.uniform(0.5, 2, size=features)
    return x, gamma, rng.normal(size=features), rng.normal(size=(samples, features))


@points(0.75, "q1_batchnorm")
def check_batchnorm_normalises_a_batch(student, rng, once):
    """In mode "train" batchnorm_forward takes the batch's mean off each feature and divides by its σ."""
    x, gamma, beta = rng.normal(3, 2, size=(8, 4)), np.ones(4), np.zeros(4)
    outs = wanted(once, x, gamma, beta)

    out, _ = student.layers.batchnorm_forward(x, gamma, beta, {"mode": "train"})

    reading, want = reading_of(out, outs), outs["variance"]
    also = {
        "it is divided by the variance, not by its root": want / np.sqrt(x.var(0) + 1e-5),
        "eps is added to the root, not under it": want * np.sqrt(x.var(0) + 1e-5) / (x.std(0) + 1e-5),
        "eps is missing": want * np.sqrt(x.var(0) + 1e-5) / x.std(0),
        "mean and variance are those of all features together": (x - x.mean()) / np.sqrt(x.var() + 1e-5),
        "the variance is divided by n − 1, not by n": want * np.sqrt((x.var(0) + 1e-5) / (x.var(0) * 8 / 7 + 1e-5)),
    }
    hint = "Mean and σ belong to a feature: go along the batch."
    close(out, outs[reading], "out", like={"batch": 8, "also": also}, hint=hint)
    return seen(READINGS[reading])


@points(0.5, "q1_batchnorm")
def check_batchnorm_scales_and_shifts(student, rng, once):
    """batchnorm_forward multiplies the normalised features by gamma, then adds beta."""
    x, gamma, beta, _ = batch(rng, 7, 5)
    outs = wanted(once, x, gamma, beta)

    out, _ = student.layers.batchnorm_forward(x, gamma, beta, {"mode": "train"})

    want = outs[reading_of(out, outs)]
    also = {
        "beta is missing": want - beta,
        "gamma is missing": (want - beta) / gamma + beta,
        "beta was added before gamma": want - beta + gamma * beta,
    }
    close(out, want, "out", like={"also": also}, hint="gamma and beta have one entry a feature.")


@points(0.75, "q1_batchnorm")
def check_batchnorm_test_mode_uses_running_averages(student, rng, once):
    """In mode "test" the features are normalised by running_mean and running_var, not by the batch."""
    x, gamma, beta, _ = batch(rng, 6, 4)
    mean, var = rng.normal(2, 1, size=4), rng.uniform(1, 4, size=4)
    want = once(lambda: value(lambda *given: functional.batch_norm(*given, eps=1e-5), (x, mean, var, gamma, beta)))

    bn_param = {"mode": "test", "running_mean": mean, "running_var": var}
    out, _ = student.layers.batchnorm_forward(x, gamma, beta, bn_param)

    also = {
        "the batch's own mean and variance were used": wanted(once, x, gamma, beta)["variance"],
        "gamma and beta are missing": (want - beta) / gamma,
    }
    hint = "Where did training leave what it learned about mean and variance?"
    close(out, want, "out", like={"also": also}, hint=hint)


@points(1, "q1_batchnorm")
def check_batchnorm_backward_gives_dx(student, rng, once):
    """batchnorm_backward's dx counts that each sample moves the batch's mean and σ too."""
    x, gamma, beta, dout = batch(rng, 6, 3)
    outs, grads = wanted(once, x, gamma, beta), gradients(once, dout, x, gamma, beta)

    out, cache = student.layers.batchnorm_forward(x, gamma, beta, {"mode": "train"})
    dx, _, _ = student.layers.batchnorm_backward(dout, cache)

    want = grads[reading_of(out, outs)][0]
    straight = dout * gamma / np.sqrt(x.var(0) + 1e-5)
    also = {
        "mean and σ are treated as constants": straight,
        "σ is treated as a constant": straight - straight.mean(0),
        "gamma is missing": want / gamma,
    }
    hint = "Three paths lead from x to out: directly, through μ, and through σ. Their gradients add up."
    close(dx, want, "dx", like={"batch": 6, "dout": dout, "also": also}, hint=hint)


@points(0.5, "q1_batchnorm")
def check_batchnorm_backward_gives_dgamma_and_dbeta(student, rng, once):
    """dgamma and dbeta have one entry a feature, summed over the batch."""
    x, gamma, beta, dout = batch(rng, 6, 3)
    outs, grads = wanted(once, x, gamma, beta), gradients(once, dout, x, gamma, beta)

    out, cache = student.layers.batchnorm_forward(x, gamma, beta, {"mode": "train"})
    _, dgamma, dbeta = student.layers.batchnorm_backward(dout, cache)

    _, want_gamma, want_beta = grads[reading_of(out, outs)]
    close(dgamma, want_gamma, "dgamma", like={"batch": 6}, hint="What does gamma multiply in the forward pass?")
    close(dbeta, want_beta, "dbeta", like={"batch": 6}, hint="Each beta is added to a whole column.")
