"""A multilayer perceptron in PyTorch and float64: what a student's own, in whatever layout, is held to."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Final

import numpy as np
from numpy.typing import NDArray

from .gradients import gradient, value

if TYPE_CHECKING:
    import torch

Array = NDArray[np.float64]
Layers = list[tuple[Array, Array]]
"""[(W1, b1), (W2, b2), …], W (inputs, outputs), b (outputs,)."""

NONLINEARITIES: Final = ("relu", "leaky_relu", "elu", "tanh", "sigmoid")
"""What the hidden layers may be bent with, by torch's names and defaults; `leaky_relu` has the slope 0.01."""


def fresh(layers: Layers, rng: np.random.Generator) -> Layers:
    """New parameters of the same shapes, so that activations stay near 1 and no two outputs are alike."""
    return [(rng.normal(size=w.shape) * np.sqrt(2 / len(w)), 0.2 * rng.normal(size=b.shape)) for w, b in layers]


def probabilities(layers: Layers, X: Array, kind: str) -> Array:
    """The reference's probabilities (N, 10)."""
    import torch

    return value(lambda *flat: torch.softmax(_scores(X, kind)(*flat), 1), _flat(layers))


def cross_entropy(layers: Layers, X: Array, y: NDArray[np.int64], kind: str) -> float:
    """The reference's mean cross entropy."""
    return float(value(_loss(X, y, kind), _flat(layers)))


def slopes(layers: Layers, X: Array, y: NDArray[np.int64], kind: str) -> Layers:
    """The reference's gradient, in the layout of `layers`."""
    flat = gradient(_loss(X, y, kind), _flat(layers))
    return list(zip(flat[::2], flat[1::2], strict=True))


def bend(z: Array, kind: str) -> Array:
    """The nonlinearity `kind` of z, entry by entry."""
    return value(_bend(kind), [z])


def _flat(layers: Layers) -> list[Array]:
    return [array for pair in layers for array in pair]


def _bend(kind: str) -> Callable[[torch.Tensor], torch.Tensor]:
    import torch
    from torch.nn import functional

    found: Callable[[torch.Tensor], torch.Tensor] = getattr(torch, kind, None) or getattr(functional, kind)
    return found


def _scores(X: Array, kind: str) -> Callable[..., torch.Tensor]:
    import torch

    def scores(*flat: torch.Tensor) -> torch.Tensor:
        h = torch.tensor(X, dtype=torch.float64)
        for w, b in zip(flat[:-2:2], flat[1:-2:2], strict=True):
            h = _bend(kind)(h @ w + b)
        return h @ flat[-2] + flat[-1]

    return scores


def _loss(X: Array, y: NDArray[np.int64], kind: str) -> Callable[..., torch.Tensor]:
    import torch
    from torch.nn import functional

    def loss(*flat: torch.Tensor) -> torch.Tensor:
        return functional.cross_entropy(_scores(X, kind)(*flat), torch.tensor(y))

    return loss
