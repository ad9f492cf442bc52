import math

import numpy as np


def sigmoid_slope(x):
    x = np.asarray(x, dtype=float)
    flat = [1.0 / (math.exp(v) + 2.0 + math.exp(-v)) for v in x.reshape(-1)]
    return np.array(flat).reshape(x.shape)


def sigmoid_slope_range():
    return {"infimum": {"value": "→0", "attained": False}, "at": 0, "maximum": [1 / 4, True]}


def dy_dx(x, w):
    if len(w) == 0:
        return 1.0
    z = float(w[0]) * x
    a = 1.0 / (1.0 + math.exp(-z))
    return float(w[0]) * float(sigmoid_slope(z)) * dy_dx(a, w[1:])


def largest_slope(w):
    bound = 1.0
    for weight in w:
        bound *= abs(weight) * 0.25
    return bound


def exploding():
    return np.float64(0.0), np.array([-1e5, 1.0, 2.0, 3.0, 2.0])
