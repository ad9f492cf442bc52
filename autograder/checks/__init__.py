"""What checks are written with: `from autograder.checks import points, close, …`; names are loaded when first used."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .arrays import as_array, shape_of
    from .compare import FLOAT32, close
    from .declaration import points
    from .exact import equal, unchanged
    from .experiments import settings
    from .failure import Failure, entry, require, unpack
    from .gradients import gradient, linear_in, own_slope, slope, value
    from .networks import count_parameters, hides_nothing, parameters_of, rebuild
    from .training import accuracy, majority, seen, tiers

# pytest loads the plugin in every run of the environment; numpy must not be the price of that.
_HOME = {
    "FLOAT32": "compare",
    "as_array": "arrays",
    "close": "compare",
    "equal": "exact",
    "shape_of": "arrays",
    "unchanged": "exact",
    "Failure": "failure",
    "entry": "failure",
    "require": "failure",
    "unpack": "failure",
    "gradient": "gradients",
    "linear_in": "gradients",
    "own_slope": "gradients",
    "slope": "gradients",
    "value": "gradients",
    "count_parameters": "networks",
    "hides_nothing": "networks",
    "parameters_of": "networks",
    "rebuild": "networks",
    "points": "declaration",
    "settings": "experiments",
    "accuracy": "training",
    "majority": "training",
    "seen": "training",
    "tiers": "training",
}

__all__ = [
    "FLOAT32",
    "Failure",
    "accuracy",
    "as_array",
    "close",
    "count_parameters",
    "entry",
    "equal",
    "gradient",
    "hides_nothing",
    "linear_in",
    "majority",
    "own_slope",
    "parameters_of",
    "points",
    "rebuild",
    "require",
    "seen",
    "settings",
    "shape_of",
    "slope",
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
