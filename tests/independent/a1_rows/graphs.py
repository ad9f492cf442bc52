LOG_BASE = 10

GRAPH_A = [
    ("ad", "*", ("a", "d")),
    ("bc", "*", ("b", "c")),
    ("bcd", "*", ("bc", "d")),
    ("A", "-", ("ad", "bcd")),
]
GRAPH_B = [
    ("B", "add", "root", "logs"),
    ("root", "sqrt", "inside"),
    ("inside", "add", "first", "power"),
    ("first", "add", "b", "a"),
    ("power", "pow", "c", 3),
    ("logs", "sub", "log_a", "log_d"),
    ("log_a", "log", "a"),
    ("log_d", "log", "d"),
]
GRAPH_C = [
    ("ac", "mul", "a", "c"),
    ("bc", "mul", "b", "c"),
    ("exponent", "add", "ac", "bc"),
    ("power", "exp", "exponent"),
    ("minus", "neg", "power"),
    ("C", "add", "d", "minus"),
]

FORWARD_A = {}
FORWARD_B = {
    "power": 64, "first": -5, "inside": 59, "root": 7.681, "log_a": 0.301, "log_d": 0, "logs": 0.301, "B": 7.98,
}
FORWARD_C = {"ac": 8, "bc": -28, "exponent": -20, "power": 2.06e-9, "minus": -2.06e-9, "C": 1.0}

REVERSE_A = {}
REVERSE_B = {
    "B": 1, "root": 1, "logs": 1, "inside": 0.0651, "first": 0.0651, "power": 0.0651, "log_a": 1, "log_d": -1,
    "a": 0.282, "b": 0.0651, "c": 3.12, "d": -0.434,
}
REVERSE_C = {
    "C": 1, "d": 1, "minus": 1, "power": -1, "exponent": -2.06e-9, "ac": -2.06e-9, "bc": -2.06e-9,
    "a": -8.24e-9, "b": -8.24e-9, "c": 1.03e-8,
}
