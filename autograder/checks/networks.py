"""Counting a network's parameters, and proving that the ones it names are all it computes with.

A model may name too few parameters: weights in a closure, a plain list or a buffer, or a `parameters()` that lies.
So counts are taken from the arrays of its state, and `rebuild` shows that the output follows from these alone.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from .arrays import as_array
from .compare import close
from .failure import Failure, is_handle, kind_of, plain

Array = NDArray[np.float64]
Arrays = dict[str, NDArray[Any]]
Call = Callable[[Any, NDArray[Any]], object]

# What batch normalisation keeps in its state without learning it.
_KEPT: Final = ("running_mean", "running_var", "num_batches_tracked")
_MOST: Final = 1000
_LARGEST: Final = 100_000_000
_SHAPES: Final = "lambda model: [(str(key), list(map(int, value.shape))) for key, value in model.state_dict().items()]"
"""Runs where the submission runs."""


def count_parameters(params: Mapping[str, object] | Iterable[object]) -> int:
    """How many numbers a dict or list of arrays or tensors (on our side) holds, running statistics left out.

    >>> count_parameters(parameters_of(student.vgg.VGG()))
    149370
    """
    if is_handle(params):
        raise TypeError("count_parameters() takes arrays; get a model's with parameters_of()")
    if isinstance(params, Mapping):
        params = [value for name, value in params.items() if str(name).rpartition(".")[2] not in _KEPT]
    return sum(int(as_array(value, "a parameter").size) for value in params)


def model_of(made: Any, name: str = "the model") -> Any:
    """What a student's function made, once it is an object to ask; a Failure says what it is instead."""
    if type(made).__module__.partition(".")[0] in ("builtins", "numpy", "torch"):  # it crossed, so it is plain
        hint = "Is there a return?" if made is None else ""
        raise Failure(f"{_first(name)} is {kind_of(made)}, not a model.", hint, f"{_first(name)} is not a model.")
    return made


def parameters_of(model: Any, attribute: str | None = None, name: str = "the model") -> Arrays:
    """The arrays of a model behind the wall, in order: all of a torch module's `state_dict()`, two messages.

    A numpy model keeps them in a dict: `parameters_of(model, "params")`. Raises Failure for anything but named arrays.
    """
    model = model_of(model, name)
    held = getattr(model, attribute) if attribute else model.state_dict()
    if is_handle(held):
        held = _emptied(held, name)
    if not isinstance(held, dict):
        said = f"The parameters of {name} are not a dict of arrays"
        raise Failure(f"{said} but {kind_of(held)}.", hidden=f"{said}.")
    return {plain(key, 100): as_array(value, f"{name}'s {plain(key, 60)}") for key, value in held.items()}


def shapes_of(student: Any, model: Any, name: str = "the model") -> dict[str, tuple[int, ...]]:
    """The shape of every array in a torch module's state, in order: for models too large to be sent.

    What is told may be wrong, as long as nobody rebuilds the model. Raises Failure for anything but named shapes.
    """
    told = student.builtins.eval(_SHAPES)(model)
    shapes: dict[str, tuple[int, ...]] = {}
    odd = Failure(f"state_dict() of {name} does not hold named arrays, or too many.")
    if type(told) is not list or len(told) > _MOST:
        raise odd
    for row in told:
        key, shape = row if type(row) is tuple and len(row) == 2 else (None, None)
        if type(key) is not str or type(shape) is not list or len(shape) > 8:
            raise odd
        if not all(type(n) is int and 0 <= n < 1 << 40 for n in shape):
            raise odd
        shapes[plain(key, 100)] = tuple(shape)
    if sum(map(math.prod, shapes.values())) > _LARGEST:
        raise Failure(f"{name} has more than {_LARGEST:,} parameters.")
    return shapes


def count_by_shape(shapes: Mapping[str, tuple[int, ...]]) -> int:
    """How many numbers a model with a state of these shapes learns, running statistics left out."""
    return sum(math.prod(shape) for name, shape in shapes.items() if name.rpartition(".")[2] not in _KEPT)


