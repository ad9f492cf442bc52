"""Convolution and max pooling: oblong images, filters and windows, strides, and what they may not change."""

import numpy as np
from torch.nn import functional

from autograder.checks import (
    FLOAT32,
    by_formula,
    close,
    gradient,
    linear_in,
    own_slope,
    own_slopes,
    points,
    unchanged,
    value,
)

F32, F64 = np.float32, np.float64


def normal(rng, *shape, dtype=F64):
    return rng.normal(size=shape).astype(dtype)


def untied(rng, *shape, dtype=F64):
    """Random entries of both signs of which no two are nearly equal, so that every window has one winner."""
    size = int(np.prod(shape))
    return ((rng.permutation(size).reshape(shape) - size / 2 + 0.25) / size * 4).astype(dtype)


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


# Question 1, convolution: N, C, H, W, then F, HH, WW

CONV_SHAPES = [
    (1, 1, 5, 4, 3, 1, 1, F64),
    (3, 2, 4, 6, 1, 4, 6, F64),
    (2, 4, 5, 8, 3, 2, 5, F64),
    (1, 3, 9, 4, 5, 4, 1, F64),
    (2, 2, 6, 6, 2, 3, 3, F32),
]


def conv_inputs(rng, shape):
    n, c, height, width, f, rows, columns, dtype = shape
    dout = normal(rng, n, f, height - rows + 1, width - columns + 1, dtype=dtype)
    return normal(rng, n, c, height, width, dtype=dtype), normal(rng, f, c, rows, columns, dtype=dtype), dout


def filtered(once, x, w):
    return once(lambda: value(functional.conv2d, (x, w)))


def filter_gradients(once, x, w, dout):
    return once(lambda: gradient(functional.conv2d, (x, w), dout))


@points(1.75, "q1_conv")
def check_conv_forward_takes_any_shape(student, rng, once):
    """conv_forward takes filters of one pixel, oblong ones, and ones as large as the image, for one image or many."""
    for shape in CONV_SHAPES:
        x, w, _ = conv_inputs(rng, shape)
        want = filtered(once, x, w)

        out, _ = student.layers.conv_forward(x, w)

        hint = "Height and width may differ; out has H − HH + 1 rows and W − WW + 1 columns."
        close(out, want, "out", like={"batch": len(x), "x": x, "w": w}, hint=hint, **tolerance(shape[-1]))


@points(1.75, "q1_conv")
def check_conv_backward_dx_takes_any_shape(student, rng, once):
    """conv_backward's dx is right for filters of one pixel, oblong ones, and ones as large as the image."""
    for shape in CONV_SHAPES:
        x, w, dout = conv_inputs(rng, shape)
        want, _ = filter_gradients(once, x, w, dout)

        _, cache = student.layers.conv_forward(x, w)
        # Another call in between: a gradient follows from its cache, not from what was seen last.
        student.layers.conv_forward(-x, -w)
        dx, _ = student.layers.conv_backward(dout, cache)

        hint = "A pixel was read by several windows and by every filter: all of them send something back."
        close(dx, want, "dx", like={"batch": len(x), "dout": dout}, hint=hint, **tolerance(shape[-1]))


@points(1.5, "q1_conv")
def check_conv_backward_dw_takes_any_shape(student, rng, once):
    """conv_backward's dw is right for filters of one pixel, oblong ones, and ones as large as the image."""
    for shape in CONV_SHAPES:
        x, w, dout = conv_inputs(rng, shape)
        _, want = filter_gradients(once, x, w, dout)

        _, cache = student.layers.conv_forward(x, w)
        # Another call in between: a gradient follows from its cache, not from what was seen last.
        student.layers.conv_forward(-x, -w)
        _, dw = student.layers.conv_backward(dout, cache)

        hint = "A weight met one pixel in each window: dw sums over windows and over the batch."
        close(dw, want, "dw", like={"batch": len(x), "dout": dout}, hint=hint, **tolerance(shape[-1]))


