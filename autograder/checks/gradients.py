"""Gradients, measured by central differences along random directions, or computed by autograd in float64."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Final, Protocol

import numpy as np
from numpy.typing import ArrayLike, NDArray

from .compare import as_array, close
from .failure import Failure, is_handle, kind_of, plain

if TYPE_CHECKING:
    import torch

Array = NDArray[np.float64]

AGREE: Final = 1e-6
"""How far <dx, v> may be from the slope along v, as a share of the largest slope seen. Central differences in float64
with a step of 1e-5 are good to about 1e-9 where the third derivative is moderate; a slip of 1e-5 still shows."""
STEP: Final = 1e-5
"""The step as a share of max(1, max|x|): central differences err by h², rounding by eps/h, and both are small here."""
JACOBIAN_LIMIT: Final = 4096
"""The most entries for which a failure is explained entry by entry."""


class Remote(Protocol):
    """A student's function: called with arguments, or with many argument tuples in one message."""

    def many(self, calls: Sequence[tuple[object, ...]]) -> list[object]: ...


class Slope:
    """The gradient of Σ dout·f(x) with respect to x, as something to be `close` to; measured only as far as needed."""

    def __init__(
        self,
        evaluate: Callable[[list[Array]], list[Array]],
        x: Array,
        dout: Array,
        directions: int,
        rng: np.random.Generator,
        of: str,
        jacobian: bool = True,
    ) -> None:
        self.shape = x.shape
        self._evaluate, self._x, self._dout, self._of, self._jacobian = evaluate, x, dout, of, jacobian
        self._step = STEP * max(1.0, float(np.abs(x).max(initial=0.0)))
        self._directions = [rng.standard_normal(x.shape) for _ in range(directions)]

    def __array__(self, dtype: object = None, copy: bool | None = None) -> Array:
        return self.array()

    def array(self) -> Array:
        """The whole gradient: two evaluations an entry."""
        units = []
        for index in range(self._x.size):
            unit = np.zeros(self._x.size)
            unit[index] = 1.0
            units.append(unit.reshape(self.shape))
        return self._along(units, self._step)[0].reshape(self.shape)

    def misses(self, got: Array, name: str, hint: str = "") -> Array | None:
        """None if <got, v> is the slope along every direction v; else the array to compare `got` with.

        Raises Failure where the student's own function does not depend on x or gives no slope, ValueError where the
        reference is not smooth at x: then the check is at fault.
        """
        slopes, noise = self._along(self._directions, self._step)
        claims = np.array([float((got * v).sum()) for v in self._directions])
        self._reacts(slopes, noise, name)
        if self._agree(claims, slopes, noise):
            return None
        finer, fine_noise = self._along(self._directions, self._step / 4)
        if self._agree(claims, finer, fine_noise):
            return None
        steady = np.abs(slopes - finer) <= 1e-4 * np.abs(slopes).max() + noise + fine_noise
        if not steady.all():
            self._rough(name)
        if self._jacobian and self._x.size <= JACOBIAN_LIMIT:
            return self.array()
        raise self._explained(claims, slopes, name, hint)

    def _along(self, directions: list[Array], step: float) -> tuple[Array, float]:
        """The slope along each direction, and the rounding error to expect in it."""
        points = [self._x + sign * step * v for v in directions for sign in (1.0, -1.0)]
        values = self._evaluate(points)
        sums = np.array([float((self._dout * value).sum()) for value in values])
        noise = 16 * np.finfo(np.float64).eps * float(np.abs(self._dout * values[0]).sum()) / step
        return (sums[0::2] - sums[1::2]) / (2 * step), noise

    @staticmethod
    def _agree(claims: Array, slopes: Array, noise: float) -> bool:
        # The yardstick is the measured slope, never the claim: a huge claim must not buy itself a huge tolerance.
        return bool((np.abs(claims - slopes) <= AGREE * np.abs(slopes).max() + noise).all())

    def _reacts(self, slopes: Array, noise: float, name: str) -> None:
        """Nothing to do for a reference; a student's forward must depend on x, or zeros would agree with it."""

    def _rough(self, name: str) -> None:
        raise ValueError(f"{self._of} is not smooth where {name} is checked: keep inputs away from kinks and ties")

    def _explained(self, claims: Array, slopes: Array, name: str, hint: str) -> Failure:
        ratio = float((claims * slopes).sum() / (slopes * slopes).sum()) if slopes.any() else 0.0
        why = f"{name} does not agree with the slope of {self._of} along a random direction"
        if np.allclose(claims, ratio * slopes, rtol=1e-4, atol=0) and ratio != 0:
            return Failure(
                f"{why}: it is {ratio:.4g} times what it should be.", hint, f"{why}: it is off by a constant factor."
            )
        return Failure(f"{why}.", hint, f"{why}.")


