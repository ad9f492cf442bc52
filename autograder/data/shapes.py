"""The set `shapes`: ten kinds of drawn figures in CIFAR-10's shape, for machines that have neither it nor a network."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from autograder.data.dataset import Dataset, split

SOURCE = "made by the kit: ten kinds of drawn figures, 32×32 pixels in three colours, light on dark or dark on light"
KINDS = ("disc", "ring", "square", "frame", "peak", "funnel", "plus", "cross", "rows", "columns")
"""What the labels 0 to 9 stand for."""
SIDE, SEED = 32, 91
TRAIN, VAL, TEST = 4000, 500, 500
NOISE, SHADES = 0.08, 51
_AT_ONCE = 100

Floats = NDArray[np.float64]
Mask = NDArray[np.bool_]


def shapes() -> Dataset:
    """Images (N, 3, 32, 32) float32 in [0, 1], labels 0 to 9; 4,000 / 500 / 500, every class equally often in each.

    A figure is as often lighter than its ground as darker, in each colour for itself, so that a linear model stays near
    chance: least squares reads 18 to 23 % of the test images, whatever its penalty, softmax regression 14 to 22 %, an
    MLP with 128 hidden units up to 75 %. A CNN of 20,000 parameters reads 90.4 to 96.0 % after three epochs (six seeds)
    and 97.4 to 99.8 % after six (four), by Adam at 2e-3, batches of 50.
    """
    random = np.random.RandomState(SEED)
    parts = [draw(random, count) for count in (TRAIN, VAL, TEST)]
    x = np.concatenate([images for images, _ in parts])
    y = np.concatenate([labels for _, labels in parts])
    return split("shapes", SOURCE, as_floats(x), y, train=TRAIN, val=VAL)


def as_floats(images: NDArray[np.uint8]) -> NDArray[np.float32]:
    """Bytes 0 to 255 as float32 from 0 to 1."""
    return np.divide(images, np.float32(255), dtype=np.float32)


def draw(random: np.random.RandomState, count: int) -> tuple[NDArray[np.uint8], NDArray[np.int64]]:
    """`count` images (count, 3, 32, 32) with their labels (count,), the classes as equally often as `count` allows.

    RandomState and four basic operations only: the images are the same under every numpy and on every machine.
    """
    kind = np.arange(count) % len(KINDS)
    random.shuffle(kind)
    images = np.empty((count, 3, SIDE, SIDE), np.uint8)
    for start in range(0, count, _AT_ONCE):
        some = kind[start : start + _AT_ONCE]
        images[start : start + len(some)] = _draw(random, some)
    return images, kind.astype(np.int64)


def _draw(random: np.random.RandomState, kind: NDArray[np.intp]) -> NDArray[np.uint8]:
    count = len(kind)
    x0, y0 = random.uniform(-5, 5, size=(2, count, 1, 1)) + (SIDE - 1) / 2
    size = random.uniform(7, 10, size=(count, 1, 1))
    rows, columns = np.arange(SIDE)[None, :, None], np.arange(SIDE)[None, None, :]
    v, u = (rows - y0) / size, (columns - x0) / size
    figure = np.zeros((count, SIDE, SIDE), dtype=bool)
    for number, name in enumerate(KINDS):
        of_it = kind == number
        figure[of_it] = _FIGURES[name](u[of_it], v[of_it])
    ground = random.uniform(0.1, 0.9, size=(count, 3, 1, 1))
    # Lighter or darker than the ground by chance, or whichever of both there is room for.
    step = random.uniform(0.3, 0.5, size=(count, 3, 1, 1)) * np.where(
        random.uniform(size=(count, 3, 1, 1)) < 0.5, -1, 1
    )
    step = np.where((ground + step < 0) | (ground + step > 1), -step, step)
    noise = NOISE * random.uniform(-1, 1, size=(count, 1, SIDE, SIDE))
    picture = np.where(figure[:, None], ground + step, ground) + noise
    np.clip(picture, 0, 1, out=picture)
    picture *= SHADES
    np.rint(picture, out=picture)
    return picture.astype(np.uint8) * np.uint8(255 // SHADES)


def _disc(u: Floats, v: Floats) -> Mask:
    return u * u + v * v < 0.8


def _ring(u: Floats, v: Floats) -> Mask:
    square = u * u + v * v
    return (square < 1) & (square > 0.36)


def _square(u: Floats, v: Floats) -> Mask:
    return (np.abs(u) < 0.8) & (np.abs(v) < 0.8)


def _frame(u: Floats, v: Floats) -> Mask:
    far = np.maximum(np.abs(u), np.abs(v))
    return (far < 0.9) & (far > 0.5)


def _peak(u: Floats, v: Floats) -> Mask:
    return (v > -0.9) & (v < 0.8) & (2 * np.abs(u) < v + 0.9)


def _funnel(u: Floats, v: Floats) -> Mask:
    return _peak(u, -v)


def _plus(u: Floats, v: Floats) -> Mask:
    near, far = np.minimum(np.abs(u), np.abs(v)), np.maximum(np.abs(u), np.abs(v))
    return (near < 0.25) & (far < 1)


def _cross(u: Floats, v: Floats) -> Mask:
    return _plus((u + v) * 0.7, (u - v) * 0.7)


def _rows(u: Floats, v: Floats) -> Mask:
    bar = (np.abs(v) < 0.18) | ((np.abs(v) > 0.54) & (np.abs(v) < 0.9))
    return bar & (np.abs(u) < 0.9)


def _columns(u: Floats, v: Floats) -> Mask:
    return _rows(v, u)


_FIGURES: dict[str, Callable[[Floats, Floats], Mask]] = {
    "disc": _disc,
    "ring": _ring,
    "square": _square,
    "frame": _frame,
    "peak": _peak,
    "funnel": _funnel,
    "plus": _plus,
    "cross": _cross,
    "rows": _rows,
    "columns": _columns,
}
