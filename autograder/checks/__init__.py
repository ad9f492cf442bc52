"""What checks are written with: `from autograder.checks import points, close, …`; names are loaded when first used."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .arrays import as_array, shape_of
    from .compare import FLOAT32, close
    from .declaration import points
    from .depth import drift, signals
    from .evaluation import Evaluation, evaluate
    from .exact import equal, unchanged
    from .experiments import settings
    from .failure import Failure, NotGiven, entry, held, require, unpack
    from .formulas import extremum, formula, one_of
    from .gradients import gradient, linear_in, own_slope, own_slopes, slope, value
    from .graphs import Graph, same_function
    from .networks import count_by_shape, count_parameters, hides_nothing, model_of, parameters_of, rebuild, shapes_of
    from .operations import base_of
    from .reading import read_graph
    from .retrain import Budget, Retrained
    from .suspicion import beyond, gap, moods
    from .traces import any_of, by_hand, forward_trace, read_trace, reverse_trace
    from .training import accuracy, majority, seen, steps_of, tiers

# pytest loads the plugin in every run of the environment; numpy must not be the price of that.
_HOME = {
    "Budget": "retrain",
    "FLOAT32": "compare",
    "Retrained": "retrain",
    "as_array": "arrays",
    "close": "compare",
    "Evaluation": "evaluation",
    "equal": "exact",
    "evaluate": "evaluation",
    "shape_of": "arrays",
    "unchanged": "exact",
    "Failure": "failure",
    "entry": "failure",
    "held": "failure",
    "require": "failure",
    "unpack": "failure",
    "extremum": "formulas",
    "formula": "formulas",
    "one_of": "formulas",
    "Graph": "graphs",
    "NotGiven": "failure",
    "read_graph": "reading",
    "same_function": "graphs",
    "base_of": "operations",
    "any_of": "traces",
    "by_hand": "traces",
    "read_trace": "traces",
    "forward_trace": "traces",
    "reverse_trace": "traces",
    "gradient": "gradients",
    "linear_in": "gradients",
    "own_slope": "gradients",
    "own_slopes": "gradients",
    "slope": "gradients",
    "value": "gradients",
    "count_by_shape": "networks",
    "count_parameters": "networks",
    "hides_nothing": "networks",
    "model_of": "networks",
    "parameters_of": "networks",
    "rebuild": "networks",
    "shapes_of": "networks",
    "points": "declaration",
    "settings": "experiments",
    "drift": "depth",
    "signals": "depth",
    "beyond": "suspicion",
    "gap": "suspicion",
    "moods": "suspicion",
    "by_formula": "worked",
    "accuracy": "training",
    "majority": "training",
    "seen": "training",
    "steps_of": "training",
    "tiers": "training",
}

__all__ = [
    "FLOAT32",
    "Budget",
    "Evaluation",
    "Failure",
    "Graph",
    "NotGiven",
    "Retrained",
    "accuracy",
    "any_of",
    "as_array",
    "base_of",
    "beyond",
    "by_formula",
    "by_hand",
    "close",
    "count_by_shape",
    "count_parameters",
    "drift",
    "entry",
    "equal",
    "evaluate",
    "extremum",
    "formula",
    "forward_trace",
    "gap",
    "gradient",
    "held",
    "hides_nothing",
    "linear_in",
    "majority",
    "model_of",
    "moods",
    "one_of",
    "own_slope",
    "own_slopes",
    "parameters_of",
    "points",
    "read_graph",
    "read_trace",
    "rebuild",
    "require",
    "reverse_trace",
    "same_function",
    "seen",
    "settings",
    "shape_of",
    "shapes_of",
    "signals",
    "slope",
    "steps_of",
    "tiers",
    "unchanged",
    "unpack",
    "value",
]


def __getattr__(name: str) -> object:
    if name not in _HOME:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    found: object = getattr(import_module(f".{_HOME[name]}", __name__), name)
    globals()[name] = found
    return found
