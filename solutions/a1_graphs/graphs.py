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
# BEGIN SOLUTION the base of log in B
LOG_BASE = "e"
# END SOLUTION

GRAPH_A = {}
# BEGIN SOLUTION the nodes of A, the last one named "A"
GRAPH_A = {
    "m": ("mul", "b", "c"),
    "s": ("sub", "a", "m"),
    "A": ("mul", "s", "d"),
}
# END SOLUTION

GRAPH_B = {}
# BEGIN SOLUTION the nodes of B, the last one named "B"
GRAPH_B = {
    "k": ("cube", "c"),
    "t": ("add", "a", "b"),
    "u": ("add", "t", "k"),
    "r": ("sqrt", "u"),
    "q": ("div", "a", "d"),
    "n": ("log", "q"),
    "B": ("add", "r", "n"),
}
# END SOLUTION

GRAPH_C = {}
# BEGIN SOLUTION the nodes of C, the last one named "C"
GRAPH_C = {
    "t": ("add", "a", "b"),
    "p": ("mul", "t", "c"),
    "e": ("exp", "p"),
    "C": ("sub", "d", "e"),
}
# END SOLUTION

# Trace two of the three, the same two forward and backward. Leave the third empty.
FORWARD_A = {}
FORWARD_B = {}
FORWARD_C = {}
# BEGIN SOLUTION the values of two graphs
FORWARD_A = {"m": -28, "s": 30, "A": 30}
FORWARD_C = {"t": -5, "p": -20, "e": 2.0612e-9, "C": 0.9999999979}
# END SOLUTION

REVERSE_A = {}
REVERSE_B = {}
REVERSE_C = {}
# BEGIN SOLUTION the adjoints of the same two graphs
REVERSE_A = {"A": 1, "s": 1, "d": 30, "a": 1, "m": -1, "b": -4, "c": 7}
REVERSE_C = {
    "C": 1,
    "d": 1,
    "e": -1,
    "p": -2.0612e-9,
    "t": -8.2446e-9,
    "a": -8.2446e-9,
    "b": -8.2446e-9,
    "c": 1.0306e-8,
}
# END SOLUTION
