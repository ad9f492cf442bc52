"""B and A, in base 2, with shared nodes."""

LOG_BASE = "2"

GRAPH_A = {
    "A": ["mul", "d", "difference"],
    "difference": ["add", "a", "negative"],
    "negative": ["mul", -1, "product"],
    "product": ["mul", "c", "b"],
}
GRAPH_B = {
    "cc": ["mul", "c", "c"],
    "ccc": ["mul", "cc", "c"],
    "ab": ["add", "a", "b"],
    "sum": ["add", "ab", "ccc"],
    "root": ["pow", "sum", 0.5],
    "inverse": ["inv", "d"],
    "ratio": ["mul", "a", "inverse"],
    "bits": ["log2", "ratio"],
    "B": ["add", "root", "bits"],
}
GRAPH_C = {
    "ab": ["add", "a", "b"],
    "abc": ["mul", "ab", "c"],
    "half": ["div", "abc", 2],
    "e": ["exp", "half"],
    "ee": ["square", "e"],
    "C": ["sub", "d", "ee"],
}

A, B, C, D = 2.0, -7.0, 4.0, 1.0
_root = (A + B + C**3) ** 0.5
FORWARD_A = {"product": B * C, "negative": -B * C, "difference": A - B * C, "A": (A - B * C) * D}
FORWARD_B = {
    "cc": C * C, "ccc": C**3, "ab": A + B, "sum": A + B + C**3, "root": _root, "inverse": 1 / D, "ratio": A / D,
    "bits": 1.0, "B": _root + 1.0,
}
FORWARD_C = {}
_up = 0.5 / _root
_bit = 1.4426950408889634
REVERSE_A = {"A": 1, "difference": D, "d": 30, "a": D, "negative": D, "product": -D, "b": -C * D, "c": -B * D}
REVERSE_B = {
    "B": 1, "root": 1, "bits": 1, "sum": _up, "ab": _up, "ccc": _up, "cc": _up * C, "ratio": _bit / 2,
    "inverse": _bit / 2 * A, "a": _up + _bit / 2, "b": _up, "c": _up * 3 * C * C, "d": -_bit,
}
REVERSE_C = {}
