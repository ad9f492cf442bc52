"""Problems 2 to 4: what you derived on paper, as functions that are evaluated at random points.

Plain Python and numpy; derivations themselves go into answers.md. Every function is judged by its values alone, so any
way to write a formula down is right if it gives the right numbers.
"""

import math

import numpy as np

SIGMA_IS = "standard deviation"
"""How you read N(0, σ) in problem 2: σ is its "standard deviation", as in this handout, or its "variance"."""

OPTIMIZER_COPIES = 0
"""Problem 4, last part: how many more arrays as large as all weights your optimiser keeps; 0 for plain SGD."""


# Problem 2


def variance_of_y(d, sigma):
    """Var[y] of y = xᵀw with x = ReLU(z), z_i ~ N(0, 1), w_i ~ N(0, σ), all independent, i = 1 … d. A number."""
    # BEGIN SOLUTION variance_of_y
    return d * sigma**2 / 2
    # END SOLUTION


def sigma_for_unit_variance(d):
    """The σ with which Var[y] = 1. A number."""
    # BEGIN SOLUTION sigma_for_unit_variance
    return math.sqrt(2 / d)
    # END SOLUTION


# Problem 3


def softmax_stable(x):
    """softmax(x) for x (d,), entries of any size, with no positive number in exp: (d,)."""
    # BEGIN SOLUTION softmax_stable
    powers = np.exp(x - np.max(x))
    return powers / powers.sum()
    # END SOLUTION


def cross_entropy_gradient(x, y):
    """∂H/∂x of H = −Σ_k y_k ln softmax(x)_k, for scores x (d,) and a distribution y (d,), Σ_k y_k = 1: (d,)."""
    # BEGIN SOLUTION cross_entropy_gradient
    return softmax_stable(x) - y
    # END SOLUTION


def one_hot_minimum():
    """H for a one-hot label, over all x: {"infimum": a number, "attained": True or False, "gap": a number}.

    "gap" is x_y − x_j, the lead of the true class over every other one, at which H is least; math.inf if H falls ever
    further as it grows.
    """
    # BEGIN SOLUTION one_hot_minimum
    return {"infimum": 0.0, "attained": False, "gap": math.inf}
    # END SOLUTION


def smoothed_gap(d, epsilon):
    """The lead x_y − x_j at which H is least for the smoothed label ŷ = (1 − ε) onehot(y) + ε/d. A number."""
    # BEGIN SOLUTION smoothed_gap
    return math.log(1 + d * (1 - epsilon) / epsilon)
    # END SOLUTION


def smoothed_minimum(d, epsilon):
    """The least H for that smoothed label. A number."""
    # BEGIN SOLUTION smoothed_minimum
    other = epsilon / d
    true = 1 - (d - 1) * other
    return -true * math.log(true) - (d - 1) * other * math.log(other)
    # END SOLUTION


# Problem 4: L layers of width K, inputs included, for a batch of n; matrix products only, no biases, no activations.


def multiplications_forward(n, L, K):
    """How many multiplications of two numbers a forward pass takes."""
    # BEGIN SOLUTION multiplications_forward
    return n * L * K**2
    # END SOLUTION


def multiplications_training(n, L, K):
    """How many multiplications a forward and a backward pass take together."""
    # BEGIN SOLUTION multiplications_training
    products = L + L + (L - 1)
    return products * n * K**2
    # END SOLUTION


def memory_inference(n, L, K):
    """How many numbers a forward pass must hold at most: weights, and activations that are still required."""
    # BEGIN SOLUTION memory_inference
    return L * K**2 + 2 * n * K
    # END SOLUTION


def memory_training(n, L, K):
    """How many numbers a forward and a backward pass must hold: weights, their gradients, and activations."""
    # BEGIN SOLUTION memory_training
    return 2 * L * K**2 + L * n * K
    # END SOLUTION
