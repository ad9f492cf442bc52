"""Convolution and max pooling on a few small images; the hidden checks ask for more shapes and strides."""

import numpy as np
from torch.nn import functional

from autograder.checks import close, gradient, points, value


def untied(rng, shape):
    """Random entries of both signs of which no two are nearly equal, so that every window has one winner."""
    size = int(np.prod(shape))
    return (rng.permutation(size).reshape(shape) - size / 2 + 0.25) / size * 4


# Question 1, convolution


@points(1, "q1_conv")
def check_conv_forward_slides_one_filter(student, rng, once):
    """conv_forward slides a 3×3 filter over a 6×6 image: each output is the sum of a window times the filter."""
    x, w = rng.normal(size=(1, 1, 6, 6)), rng.normal(size=(1, 1, 3, 3))
    want = once(lambda: value(functional.conv2d, (x, w)))

    out, _ = student.layers.conv_forward(x, w)

    hint = "Lay the filter on the image as it is, without turning it, its top left on a window's top left."
    close(out, want, "out", like={"x": x, "w": w}, hint=hint)


@points(1.25, "q1_conv")
def check_conv_forward_sums_over_channels(student, rng, once):
    """conv_forward adds up all channels for each filter, on images and filters that are not square."""
    x, w = rng.normal(size=(2, 3, 7, 5)), rng.normal(size=(4, 3, 2, 3))
    want = once(lambda: value(functional.conv2d, (x, w)))
    first = once(lambda: value(functional.conv2d, (x[:, :1], w[:, :1])))

    out, _ = student.layers.conv_forward(x, w)

    like = {"batch": 2, "x": x, "w": w, "also": {"only the first channel was used": first}}
    hint = "out is (N, F, H − HH + 1, W − WW + 1): one plane for each filter, none for a channel."
    close(out, want, "out", like=like, hint=hint)


@points(1.5, "q1_conv")
def check_conv_backward_gives_dx_and_dw(student, rng, once):
    """conv_backward returns the gradients for the image and for the filters."""
    x, w, dout = rng.normal(size=(2, 3, 6, 5)), rng.normal(size=(4, 3, 3, 2)), rng.normal(size=(2, 4, 4, 4))
    want_x, want_w = once(lambda: gradient(functional.conv2d, (x, w), dout))
    turned, _ = once(lambda: gradient(functional.conv2d, (x, w[:, :, ::-1, ::-1].copy()), dout))
    _, last = once(lambda: gradient(functional.conv2d, (x[-1:], w), dout[-1:]))

    _, cache = student.layers.conv_forward(x, w)
    dx, dw = student.layers.conv_backward(dout, cache)

    like = {"batch": 2, "dout": dout, "also": {"the filter is turned by 180 degrees once too often": turned}}
    close(dx, want_x, "dx", like=like, hint="Every window that read a pixel sends its gradient back to it.")
    like = {"batch": 2, "dout": dout, "also": {"only the last image counts": last}}
    close(dw, want_w, "dw", like=like, hint="A filter's weight was used in every window of every image.")


# Question 5.1, max pooling


@points(0.25, "q5_1")
def check_max_pool_forward_takes_the_largest(student, rng, once):
    """max_pool_forward returns the largest entry of each 2×2 window of each channel."""
    x = 3 + untied(rng, (2, 3, 6, 4))
    want = once(lambda: value(lambda x: functional.max_pool2d(x, 2), (x,)))
    mean = once(lambda: value(lambda x: functional.avg_pool2d(x, 2), (x,)))

    out, _ = student.layers.max_pool_forward(x, {"pool_height": 2, "pool_width": 2, "stride": 2})

    like = {"also": {"it is the mean of each window": mean}}
    close(out, want, "out", like=like, hint="Each channel is pooled by itself.")


@points(0.25, "q5_1")
def check_max_pool_backward_goes_to_the_winner(student, rng, once):
    """max_pool_backward sends each window's gradient to the entry that was the largest."""
    x, dout = 3 + untied(rng, (2, 3, 4, 6)), rng.normal(size=(2, 3, 2, 3))
    want = once(lambda: gradient(lambda x: functional.max_pool2d(x, 2), (x,), dout)[0])

    _, cache = student.layers.max_pool_forward(x, {"pool_height": 2, "pool_width": 2, "stride": 2})
    dx = student.layers.max_pool_backward(dout, cache)

    also = {"it is spread evenly over each window": np.kron(dout, np.full((2, 2), 0.25))}
    like = {"dout": dout, "mask": want != 0, "also": also}
    close(dx, want, "dx", like=like, hint="The other entries of a window had no say in its output.")
