"""Exercise 1.2: graphs of single operations, and traces judged against the student's own graph."""

import math
from functools import partial

import numpy as np

from autograder.checks import (
    NotGiven,
    any_of,
    base_of,
    forward_trace,
    points,
    read_graph,
    require,
    reverse_trace,
    same_function,
)

INPUTS = ("a", "b", "c", "d")
AT = {"a": 2.0, "b": -7.0, "c": 4.0, "d": 1.0}
# Two points at which all three expressions are finite.
SOME = {name: np.array(values) for name, values in {"a": [1, 3], "b": [2, 1], "c": [0.5, 2], "d": [3, 0.5]}.items()}


def base(student):
    return base_of(student.graphs.LOG_BASE, "LOG_BASE")


def graph(student, letter):
    """The graph that the student gives for A, B or C; log in B has the base that the student states."""
    given = getattr(student.graphs, f"GRAPH_{letter}")
    return read_graph(
        given, INPUTS, f"GRAPH_{letter}", output=letter, base=base(student) if letter == "B" else math.e
    )


def forward(student, letter):
    given = getattr(student.graphs, f"FORWARD_{letter}")
    if given == {}:
        raise NotGiven(f"FORWARD_{letter} is empty: no trace is written yet.")
    return forward_trace(graph(student, letter), given, AT, f"FORWARD_{letter}")


def reverse(student, letter):
    given = getattr(student.graphs, f"REVERSE_{letter}")
    if given == {}:
        raise NotGiven(f"REVERSE_{letter} is empty: no trace is written yet.")
    values = getattr(student.graphs, f"FORWARD_{letter}")
    require(values != {}, f"REVERSE_{letter} has no forward trace to go with it.", "Trace the same two both ways.")
    return reverse_trace(graph(student, letter), given, AT, f"REVERSE_{letter}", forward=values)


def of_each(judge, student):
    return {letter: partial(judge, student, letter) for letter in "ABC"}


@points(1, "q1_2_i")
def check_graph_a_is_of_single_operations(student):
    """GRAPH_A is a graph: one operation a node, no circle, every node leads to the result."""
    graph(student, "A")


@points(1, "q1_2_i")
def check_graph_b_is_of_single_operations(student):
    """GRAPH_B is a graph: one operation a node, no circle, every node leads to the result; LOG_BASE is stated."""
    graph(student, "B")


@points(1, "q1_2_i")
def check_graph_c_is_of_single_operations(student):
    """GRAPH_C is a graph: one operation a node, no circle, every node leads to the result."""
    graph(student, "C")


@points(0.25, "q1_2_ii", after="check_graph_a_is_of_single_operations")
def check_graph_a_at_two_points(student):
    """GRAPH_A has the value of (a − b·c)·d at two points."""
    same_function(
        graph(student, "A"),
        lambda a, b, c, d: (a - b * c) * d,
        SOME,
        like={"it is (a − b)·c·d": lambda a, b, c, d: (a - b) * c * d, "it is a − b·c·d": lambda a, b, c, d: a - b * c * d},
        hint="Which operation is done last? Begin there and work inward.",
    )


@points(0.25, "q1_2_ii", after="check_graph_b_is_of_single_operations")
def check_graph_b_at_two_points(student):
    """GRAPH_B has the value of √(a + b + c³) + log(a / d) at two points, for the base that LOG_BASE states."""
    scale = math.log(base(student))
    same_function(
        graph(student, "B"),
        lambda a, b, c, d: np.sqrt(a + b + c**3) + np.log(a / d) / scale,
        SOME,
        like={
            "c is squared, not cubed": lambda a, b, c, d: np.sqrt(a + b + c**2) + np.log(a / d) / scale,
            "the fraction a / d is upside down": lambda a, b, c, d: np.sqrt(a + b + c**3) + np.log(d / a) / scale,
            "its log has another base than LOG_BASE states": lambda a, b, c, d: np.sqrt(a + b + c**3) + np.log(a / d),
        },
        hint="Which operation is done last? Begin there and work inward. Is log's base the one that you state?",
    )


@points(0.25, "q1_2_ii", after="check_graph_c_is_of_single_operations")
def check_graph_c_at_two_points(student):
    """GRAPH_C has the value of d − exp((a + b)·c) at two points."""
    same_function(
        graph(student, "C"),
        lambda a, b, c, d: d - np.exp((a + b) * c),
        SOME,
        like={
            "c multiplies the exponential, not the exponent": lambda a, b, c, d: d - np.exp(a + b) * c,
            "c multiplies b alone": lambda a, b, c, d: d - np.exp(a + b * c),
            "its sign is the wrong way round": lambda a, b, c, d: np.exp((a + b) * c) - d,
        },
        hint="Which operation is done last? Begin there and work inward.",
    )


@points(0.75, "q1_2_iii")
def check_one_forward_trace(student):
    """One forward trace has, at every node, the value that the student's own graph gives there."""
    return any_of(1, of_each(forward, student))


@points(0.75, "q1_2_iii")
def check_two_forward_traces(student):
    """Two forward traces have, at every node, the values that the student's own graphs give there."""
    return any_of(2, of_each(forward, student))


@points(1.25, "q1_2_iv")
def check_one_reverse_trace(student):
    """One reverse trace has, at every node and input, the adjoint that the student's own graph gives there."""
    return any_of(1, of_each(reverse, student))


@points(1.25, "q1_2_iv")
def check_two_reverse_traces(student):
    """Two reverse traces, of graphs traced forward, have the adjoints that the student's own graphs give."""
    return any_of(2, of_each(reverse, student))
