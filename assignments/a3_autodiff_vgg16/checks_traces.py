"""Question 1: the graph, and traces judged against the student's own graph."""

import numpy as np

from autograder.checks import forward_trace, points, read_graph, require, reverse_trace, same_function

INPUTS = ("x1", "x2")
AT = {"x1": 1.5, "x2": 0.5}
SOME = {"x1": np.array([0.5, -1.0, 2.0]), "x2": np.array([1.0, 0.8, -0.7])}


def of(r, e):
    """The sheet's function of r = x1/x2 and e = exp(x2)."""
    return (np.sin(r) + r - e) * (r - e)


def y(x1, x2):
    """The sheet's function."""
    return of(x1 / x2, np.exp(x2))


LIKE = {
    "the fraction x1/x2 is upside down": lambda x1, x2: of(x2 / x1, np.exp(x2)),
    "exp takes x1, not x2": lambda x1, x2: of(x1 / x2, np.exp(x1)),
    "exp(x2) is added, not taken off": lambda x1, x2: of(x1 / x2, -np.exp(x2)),
    "the two factors are added": lambda x1, x2: np.sin(x1 / x2) + 2 * (x1 / x2 - np.exp(x2)),
    "it is the first factor only": lambda x1, x2: np.sin(x1 / x2) + x1 / x2 - np.exp(x2),
}


def graph(student):
    """The student's graph, whatever function it is."""
    return read_graph(student.traces.GRAPH, INPUTS, "GRAPH", output="y")


def graph_to_trace(student):
    """The same, once it is about as long as the sheet's function is."""
    made = graph(student)
    held = {node.operation.name for node in made.nodes}
    said = "GRAPH is too short for its traces to count"
    enough = len(made.nodes) >= 6 and {"sin", "exp"} <= held and made.used == INPUTS
    require(enough, f"{said}.", "It has sin and exp, uses both inputs, and takes six operations at least.", f"{said}.")
    return made


@points(1, "q1_i")
def check_graph_is_of_single_operations(student):
    """GRAPH is a graph: one operation a node, no circle, every node leads to the result."""
    graph(student)


@points(0.5, "q1_i", after="check_graph_is_of_single_operations")
def check_graph_at_three_points(student):
    """GRAPH has the value of the sheet's function at three points."""
    same_function(graph(student), y, SOME, like=LIKE, hint="Which operation is done last? Begin there, work inward.")


@points(2, "q1_ii", after="check_graph_is_of_single_operations")
def check_forward_trace(student):
    """FORWARD has, at every node, the value that the student's own graph gives there."""
    return forward_trace(graph_to_trace(student), student.traces.FORWARD, AT, "FORWARD")


@points(2.5, "q1_iii", after="check_graph_is_of_single_operations")
def check_reverse_trace(student):
    """REVERSE has, at every node and both inputs, the adjoint that the student's own graph gives there."""
    values = student.traces.FORWARD
    return reverse_trace(graph_to_trace(student), student.traces.REVERSE, AT, "REVERSE", forward=values)
