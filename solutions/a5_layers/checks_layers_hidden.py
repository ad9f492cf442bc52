"""Fully-connected layer and ReLU: other shapes and precisions, their own slope, and what they may not change."""

import numpy as np

from autograder.checks import (
    FLOAT32,
    as_array,
    by_formula,
    close,
    equal,
    gradient,
    linear_in,
    own_slope,
    own_slopes,
    points,
    require,
    seen,
    unchanged,
)

F32, F64 = np.float32, np.float64


def normal(rng, *shape, dtype=F64):
    return rng.normal(size=shape).astype(dtype)


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


# Question 1, fully-connected layer

FC_SHAPES = [(1, 4, 3, F64), (7, 1, 5, F64), (33, 6, 1, F64), (5, 8, 4, F32)]


@points(0.75, "q1_fc")
def check_fc_forward_takes_any_batch(student, rng):
    """fc_forward takes one row or many, one input or many, one output or many, in float32 and float64."""
    for n, inputs, outputs, dtype in FC_SHAPES:
        x, w, b = (
            normal(rng, n, inputs, dtype=dtype),
            normal(rng, inputs, outputs, dtype=dtype),
            normal(rng, outputs, dtype=dtype),
        )

        out, _ = student.layers.fc_forward(x, w, b)

        want = x.astype(F64) @ w + b
        close(out, want, "out", like={"batch": n, "also": {"the bias b is missing": want - b}}, **tolerance(dtype))


def affine_gradients(once, x, w, b, dout):
    return once(lambda: gradient(lambda x, w, b: x @ w + b, (x, w, b), dout))


@points(0.75, "q1_fc")
def check_fc_backward_takes_any_batch(student, rng, once):
    """fc_backward is right for one row or many, one input or many, one output or many, in float32 and float64."""
    for n, inputs, outputs, dtype in FC_SHAPES:
        x, w, b = (
            normal(rng, n, inputs, dtype=dtype),
            normal(rng, inputs, outputs, dtype=dtype),
            normal(rng, outputs, dtype=dtype),
        )
        dout = normal(rng, n, outputs, dtype=dtype)
        want_x, want_w, want_b = affine_gradients(once, x, w, b, dout)

        _, cache = student.layers.fc_forward(x, w, b)
        # Another call in between: a gradient follows from its cache, not from what was seen last.
        student.layers.fc_forward(-x, -w, b)
        dx, dw, db = student.layers.fc_backward(dout, cache)

        like = {"batch": n, "dout": dout, "also": {"w was reshaped, not transposed": dout @ w.reshape(w.shape[::-1])}}
        close(dx, want_x, "dx", like=like, hint="Each row goes its own way back.", **tolerance(dtype))
        close(dw, want_w, "dw", like=like, hint="Rows add up; they are not averaged here.", **tolerance(dtype))
        close(db, want_b, "db", like=like, hint="db has the shape of b and gathers all rows.", **tolerance(dtype))


@points(0.75, "q1_fc")
def check_fc_backward_fits_its_own_forward(student, rng):
    """fc_backward is the slope of your own fc_forward, whatever that computes."""
    args, dout = (normal(rng, 5, 4), normal(rng, 4, 3), normal(rng, 3)), normal(rng, 5, 3)

    _, cache = student.layers.fc_forward(*args)
    dx, dw, db = student.layers.fc_backward(dout, cache)

    slopes = own_slopes(student.layers.fc_forward, args, wrt=(0, 1, 2), dout=dout, rng=rng)
    for name, got, want in zip(("dx", "dw", "db"), (dx, dw, db), slopes, strict=True):
        close(got, want, name, hint="Differentiate what fc_forward does.")


@points(0.25, "q1_fc")
def check_fc_backward_is_linear_in_dout(student, rng):
    """All three gradients of fc_backward follow dout: twice the upstream gradient gives twice the gradient."""
    _, cache = student.layers.fc_forward(normal(rng, 6, 5), normal(rng, 5, 4), normal(rng, 4))

    linear_in(student.layers.fc_backward, (normal(rng, 6, 4), normal(rng, 6, 4)), cache, names=("dx", "dw", "db"))


@points(0.25, "q1_fc")
def check_fc_backward_is_worked_out(student, rng):
    """fc_backward is a formula: it asks neither another library's autograd nor its own forward pass for slopes."""
    _, cache = student.layers.fc_forward(normal(rng, 4, 3), normal(rng, 3, 2), normal(rng, 2))

    by_formula(student, student.layers.fc_backward, normal(rng, 4, 2), cache, name="fc_backward")


