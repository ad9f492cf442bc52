"""Problems 2 to 4: what your formulas must have in common with an experiment, whatever they look like."""

import numpy as np
import torch

from autograder.checks import Failure, as_array, close, points, require, seen


def number(got, name):
    """What a formula gives, as a float."""
    array = as_array(got, name)
    require(array.shape == () and array.dtype.kind in "iuf", f"{name} should be one real number.")
    require(bool(np.isfinite(array)), f"{name} is not finite.")
    return float(array)


def reading(student):
    """How N(0, σ) is read: whether σ is a standard deviation (True) or a variance (False)."""
    says = student.derivations.SIGMA_IS if student.has("derivations.SIGMA_IS") else "standard deviation"
    known = {"standard deviation": True, "std": True, "variance": False}
    require(says in known if isinstance(says, str) else False, 'SIGMA_IS is "standard deviation" or "variance".')
    return known[says]


# Problem 2


@points(0.75, "p2")
def check_variance_is_that_of_an_experiment(student, rng):
    """variance_of_y is the variance of 400,000 drawn y, to within a tenth, for two d and two σ."""
    spread = (lambda sigma: sigma) if reading(student) else np.sqrt
    for d in (3, 20):
        sigma = rng.uniform(0.3, 2)
        z = rng.standard_normal((400_000 // d, d))
        w = rng.normal(0, spread(sigma), size=z.shape)
        drawn = (np.maximum(z, 0) * w).sum(1).var()
        got = number(student.derivations.variance_of_y(d, sigma), "variance_of_y(d, sigma)")
        why = f"variance_of_y({d}, {sigma:.3f}) is {got:.4g}; drawing gave {drawn:.4g}."
        require(abs(got - drawn) < 0.1 * drawn, why, hint="What is E[ReLU(z)²]? The variance of ReLU(z) is not enough.")


@points(0.25, "p2")
def check_sigma_makes_the_variance_one(student):
    """With sigma_for_unit_variance(d), your variance_of_y is 1, for any d."""
    for d in (1, 7, 512):
        sigma = number(student.derivations.sigma_for_unit_variance(d), "sigma_for_unit_variance(d)")
        require(sigma > 0, "sigma_for_unit_variance(d) should be positive.")
        close(student.derivations.variance_of_y(d, sigma), 1.0, f"the variance for d = {d} with that σ")


# Problem 3


def soft(x):
    """The softmax of a row, by torch."""
    return torch.softmax(torch.tensor(x), 0).numpy()


@points(0.5, "p3_1")
def check_softmax_of_moderate_scores(student, rng):
    """softmax_stable gives positive numbers that add up to 1, in the ratios e^(x_i)."""
    for d in (2, 11):
        x = rng.normal(0, 3, size=d)
        close(student.derivations.softmax_stable(x), soft(x), "softmax_stable(x)")


@points(0.5, "p3_2")
def check_gradient_by_central_differences(student, rng):
    """cross_entropy_gradient agrees with central differences of H for a one-hot label."""
    x, step = rng.normal(0, 2, size=6), 1e-5 * np.eye(6)
    y = np.eye(6)[rng.integers(6)]

    def loss(x):
        return -float(y @ torch.log_softmax(torch.tensor(x), 0).numpy())

    slope = [(loss(x + h) - loss(x - h)) / 2e-5 for h in step]
    got = student.derivations.cross_entropy_gradient(x, y)
    reason = "central differences with a step of 1e-5 are right to nine digits at best"
    close(got, slope, "cross_entropy_gradient(x, y)", rtol=1e-5, floor=1e-6, reason=reason)


@points(0.5, "p3_3")
def check_smoothed_gap_is_where_the_slope_vanishes(student, rng):
    """With the lead smoothed_gap(d, ε) of the true class, the slope of H for a smoothed label is 0."""
    for d in (2, 10, 37):
        epsilon = rng.uniform(0.02, 0.3)
        gap = number(student.derivations.smoothed_gap(d, epsilon), "smoothed_gap(d, epsilon)")
        z = soft(np.array([gap] + [0.0] * (d - 1)))
        # The handout's smoothing gives every class ε/d; another custom gives ε/(d − 1) to all but the true one.
        slopes = [abs(z[0] - (1 - epsilon + epsilon / d)), abs(z[0] - (1 - epsilon))]
        hint = "At the minimum the slope by every score is 0: what must the softmax be then?"
        if min(slopes) > 1e-9:
            raise Failure(f"At the lead {gap:.4g}, for d = {d} and ε = {epsilon:.3f}, H still has a slope.", hint)
    return seen("the lead at which the slope is 0" + ("" if slopes[0] <= 1e-9 else ", with ε/(d − 1) for other classes"))


# Problem 4


def doubled(student, name, n=6, L=5, K=7):
    """A count of problem 4 for n, 2n and 3n samples."""
    function = getattr(student.derivations, name)
    return [number(function(m, L, K), f"{name}(n, L, K)") for m in (n, 2 * n, 3 * n)]


@points(0.25, "p4_1")
def check_forward_multiplications_grow_with_the_batch(student):
    """multiplications_forward is a whole number, and twice as large for twice the batch or twice the layers."""
    one, two, three = doubled(student, "multiplications_forward")
    require(one > 0 and one == int(one), "multiplications_forward should be a positive whole number.")
    hint = "Each sample costs the same."
    require(two == 2 * one and three == 3 * one, "multiplications_forward is not proportional to n.", hint)
    said = "multiplications_forward is not proportional to L."
    require(doubled(student, "multiplications_forward", L=10)[0] == 2 * one, said, "And so does each layer.")


@points(0.25, "p4_2")
def check_training_multiplies_more(student):
    """multiplications_training is proportional to the batch, and more than a forward pass."""
    one, two, three = doubled(student, "multiplications_training")
    require(two == 2 * one and three == 3 * one, "multiplications_training is not proportional to n.")
    said = "multiplications_training counts forward and backward pass, so it is more than multiplications_forward."
    require(one > doubled(student, "multiplications_forward")[0], said)


@points(0.25, "p4_3")
def check_inference_memory_has_two_parts(student):
    """memory_inference has a part for weights, whatever the batch, and one for activations that grows with it."""
    one, two, three = doubled(student, "memory_inference")
    require(two > one > 0 and three - two == two - one, "memory_inference does not grow by the same for each sample.")
    require(2 * one > two, "memory_inference has no part that is independent of n.", "Weights do not depend on n.")


@points(0.25, "p4_4")
def check_training_needs_more_memory(student):
    """memory_training grows with the batch, and is more than memory_inference."""
    one, two, three = doubled(student, "memory_training")
    require(two > one and three - two == two - one, "memory_training does not grow by the same for each sample.")
    said = "memory_training for five layers is not more than memory_inference."
    hint = "The backward pass uses activations of the forward pass, so they stay."
    require(one > doubled(student, "memory_inference")[0], said, hint)
