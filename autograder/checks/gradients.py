"""Expected gradients: measured by central differences, or computed by autograd in float64."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Protocol

import numpy as np
from numpy.typing import ArrayLike, NDArray

from .afresh import Afresh, Point
from .arrays import as_array
from .compare import close
from .failure import Failure, is_handle, kind_of, plain, unpack
from .slopes import OwnSlope, Slope

if TYPE_CHECKING:
    import torch

Array = NDArray[np.float64]


class Remote(Protocol):
    """A student's function: called with arguments, or with many argument tuples in one message."""

    def many(self, calls: Sequence[tuple[object, ...]]) -> list[object]: ...

    def aside(self, number: int, *args: object) -> object:
        """The result in worker `number` of those where this function is called once in a check."""
        ...


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
    that does not react to its input fails, so that zeros never agree with zeros. Costs two messages more on failure,
    and two calls of `forward.aside` where dx agrees: no forward earns by knowing that its slope is being measured.
    """
    (slope,) = own_slopes(forward, args, wrt=(wrt,), dout=dout, pick=pick, directions=directions, rng=rng, of=of)
    return slope


def own_slopes(
    forward: Remote,
    args: Sequence[object],
    *,
    wrt: tuple[int, ...],
    dout: ArrayLike,
    pick: int | None = 0,
    directions: int = 3,
    rng: np.random.Generator | None = None,
    of: str = "your own forward",
) -> list[Slope]:
    """`own_slope` for several arguments, of which each has to be compared: two calls of `forward.aside` do for all."""
    upstream, rng = _float64(dout), rng or np.random.default_rng(0)

    def call(point: Point) -> tuple[object, ...]:
        return tuple(point.get(i, arg) for i, arg in enumerate(args))

    def alone(number: int, point: Point) -> Array:
        return _picked(forward.aside(number, *call(point)), pick, upstream.shape, of)

    again = Afresh(alone, wrt, upstream, of)

    def along(i: int) -> OwnSlope:
        def evaluate(points: list[Array]) -> list[Array]:
            results = forward.many([call({i: point}) for point in points])
            return [_picked(result, pick, upstream.shape, of) for result in results]

        def agreed(name: str, direction: Array, claim: float) -> None:
            again.agreed(i, name, x, direction, claim)

        x = _float64(args[i])  # type: ignore[arg-type]
        return OwnSlope(evaluate, x, upstream, directions, rng, of, jacobian=x.size <= 256, afresh=agreed)

    return [along(i) for i in wrt]


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
        a, b = (_finite(part[i], name, hint) for part in (one, two))
        if a.shape != b.shape or not a.any():
            why = (
                f"{name} is zero whatever the upstream gradient is"
                if a.shape == b.shape
                else f"{name} changes its shape with dout"
            )
            raise Failure(f"{why}.", hint, hidden=f"{why}.")
        try:
            with np.errstate(over="ignore"):
                close(whole[i], _finite(factor * a + b, name, hint), name)
        except Failure:
            why = f"{name} is not linear in the upstream gradient: scaling dout must scale {name}, adding must add"
            raise Failure(f"{why}.", hint or "Is dout used everywhere exactly once?", hidden=f"{why}.") from None


def _parts(result: object, names: Sequence[str]) -> Sequence[object]:
    if len(names) == 1 and type(result) not in (tuple, list):
        return (result,)
    return unpack(result, *names, of="the backward function")


def _finite(result: object, name: str, hint: str) -> Array:
    """What the student's backward returned, as float64: it is about to be what the others are compared with."""
    array = as_array(result, name, hint)
    if array.dtype.kind not in "fiu" or not np.isfinite(array).all():
        why = f"{name} is not made of finite numbers"
        raise Failure(f"{why}.", hint, hidden=f"{why}.")
    return array.astype(np.float64)


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
