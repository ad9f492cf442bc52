"""What becomes of numbers on their way through many layers, forward and back: measured where the network is."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from .arrays import as_array
from .compare import FLOAT32, close
from .failure import Failure
from .networks import parameters_of

Array = NDArray[Any]
Bend = Callable[[Any], Any]

_MEASURE: Final = """lambda model, x, dout: (
    (kept := []),
    (hooks := [
        layer.register_forward_hook(lambda layer, given, out: (out.retain_grad(), kept.append(out))[-1])
        for layer in model.modules() if type(layer).__name__ == "Linear"
    ]),
    model(x).backward(dout),
    [hook.remove() for hook in hooks],
    [out.detach() for out in kept],
    [out.grad for out in kept],
)[-2:]"""
"""Runs where the submission runs: the outputs of all Linear layers, and the gradients there."""

_FADED: Final = 1e-30
"""What counts as nothing: a magnitude below it has faded beyond any factor that a check allows."""


class _GrownError(Failure):
    """Numbers that no layer's arithmetic can be held to."""


def signals(student: Any, model: Any, bend: Bend, x: Array, dout: Array) -> tuple[list[Array], list[Array]]:
    """(outputs, gradients there) of every Linear layer of `model`, a handle to a torch module; each (N, out).

    x (N, in) goes in, dout (N, out) comes back. Every layer's measurement must follow from its neighbour's by the
    model's own parameters with `bend`, a torch function, between layers; otherwise Failure.
    """
    import torch

    given, upstream = torch.tensor(x).float(), torch.tensor(dout).float()
    measured = student.builtins.eval(_MEASURE)(model, given, upstream)
    pairs = list(parameters_of(model, name="the network").values())
    said = "The outputs that were measured are not those of the network's Linear layers."
    hint = "Is the activation between all layers, and every layer used once?"
    try:
        outputs, deltas = ([as_array(part, "an output") for part in parts] for parts in measured)
        if not len(outputs) == len(deltas) == len(pairs) / 2:
            raise Failure(said)
        if not all(np.isfinite(part).all() for part in (*outputs, *deltas)):
            grown = "Outputs or gradients grow beyond all numbers on their way through the network."
            raise _GrownError(grown, hidden=grown)
        held = [torch.tensor(a).float() for a in pairs]
        for i, out in enumerate(outputs):
            before = bend(torch.tensor(outputs[i - 1])) if i else given
            close(out, before @ held[2 * i].T + held[2 * i + 1], "an output", **FLOAT32)
            if i:
                leaf = torch.tensor(outputs[i - 1], requires_grad=True)
                (back,) = torch.autograd.grad(bend(leaf), leaf, torch.tensor(deltas[i]) @ held[2 * i])
                close(deltas[i - 1], back, "a gradient", **FLOAT32)
    except _GrownError:
        raise
    except (Failure, TypeError, ValueError, RuntimeError):
        raise Failure(said, hint, hidden=said) from None
    return outputs, deltas


def drift(arrays: list[Array]) -> float:
    """How far the magnitudes of layers get from that of the layer in the middle, up or down, as a factor ≥ 1."""
    sizes = np.maximum([float(np.std(array, dtype=np.float64)) for array in arrays], _FADED)
    middle = sizes[len(sizes) // 2]
    return float(max(sizes.max() / middle, middle / sizes.min()))