@points(1.25, "q1_conv")
def check_conv_backward_fits_its_own_forward(student, rng):
    """conv_backward is the slope of your own conv_forward, whatever that computes."""
    x, w, dout = conv_inputs(rng, (2, 3, 5, 6, 2, 3, 2, F64))

    _, cache = student.layers.conv_forward(x, w)
    dx, dw = student.layers.conv_backward(dout, cache)

    slopes = own_slopes(student.layers.conv_forward, (x, w), wrt=(0, 1), dout=dout, rng=rng)
    for name, got, want in zip(("dx", "dw"), (dx, dw), slopes, strict=True):
        close(got, want, name, hint="Differentiate what conv_forward does.")


@points(0.25, "q1_conv")
def check_conv_backward_is_linear_in_dout(student, rng):
    """Both gradients of conv_backward follow dout: twice the upstream gradient gives twice the gradient."""
    x, w, dout = conv_inputs(rng, (2, 2, 5, 4, 3, 2, 3, F64))
    _, cache = student.layers.conv_forward(x, w)

    linear_in(student.layers.conv_backward, (dout, normal(rng, *dout.shape)), cache, names=("dx", "dw"))


@points(0.25, "q1_conv")
def check_conv_backward_is_worked_out(student, rng):
    """conv_backward is a formula: it asks neither another library's autograd nor its own forward pass for slopes."""
    x, w, dout = conv_inputs(rng, (2, 2, 4, 3, 2, 2, 2, F64))
    _, cache = student.layers.conv_forward(x, w)

    by_formula(student, student.layers.conv_backward, dout, cache, name="conv_backward")


@points(0.5, "q1_conv")
def check_conv_leaves_its_arguments_alone(student, rng):
    """conv_forward and conv_backward write into new arrays, never into x, w, dout or the cache."""
    x, w, dout = conv_inputs(rng, (2, 2, 5, 4, 3, 2, 3, F64))

    (_, cache), (x_after, w_after) = student.layers.conv_forward.watch(x, w)
    _, (dout_after, cache_after) = student.layers.conv_backward.watch(dout, cache)

    unchanged(x_after, x, "x", of="conv_forward")
    unchanged(w_after, w, "w", of="conv_forward")
    unchanged(dout_after, dout, "dout", of="conv_backward")
    kept(cache_after, cache, "conv_backward")


# Question 5.1, max pooling: N, C, H, W, then the window's height and width and the stride

POOL_SHAPES = [
    (1, 1, 4, 6, 4, 2, 2, F64),
    (3, 2, 8, 5, 2, 2, 3, F64),
    (2, 4, 6, 9, 2, 3, 2, F64),
    (2, 3, 7, 5, 3, 1, 2, F32),
]


def pool_param(height, width, stride):
    return {"pool_height": height, "pool_width": width, "stride": stride}


def pooled(once, x, size, stride):
    return once(lambda: value(lambda x: functional.max_pool2d(x, size, stride), (x,)))


def pool_gradient(once, x, size, stride, dout):
    return once(lambda: gradient(lambda x: functional.max_pool2d(x, size, stride), (x,), dout)[0])


@points(0.25, "q5_1")
def check_max_pool_forward_takes_any_window(student, rng, once):
    """max_pool_forward takes oblong windows and any stride, so that windows may overlap or leave gaps."""
    for *shape, height, width, stride, dtype in POOL_SHAPES:
        x = 3 + untied(rng, *shape, dtype=dtype)
        want = pooled(once, x, (height, width), stride)

        out, _ = student.layers.max_pool_forward(x, pool_param(height, width, stride))

        hint = "The stride says where windows start, the size where they end."
        close(out, want, "out", like={"x": x}, hint=hint, **tolerance(dtype))


