"""Batch normalisation: other batches, running averages, mode "test", and every reading that the sheet allows."""

import numpy as np
import torch

from autograder.checks import (
    FLOAT32,
    as_array,
    by_formula,
    close,
    entry,
    equal,
    gradient,
    linear_in,
    own_slopes,
    points,
    unchanged,
)

F32, F64 = np.float32, np.float64
READINGS = ("variance", "per feature", "one")


def normal(rng, *shape, dtype=F64):
    return rng.normal(size=shape).astype(dtype)


def params(rng, features, dtype=F64):
    """gamma and beta, no entry near 0."""
    return [rng.uniform(0.5, 2, size=features).astype(dtype) for _ in range(2)]


def batchnorm(x, gamma, beta, reading, eps=1e-5):
    """Batch normalisation in mode "train" under one of the readings (see the visible checks), for numpy and torch."""
    return gamma * (x - x.mean(0)) / (squares(x, reading) + eps) ** 0.5 + beta


def squares(x, reading):
    """What stands under the root beside eps: a number for each feature, or one for all of them."""
    centred = (x - x.mean(0)) ** 2
    return {"variance": centred.mean(0), "per feature": centred.sum(0), "one": centred.sum()}[reading]


def is_near(got, want):
    return isinstance(got, np.ndarray) and got.shape == want.shape and np.allclose(got, want, rtol=1e-4, atol=1e-6)


def reading_of(out, x, gamma, beta, eps=1e-5):
    """The reading under which `out` is the batch norm of x; the starter's if it is under none of them."""
    fits = (r for r in READINGS if is_near(out, batchnorm(x.astype(F64), gamma, beta, r, eps)))
    return next(fits, "variance")


def tolerance(dtype):
    return FLOAT32 if dtype is F32 else {}


def kept(after, before, of):
    """Fail if a backward function wrote into an array of its cache; a cache behind the wall has none to show."""
    if isinstance(before, np.ndarray):
        unchanged(after, before, "cache", of=of, hint="Work on a copy of what the cache holds.")
    elif isinstance(before, (tuple, list)):
        for one, other in zip(after, before, strict=False):
            kept(one, other, of)
    elif isinstance(before, dict):
        for key in before:
            kept(after.get(key), before[key], of)


@points(0.75, "q1_batchnorm")
def check_batchnorm_eps_is_under_the_root(student, rng):
    """eps is taken from bn_param and added under the root, before the root is taken."""
    for eps in (0.5, 3.0):
        x, (gamma, beta) = normal(rng, 6, 4), params(rng, 4)
        out, _ = student.layers.batchnorm_forward(x, gamma, beta, {"mode": "train", "eps": eps})

        centred = (x - x.mean(0)) * gamma
        also = {
            "eps is added to the root, not under it": centred / (x.std(0) + eps) + beta,
            "eps is squared under the root": centred / np.sqrt(x.var(0) + eps**2) + beta,
            "eps is missing, or is not taken from bn_param": centred / np.sqrt(x.var(0) + 1e-5) + beta,
        }
        want = batchnorm(x, gamma, beta, reading_of(out, x, gamma, beta, eps), eps)
        hint = "What would happen to a feature that is the same in the whole batch?"
        close(out, want, "out", like={"also": also}, hint=hint)


@points(0.75, "q1_batchnorm")
def check_batchnorm_forward_takes_any_batch(student, rng):
    """batchnorm_forward normalises batches of one, two or many samples and features, in float32 and float64."""
    for n, features, dtype in [(1, 3, F64), (2, 5, F64), (40, 1, F64), (16, 6, F32)]:
        x, (gamma, beta) = 2 + 3 * normal(rng, n, features, dtype=dtype), params(rng, features, dtype)

        out, _ = student.layers.batchnorm_forward(x, gamma, beta, {"mode": "train"})

        want = batchnorm(x.astype(F64), gamma, beta, reading_of(out, x, gamma, beta))
        hint = "A batch of one is its own mean: what is left of it?"
        close(out, want, "out", like={"batch": n}, hint=hint, **tolerance(dtype))


def moved(running, x, reading, before, share):
    """running_var after a batch: `share` of it is what this reading has under its root, or the variance if so seen."""
    wanted = [(1 - share) * before + share * (0 * before + squares(x, r)) for r in (reading, "variance")]
    return next((want for want in wanted if is_near(running, want)), wanted[1])


def running_var(bn_param, like):
    """bn_param's running_var, one number for all features spread out to one a feature."""
    running = entry(bn_param, "running_var", "bn_param")
    alone = isinstance(running, (float, np.ndarray, np.floating)) and np.ndim(running) == 0
    return np.broadcast_to(running, like.shape) if alone else running


