"""Exercise 1.2: the graphs at random points, and the traces' ends against the sheet's own expressions."""

import math
from functools import partial

import numpy as np

from autograder.checks import (
    NotGiven,
    any_of,
    base_of,
    by_hand,
    points,
    read_graph,
    read_trace,
    require,
    same_function,
)

INPUTS = ("a", "b", "c", "d")
AT = {"a": 2.0, "b": -7.0, "c": 4.0, "d": 1.0}


def base(student):
    return base_of(student.graphs.LOG_BASE, "LOG_BASE")


def graph(student, letter):
    given = getattr(student.graphs, f"GRAPH_{letter}")
    return read_graph(given, INPUTS, f"GRAPH_{letter}", output=letter, base=base(student) if letter == "B" else math.e)


def expression(student, letter):
    """The sheet's expression, a function of a, b, c, d."""
    if letter == "A":
        return lambda a, b, c, d: (a - b * c) * d
    if letter == "C":
        return lambda a, b, c, d: d - np.exp((a + b) * c)
    scale = math.log(base(student))
    return lambda a, b, c, d: np.sqrt(a + b + c**3) + np.log(a / d) / scale


def gradient(student, letter):
    """Its gradient at the sheet's point, by a complex step, which loses no digit however small the gradient is."""
    f = expression(student, letter)
    step = 1e-40
    return {name: f(**{**AT, name: complex(AT[name], step)}).imag / step for name in INPUTS}


def result_is_true(student, letter):
    given = getattr(student.graphs, f"FORWARD_{letter}")
    if given == {}:
        raise NotGiven(f"FORWARD_{letter} is empty: no trace is written yet.")
    made = graph(student, letter)
    trace = read_trace(given, made, f"FORWARD_{letter}")
    by_hand(trace[made.output], float(expression(student, letter)(**AT)), f"The result of FORWARD_{letter}")


def gradient_is_true(student, letter):
    given = getattr(student.graphs, f"REVERSE_{letter}")
    if given == {}:
        raise NotGiven(f"REVERSE_{letter} is empty: no trace is written yet.")
    values = getattr(student.graphs, f"FORWARD_{letter}")
    require(values != {}, f"REVERSE_{letter} has no forward trace to go with it.", "Trace the same two both ways.")
    trace = read_trace(given, graph(student, letter), f"REVERSE_{letter}", inputs=True)
    for name, want in gradient(student, letter).items():
        if want or name in trace:
            require(name in trace, f"REVERSE_{letter} has no adjoint of an input.", "The expression depends on it.")
            by_hand(trace[name], want, f"The gradient of {letter} by {name}", "Follow every path to the input.")


def of_each(judge, student):
    return {letter: partial(judge, student, letter) for letter in "ABC"}


def drawn_points(rng, low, high):
    """60 points with each input between its bounds."""
    return {name: rng.uniform(low[n], high[n], 60) for n, name in enumerate(INPUTS)}


@points(0.75, "q1_2_ii", after="check_graph_a_is_of_single_operations")
def check_graph_a_is_the_expression(student, rng):
    """GRAPH_A has the value of (a − b·c)·d wherever one looks."""
    at = drawn_points(rng, (-3, -3, -3, -3), (3, 3, 3, 3))
    same_function(graph(student, "A"), expression(student, "A"), at, hint="Try it at a few points of your own.")


@points(0.75, "q1_2_ii", after="check_graph_b_is_of_single_operations")
def check_graph_b_is_the_expression(student, rng):
    """GRAPH_B has the value of √(a + b + c³) + log(a / d) wherever that is defined."""
    at = drawn_points(rng, (0.3, -1, 1, 0.3), (3, 3, 2, 3))
    same_function(graph(student, "B"), expression(student, "B"), at, hint="Try it at a few points of your own.")


@points(0.75, "q1_2_ii", after="check_graph_c_is_of_single_operations")
def check_graph_c_is_the_expression(student, rng):
    """GRAPH_C has the value of d − exp((a + b)·c) wherever one looks."""
    at = drawn_points(rng, (-1, -1, -1.5, -2), (1, 1, 1.5, 2))
    same_function(graph(student, "C"), expression(student, "C"), at, hint="Try it at a few points of your own.")


@points(0.5, "q1_2_iii")
def check_two_results_are_true(student):
    """Two forward traces end in the value that the sheet's expression has at the sheet's point."""
    return any_of(2, of_each(result_is_true, student))


@points(0.75, "q1_2_iv")
def check_one_gradient_is_true(student):
    """One reverse trace ends in the gradient that the sheet's expression has at the sheet's point."""
    return any_of(1, of_each(gradient_is_true, student))


@points(0.75, "q1_2_iv")
def check_two_gradients_are_true(student):
    """Two reverse traces end in the gradients that the sheet's expressions have at the sheet's point."""
    return any_of(2, of_each(gradient_is_true, student))
