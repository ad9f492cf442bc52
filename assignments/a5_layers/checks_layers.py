"""Fully-connected layer, ReLU and dropout on a few plain inputs; the hidden checks ask for more shapes and settings."""

import numpy as np
from torch.nn import functional

from autograder.checks import as_array, close, equal, gradient, points, require, seen, value


def apart(rng, *shape):
    """Random entries of both signs that keep away from 0, where ReLU has no slope and dropout no ratio."""
    return rng.choice([-1.0, 1.0], size=shape) * rng.uniform(0.2, 2.0, size=shape)


def affine(x, w, b):
    """The fully-connected layer as torch has it, which keeps w the other way round."""
    return functional.linear(x, w.T, b)


def shaped(got, shape, name):
    """`got` as an array of that shape with finite numbers in it; a Failure says what it is instead."""
    array = as_array(got, name)
    equal(array.shape, shape, f"the shape of {name}")
    odd = f"{name} does not hold finite numbers."
    require(array.dtype.kind in "fiu" and np.isfinite(array).all(), odd, hidden=odd)
    return array


# Question 1, fully-connected layer


@points(0.75, "q1_fc")
def check_fc_forward_is_affine(student, rng, once):
    """fc_forward returns x·w + b, one row of outputs for each row of the batch."""
    x, w, b = rng.normal(size=(4, 5)), rng.normal(size=(5, 3)), rng.normal(size=3)
    want = once(lambda: value(affine, (x, w, b)))

    out, _ = student.layers.fc_forward(x, w, b)

    also = {"the bias b is missing": want - b, "b is subtracted": want - 2 * b}
    hint = "Each output is a weighted sum of one row's inputs, plus that output's bias."
    close(out, want, "out", like={"also": also}, hint=hint)


@points(1, "q1_fc")
def check_fc_backward_gives_three_gradients(student, rng, once):
    """fc_backward returns dx, dw and db, each with the shape of what it is the gradient of."""
    x, w, b, dout = rng.normal(size=(6, 4)), rng.normal(size=(4, 3)), rng.normal(size=3), rng.normal(size=(6, 3))
    want_x, want_w, want_b = once(lambda: gradient(affine, (x, w, b), dout))

    _, cache = student.layers.fc_forward(x, w, b)
    dx, dw, db = student.layers.fc_backward(dout, cache)

    like = {"batch": 6, "dout": dout}
    close(dx, want_x, "dx", like=like, hint="How much does each output change when one input of that row does?")
    close(dw, want_w, "dw", like=like, hint="A weight is used once in every row of the batch.")
    close(db, want_b, "db", like=like, hint="A bias reaches one output of every row of the batch.")


# Question 1, ReLU


@points(0.5, "q1_relu")
def check_relu_forward_keeps_the_positive_part(student, rng, once):
    """relu_forward keeps what is positive and puts 0 for the rest."""
    x = apart(rng, 5, 7)
    want = once(lambda: value(functional.relu, (x,)))

    out, _ = student.layers.relu_forward(x)

    also = {"it is the absolute value": np.abs(x)}
    close(out, want, "out", like={"x": x, "also": also}, hint="Compare each entry with 0.")


@points(0.5, "q1_relu")
def check_relu_backward_passes_where_x_is_positive(student, rng, once):
    """relu_backward passes dout on where x was positive and stops it elsewhere."""
    x, dout = apart(rng, 5, 7), apart(rng, 5, 7)
    (want,) = once(lambda: gradient(functional.relu, (x,), dout))

    _, cache = student.layers.relu_forward(x)
    dx = student.layers.relu_backward(dout, cache)

    hint = "Where the output did not move with x, no gradient comes back; which array tells where that was?"
    close(dx, want, "dx", like={"x": x, "mask": want != 0, "dout": dout}, hint=hint)


# Question 1, dropout


@points(1, "q1_dropout")
def check_dropout_keeps_or_zeroes(student, rng):
    """In mode "train" entries are zeroed or kept; what is kept stays as it is (plain) or is divided by p (inverted)."""
    x, p = apart(rng, 12, 60), 0.8

    out, _ = student.layers.dropout_forward(x, {"mode": "train", "p": p})

    kept = shaped(out, x.shape, "out") != 0
    require(kept.any() and not kept.all(), f"{kept.sum()} of {kept.size} entries were kept.", "Some are, and some not.")
    if np.allclose(out, kept * x):
        return seen("This is plain dropout: in training, kept entries stay as they are.")
    close(out, kept * x / p, "out", like={"x": x, "p": p, "mask": kept}, hint="p is the probability to keep an entry.")
    return seen("This is inverted dropout: in training, kept entries are divided by p.")


@points(1, "q1_dropout")
def check_dropout_backward_uses_the_same_mask(student, rng):
    """dropout_backward multiplies dout by exactly what dropout_forward multiplied x by."""
    x, dout, p = apart(rng, 9, 10), apart(rng, 9, 10), 0.8

    out, cache = student.layers.dropout_forward(x, {"mode": "train", "p": p})
    dx = student.layers.dropout_backward(dout, cache)

    drawn = shaped(out, x.shape, "dropout_forward's out") / x
    hint = "The mask that was drawn going forward is the one that counts going backward: keep it in the cache."
    close(dx, dout * drawn, "dx", like={"p": p, "mask": drawn != 0, "dout": dout}, hint=hint)
