"""A multilayer perceptron behind a student's adapter: seven functions, one layout, and the reference it is held to.

Where a sheet fixes no interface, no two classes agree on shapes, labels or what a backward returns. So checks speak to
an adapter that the student fills in, judge the form of every answer first, and compare with PyTorch in float64.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from .arrays import as_array
from .compare import FLOAT32, close
from .failure import Failure, kind_of
from .inside import inside
from .reference import NONLINEARITIES, Array, Layers, fresh, probabilities

_SIZES: Final[Mapping[str, Callable[[int], float]]] = {
    "the loss is summed over the batch where its mean is asked for": lambda n: n,
    "it is divided by the batch size once too often": lambda n: 1 / n,
    "it is divided by the number of classes besides": lambda n: 0.1,
    "it is ten times too large": lambda n: 10.0,
    "the logarithm is to base 10 where the natural one is asked for": lambda n: 1 / np.log(10),
    "the logarithm is to base 2 where the natural one is asked for": lambda n: 1 / np.log(2),
    "it has the wrong sign": lambda n: -1.0,
    "it is twice as large as it should be": lambda n: 2.0,
    "it is half as large as it should be": lambda n: 0.5,
}

_HOLD: Final = """
class Held:
    def __init__(self, adapter, init, seed):
        self.adapter, self.model = adapter, adapter.build(init, seed)

    def ask(self, name, *arguments):
        return getattr(self.adapter, name)(self.model, *arguments)

    def change(self, name, *arguments):
        found = self.ask(name, *arguments)
        self.model = self.model if found is None else found

    def given_to(self, function, *arguments):
        return function(self.model, *arguments)

    def watched(self, name, *arguments):
        self.ask(name, *arguments)
        return arguments

def hold(adapter, init, seed):
    return Held(adapter, init, seed)
"""


class Perceptron:
    """One network that `adapter.build` made; raises Failure where the adapter returns something of another form."""

    def __init__(self, student: Any, init: str = "glorot", seed: int = 0) -> None:
        # A model may be a plain dict or list. Sent here it would be a copy, and what load and step write be lost.
        self._held = inside(student, _HOLD, "hold")(student.adapter, init, seed)

    @property
    def layers(self) -> Layers:
        """The parameters as float64."""
        return [(w.astype(np.float64), b.astype(np.float64)) for w, b in self._found()]

    @property
    def single(self) -> bool:
        """Whether it computes in float32."""
        return any(array.dtype.itemsize < 8 for pair in self._found() for array in pair)

    def load(self, layers: Layers) -> None:
        """Put other parameters in."""
        self._held.change("load", layers)

    def step(self, X: Array, y: NDArray[np.int64], lr: float) -> None:
        """One step of gradient descent."""
        self._held.change("step", X, y, lr)

    def loss(self, X: Array, y: NDArray[np.int64]) -> float:
        """The loss of a batch."""
        found = as_array(self._held.ask("loss", X, y), "adapter.loss(model, X, y)")
        said = "adapter.loss should return one finite number"
        if found.size != 1 or not np.isfinite(found.astype(np.float64)).all():
            raise Failure(f"{said}; shape {found.shape} came, {_finiteness(found)}.", hidden=f"{said}.")
        return float(found.reshape(-1)[0])

    def predict(self, X: Array) -> NDArray[Any]:
        """Probabilities (N, 10)."""
        return as_array(self._held.ask("predict", X), "adapter.predict(model, X)")

    def gradients(self, X: Array, y: NDArray[np.int64]) -> list[tuple[object, object]]:
        """What `adapter.gradients` returns, pair by pair; from one step with learning rate 1 where that is None."""
        found = self._held.ask("gradients", X, y)
        return self.moved(X, y) if found is None else _pairs(found, "adapter.gradients")

    def moved(self, X: Array, y: NDArray[np.int64]) -> list[tuple[object, object]]:
        """By how much one step with learning rate 1 lowers each parameter; the network is put back afterwards."""
        before = self.layers
        self.step(X, y, 1.0)
        after = self.layers
        self.load(before)
        return [(w - v, b - c) for (w, b), (v, c) in zip(before, after, strict=True)]

    def given_to(self, function: Any, *arguments: object) -> Any:
        """What a function of the student's returns for the network itself and these arguments."""
        return self._held.given_to(function, *arguments)

    def watched(self, name: str, *arguments: object) -> tuple[Any, ...]:
        """The arguments of adapter.<name> as the call left them."""
        return tuple(self._held.watched(name, *arguments))

    def _found(self) -> list[tuple[NDArray[Any], NDArray[Any]]]:
        pairs = _pairs(self._held.ask("parameters"), "adapter.parameters")
        found = []
        inputs = None
        for i, (weights, biases) in enumerate(pairs, 1):
            w, b = as_array(weights, f"W{i}"), as_array(biases, f"b{i}")
            said = ""
            if w.ndim != 2 or w.dtype.kind != "f":
                said = f"W{i} of adapter.parameters is not a matrix of fractions"
            elif inputs is not None and w.shape[0] != inputs:
                said = f"W{i} of adapter.parameters does not take what the layer before it gives"
            elif b.shape != w.shape[1:] or b.dtype.kind != "f":
                said = f"b{i} of adapter.parameters is not one row of fractions, one for each output of its layer"
            if said:
                shapes = f"W{i} has shape {w.shape}, b{i} {b.shape}, {w.dtype} and {b.dtype}"
                hint = "W is (inputs, outputs), b is (outputs,); transpose or reshape in adapter.py."
                raise Failure(f"{said}: {shapes}.", hint, hidden=f"{said}.")
            found.append((w, b))
            inputs = w.shape[1]
        return found


