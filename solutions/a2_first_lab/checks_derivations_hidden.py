"""Problems 2 to 4 at random points, every accepted form of each answer; the one that was met is named."""

import math

import numpy as np
import torch

from autograder.checks import as_array, close, formula, one_of, points, require, unchanged


def reading(student):
    """Whether σ of N(0, σ) is a standard deviation."""
    says = student.derivations.SIGMA_IS if student.has("derivations.SIGMA_IS") else "standard deviation"
    return says != "variance"


# Problem 2


@points(0.5, "p2")
def check_variance_of_y(student, rng):
    """variance_of_y is right for every d and σ."""
    inputs = [(int(rng.integers(1, 900)), float(rng.uniform(0.01, 3))) for _ in range(8)]
    hint = "Var[y] is a sum of d equal terms; in each, what is E[ReLU(z)²], by symmetry, if E[z²] = 1?"
    if reading(student):
        says, right = "right, σ read as a standard deviation", lambda d, s: d * s**2 / 2
    else:
        says, right = "right, σ read as a variance, as SIGMA_IS says", lambda d, s: d * s / 2
    wrong = {
        "the variance of ReLU(z) is taken where its mean square is needed": lambda d, s: (
            right(d, s) * (1 - 1 / math.pi)
        ),
        "ReLU seems to be left out": lambda d, s: 2 * right(d, s),
        "σ is read in the other way; SIGMA_IS says which": lambda d, s: d * s / 2 if reading(student) else d * s**2 / 2,
    }
    return formula(
        student.derivations.variance_of_y, one_of({says: right}, but=wrong), inputs, "variance_of_y", hint=hint
    )


@points(0.5, "p2")
def check_sigma_for_unit_variance(student, rng):
    """sigma_for_unit_variance is right for every d."""
    inputs = [(int(d),) for d in rng.integers(2, 5000, size=8)]
    root, plain = (lambda d: math.sqrt(2 / d)), (lambda d: 2 / d)
    if reading(student):
        forms = one_of({"right, as a standard deviation": root}, but={"it is a variance; SIGMA_IS says which": plain})
    else:
        forms = one_of({"right, as a variance": plain}, but={"it is a standard deviation; SIGMA_IS says which": root})
    hint = "Solve Var[y] = 1 for σ, and mind whether it is a standard deviation or a variance."
    return formula(student.derivations.sigma_for_unit_variance, forms, inputs, "sigma_for_unit_variance", hint=hint)


# Problem 3


@points(0.5, "p3_1")
def check_softmax_of_huge_scores(student, rng):
    """softmax_stable is finite and right for scores of ±1000 and more, and leaves x as it is."""
    rows = [
        np.array([1000.0, 999.0, -1000.0]),
        np.array([-1000.0, -1001.5, -1003.0, -1000.0]),
        np.array([0.0, 1e6, 1e6]),
        rng.normal(0, 400, size=30),
    ]
    for x in rows:
        got, (after,) = student.derivations.softmax_stable.watch(x)
        hint = "Subtract the same number from all entries before exp: which one leaves nothing positive?"
        close(got, torch.softmax(torch.tensor(x), 0).numpy(), "softmax_stable(x)", hint=hint)
        unchanged(after, x, "x", "softmax_stable")


@points(0.5, "p3_2")
def check_gradient_for_any_distribution(student, rng):
    """cross_entropy_gradient is right for smoothed labels and for large scores too."""
    for d, scale, middle in ((3, 1.0, 0.0), (8, 5.0, -3.0), (5, 60.0, 1500.0), (4, 60.0, -1500.0)):
        x, y = rng.normal(middle, scale, size=d), rng.dirichlet(np.ones(d))
        leaf = torch.tensor(x, requires_grad=True)
        (-torch.tensor(y) @ torch.log_softmax(leaf, 0)).backward()
        hint = "∂ ln z_k / ∂x_j is 1[j = k] − z_j; then use that y adds up to 1."
        close(student.derivations.cross_entropy_gradient(x, y), leaf.grad, "cross_entropy_gradient(x, y)", hint=hint)


@points(0.25, "p3_3")
def check_one_hot_minimum(student):
    """one_hot_minimum says how low H gets for a one-hot label, whether it gets there, and with which lead."""
    found = student.derivations.one_hot_minimum()
    said = 'one_hot_minimum() does not return {"infimum": …, "attained": …, "gap": …}.'
    require(isinstance(found, dict) and {"infimum", "attained", "gap"} <= set(found), said, hidden=said)
    least, lead = (as_array(found[key], key) for key in ("infimum", "gap"))
    said = "one_hot_minimum: the infimum is another."
    require(least.shape == () and bool(abs(least) < 1e-12), said, "How small can −ln z_y get?", hidden=said)
    said = "one_hot_minimum: whether the infimum is attained is wrong."
    require(found["attained"] is False, said, "Is there an x for which z_y is exactly 1?", hidden=said)
    said = "one_hot_minimum: the lead is another."
    require(lead.shape == () and bool(lead == math.inf), said, "Does H ever stop falling as it grows?", hidden=said)