@points(0.25, "q5_1")
def check_max_pool_of_negative_numbers(student, rng, once):
    """The largest of negative numbers is negative: no window of them gives 0, and each has a winner."""
    x, dout = untied(rng, 2, 3, 6, 6) - 5, normal(rng, 2, 3, 2, 2)
    want, want_x = pooled(once, x, 3, 3), pool_gradient(once, x, 3, 3, dout)

    out, cache = student.layers.max_pool_forward(x, pool_param(3, 3, 3))
    dx = student.layers.max_pool_backward(dout, cache)

    close(out, want, "out", hint="What does your search for the largest begin with?")
    hint = "How does max_pool_backward find the entry that won?"
    close(dx, want_x, "dx", like={"dout": dout, "mask": want_x != 0}, hint=hint)


@points(0.25, "q5_1")
def check_max_pool_backward_takes_any_window(student, rng, once):
    """max_pool_backward takes oblong windows, and strides that leave gaps."""
    for *shape, height, width, stride, dtype in [
        (1, 2, 6, 4, 3, 2, 3, F64),
        (3, 2, 8, 5, 2, 2, 3, F64),
        (2, 1, 4, 6, 1, 3, 3, F32),
    ]:
        x = 3 + untied(rng, *shape, dtype=dtype)
        dout = normal(rng, *shape[:2], 1 + (shape[2] - height) // stride, 1 + (shape[3] - width) // stride, dtype=dtype)
        want = pool_gradient(once, x, (height, width), stride, dout)

        _, cache = student.layers.max_pool_forward(x, pool_param(height, width, stride))
        # Another call in between: a gradient follows from its cache, not from what was seen last.
        student.layers.max_pool_forward(-x, pool_param(height, width, stride))
        dx = student.layers.max_pool_backward(dout, cache)

        hint = "A pixel that no window read has no gradient."
        close(dx, want, "dx", like={"dout": dout, "mask": want != 0}, hint=hint, **tolerance(dtype))


@points(0.25, "q5_1")
def check_max_pool_backward_adds_up_overlaps(student, rng, once):
    """Where windows overlap, an entry that wins several of them receives all their gradients."""
    x, dout = 3 + untied(rng, 2, 3, 7, 7), normal(rng, 2, 3, 3, 3)
    want = pool_gradient(once, x, 3, 2, dout)

    _, cache = student.layers.max_pool_forward(x, pool_param(3, 3, 2))
    dx = student.layers.max_pool_backward(dout, cache)

    hint = "What happens to the first window's gradient when the second one comes?"
    close(dx, want, "dx", like={"dout": dout, "mask": want != 0}, hint=hint)


@points(0.25, "q5_1")
def check_max_pool_backward_fits_its_own_forward(student, rng):
    """max_pool_backward is the slope of your own max_pool_forward, whatever that computes."""
    args, dout = (3 + untied(rng, 2, 2, 6, 4), pool_param(2, 2, 2)), normal(rng, 2, 2, 3, 2)

    _, cache = student.layers.max_pool_forward(*args)
    dx = student.layers.max_pool_backward(dout, cache)

    hint = "Differentiate what max_pool_forward does."
    close(dx, own_slope(student.layers.max_pool_forward, args, wrt=0, dout=dout, rng=rng), "dx", hint=hint)


@points(0.25, "q5_1")
def check_max_pool_leaves_its_arguments_alone(student, rng):
    """max_pool_forward and max_pool_backward write into new arrays, never into x, dout or the cache."""
    x, dout = 3 + untied(rng, 2, 2, 4, 4), normal(rng, 2, 2, 2, 2)

    (_, cache), (x_after, _) = student.layers.max_pool_forward.watch(x, pool_param(2, 2, 2))
    _, (dout_after, cache_after) = student.layers.max_pool_backward.watch(dout, cache)

    unchanged(x_after, x, "x", of="max_pool_forward")
    unchanged(dout_after, dout, "dout", of="max_pool_backward")
    kept(cache_after, cache, "max_pool_backward")