@points(1, "q1_batchnorm")
def check_batchnorm_writes_running_averages(student, rng):
    """Training starts the running averages at 0 and moves them a tenth of the way to the batch's mean and variance."""
    x, (gamma, beta) = normal(rng, 9, 4) * 2 + 3, params(rng, 4)

    (out, _), (*_, after) = student.layers.batchnorm_forward.watch(x, gamma, beta, {"mode": "train"})

    hint = "Both go back into bn_param, as running_mean and running_var; if bn_param has no momentum, it is 0.9."
    swapped = "the old average and the batch have changed places: the batch got nine tenths"
    also = {swapped: 0.9 * x.mean(0), "it is the batch's own mean": x.mean(0)}
    like = {"batch": 9, "also": also}
    close(entry(after, "running_mean", "bn_param", hint), 0.1 * x.mean(0), "running_mean", hint=hint, like=like)
    running, var = running_var(after, gamma), x.var(0)
    also = {
        swapped: 0.9 * var,
        "it is the batch's own variance": var,
        "it follows the standard deviation": 0.1 * x.std(0),
    }
    want = moved(running, x, reading_of(out, x, gamma, beta), np.zeros(4), 0.1)
    close(running, want, "running_var", hint=hint, like={"batch": 9, "also": also})


@points(1, "q1_batchnorm")
def check_batchnorm_averages_over_batches(student, rng):
    """Over several batches the running averages go on from what bn_param holds, with the momentum that it holds."""
    (gamma, beta), (mean, var) = params(rng, 3), params(rng, 3)
    bn_param = {"mode": "train", "momentum": 0.6, "running_mean": mean, "running_var": var}
    for n in (8, 5, 11):
        x = normal(rng, n, 3) * 2 - 1
        (out, _), (*_, bn_param) = student.layers.batchnorm_forward.watch(x, gamma, beta, bn_param)

        hint = "momentum is the share that the old average keeps."
        mean, running = 0.6 * mean + 0.4 * x.mean(0), running_var(bn_param, gamma)
        var = moved(running, x, reading_of(out, x, gamma, beta), var, 0.4)
        close(entry(bn_param, "running_mean", "bn_param", hint), mean, "running_mean", hint=hint)
        close(running, var, "running_var", like={"batch": n}, hint=hint)


@points(0.5, "q1_batchnorm")
def check_batchnorm_test_mode_moves_nothing(student, rng):
    """In mode "test" the running averages stay as they are."""
    (gamma, beta), (mean, var) = params(rng, 4), params(rng, 4)
    bn_param = {"mode": "test", "momentum": 0.9, "running_mean": mean, "running_var": var}

    (out, _), (*_, after) = student.layers.batchnorm_forward.watch(normal(rng, 7, 4), gamma, beta, bn_param)

    hint = "Testing must not teach the layer anything."
    equal(as_array(out, "out").shape, (7, 4), "the shape of out")
    for name, before in (("running_mean", mean), ("running_var", var)):
        now = entry(after, name, "bn_param", hint)
        unchanged(now, before, f"bn_param[{name!r}]", of='batchnorm_forward in mode "test"', hint=hint)


@points(0.5, "q1_batchnorm")
def check_batchnorm_test_mode_judges_each_row_alone(student, rng):
    """In mode "test" a row comes out the same, whichever rows are tested with it, and eps is still under the root."""
    x, (gamma, beta), (mean, var) = normal(rng, 9, 3), params(rng, 3), params(rng, 3)
    centred = gamma * (x - mean)
    want, outside = centred / np.sqrt(var + 0.3) + beta, centred / (np.sqrt(var) + 0.3) + beta
    default = centred / np.sqrt(var + 1e-5) + beta
    for rows in (slice(0, 9), slice(3, 4), slice(5, 7)):
        bn_param = {"mode": "test", "eps": 0.3, "running_mean": mean, "running_var": var}
        out, _ = student.layers.batchnorm_forward(x[rows], gamma, beta, bn_param)

        also = {
            "eps is added to the root, not under it": outside[rows],
            "eps is missing, or is not taken from bn_param": default[rows],
        }
        close(out, want[rows], "out", like={"also": also}, hint="Use nothing of the batch but the row itself.")


def slopes(once, x, gamma, eps, dout):
    """dx under each of the readings, in float64."""
    scale = torch.tensor(gamma)
    return once(lambda: {r: gradient(lambda x, r=r: batchnorm(x, scale, 0, r, eps), (x,), dout)[0] for r in READINGS})


