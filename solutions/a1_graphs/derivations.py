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
    # BEGIN SOLUTION
    s = sigmoid(x)
    return s * (1.0 - s)
    # END SOLUTION


def sigmoid_slope_range():
    """Between what values σ' lies, over all real x: a dict with three entries.

    "maximum": (its value, whether some x attains it), "at": the x of the maximum, "infimum": (its value, whether some
    x attains it). An infimum is the greatest number that σ' never falls below.
    """
    # BEGIN SOLUTION
    return {"maximum": (0.25, True), "at": 0.0, "infimum": (0.0, False)}
    # END SOLUTION


def dy_dx(x, w):
    """∂y/∂x by the chain rule, for a number x and five weights w; a number."""
    # BEGIN SOLUTION
    slope, a = 1.0, x
    for weight in w:
        a = sigmoid(weight * a)
        slope = slope * weight * a * (1.0 - a)
    return slope
    # END SOLUTION


def largest_slope(w):
    """The bound on |∂y/∂x| that the maximum of σ' gives, for five weights w and whatever x; a number."""
    # BEGIN SOLUTION
    return np.prod(np.abs(w)) / 4.0**5
    # END SOLUTION


def exploding():
    """One input and five weights for which |∂y/∂x| is above 1: (x, [w_1, …, w_5])."""
    # BEGIN SOLUTION
    # At x = 0 the first pre-activation is 0 whatever w_1 is, so the first factor w_1/4 is as large as one likes.
    return 0.0, [4000.0, 2.0, 2.0, 2.0, 2.0]
    # END SOLUTION
