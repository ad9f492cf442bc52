"""Graphs as students write them, for the tests of what reads, judges and draws them."""

from __future__ import annotations

import numpy as np

INPUTS = ("a", "b", "c", "d")
AT = {"a": 2.0, "b": -7.0, "c": 4.0, "d": 1.0}

A = {"m": ("mul", "b", "c"), "s": ("sub", "a", "m"), "A": ("mul", "s", "d")}
A_FORWARD = {"m": -28, "s": 30, "A": 30}
A_REVERSE = {"A": 1, "s": 1, "d": 30, "a": 1, "m": -1, "b": -4, "c": 7}

B = {
    "k": ("cube", "c"),
    "t": ("add", "a", "b"),
    "u": ("add", "t", "k"),
    "r": ("sqrt", "u"),
    "q": ("div", "a", "d"),
    "n": ("log", "q"),
    "B": ("add", "r", "n"),
}
B_FORWARD = {"k": 64, "t": -5, "u": 59, "r": 7.681, "q": 2, "n": 0.6931, "B": 8.374}
B_REVERSE = {
    "B": 1, "r": 1, "n": 1, "q": 0.5, "u": 0.06509, "t": 0.06509, "k": 0.06509,
    "a": 0.5651, "b": 0.06509, "c": 3.125, "d": -1,
}  # fmt: skip

C = [("t", "add", "a", "b"), ("p", "mul", ("t", "c")), ("e", "exp", "p"), ("C", "sub", "d", "e")]
C_FORWARD = {"t": -5, "p": -20, "e": 2.061e-9, "C": 1.0}
C_REVERSE = {
    "C": 1, "d": 1, "e": -1, "p": -2.061e-9, "t": -8.245e-9, "a": -8.245e-9, "b": -8.245e-9, "c": 1.031e-8,
}  # fmt: skip


def points(rng: np.random.Generator, count: int = 50) -> dict[str, np.ndarray]:
    """Where all three expressions are finite."""
    at = {name: rng.uniform(0.2, 2.0, count) for name in INPUTS}
    at["b"] = at["b"] * rng.choice([-0.1, 1.0], count)
    return at


def expression_a(a, b, c, d):
    return (a - b * c) * d


def expression_b(a, b, c, d):
    return np.sqrt(a + b + c**3) + np.log(a / d)


def expression_c(a, b, c, d):
    return d - np.exp((a + b) * c)
