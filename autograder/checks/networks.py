"""Counting a network's parameters, and proving that the ones it names are all it computes with.

A model may name too few parameters: weights in a closure, a plain list or a buffer, or a `parameters()` that lies.
So counts are taken from the arrays of `state_dict()`, and `rebuild` shows that the output follows from these alone.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from .compare import as_array, close
from .failure import Failure, kind_of, plain

Array = NDArray[np.float64]
Parameters = Mapping[str, Array]

# What batch normalisation keeps in its state without learning it.
_KEPT: Final = ("running_mean", "running_var", "num_batches_tracked")


def count_parameters(params: Mapping[str, object] | Iterable[object]) -> int:
    """How many numbers a dict or list of arrays or tensors (on our side) holds, running statistics left out."""
    if isinstance(params, Mapping):
        kept = [value for name, value in params.items() if str(name).rpartition(".")[2] not in _KEPT]
    else:
        kept = list(params)
    return sum(int(as_array(value, "a parameter").size) for value in kept)


def parameters_of(student: Any, model: Any, name: str = "the model") -> dict[str, NDArray[np.generic]]:
    """The arrays of a model behind the wall, in order: a torch module's `state_dict()`, or a numpy model's `params`."""
    held = model.params if _numpy(student, model) else student.builtins.dict(model.state_dict())
    if not isinstance(held, dict):
        raise Failure(
            f"The parameters of {name} are {kind_of(held)}, not a dict of arrays.",
            hidden=f"The parameters of {name} are no dict.",
        )
    return {plain(key, 100): as_array(value, f"{name}'s {plain(key, 100)}") for key, value in held.items()}


def rebuild(
    student: Any,
    model: Any,
    x: NDArray[Any],
    reference: Callable[[dict[str, Array], NDArray[Any]], Array],
    rng: np.random.Generator,
    *,
    name: str = "the model",
    call: Callable[[Any, NDArray[Any]], object] | None = None,
    rtol: float = 1e-3,
    hint: str = "",
) -> None:
    """Fail unless the model, given fresh parameters, computes what `reference(parameters, x)` computes from them.

    So nothing hidden takes part: no weights outside `parameters_of`, no shared or unused ones that change a count.
    `call(model, x)` runs the model, `model(x)` by default. Running statistics are left as they are.
    """
    was = parameters_of(student, model, name)
    fresh = {key: _drawn(key, value, rng) for key, value in was.items()}
    _load(student, model, fresh)
    given = {key: value.astype(np.float64) for key, value in fresh.items()}
    got = call(model, x) if call else model(x)
    want = reference(given, x)
    try:
        close(
            got, want, "the output", rtol=rtol, floor=rtol, reason="the model computes in float32 through many layers"
        )
    except Failure as failure:
        why = f"With other parameters put in, {name} does not compute what its layers should"
        raise Failure(
            f"{why}: {failure.why}",
            hint or "Every weight must be a parameter of the model, each used once, in the order of the layers.",
            hidden=f"{why}.",
        ) from None


def hides_nothing(
    student: Any,
    model: Any,
    x: NDArray[Any],
    *,
    name: str = "the model",
    call: Callable[[Any, NDArray[Any]], object] | None = None,
) -> None:
    """Fail unless the model forgets its input when all its parameters are zero: then no weight is hidden elsewhere.

    The guard for models whose layers the sheet leaves open, where there is no reference to rebuild; x (N, …) needs
    N ≥ 2 different samples. A model with a skip from input to output cannot be judged by it.
    """
    was = parameters_of(student, model, name)
    before = as_array(call(model, x) if call else model(x), "the output")
    _load(student, model, {key: np.zeros_like(v) if _learned(key, v) else v for key, v in was.items()})
    after = as_array(call(model, x) if call else model(x), "the output")
    _load(student, model, was)
    if len(before) < 2 or np.array_equal(before, np.broadcast_to(before[:1], before.shape)):
        why = f"{name[0].upper()}{name[1:]} gives every sample the same output"
    elif not np.array_equal(after, np.broadcast_to(after[:1], after.shape)):
        why = f"With its parameters at zero, {name} still reacts to its input: some weights are not among them"
    else:
        return
    raise Failure(f"{why}.", "Keep every weight in a parameter of the model.", hidden=f"{why}.")


def _numpy(student: Any, model: Any) -> bool:
    return not bool(student.builtins.hasattr(model, "state_dict"))


def _load(student: Any, model: Any, params: Mapping[str, NDArray[Any]]) -> None:
    if _numpy(student, model):
        model.params = dict(params)
        return
    import torch

    model.load_state_dict({key: torch.tensor(value) for key, value in params.items()})


def _learned(key: str, value: NDArray[Any]) -> bool:
    return value.dtype.kind == "f" and key.rpartition(".")[2] not in _KEPT


def _drawn(key: str, value: NDArray[Any], rng: np.random.Generator) -> NDArray[Any]:
    """Fresh values of a size that keeps activations near 1: fan-in for weights, small for biases."""
    if not _learned(key, value):
        return value
    fan_in = max(1, value.size // max(1, value.shape[0])) if value.ndim > 1 else 1
    scale = np.sqrt(2.0 / fan_in) if value.ndim > 1 else 0.1
    return (rng.standard_normal(value.shape) * scale).astype(value.dtype)