@points(0.5, "q1_fc")
def check_fc_leaves_its_arguments_alone(student, rng):
    """fc_forward and fc_backward write into new arrays, never into x, w, b, dout or the cache."""
    x, w, b, dout = normal(rng, 4, 3), normal(rng, 3, 2), normal(rng, 2), normal(rng, 4, 2)

    (_, cache), after = student.layers.fc_forward.watch(x, w, b)
    _, (dout_after, cache_after) = student.layers.fc_backward.watch(dout, cache)

    for name, now, before in zip("xwb", after, (x, w, b), strict=True):
        unchanged(now, before, name, of="fc_forward")
    unchanged(dout_after, dout, "dout", of="fc_backward")
    kept(cache_after, cache, "fc_backward")


# Question 1, ReLU

RELU_SHAPES = [((9,), F64), ((1, 6), F64), ((2, 3, 5, 4), F64), ((4, 3, 2), F32)]


@points(0.5, "q1_relu")
def check_relu_forward_takes_any_shape(student, rng):
    """relu_forward takes vectors, batches and images, in float32 and float64."""
    for shape, dtype in RELU_SHAPES:
        x = apart(rng, *shape, dtype=dtype)
        out, _ = student.layers.relu_forward(x)
        hint = "Every entry is judged by itself."
        close(out, np.where(x > 0, x, 0), "out", like={"x": x}, hint=hint, **tolerance(dtype))


@points(0.5, "q1_relu")
def check_relu_backward_takes_any_shape(student, rng):
    """relu_backward takes vectors, batches and images, in float32 and float64."""
    for shape, dtype in RELU_SHAPES:
        x, dout = apart(rng, *shape, dtype=dtype), apart(rng, *shape, dtype=dtype)

        _, cache = student.layers.relu_forward(x)
        # Another call in between: a gradient follows from its cache, not from what was seen last.
        student.layers.relu_forward(-x)
        dx = student.layers.relu_backward(dout, cache)

        also = {"the mask comes from dout, not from x": np.where(dout > 0, dout, 0)}
        like = {"x": x, "mask": x > 0, "dout": dout, "also": also}
        hint = "Was this entry of x let through?"
        close(dx, np.where(x > 0, dout, 0), "dx", like=like, hint=hint, **tolerance(dtype))


@points(0.25, "q1_relu")
def check_relu_is_defined_at_zero(student, rng):
    """At exactly 0, relu gives 0, and its slope is a number from 0 to 1: any of them is right."""
    x, dout = np.where(rng.permutation(40).reshape(5, 8) % 2, apart(rng, 5, 8), 0.0), apart(rng, 5, 8)

    out, cache = student.layers.relu_forward(x)
    dx = student.layers.relu_backward(dout, cache)

    close(out, np.where(x > 0, x, 0), "out")
    at_zero = shaped(dx, x.shape, "dx")[x == 0] / dout[x == 0]
    slope = at_zero[0] if np.ptp(at_zero) < 1e-9 and 0 <= at_zero[0] <= 1 else 0
    hint = "What does your formula give for x = 0?"
    close(dx, dout * np.where(x == 0, slope, x > 0), "dx", like={"x": x, "dout": dout}, hint=hint)
    return seen(
        f"The slope of ReLU at 0 is taken to be {'0' if slope == 0 else '1' if slope == 1 else 'between 0 and 1'}."
    )


@points(0.25, "q1_relu")
def check_relu_leaves_its_arguments_alone(student, rng):
    """relu_forward and relu_backward write into new arrays, never into x, dout or the cache."""
    x, dout = apart(rng, 4, 6), apart(rng, 4, 6)

    (_, cache), (x_after,) = student.layers.relu_forward.watch(x)
    _, (dout_after, cache_after) = student.layers.relu_backward.watch(dout, cache)

    unchanged(
        x_after,
        x,
        "x",
        of="relu_forward",
        hint="An array that is changed in place is changed for everybody who still needs it.",
    )
    unchanged(
        dout_after,
        dout,
        "dout",
        of="relu_backward",
        hint="dx = dout gives the same array a second name; copy it before you write into it.",
    )
    kept(cache_after, cache, "relu_backward")


@points(0.5, "q1_relu")
def check_relu_backward_fits_its_own_forward(student, rng):
    """relu_backward is the slope of your own relu_forward, whatever that computes."""
    x, dout = apart(rng, 3, 4, 5), normal(rng, 3, 4, 5)

    _, cache = student.layers.relu_forward(x)
    dx = student.layers.relu_backward(dout, cache)

    hint = "Differentiate what relu_forward does."
    close(dx, own_slope(student.layers.relu_forward, (x,), wrt=0, dout=dout, rng=rng), "dx", hint=hint)