class OwnSlope(Slope):
    """The slope of the student's own forward; whatever is wrong with measuring it is the student's."""

    def _reacts(self, slopes: Array, noise: float, name: str) -> None:
        if np.abs(slopes).max() <= noise:
            why = f"{name} cannot be judged: {self._of} does not react to a change of its input"
            raise Failure(f"{why}.", "Write the forward function first.", hidden=f"{why}.")

    def _rough(self, name: str) -> None:
        why = f"{name} cannot be judged: {self._of} jumps or rounds when its input changes a little"
        raise Failure(f"{why}.", "Keep float64 inputs float64.", hidden=f"{why}.")


def slope(
    f: Callable[[Array], ArrayLike],
    x: ArrayLike,
    dout: ArrayLike = 1.0,
    *,
    directions: int = 3,
    rng: np.random.Generator | None = None,
) -> Slope:
    """The gradient of Σ dout·f(x), for `close(dx, slope(f, x, dout), "dx")`; `f` is ours, never the student's.

    `close` first compares along `directions` random directions, two evaluations of f each; only a failure costs the
    whole Jacobian. f takes and returns float64; dout has the shape of f(x), or is 1.0 for a loss.
    """

    def evaluate(points: list[Array]) -> list[Array]:
        return [np.asarray(f(point), dtype=np.float64) for point in points]

    return Slope(evaluate, _float64(x), _float64(dout), directions, rng or np.random.default_rng(0), "the function")


def own_slope(
    forward: Remote,
    args: Sequence[object],
    *,
    wrt: int,
    dout: ArrayLike,
    pick: int | None = 0,
    directions: int = 3,
    rng: np.random.Generator | None = None,
    of: str = "your own forward",
) -> Slope:
    """The gradient of Σ dout·forward(*args)[pick] with respect to args[wrt]: follow-through for a wrong forward.

    Every direction goes to the student in one message (`forward.many`). `pick=None` takes the result itself. A forward
    that does not react to its input fails, so that zeros never agree with zeros. Costs two messages more on failure.
    """
    upstream = _float64(dout)

    def evaluate(points: list[Array]) -> list[Array]:
        calls = [tuple(point if i == wrt else arg for i, arg in enumerate(args)) for point in points]
        return [_picked(result, pick, upstream.shape, of) for result in forward.many(calls)]

    x = _float64(args[wrt])  # type: ignore[arg-type]
    return OwnSlope(evaluate, x, upstream, directions, rng or np.random.default_rng(0), of, jacobian=x.size <= 256)