def entropy(true, other, d):
    """The entropy of a distribution with one entry `true` and d − 1 entries `other`."""
    return -true * math.log(true) - (d - 1) * other * math.log(other)


@points(0.25, "p3_3")
def check_smoothed_minimum(student, rng):
    """smoothed_minimum is the least H for a smoothed label."""
    inputs = [(int(rng.integers(2, 60)), float(rng.uniform(0.01, 0.4))) for _ in range(6)] + [(10, 0.1)]
    forms = {
        "right, with ε/d for every class": lambda d, e: entropy(1 - e + e / d, e / d, d),
        "right, with ε/(d − 1) for every class but the true one": lambda d, e: entropy(1 - e, e / (d - 1), d),
    }
    hint = "H is least where the softmax is the label itself; what is H there?"
    return formula(student.derivations.smoothed_minimum, one_of(forms), inputs, "smoothed_minimum", hint=hint)


# Problem 4


def sizes(rng):
    """Eight networks: n, L and K at random."""
    return [tuple(int(rng.integers(low, 400)) for low in (1, 3, 2)) for _ in range(8)]


@points(0.75, "p4_1")
def check_multiplications_forward(student, rng):
    """multiplications_forward is right for every n, L and K."""
    wrong = {"each entry of a product takes K multiplications, and there are n K entries": lambda n, L, K: n * L * K}
    forms = one_of({"right, n L K²": lambda n, L, K: n * L * K**2}, but=wrong)
    hint = "(n × K) times (K × K): how many products make one entry, and how many entries are there?"
    return formula(student.derivations.multiplications_forward, forms, sizes(rng), "multiplications_forward", hint=hint)


@points(0.25, "p4_2")
def check_multiplications_training(student, rng):
    """multiplications_training is right for every n, L and K, whether or not the first layer's ∂X is counted."""
    forms = {
        "exact: nobody needs the gradient of the first layer's input": lambda n, L, K: (3 * L - 1) * n * K**2,
        "the usual count, three products a layer": lambda n, L, K: 3 * n * L * K**2,
    }
    wrong = {
        "one of two products of the backward pass is missing, or the forward pass is": lambda n, L, K: 2 * n * L * K**2,
        "the forward pass is missing": lambda n, L, K: (2 * L - 1) * n * K**2,
    }
    hint = "The backward pass of a layer has a product for the gradient of W and one for that of its input."
    function = student.derivations.multiplications_training
    return formula(function, one_of(forms, but=wrong), sizes(rng), "multiplications_training", hint=hint)


@points(0.75, "p4_3")
def check_memory_inference(student, rng):
    """memory_inference is right for every n, L and K."""
    wrong = {
        "one layer reads activations while it writes others": lambda n, L, K: L * K**2 + n * K,
        "activations of earlier layers are deleted": lambda n, L, K: L * K**2 + L * n * K,
        "activations of earlier layers are deleted too": lambda n, L, K: L * K**2 + (L + 1) * n * K,
    }
    forms = one_of({"right, L K² + 2 n K": lambda n, L, K: L * K**2 + 2 * n * K}, but=wrong)
    hint = "All weights; of the activations, what is still required at the worst moment."
    return formula(student.derivations.memory_inference, forms, sizes(rng), "memory_inference", hint=hint)


@points(0.25, "p4_4")
def check_memory_training(student, rng):
    """memory_training is right for every n, L and K, however many gradients of activations are counted."""
    copies = student.derivations.OPTIMIZER_COPIES if student.has("derivations.OPTIMIZER_COPIES") else 0
    said = "OPTIMIZER_COPIES is not 0, 1 or 2."
    require(type(copies) is int and copies in (0, 1, 2), said, hidden=said)
    kept = ("", ", and n K for an output or a gradient", ", and 2 n K for two gradients", ", and 3 n K besides")
    state = f", and {copies} L K² of the optimiser" if copies else ""
    forms = {
        f"right, 2 L K² + L n K{kept[more]}{state}": lambda n, L, K, more=more: (
            (2 + copies) * L * K**2 + (L + more) * n * K
        )
        for more in range(4)
    }
    wrong = {"the gradients of the weights take room too": lambda n, L, K: L * K**2 + L * n * K}
    hint = "Weights and their gradients, and the input of every layer for the gradient of its weights."
    function = student.derivations.memory_training
    return formula(function, one_of(forms, but=wrong), sizes(rng), "memory_training", hint=hint)
