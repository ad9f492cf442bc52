"""Exercise 1.3: the same derivations where a formula that is nearly right shows itself, and the range of σ'."""

import numpy as np

from autograder.checks import entry, extremum, formula, one_of, points


def sigmoid(z):
    return 1.0 / (1.0 + np.exp(-z))


def slope(x):
    return sigmoid(x) * sigmoid(-x)


def activations(x, w):
    found = [x]
    for weight in w:
        found.append(sigmoid(weight * found[-1]))
    return np.array(found)


def true_slope(x, w):
    a = activations(x, w)[1:]
    return np.prod(w * a * (1 - a))


def inputs_for_outputs(x, w):
    a = activations(x, w)[:-1]
    return np.prod(w * a * (1 - a))


def one_layer_short(x, w):
    a = activations(x, w)[1:]
    return np.prod((w * a * (1 - a))[:-1])


def without_weights(x, w):
    a = activations(x, w)[1:]
    return np.prod(a * (1 - a))


@points(0.25, "q1_3_ii")
def check_sigmoid_slope_of_arrays(student, rng):
    """sigmoid_slope takes arrays, and keeps their shape."""
    at = [(rng.uniform(-6, 6, shape),) for shape in ((7,), (3, 4), (2, 1, 3))]
    hint = "np.exp takes arrays; math.exp does not."
    return formula(student.derivations.sigmoid_slope, slope, at, "sigmoid_slope", hint=hint)


@points(0.5, "q1_3_ii")
def check_range_of_the_slope(student):
    """The maximum of σ', where it is, and the infimum have the right values."""
    stated = student.derivations.sigmoid_slope_range()
    hint = "Where is σ steepest, and what does σ' do far out on both sides?"
    extremum(entry(stated, "maximum", "sigmoid_slope_range()"), 0.25, "the maximum", hint=hint)
    extremum(entry(stated, "at", "sigmoid_slope_range()"), 0.0, "the place of the maximum", hint=hint)
    extremum(entry(stated, "infimum", "sigmoid_slope_range()"), 0.0, "the infimum", hint=hint)


@points(0.25, "q1_3_ii")
def check_what_is_attained(student):
    """The maximum of σ' is attained; whether the infimum is, is said rightly too."""
    stated = student.derivations.sigmoid_slope_range()
    hint = "A value is attained if some x has it. Is there an x with e^(−x) = 0?"
    extremum(entry(stated, "maximum", "sigmoid_slope_range()"), 0.25, "the maximum", attained=True, hint=hint)
    extremum(entry(stated, "infimum", "sigmoid_slope_range()"), 0.0, "the infimum", attained=False, hint=hint)


@points(0.75, "q1_3_iii")
def check_chain_rule_where_it_is_small(student, rng):
    """dy_dx is right to many digits where the slope is 0 or a billionth, and is not changed by one weight of 0."""
    at = [(float(rng.uniform(-2, 2)), rng.uniform(-0.2, 0.2, 5)) for _ in range(5)]
    at += [(float(rng.uniform(-1, 1)), rng.choice([-1.0, 1.0], 5) * rng.uniform(3, 8, 5)) for _ in range(5)]
    zero = rng.uniform(-2, 2, 5)
    zero[2] = 0.0
    forms = one_of(
        {"": true_slope},
        but={
            "its slopes are taken at a_0 … a_4, not at a_1 … a_5": inputs_for_outputs,
            "it has four layers, not five": one_layer_short,
            "the weights are missing": without_weights,
        },
    )
    return formula(
        student.derivations.dy_dx,
        forms,
        [*at, (0.7, zero)],
        "dy_dx",
        hint="σ' at the pre-activation of layer i is a_i (1 − a_i), with the a_i that comes out of the layer.",
    )


@points(0.25, "q1_3_iv")
def check_the_bound_is_the_maximums(student, rng):
    """largest_slope(w) is the bound that follows from the maximum of σ', five times."""
    forms = one_of(
        {"": lambda w: np.prod(np.abs(w)) / 1024},
        but={
            "the weights are missing": lambda w: 1 / 1024,
            "it has four factors of 1/4, not five": lambda w: np.prod(np.abs(w)) / 256,
        },
    )
    at = [(rng.uniform(-5, 5, 5),) for _ in range(6)]
    hint = "Every layer has a weight and a slope."
    return formula(student.derivations.largest_slope, forms, at, "largest_slope", hint=hint)