def gradient(
    f: Callable[..., torch.Tensor], inputs: Sequence[ArrayLike], dout: ArrayLike | None = None
) -> tuple[Array, ...]:
    """The gradients of Σ dout·f(*inputs), one float64 array an input, by torch's autograd: the usual reference.

    >>> dx, dw = gradient(lambda x, w: torch.nn.functional.conv2d(x, w), (x, w), dout)

    f takes float64 tensors and may close over labels and other constants; without dout it returns one number.
    """
    import torch

    with torch.enable_grad():
        leaves = [torch.tensor(_float64(value), requires_grad=True) for value in inputs]
        out = f(*leaves)
        upstream = None if dout is None else torch.tensor(_float64(dout))
        if upstream is not None and upstream.shape != out.shape:
            raise ValueError(f"dout has shape {tuple(upstream.shape)}, f(*inputs) has {tuple(out.shape)}")
        grads = torch.autograd.grad(out, leaves, upstream, allow_unused=True)
    return tuple(np.zeros(leaf.shape) if g is None else g.numpy() for leaf, g in zip(leaves, grads, strict=True))


def value(f: Callable[..., torch.Tensor], inputs: Sequence[ArrayLike]) -> Array:
    """f(*inputs) in float64, without gradients: the forward half of `gradient`."""
    import torch

    with torch.no_grad():
        out: Array = f(*[torch.tensor(_float64(given)) for given in inputs]).double().numpy()
    return out


def linear_in(
    backward: Remote,
    douts: tuple[ArrayLike, ArrayLike],
    *rest: object,
    names: Sequence[str],
    factor: float = -2.5,
    hint: str = "",
) -> None:
    """Fail unless backward(a·d1 + d2, *rest) = a·backward(d1, *rest) + backward(d2, *rest) for every array it returns.

    All three calls go in one message. A gradient that is zero for d1 fails too: zeros are linear in everything.
    """
    first, second = (_float64(d) for d in douts)
    results = backward.many([(d, *rest) for d in (factor * first + second, first, second)])
    whole, one, two = (_parts(result, names) for result in results)
    for i, name in enumerate(names):
        a, b = (as_array(part[i], name, hint).astype(np.float64) for part in (one, two))
        if a.shape != b.shape or not a.any():
            why = (
                f"{name} is zero whatever the upstream gradient is"
                if a.shape == b.shape
                else f"{name} changes its shape with dout"
            )
            raise Failure(f"{why}.", hint, hidden=f"{why}.")
        try:
            close(whole[i], factor * a + b, name)
        except Failure:
            why = f"{name} is not linear in the upstream gradient: scaling dout must scale {name}, adding must add"
            raise Failure(f"{why}.", hint or "Is dout used everywhere exactly once?", hidden=f"{why}.") from None


def _parts(result: object, names: Sequence[str]) -> Sequence[object]:
    if len(names) == 1 and type(result) not in (tuple, list):
        return (result,)
    from .failure import unpack

    return unpack(result, *names, of="the backward function")


def _picked(result: object, pick: int | None, shape: tuple[int, ...], of: str) -> Array:
    """The array among what the student's forward returned, as float64."""
    if pick is not None:
        if not isinstance(result, (tuple, list)) or len(result) <= pick:
            raise Failure(
                f"{of} returned {kind_of(result)} where (out, cache) was expected.",
                hidden=f"{of} does not return (out, cache).",
            )
        result = result[pick]
    array = as_array(result, f"what {of} returned")
    if array.shape != shape or array.dtype.kind != "f" or not np.isfinite(array).all():
        why = f"what {of} returned is not an array of finite fractions in the shape of dout"
        raise Failure(f"{why}: shape {array.shape}, {plain(array.dtype)}.", hidden=f"{why}.")
    if array.dtype.itemsize < 8:
        why = f"{of} turned float64 into {plain(array.dtype)}, too coarse to measure a slope"
        raise Failure(f"{why}.", "Keep the dtype of the input.", hidden=f"{why}.")
    return array.astype(np.float64)


def _float64(value: ArrayLike) -> Array:
    if is_handle(value):
        raise TypeError("a slope needs arrays of ours, not what stayed behind the wall")
    if type(value).__module__.partition(".")[0] == "torch":
        value = value.detach().cpu().numpy()  # type: ignore[union-attr]
    return np.asarray(value, dtype=np.float64)
