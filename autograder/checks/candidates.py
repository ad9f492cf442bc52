"""Arrays that a familiar mistake would have given, made from the right one and from what the check told (`like`)."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator, Mapping

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
Context = Mapping[str, object]
Maker = Callable[[Array, Context], Iterator[Array]]


def array_of(like: Context, key: str) -> Array | None:
    """An array that the check told, in float64."""
    value = like.get(key)
    return None if value is None else np.asarray(value, dtype=np.float64)


def number_of(like: Context, key: str) -> float | None:
    """A positive number that the check told."""
    value = like.get(key)
    return float(value) if isinstance(value, (int, float)) and np.isfinite(value) and value > 0 else None


def times(factor: Callable[[float], float], key: str) -> Maker:
    def arrays(want: Array, like: Context) -> Iterator[Array]:
        value = number_of(like, key)
        if value is not None and 0 < abs(factor(value)) < np.inf:
            yield want * factor(value)

    return arrays


def by(factor: float) -> Maker:
    return lambda want, like: iter([want * factor])


def mapped(function: Callable[[Array], Array]) -> Maker:
    return lambda want, like: iter([function(want)] if want.any() else [])


def with_input(function: Callable[[Array, Array], Array], *keys: str) -> Maker:
    def arrays(want: Array, like: Context) -> Iterator[Array]:
        for key in keys:
            value = array_of(like, key)
            if value is not None and value.shape == want.shape:
                yield function(want, value)

    return arrays


def transposed(want: Array, like: Context) -> Iterator[Array]:
    if want.ndim == 2 and want.shape[0] == want.shape[1]:
        yield want.T


def permuted(want: Array, like: Context) -> Iterator[Array]:
    for order in itertools.permutations(range(want.ndim)) if 3 <= want.ndim <= 5 else ():
        if order != tuple(range(want.ndim)) and tuple(want.shape[i] for i in order) == want.shape:
            yield want.transpose(order)


def reshaped(want: Array, like: Context) -> Iterator[Array]:
    if want.ndim > 1:
        yield want.ravel(order="F").reshape(want.shape)
        yield want.ravel().reshape(want.shape, order="F")


def flipped(want: Array, like: Context) -> Iterator[Array]:
    if want.ndim >= 3:
        yield want[..., ::-1, ::-1]
        yield want[..., ::-1]
        yield want[..., ::-1, :]


def reversed_axis(axis: int, least: int) -> Maker:
    return lambda want, like: iter([np.flip(want, axis)] if want.ndim >= least else [])


def _correlate(x: Array, w: Array) -> Array:
    """Cross-correlation, x (N,C,H,W) with w (F,C,HH,WW), stride 1, no padding."""
    windows = np.lib.stride_tricks.sliding_window_view(x, (w.shape[2], w.shape[3]), axis=(2, 3))
    out: Array = np.einsum("nchwij,fcij->nfhw", windows, w)
    return out


def correlated(change: Callable[[Array], Array]) -> Maker:
    def arrays(want: Array, like: Context) -> Iterator[Array]:
        x, w = array_of(like, "x"), array_of(like, "w")
        if x is None or w is None or x.ndim != 4 or w.ndim != 4 or x.shape[1] != w.shape[1]:
            return
        kernel = change(w)
        if kernel.shape == w.shape and w.shape[2] <= x.shape[2] and w.shape[3] <= x.shape[3]:
            yield _correlate(x, kernel)

    return arrays


def shifted(want: Array, like: Context) -> Iterator[Array]:
    for axis in range(want.ndim):
        if want.shape[axis] > 2:
            for step in (1, -1):
                rolled = np.roll(want, step, axis)
                yield rolled
                empty = rolled.copy()
                np.moveaxis(empty, axis, 0)[0 if step == 1 else -1] = 0
                yield empty


def spread(want: Array, like: Context) -> Iterator[Array]:
    for axis in range(want.ndim):
        if want.shape[axis] > 1:
            for total in (want.sum(axis, keepdims=True), want.mean(axis, keepdims=True)):
                yield np.broadcast_to(total, want.shape)


def wrong_axis(want: Array, like: Context) -> Iterator[Array]:
    dout = array_of(like, "dout")
    if dout is None:
        return
    for count in range(1, dout.ndim):
        for axes in itertools.combinations(range(dout.ndim), count):
            if tuple(n for axis, n in enumerate(dout.shape) if axis not in axes) == want.shape:
                yield dout.sum(axes)


def softmax(want: Array) -> Array:
    e = np.exp(want - want.max(-1, keepdims=True)) if want.ndim else np.ones_like(want)
    out: Array = e / e.sum(-1, keepdims=True) if want.ndim else e
    return out


def rounded(want: Array, like: Context) -> Iterator[Array]:
    if np.abs(want).max() > 1e-3:
        yield np.trunc(want)
        for digits in range(4):
            yield np.round(want, digits)