def rebuild(
    model: Any,
    x: NDArray[Any],
    reference: Callable[[Arrays, NDArray[Any]], Array],
    rng: np.random.Generator,
    *,
    attribute: str | None = None,
    call: Call | None = None,
    name: str = "the model",
    rtol: float = 1e-3,
    hint: str = "",
) -> None:
    """Fail unless the model, given fresh parameters, computes what `reference(parameters, x)` computes from them.

    So nothing hidden takes part: no weights outside `parameters_of`, no shared or unused ones that change a count.
    `reference` is ours and gets the arrays by name, in the model's order. `call(model, x)` runs the model, `model(x)`
    by default; a torch module runs in eval mode. `rtol` covers float32 through many layers.
    """
    fresh = {key: _drawn(key, value, rng) for key, value in parameters_of(model, attribute, name).items()}
    _load(model, attribute, fresh)
    got = _run(model, attribute, call, x)
    try:
        want = reference(fresh, x)
    except (LookupError, TypeError, ValueError, RuntimeError):
        # The solution's parameters fit the reference, so these are others.
        shapes = ", ".join(f"{key} {value.shape}" for key, value in list(fresh.items())[:20])
        why = f"The parameters of {name} are not those that its layers should have"
        raise Failure(f"{why}: {shapes or 'there are none'}.", hint, hidden=f"{why}.") from None
    try:
        close(got, want, "the output", rtol=rtol, floor=rtol, reason="float32 through many layers")
    except Failure as failure:
        why = f"With other parameters put in, {name} does not compute what its layers should"
        raise Failure(
            f"{why}: {failure.why}",
            hint or "Every weight must be a parameter of the model, used once, in the order of the layers.",
            hidden=f"{why}.",
        ) from None


def hides_nothing(
    model: Any, x: NDArray[Any], *, attribute: str | None = None, call: Call | None = None, name: str = "the model"
) -> None:
    """Fail unless the model forgets its input when all its parameters are zero: then no weight is hidden elsewhere.

    The guard for models whose layers the sheet leaves open, where there is no reference to rebuild; x (N, …) needs
    N ≥ 2 different samples. A model with a skip from input to output cannot be judged by it.
    """
    was = parameters_of(model, attribute, name)
    before = as_array(_run(model, attribute, call, x), "the output")
    _load(model, attribute, {key: np.zeros_like(v) if learned(key, v) else v for key, v in was.items()})
    after = as_array(_run(model, attribute, call, x), "the output")
    _load(model, attribute, was)
    if before.ndim == 0 or len(before) != len(x) or after.shape != before.shape:
        why = f"{_first(name)} does not give one output a sample"
    elif _same_for_all(before):
        why = f"{_first(name)} gives every sample the same output"
    elif not _same_for_all(after):
        why = f"With its parameters at zero, {name} still reacts to its input: some weights are not among them"
    else:
        return
    raise Failure(f"{why}.", "Keep every weight in a parameter of the model.", hidden=f"{why}.")


def _first(name: str) -> str:
    """`name` at the beginning of a sentence."""
    return f"{name[0].upper()}{name[1:]}"


def _emptied(held: Any, name: str) -> dict[object, object]:
    """What an ordered dict behind the wall holds, taken out from the front; each `state_dict()` is a new one."""
    length = len(held)
    if length > _MOST:
        raise Failure(f"{name} has {length} parameters.", hidden=f"{name} has too many parameters.")
    pairs = held.popitem.many([(False,)] * length)
    if not all(isinstance(pair, tuple) and len(pair) == 2 and isinstance(pair[0], str) for pair in pairs):
        raise Failure(f"state_dict() of {name} does not hold named arrays.")
    return dict(pairs)


def _load(model: Any, attribute: str | None, arrays: Mapping[str, NDArray[Any]]) -> None:
    if attribute:
        setattr(model, attribute, dict(arrays))
        return
    import torch

    model.load_state_dict({key: torch.tensor(value) for key, value in arrays.items()})


def _run(model: Any, attribute: str | None, call: Call | None, x: NDArray[Any]) -> object:
    if attribute is None:
        model.eval()
    if call is not None:
        return call(model, x)
    if attribute is not None:
        return model(x)
    import torch

    return model(torch.tensor(x))


def _same_for_all(output: NDArray[Any]) -> bool:
    """Whether every sample has the same output, exactly: adding zeros rounds nothing."""
    return bool(np.array_equal(output, np.broadcast_to(output[:1], output.shape)))


def learned(key: str, value: NDArray[Any]) -> bool:
    """Whether an array of a network's state is learned, not counted or averaged on the way."""
    return value.dtype.kind == "f" and key.rpartition(".")[2] not in _KEPT


def _drawn(key: str, value: NDArray[Any], rng: np.random.Generator) -> NDArray[Any]:
    """Fresh values that keep activations near 1: by fan-in for weights, small for biases."""
    if not learned(key, value):
        return value
    # torch keeps (out, in, …); for a numpy model's (in, out) the size is off by a ratio, which the comparison bears.
    fan_in = max(1, value.size // max(1, value.shape[0])) if value.ndim > 1 else 1
    scale = np.sqrt(2.0 / fan_in) if value.ndim > 1 else 0.1
    drawn: NDArray[Any] = (rng.standard_normal(value.shape) * scale).astype(value.dtype)
    return drawn
