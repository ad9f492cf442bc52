"""What a student's own finite-difference check must have found: the loss of a perceptron with single weights moved.

One weight of one layer moves one pre-activation for one sample, so that hundreds of losses cost one small batch.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import product
from typing import Final

import numpy as np
from numpy.typing import NDArray

from .reference import Array, Layers, bend, probabilities

READINGS: Final = {
    (1, "C"): "the second layer's weights, W kept as (inputs, outputs)",
    (1, "F"): "the second layer's weights, W kept as (outputs, inputs)",
    (0, "C"): "the first layer's weights, W kept as (inputs, outputs)",
    (0, "F"): "the first layer's weights, W kept as (outputs, inputs)",
}
"""Which weights a student's θ may begin with: (layer counted from 0, order in memory) → how a sentence calls it."""


def largest_differences(
    layers: Layers,
    gradients: Layers,
    x: Array,
    label: int,
    kind: str,
    reading: tuple[int, str],
    Ns: Sequence[float],
    p: int = 10,
) -> Array:
    """For every N the largest |∇ᴺ_i − ∂L/∂θ_i| over the first p weights in that reading, (len(Ns),).

    x (1, inputs) is one sample; ∇ᴺ are central differences of the cross entropy with ε = 1/N.
    """
    part, order = reading
    rows, columns = np.unravel_index(np.arange(p), layers[part][0].shape, order=order)  # type: ignore[call-overload]
    moves = list(product(range(len(Ns)), range(p), (1, -1)))
    losses = _losses(layers, x, label, kind, part, [(rows[i], columns[i], sign / Ns[n]) for n, i, sign in moves])
    up, down = losses.reshape(len(Ns), p, 2).transpose(2, 0, 1)
    slopes = (up - down) * np.asarray(Ns, dtype=np.float64)[:, None] / 2
    largest: Array = np.abs(slopes - gradients[part][0][rows, columns]).max(axis=1)
    return largest


def _losses(
    layers: Layers, x: Array, label: int, kind: str, part: int, moves: Sequence[tuple[int, int, float]]
) -> NDArray[np.float64]:
    """The loss for each (row, column, shift) of the weight that is moved alone."""
    h = x
    for w, b in layers[:part]:
        h = bend(h @ w + b, kind)
    w, b = layers[part]
    z = np.repeat(h @ w + b, len(moves), axis=0)
    for i, (row, column, shift) in enumerate(moves):
        z[i, column] += shift * h[0, row]
    log: Array = -np.log(probabilities(layers[part + 1 :], bend(z, kind), kind)[:, label])
    return log
