"""Question 1: a function as a graph of single operations, and its traces, forward and in reverse, worked out by hand.

    y(x1, x2) = (sin(x1/x2) + x1/x2 − exp(x2)) · (x1/x2 − exp(x2))        at x1 = 1.5, x2 = 0.5

GRAPH is a dict of node → (operation, parents). A parent is an input ("x1" or "x2"), another node, or a number. For
another function, z = 3·cos(x1) − x1·x2, it could be

    {"a": ("cos", "x1"), "b": ("mul", 3, "a"), "c": ("mul", "x1", "x2"), "z": ("sub", "b", "c")}

Operations: add sub mul div pow max min take two parents; neg inv square cube sqrt exp log ln log2 log10 sin cos tan
tanh sigmoid relu abs take one. Name nodes as you like, and the last one "y".

FORWARD is a dict of node → value, for every node. REVERSE is a dict of node → adjoint ∂y/∂node, for every node and both
inputs. Write three digits or more.
"""

GRAPH = {}
# BEGIN SOLUTION the nodes of y, the last one named "y"
GRAPH = {
    "v1": ("div", "x1", "x2"),
    "v2": ("sin", "v1"),
    "v3": ("exp", "x2"),
    "v4": ("add", "v2", "v1"),
    "v5": ("sub", "v4", "v3"),
    "v6": ("sub", "v1", "v3"),
    "y": ("mul", "v5", "v6"),
}
# END SOLUTION

FORWARD = {}
# BEGIN SOLUTION the value of each node
FORWARD = {
    "v1": 3,
    "v2": 0.1411200,
    "v3": 1.6487213,
    "v4": 3.1411200,
    "v5": 1.4923987,
    "v6": 1.3512787,
    "y": 2.0166467,
}
# END SOLUTION

REVERSE = {}
# BEGIN SOLUTION the adjoint of each node and of both inputs
REVERSE = {
    "y": 1,
    "v6": 1.4923987,
    "v5": 1.3512787,
    "v4": 1.3512787,
    "v3": -2.8436775,
    "v2": 1.3512787,
    "v1": 1.5059217,
    "x1": 3.0118433,
    "x2": -13.7239615,
}
# END SOLUTION
