"""Dropout: the share that is kept, seeds, both modes, and what it may not change."""

import numpy as np

from autograder.checks import FLOAT32, as_array, close, equal, points, require, seen, unchanged

F32, F64 = np.float32, np.float64


def apart(rng, *shape, dtype=F64):
    """Random entries of both signs that keep away from 0, where ReLU has no slope and dropout no ratio."""
    return (rng.choice([-1.0, 1.0], size=shape) * rng.uniform(0.2, 2.0, size=shape)).astype(dtype)


def tolerance(dtype):
    return FLOAT32 if dtype is F32 else {}


def shaped(got, shape, name):
    """`got` as an array of that shape with finite numbers in it; a Failure says what it is instead."""
    array = as_array(got, name)
    equal(array.shape, shape, f"the shape of {name}")
    odd = f"{name} does not hold finite numbers."
    require(array.dtype.kind in "fiu" and np.isfinite(array).all(), odd, hidden=odd)
    return array


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


@points(1, "q1_dropout")
def check_dropout_keeps_a_share_of_p(student, rng):
    """p is the probability to keep: about 30 % of the entries survive p = 0.3, about 80 % survive p = 0.8."""
    for p in (0.3, 0.8):
        out, _ = student.layers.dropout_forward(apart(rng, 6000), {"mode": "train", "p": p})

        share = (shaped(out, (6000,), "out") != 0).mean()
        # 6,000 draws: the share has a standard deviation of 0.006, so 0.04 is missed by chance once in 10^10 runs.
        what = "what should be kept is dropped" if abs(share - (1 - p)) < 0.04 else "it is not p"
        why, hidden = f"{100 * share:.0f} % were kept for p = {p}: {what}.", f"The share that is kept is off: {what}."
        require(abs(share - p) < 0.04, why, "p is the probability to keep an entry.", hidden=hidden)


@points(0.25, "q1_dropout")
def check_dropout_draws_each_entry_by_itself(student, rng):
    """Every entry is dropped or kept by its own draw, not a whole row, column or batch at once."""
    out, _ = student.layers.dropout_forward(apart(rng, 30, 40), {"mode": "train", "p": 0.5})

    mask = shaped(out, (30, 40), "out") != 0
    hint = "The mask needs as many draws as x has entries."
    alike, whole = "Every row has the same mask.", "Whole rows are dropped or kept."
    require(not (mask == mask[:1]).all(), alike, hint, hidden=alike)
    require(not (mask == mask[:, :1]).all(), whole, hint, hidden=whole)


@points(1, "q1_dropout")
def check_dropout_test_mode_drops_nothing(student, rng):
    """In mode "test" out is x; or p·x, if training leaves kept entries as they are."""
    x, p = apart(rng, 8, 9), 0.3
    out, _ = student.layers.dropout_forward(x, {"mode": "test", "p": p})

    dropped = 'Entries are dropped in mode "test" too.'
    require((shaped(out, x.shape, "out") != 0).all(), dropped, "Look at dropout_param's mode.", hidden=dropped)
    if np.allclose(out, p * x):
        trained, _ = student.layers.dropout_forward(x, {"mode": "train", "p": p})
        if np.allclose(trained, x * (shaped(trained, x.shape, "out") != 0)):
            return seen('In mode "test" this is p·x, which matches plain dropout in training.')
    hint = "What did training do to the size of the output, and what is left to do about it?"
    close(out, x, "out", like={"x": x, "p": p}, hint=hint)
    return seen('In mode "test" this is x as it came.')


@points(0.5, "q1_dropout")
def check_dropout_backward_in_test_mode(student, rng):
    """In mode "test" dropout_backward passes dout on, or p·dout if the forward pass gave p·x."""
    x, dout, p = apart(rng, 4, 3, 2), apart(rng, 4, 3, 2), 0.7

    out, cache = student.layers.dropout_forward(x, {"mode": "test", "p": p})
    dx = student.layers.dropout_backward(dout, cache)

    scaled = np.allclose(shaped(out, x.shape, "out"), p * x) and np.allclose(shaped(dx, x.shape, "dx"), p * dout)
    hint = "Nothing was dropped, so nothing is to be stopped."
    close(dx, p * dout if scaled else dout, "dx", like={"p": p, "dout": dout}, hint=hint)


@points(0.5, "q1_dropout")
def check_dropout_seed_repeats_the_mask(student, rng):
    """The same seed in dropout_param gives the same mask again, another seed another one."""
    x = apart(rng, 20, 30)
    outs = []
    for seed in (11, 11, 12):
        out, _ = student.layers.dropout_forward(x, {"mode": "train", "p": 0.6, "seed": seed})
        outs.append(shaped(out, x.shape, "out"))

    close(outs[1], outs[0], "out", hint="Use the seed before you draw.")
    same = "Two different seeds gave the same mask."
    require(not np.array_equal(outs[2], outs[0]), same, "Which seed is used?", hidden=same)


@points(0.25, "q1_dropout")
def check_dropout_without_seed_draws_anew(student, rng):
    """Without a seed, each call draws another mask."""
    x = apart(rng, 20, 30)
    first, _ = student.layers.dropout_forward(x, {"mode": "train", "p": 0.6})
    second, _ = student.layers.dropout_forward(x, {"mode": "train", "p": 0.6})

    equal_masks = np.array_equal(shaped(first, x.shape, "out"), shaped(second, x.shape, "out"))
    same = "Two calls without a seed gave the same mask."
    require(not equal_masks, same, "Set a seed only if dropout_param has one.", hidden=same)


@points(0.25, "q1_dropout")
def check_dropout_backward_takes_any_shape(student, rng):
    """dropout_backward repeats the forward's mask and scale for vectors, batches and images, in float32 and float64."""
    for shape, p, dtype in [((50,), 0.3, F64), ((1, 40), 0.5, F64), ((2, 3, 4, 5), 0.3, F32)]:
        x, dout = apart(rng, *shape, dtype=dtype), apart(rng, *shape, dtype=dtype)

        out, cache = student.layers.dropout_forward(x, {"mode": "train", "p": p})
        # Another call in between: a gradient follows from its cache, not from what was seen last.
        student.layers.dropout_forward(x, {"mode": "train", "p": p})
        dx = student.layers.dropout_backward(dout, cache)

        drawn = shaped(out, shape, "out") / x.astype(F64)
        like = {"p": p, "mask": drawn != 0, "dout": dout}
        close(dx, dout * drawn, "dx", like=like, hint="Mask and scale are the forward's own.", **tolerance(dtype))


@points(0.25, "q1_dropout")
def check_dropout_leaves_its_arguments_alone(student, rng):
    """dropout_forward and dropout_backward write into new arrays, never into x, dout or the cache."""
    x, dout = apart(rng, 6, 7), apart(rng, 6, 7)

    (_, cache), (x_after, _) = student.layers.dropout_forward.watch(x, {"mode": "train", "p": 0.5})
    _, (dout_after, cache_after) = student.layers.dropout_backward.watch(dout, cache)

    unchanged(x_after, x, "x", of="dropout_forward", hint="x *= mask changes the caller's x.")
    unchanged(dout_after, dout, "dout", of="dropout_backward", hint="dout *= mask changes the caller's dout.")
    kept(cache_after, cache, "dropout_backward")
