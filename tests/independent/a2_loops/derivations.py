"""Everything counted, summed or searched for, one number at a time; σ is read as a variance."""

import math

SIGMA_IS = "variance"
OPTIMIZER_COPIES = 2


def variance_of_y(d, sigma):
    total = 0.0
    for _ in range(d):
        total += sigma / 2
    return total


def sigma_for_unit_variance(d):
    return 1 / variance_of_y(d, 1.0)


def softmax_stable(x):
    largest = max(x)
    powers = [math.exp(v - largest) for v in x]
    return [p / math.fsum(powers) for p in powers]


def cross_entropy_gradient(x, y):
    return [z - t for z, t in zip(softmax_stable(list(x)), y)]


def one_hot_minimum():
    return {"attained": False, "infimum": 0.0, "gap": float("inf")}


def smoothed_gap(d, epsilon):
    low, high = -60.0, 60.0
    for _ in range(200):
        middle = (low + high) / 2
        z = 1 / (1 + (d - 1) * math.exp(-middle))
        low, high = (middle, high) if z < 1 - epsilon else (low, middle)
    return low


def smoothed_minimum(d, epsilon):
    rest = [epsilon / (d - 1)] * (d - 1)
    return -sum(p * math.log(p) for p in [1 - epsilon, *rest])


def multiplications_forward(n, L, K):
    return sum(n * K * K for _ in range(L))


def multiplications_training(n, L, K):
    count = 0
    for layer in range(L):
        count += n * K * K
        count += K * n * K
        if layer > 0:
            count += n * K * K
    return count


def memory_inference(n, L, K):
    return sum(K * K for _ in range(L)) + n * K + n * K


def memory_training(n, L, K):
    weights = L * K * K
    kept, two_gradients = L * n * K, 2 * n * K
    return weights + weights + OPTIMIZER_COPIES * weights + kept + two_gradients
