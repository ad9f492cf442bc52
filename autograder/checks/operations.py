"""The operations that a node of a graph may hold: what each computes, and what it hands back to its parents."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Final

import numpy as np
from numpy.typing import NDArray

from .failure import Failure, kind_of, plain

Array = NDArray[np.float64]
Function = Callable[..., Array]


@dataclass(frozen=True)
class Operation:
    """`sign` is a format for the names of its parents; `slopes` are the partial derivatives, one for each parent."""

    name: str
    sign: str
    value: Function
    slopes: tuple[Function, ...]

    @property
    def arity(self) -> int:
        return len(self.slopes)


def _one(x: Array, *_: Array) -> Array:
    return np.ones_like(x)


def _sigmoid(x: Array) -> Array:
    return 0.5 * (1.0 + np.tanh(0.5 * x))


def _power_slope(x: Array, y: Array) -> Array:
    return y * np.power(x, y - 1.0)


_ALL: Final = (
    Operation("add", "{} + {}", np.add, (_one, _one)),
    Operation("sub", "{} − {}", np.subtract, (_one, lambda x, y: -np.ones_like(x))),
    Operation("mul", "{} · {}", np.multiply, (lambda x, y: y, lambda x, y: x)),
    Operation("div", "{} / {}", np.divide, (lambda x, y: 1.0 / y, lambda x, y: -x / y**2)),
    Operation("neg", "−{}", np.negative, (lambda x: -np.ones_like(x),)),
    Operation("inv", "1 / {}", lambda x: 1.0 / x, (lambda x: -1.0 / x**2,)),
    Operation("pow", "{} ^ {}", np.power, (_power_slope, lambda x, y: np.power(x, y) * np.log(x))),
    Operation("square", "{}²", np.square, (lambda x: 2.0 * x,)),
    Operation("cube", "{}³", lambda x: x**3, (lambda x: 3.0 * x**2,)),
    Operation("sqrt", "√{}", np.sqrt, (lambda x: 0.5 / np.sqrt(x),)),
    Operation("exp", "exp {}", np.exp, (np.exp,)),
    Operation("ln", "ln {}", np.log, (lambda x: 1.0 / x,)),
    Operation("log2", "log2 {}", np.log2, (lambda x: 1.0 / (x * math.log(2.0)),)),
    Operation("log10", "log10 {}", np.log10, (lambda x: 1.0 / (x * math.log(10.0)),)),
    Operation("sin", "sin {}", np.sin, (np.cos,)),
    Operation("cos", "cos {}", np.cos, (lambda x: -np.sin(x),)),
    Operation("tan", "tan {}", np.tan, (lambda x: 1.0 / np.cos(x) ** 2,)),
    Operation("tanh", "tanh {}", np.tanh, (lambda x: 1.0 - np.tanh(x) ** 2,)),
    Operation("sigmoid", "σ {}", _sigmoid, (lambda x: _sigmoid(x) * _sigmoid(-x),)),
    Operation("relu", "relu {}", lambda x: np.maximum(x, 0.0), (lambda x: np.where(x > 0, 1.0, 0.0),)),
    Operation("abs", "abs {}", np.abs, (np.sign,)),
    Operation(
        "max",
        "max({}, {})",
        np.maximum,
        (lambda x, y: np.where(x >= y, 1.0, 0.0), lambda x, y: np.where(x < y, 1.0, 0.0)),
    ),
    Operation(
        "min",
        "min({}, {})",
        np.minimum,
        (lambda x, y: np.where(x <= y, 1.0, 0.0), lambda x, y: np.where(x > y, 1.0, 0.0)),
    ),
)
OPERATIONS: Final = {operation.name: operation for operation in _ALL}
_ALSO: Final = {
    "+": "add",
    "-": "sub",
    "−": "sub",
    "*": "mul",
    "·": "mul",
    "×": "mul",
    "/": "div",
    "^": "pow",
    "**": "pow",
    "plus": "add",
    "minus": "sub",
    "times": "mul",
    "multiply": "mul",
    "divide": "div",
    "negate": "neg",
    "power": "pow",
    "root": "sqrt",
}


def operation(given: object, parents: int, base: float, where: str) -> Operation:
    """The operation of this name; `log` has the `base` that the student states, and - with one parent is neg.

    Raises Failure, which begins with `where`, for an unknown name.
    """
    if type(given) is not str:
        raise Failure(f"{where}: the operation is {kind_of(given)}; write its name, as in 'mul'.")
    name = _ALSO.get(given, given)
    if name == "sub" and parents == 1 and given in "-−":
        name = "neg"
    if name == "log":
        return _logarithm(base)
    if name not in OPERATIONS:
        near = get_close_matches(given[:20], [*OPERATIONS, "log"], 1)
        guess = f"did you mean {near[0]}?" if near else f"there is {', '.join(sorted([*OPERATIONS, 'log']))}."
        raise Failure(
            f"{where}: {plain(given, 20)} is no known operation; {guess}",
            hidden="A node's operation is not known.",
        )
    return OPERATIONS[name]


def base_of(stated: object, name: str) -> float:
    """The base of log that a student states: "e", 2 or 10, as text or as a number; a Failure for anything else."""
    words: dict[object, float] = {"e": math.e, "2": 2.0, "10": 10.0, "ln": math.e}
    if type(stated) is str and stated.strip().lower() in words:
        return words[stated.strip().lower()]
    if type(stated) in (int, float) and abs(stated) < 100:  # type: ignore[arg-type]
        for base in (math.e, 2.0, 10.0):
            if abs(stated - base) <= 1e-3 * base:  # type: ignore[operator] # 2.718 is meant as e
                return base
    raise Failure(f'{name} should be "e", 2 or 10: the base that your log has.', hidden=f"{name} is no base of log.")


def _logarithm(base: float) -> Operation:
    """log to any base, under the one name."""
    scale = math.log(base)
    sign = "ln {}" if base == math.e else f"log{base:g} {{}}"
    return Operation("log", sign, lambda x: np.log(x) / scale, (lambda x: 1.0 / (x * scale),))