@points(1, "q1_batchnorm")
def check_batchnorm_backward_dx_takes_any_batch(student, rng, once):
    """batchnorm_backward's dx is right for two samples or many, one feature or many, small and large eps."""
    for n, features, eps, dtype in [(2, 4, 0.1, F64), (24, 1, 1e-5, F64), (9, 5, 2.0, F64), (12, 3, 1e-3, F32)]:
        x, (gamma, beta) = normal(rng, n, features, dtype=dtype), params(rng, features, dtype)
        dout = normal(rng, n, features, dtype=dtype)

        out, cache = student.layers.batchnorm_forward(x, gamma, beta, {"mode": "train", "eps": eps})
        # Another call in between: a gradient follows from its cache, not from what was seen last.
        student.layers.batchnorm_forward(-x * x, -gamma, beta, {"mode": "train", "eps": eps})
        dx, _, _ = student.layers.batchnorm_backward(dout, cache)

        want = slopes(once, x, gamma, eps, dout)[reading_of(out, x, gamma, beta, eps)]
        also = {"mean and σ are treated as constants": dout * gamma / np.sqrt(x.var(0) + eps)}
        hint = "x moves μ and σ, and they move every row."
        close(dx, want, "dx", like={"batch": n, "also": also}, hint=hint, **tolerance(dtype))


@points(0.5, "q1_batchnorm")
def check_batchnorm_backward_dgamma_and_dbeta_take_any_batch(student, rng):
    """dgamma and dbeta are right for one sample or many, one feature or many."""
    for n, features, dtype in [(1, 4, F64), (25, 1, F64), (14, 6, F32)]:
        x, (gamma, beta) = normal(rng, n, features, dtype=dtype) + 2, params(rng, features, dtype)
        dout = normal(rng, n, features, dtype=dtype)

        out, cache = student.layers.batchnorm_forward(x, gamma, beta, {"mode": "train"})
        _, dgamma, dbeta = student.layers.batchnorm_backward(dout, cache)

        hat = batchnorm(x.astype(F64), 1, 0, reading_of(out, x, gamma, beta))
        like = {"batch": n, "also": {"x was used where the normalised x belongs": (dout * x).sum(0)}}
        hint = "gamma multiplies the normalised x."
        close(dgamma, (dout * hat).sum(0), "dgamma", like=like, hint=hint, **tolerance(dtype))
        close(dbeta, dout.sum(0, dtype=F64), "dbeta", like={"batch": n}, hint="Sum over the batch.", **tolerance(dtype))


@points(1, "q1_batchnorm")
def check_batchnorm_backward_fits_its_own_forward(student, rng):
    """batchnorm_backward is the slope of your own batchnorm_forward in mode "train", whatever that computes."""
    args, dout = (normal(rng, 7, 4), *params(rng, 4), {"mode": "train", "eps": 0.01}), normal(rng, 7, 4)

    _, cache = student.layers.batchnorm_forward(*args)
    dx, dgamma, dbeta = student.layers.batchnorm_backward(dout, cache)

    slopes = own_slopes(student.layers.batchnorm_forward, args, wrt=(0, 1, 2), dout=dout, rng=rng)
    for name, got, want in zip(("dx", "dgamma", "dbeta"), (dx, dgamma, dbeta), slopes, strict=True):
        close(got, want, name, hint="Differentiate what batchnorm_forward does.")


@points(0.125, "q1_batchnorm")
def check_batchnorm_backward_is_linear_in_dout(student, rng):
    """All three gradients of batchnorm_backward follow dout: twice the upstream gradient gives twice the gradient."""
    _, cache = student.layers.batchnorm_forward(normal(rng, 6, 4), *params(rng, 4), {"mode": "train"})

    linear_in(
        student.layers.batchnorm_backward,
        (normal(rng, 6, 4), normal(rng, 6, 4)),
        cache,
        names=("dx", "dgamma", "dbeta"),
    )


@points(0.125, "q1_batchnorm")
def check_batchnorm_backward_is_worked_out(student, rng):
    """batchnorm_backward is a formula: it asks neither another library's autograd nor its own forward for slopes."""
    _, cache = student.layers.batchnorm_forward(normal(rng, 5, 3), *params(rng, 3), {"mode": "train"})

    by_formula(student, student.layers.batchnorm_backward, normal(rng, 5, 3), cache, name="batchnorm_backward")


@points(0.25, "q1_batchnorm")
def check_batchnorm_leaves_its_arguments_alone(student, rng):
    """batchnorm_forward and batchnorm_backward write into new arrays, never into x, gamma, beta, dout or the cache."""
    x, (gamma, beta), dout = normal(rng, 5, 3), params(rng, 3), normal(rng, 5, 3)

    (_, cache), (*after, _) = student.layers.batchnorm_forward.watch(x, gamma, beta, {"mode": "train"})
    _, (dout_after, cache_after) = student.layers.batchnorm_backward.watch(dout, cache)

    for name, now, before in zip(("x", "gamma", "beta"), after, (x, gamma, beta), strict=True):
        unchanged(now, before, name, of="batchnorm_forward")
    unchanged(dout_after, dout, "dout", of="batchnorm_backward")
    kept(cache_after, cache, "batchnorm_backward")