def _pairs(found: object, name: str) -> list[tuple[object, object]]:
    said = f"{name} should return a list with a pair for each of the three layers"
    if not isinstance(found, (list, tuple)) or len(found) != 3:
        what = f"a list of {len(found)}" if isinstance(found, (list, tuple)) else kind_of(found)
        raise Failure(f"{said}; it returned {what}.", hidden=f"{said}.")
    for pair in found:
        if not isinstance(pair, (list, tuple)) or len(pair) != 2:
            raise Failure(f"{said}; in it is {kind_of(pair)}.", hidden=f"{said}.")
    return [(pair[0], pair[1]) for pair in found]


def loaded(student: Any, rng: np.random.Generator, hint: str = "") -> tuple[Perceptron, Layers, str]:
    """A network of the student's with fresh parameters in it, these parameters, and its nonlinearity.

    Raises Failure unless its probabilities for four images follow from these parameters with one of NONLINEARITIES.
    """
    network = Perceptron(student)
    layers = fresh(network.layers, rng)
    X = rng.random((4, len(layers[0][0])))
    network.load(layers)
    got = network.predict(X)
    for kind in NONLINEARITIES:
        want = probabilities(layers, X, kind)
        # Far looser than a check: this only tells kinds apart, which differ in the first digit.
        if got.shape == want.shape and got.dtype.kind == "f" and np.allclose(got, want, rtol=1e-3, atol=1e-4):
            return network, layers, kind
    why = "With parameters put in by adapter.load, predict does not give the probabilities that follow from them"
    raise Failure(f"{why}, with any of {', '.join(NONLINEARITIES)} in the hidden layers.", hint, hidden=f"{why}.")


def close_loss(got: float, want: float, batch: int, single: bool) -> None:
    """Fail unless `got` is the mean cross entropy `want`, with the ratio said where it is a familiar one."""
    said = resembles(got / want, batch)
    if said:
        hint = "The cross entropy of a batch is the mean over its samples of −ln p(right class)."
        raise Failure(
            f"The loss is {got:.6g} where {want:.6g} was expected: {said}.", hint, f"The loss is off: {said}."
        )
    looseness: Any = FLOAT32 if single else {}
    close(got, want, "the loss", **looseness)


def close_gradients(
    got: Sequence[tuple[object, object]], want: Layers, batch: int, single: bool, own: Callable[[], float | None]
) -> None:
    """Fail unless every gradient is the reference's. `own()` is called on a failure only.

    It tells by what factor the student's loss differs from the mean cross entropy, or None if by no single one: a right
    gradient of a wrong loss is then named as such.
    """
    looseness: Any = FLOAT32 if single else {}
    pairs = [p for pair in zip(got, want, strict=True) for p in zip(pair[0], pair[1], strict=True)]
    names = [f"d{kind}{i}" for i in range(1, len(want) + 1) for kind in "Wb"]
    try:
        for name, (mine, theirs) in zip(names, pairs, strict=True):
            close(mine, theirs, name, like={"batch": batch}, **looseness)
    except Failure as failure:
        factor = _common_factor(pairs)
        if factor is None:
            raise
        said = resembles(factor, batch) or f"it is {factor:.6g} times what it should be"
        loss = own()
        if loss is not None and np.isclose(loss, factor, rtol=1e-3):
            why = "The gradient is right for your own loss, but that loss is not the mean cross entropy"
        else:
            why = "Every gradient is off by one and the same factor, and your loss is not"
        raise Failure(f"{why}: {said} (a factor of {factor:.6g}).", failure.hint, f"{why}: {said}.") from None


def resembles(ratio: float, batch: int) -> str:
    """A sentence for a familiar ratio of got to want, or nothing; 1 is no ratio."""
    if np.isclose(ratio, 1, rtol=1e-4):
        return ""
    return next((said for said, size in _SIZES.items() if np.isclose(ratio, size(batch), rtol=1e-4)), "")


def _common_factor(pairs: Sequence[tuple[object, Array]]) -> float | None:
    """The one factor by which all of got differs from want, or None."""
    arrays = [(as_array(mine, "a gradient"), theirs) for mine, theirs in pairs]
    if any(mine.shape != theirs.shape or mine.dtype.kind != "f" for mine, theirs in arrays):
        return None
    mine = np.concatenate([a.astype(np.float64).ravel() for a, _ in arrays])
    theirs = np.concatenate([b.ravel() for _, b in arrays])
    if not np.isfinite(mine).all():
        return None
    factor = float(mine @ theirs / (theirs @ theirs))
    fits = np.allclose(mine, factor * theirs, rtol=1e-4, atol=1e-6 * abs(factor) * float(np.abs(theirs).max()))
    return factor if fits and abs(factor) > 1e-9 else None


def _finiteness(found: NDArray[Any]) -> str:
    return "with NaN or infinity in it" if found.dtype.kind == "f" and not np.isfinite(found).all() else "all finite"
