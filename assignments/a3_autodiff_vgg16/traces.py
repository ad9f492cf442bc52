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
# TODO: the nodes of y, the last one named "y"

FORWARD = {}
# TODO: the value of each node

REVERSE = {}
# TODO: the adjoint of each node and of both inputs
