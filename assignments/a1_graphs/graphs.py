"""Exercise 1.2: three expressions as graphs of single operations, and two of them traced by hand.

    A = (a − b·c)·d        B = √(a + b + c³) + log(a / d)        C = d − exp((a + b)·c)

A graph is a dict of node → (operation, parents). A parent is an input ("a", "b", "c" or "d"), another node, or a
number. For the expression of the sheet's example, f = 4(xyz + max(z, w)), it is

    {"a": ("mul", "x", "y"), "b": ("mul", "a", "z"), "c": ("max", "z", "w"), "d": ("add", "b", "c"),
     "e": ("mul", 4, "d")}

Operations: add sub mul div pow max min take two parents; neg inv square cube sqrt exp log ln log2 log10 sin cos tan
tanh sigmoid relu abs take one. Name the last node of each graph A, B or C; the others as you like.

A trace is a dict of node → number, for a = 2, b = −7, c = 4, d = 1, with three digits or more. A forward trace has a
value for every node. A reverse trace has an adjoint, ∂(result)/∂(node), for every node and every input.
"""

# The base of your log, "e", 2 or 10: the sheet leaves it to you.
LOG_BASE = None
# TODO: the base of log in B

GRAPH_A = {}
# TODO: the nodes of A, the last one named "A"

GRAPH_B = {}
# TODO: the nodes of B, the last one named "B"

GRAPH_C = {}
# TODO: the nodes of C, the last one named "C"

# Trace two of the three, the same two forward and backward. Leave the third empty.
FORWARD_A = {}
FORWARD_B = {}
FORWARD_C = {}
# TODO: the values of two graphs

REVERSE_A = {}
REVERSE_B = {}
REVERSE_C = {}
# TODO: the adjoints of the same two graphs
