"""Images that no submission can have been trained or tuned on, or as near to that as this machine gets."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from autograder.data import cats_dogs, folder, shapes
from autograder.data.dataset import Array, DataError, Dataset

FARTHEST: Final = 2
"""Pixels by which an image is shifted at most, in each direction."""


class Unseen(NamedTuple):
    """Images (N, …) as the test part has them, labels (N,) int64, and a sentence for staff: where they are from."""

    x: Array
    y: NDArray[np.int64]
    how: str


def unseen(dataset: Dataset, rng: np.random.Generator, count: int | None = None, *, farthest: int = FARTHEST) -> Unseen:
    """`count` images drawn by `rng` that are not in `dataset`, as many as its test part has unless said.

    They are new ones where the data folder holds QMNIST or CIFAR-10.1 or the set is drawn by the kit, and otherwise
    the test images in another order, each shifted by up to `farthest` pixels: which costs an honest network something
    too (of MNIST's test digits an MLP read 97.4 %, and 80.1 % of them shifted by two pixels; a small CNN 97.8 and
    86.3 %), so that a flag needs a margin measured for its network. Raises ValueError where there are no labels
    for them, and DataError for files that are not what they are named.
    """
    wanted = len(dataset.x_test) if count is None else count
    if wanted < 1:
        raise ValueError(f"unseen: {wanted} images of {dataset.name} were asked for")
    draw = _DRAWN.get(dataset.name)
    if draw is not None:
        # One seed of four words: whoever does not know the run's cannot draw these.
        images, labels = draw(np.random.RandomState(rng.integers(1 << 32, size=4)), wanted)
        return Unseen(shapes.as_floats(images), labels, f"{wanted:,} new images of {dataset.name}, drawn for this run")
    read = _ELSEWHERE.get(dataset.name)
    found = read(dataset.folder) if read is not None and dataset.folder is not None else None
    if found is not None:
        images, labels, where = found
        rows = np.sort(rng.permutation(len(images))[:wanted])
        return Unseen(shapes.as_floats(images[rows]), labels[rows], f"{len(rows):,} images of {where}")
    if dataset.x_test.ndim != 4 or (dataset.y_test < 0).any():
        raise ValueError(f"unseen: {dataset.name} has no labelled test images to shift")
    rows = rng.permutation(len(dataset.x_test))[:wanted]
    moved = shifted(dataset.x_test[rows], rng, farthest)
    pixels = "a pixel" if farthest == 1 else f"up to {farthest} pixels"
    how = f"{len(rows):,} test images of {dataset.name} in another order, each shifted by {pixels}"
    return Unseen(moved, dataset.y_test[rows].copy(), how)


def shifted(images: Array, rng: np.random.Generator, farthest: int = FARTHEST) -> Array:
    """Each image of (N, C, H, W) moved by up to `farthest` pixels in each direction, and none by nothing.

    Its edge fills what comes into view. Raises ValueError for a shift of no pixel.
    """
    if farthest < 1:
        raise ValueError(f"images shifted by up to {farthest} pixels are the same images")
    width = 2 * farthest + 1
    steps = rng.integers(width * width - 1, size=len(images))
    steps += steps >= width * width // 2  # past the middle one, which would leave the image where it was
    height, breadth = images.shape[2:]
    moved = np.empty_like(images)
    for step in np.unique(steps):
        rows, (down, right) = np.flatnonzero(steps == step), divmod(int(step), width)
        padded = np.pad(images[rows], ((0, 0), (0, 0), (farthest, farthest), (farthest, farthest)), mode="edge")
        moved[rows] = padded[:, :, down : down + height, right : right + breadth]
    return moved


@cache
def _qmnist(place: Path) -> tuple[Any, NDArray[np.int64], str] | None:
    """The 50,000 test digits of QMNIST that MNIST's own 10,000 are not among."""
    if not (place / "QMNIST" / "raw" / "qmnist-test-images-idx3-ubyte").is_file():
        return None
    try:
        digits = folder.torchvision("QMNIST")(str(place), what="test50k")
    except (OSError, RuntimeError, ValueError, TypeError, AssertionError) as error:
        raise DataError(f"QMNIST: {place} holds it in part or damaged ({error})") from error
    return digits.data.numpy()[:, None], digits.targets[:, 0].numpy().astype(np.int64), "QMNIST that are not in MNIST"


@cache
def _cifar10_1(place: Path) -> tuple[Any, NDArray[np.int64], str] | None:
    """CIFAR-10.1, version 6: 2,000 images collected years later in the way CIFAR-10 was."""
    images, labels = (
        next(iter(sorted(place.glob(f"**/cifar10.1_v6_{what}.npy"))), None) for what in ("data", "labels")
    )
    if images is None or labels is None:
        return None
    try:
        x, y = (np.load(path, allow_pickle=False) for path in (images, labels))
    except (OSError, ValueError) as error:
        raise DataError(f"CIFAR-10.1: {images.parent} holds it damaged ({error})") from error
    if x.dtype != np.uint8 or x.ndim != 4 or x.shape[1:] != (32, 32, 3) or y.shape != (len(x),):
        raise DataError(f"CIFAR-10.1: {images} is not of shape (N, 32, 32, 3) with as many labels beside it")
    return x.transpose(0, 3, 1, 2), y.astype(np.int64), "CIFAR-10.1"


Draw = Callable[[np.random.RandomState, int], tuple[NDArray[np.uint8], NDArray[np.int64]]]
Read = Callable[[Path], tuple[Any, NDArray[np.int64], str] | None]
_DRAWN: Final[dict[str, Draw]] = {"shapes": shapes.draw, "cats_dogs": cats_dogs.draw}
_ELSEWHERE: Final[dict[str, Read]] = {"mnist": _qmnist, "cifar10": _cifar10_1}
