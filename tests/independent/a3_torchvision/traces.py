"""Question 1 with v1 − v3 shared: six operations, as rows, results by Python."""

from math import cos, exp, sin

r, e = 3.0, exp(0.5)
a = sin(r)
s = r - e
u = a + s

GRAPH = [
    ["r", "/", "x1", "x2"],
    ["e", "exp", "x2"],
    ["a", "sin", "r"],
    ["s", "-", "r", "e"],
    ["u", "+", "a", "s"],
    ["y", "*", "u", "s"],
]

FORWARD = {"r": r, "e": e, "a": a, "s": s, "u": u, "y": u * s}

du = s
ds = u + du
dr = ds + du * cos(r)
REVERSE = {"y": 1.0, "u": du, "s": ds, "a": du, "e": -ds, "r": dr, "x1": dr / 0.5, "x2": -ds * e - dr * 1.5 / 0.5**2}
