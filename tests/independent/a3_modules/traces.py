"""Question 1 in eight operations, x1/x2 computed as a product, three digits."""

GRAPH = {
    "k": ("inv", "x2"),
    "q": ("mul", "x1", "k"),
    "s": ("sin", "q"),
    "e": ("exp", "x2"),
    "left": ("add", "s", "d"),
    "d": ("add", "q", "m"),
    "m": ("neg", "e"),
    "y": ("mul", "left", "d"),
}
FORWARD = {"k": 2, "q": 3, "s": 0.141, "e": 1.649, "m": -1.649, "d": 1.351, "left": 1.492, "y": 2.016}
REVERSE = {
    "y": 1,
    "left": 1.351,
    "d": 2.843,
    "s": 1.351,
    "m": 2.843,
    "e": -2.843,
    "q": 1.506,
    "k": 2.259,
    "x1": 3.012,
    "x2": -13.72,
}
