"""Exercise 1.3: a chain of five sigmoids, and how its gradient vanishes and explodes.

The network has one node a layer: a_0 = x, a_i = σ(w_i · a_{i−1}) for i = 1 … 5, and y = a_5.
"""

import numpy as np


def sigmoid(x):
    """σ(x) = 1 / (1 + e^(−x)), for a number or an array of any shape."""
    return 1.0 / (1.0 + np.exp(-x))


def chain(x, w):
    """y for a number x and five weights w = (w_1, …, w_5)."""
    a = x
    for weight in w:
        a = sigmoid(weight * a)
    return a


def sigmoid_slope(x):
    """σ'(x), for a number or an array; the result has the shape of x."""
    # TODO: sigmoid_slope
    raise NotImplementedError("sigmoid_slope")


def sigmoid_slope_range():
    """Between what values σ' lies, over all real x: a dict with three entries.

    "maximum": (its value, whether some x attains it), "at": the x of the maximum, "infimum": (its value, whether some
    x attains it). An infimum is the greatest number that σ' never falls below.
    """
    # TODO: sigmoid_slope_range
    raise NotImplementedError("sigmoid_slope_range")


def dy_dx(x, w):
    """∂y/∂x by the chain rule, for a number x and five weights w; a number."""
    # TODO: dy_dx
    raise NotImplementedError("dy_dx")


def largest_slope(w):
    """The bound on |∂y/∂x| that the maximum of σ' gives, for five weights w and whatever x; a number."""
    # TODO: largest_slope
    raise NotImplementedError("largest_slope")


def exploding():
    """One input and five weights for which |∂y/∂x| is above 1: (x, [w_1, …, w_5])."""
    # TODO: exploding
    raise NotImplementedError("exploding")
