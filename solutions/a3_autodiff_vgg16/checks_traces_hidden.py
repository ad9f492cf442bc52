"""Question 1: the graph at random points, and where the traces end, against the sheet's own function."""

import numpy as np

from autograder.checks import close, entry, points, read_graph, same_function

INPUTS = ("x1", "x2")
VALUE = 2.0166466694
GRADIENT = {"x1": 3.0118433277, "x2": -13.7239615093}
NEAR = 5e-3


def y(x1, x2):
    return (np.sin(x1 / x2) + x1 / x2 - np.exp(x2)) * (x1 / x2 - np.exp(x2))


def near(trace, name, node, want, hint):
    """Fail unless the trace has this number for the node, as far as three digits tell."""
    which = f"{name}'s {node if node in INPUTS else 'result'}"
    close(entry(trace, node, name), want, which, rtol=NEAR, reason="three digits, worked out by hand", hint=hint)


@points(1.5, "q1_i", after="check_graph_is_of_single_operations")
def check_graph_is_the_function(student, rng):
    """GRAPH has the value of the sheet's function wherever one looks."""
    graph = read_graph(student.traces.GRAPH, INPUTS, "GRAPH", output="y")
    at = {"x1": rng.uniform(-2, 2, 60), "x2": rng.uniform(0.3, 1.5, 60) * rng.choice([-1, 1], 60)}
    same_function(graph, y, at, hint="Try it at a few points of your own, with your own numbers.")


@points(1, "q1_ii", after="check_graph_is_of_single_operations")
def check_result_is_true(student):
    """FORWARD ends in the value that the sheet's function has at the sheet's point."""
    graph = read_graph(student.traces.GRAPH, INPUTS, "GRAPH", output="y")
    near(student.traces.FORWARD, "FORWARD", graph.output, VALUE, "Put x1 and x2 into the function and see.")


@points(1.5, "q1_iii")
def check_gradient_is_true(student):
    """REVERSE ends in the gradient that the sheet's function has at the sheet's point."""
    for name, want in GRADIENT.items():
        near(student.traces.REVERSE, "REVERSE", name, want, "Follow every path to the input, and add up.")
