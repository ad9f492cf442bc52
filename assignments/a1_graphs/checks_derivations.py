"""Exercise 1.3: derivations as functions, against slopes that are measured with a complex step."""

import numpy as np

from autograder.checks import Failure, as_array, entry, formula, one_of, points, require, unpack

STEP = 1e-40


def sigmoid(z):
    return 1.0 / (1.0 + np.exp(-z))


def chain(x, w):
    for weight in w:
        x = sigmoid(weight * x)
    return x


def measured(x, w):
    """∂y/∂x: a step along the imaginary axis has no difference to cancel, so every digit is right."""
    return chain(complex(x, STEP), w).imag / STEP


@points(0.75, "q1_3_ii")
def check_sigmoid_slope(student, rng):
    """sigmoid_slope(x) is the slope of σ, measured at random x between −6 and 6."""
    xs = rng.uniform(-6, 6, 12)
    forms = one_of(
        {"": lambda x: sigmoid(complex(x, STEP)).imag / STEP},
        but={
            "it is σ itself": sigmoid,
            "it is −σ(1 − σ), with the sign of e^(−x) lost": lambda x: -sigmoid(complex(x, STEP)).imag / STEP,
        },
    )
    return formula(student.derivations.sigmoid_slope, forms, [(float(x),) for x in xs], "sigmoid_slope")


@points(0.75, "q1_3_iii")
def check_chain_rule(student, rng):
    """dy_dx(x, w) is the slope of the chain of five sigmoids, measured at random x and w."""
    at = [(float(rng.uniform(-2, 2)), rng.uniform(-3, 3, 5)) for _ in range(10)]
    return formula(
        student.derivations.dy_dx,
        measured,
        at,
        "dy_dx",
        hint="Each of the five layers has two factors: the slope of σ where its layer is, and its weight.",
    )


@points(0.25, "q1_3_iv")
def check_the_bound_holds(student, rng):
    """largest_slope(w) is never below |∂y/∂x|, whatever x is."""
    for _ in range(20):
        w = rng.uniform(-6, 6, 5)
        bound = as_array(student.derivations.largest_slope(w), "largest_slope(w)")
        require(
            bound.size == 1 and bound.dtype.kind in "iuf" and np.isfinite(bound).all(),
            "largest_slope(w) is not one finite number.",
        )
        steepest = max(abs(measured(x, w)) for x in np.linspace(-3, 3, 61))
        require(
            float(bound.reshape(-1)[0]) >= steepest,
            f"largest_slope(w) is below a slope of {steepest:.3g} that the chain has.",
            "A bound on an absolute value is not negative, and it holds for every x.",
        )


@points(1, "q1_3_v")
def check_an_exploding_gradient(student):
    """exploding() gives an input and five weights for which |∂y/∂x| is above 1."""
    x, w = unpack(student.derivations.exploding(), "x", "w", of="exploding")
    start, weights = as_array(x, "x"), as_array(w, "w")
    require(start.size == 1 and start.dtype.kind in "iuf", "x is not one real number.")
    require(weights.shape == (5,) and weights.dtype.kind in "iuf", "w is not a row of five real numbers.")
    require(bool(np.isfinite(weights).all() and np.isfinite(start).all()), "x or w is not finite.")
    with np.errstate(over="ignore", invalid="ignore"):
        slope = abs(measured(float(start.reshape(-1)[0]), weights.astype(float)))
    if not slope > 1:
        raise Failure(
            f"|∂y/∂x| is {slope:.3g} there.",
            "Large weights alone push σ to where it is flat. Where is it steep, and which weight is free there?",
        )


@points(0.25, "q1_3_ii")
def check_range_is_stated(student):
    """sigmoid_slope_range() says what the maximum of σ' is, where it is, and what the infimum is."""
    stated = student.derivations.sigmoid_slope_range()
    for key in ("maximum", "at", "infimum"):
        entry(stated, key, "sigmoid_slope_range()")
