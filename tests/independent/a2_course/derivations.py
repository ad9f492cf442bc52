"""Problems 2 to 4, and the scale factors: the course's notebook has no place for them."""

from math import inf, log

import numpy as np

SCALE_FACTORS = {"relu": 1.4, "tanh": 1.6, "identity": 1, "sigmoid": "no good value"}


def variance_of_y(d, sigma):
    return 0.5 * d * sigma * sigma


def sigma_for_unit_variance(d):
    return (d / 2) ** -0.5


def softmax_stable(x):
    shifted = np.asarray(x, dtype=float) - max(x)
    return np.exp(shifted - np.log(np.exp(shifted).sum()))


def cross_entropy_gradient(x, y):
    z = softmax_stable(x)
    jacobian = np.diag(z) - np.outer(z, z)
    with np.errstate(divide="ignore", invalid="ignore"):
        through = np.where(z > 1e-200, -y / z, 0.0)
    lost = np.where(z > 1e-200, 0.0, y)
    return jacobian @ through + z * lost.sum() - lost


def one_hot_minimum():
    return dict(infimum=0, attained=False, gap=inf)


def smoothed_gap(d, epsilon):
    share = epsilon / d
    return log((1 - epsilon + share) / share)


def smoothed_minimum(d, epsilon):
    label = np.full(d, epsilon / d)
    label[0] += 1 - epsilon
    return float(-(label * np.log(label)).sum())


def multiplications_forward(n, L, K):
    return L * (n * K) * K


def multiplications_training(n, L, K):
    return 3 * multiplications_forward(n, L, K)


def memory_inference(n, L, K):
    return K * (L * K + 2 * n)


def memory_training(n, L, K):
    return 2 * L * K * K + (L + 1) * n * K
