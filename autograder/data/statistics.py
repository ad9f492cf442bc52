"""Figures of a data set that recipes need, computed from its training images and not copied from anywhere."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from autograder.data.dataset import Array

_AT_ONCE = 2000


def channel_statistics(x: Array) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """(mean, standard deviation) of each channel of images (N, C, H, W), both (C,), over all images and pixels.

    A block at a time, so that a set that is only mapped stays out of memory. Raises ValueError for other shapes.
    """
    if x.ndim != 4 or not x.size:
        raise ValueError(f"channel_statistics: images (N, C, H, W) are needed, not an array of shape {x.shape}")
    count, mean, square = 0, np.zeros(x.shape[1]), np.zeros(x.shape[1])
    for start in range(0, len(x), _AT_ONCE):
        block = np.asarray(x[start : start + _AT_ONCE], dtype=np.float64)
        size = block.size // x.shape[1]
        own = block.mean((0, 2, 3))
        # Welford's step for whole blocks: the difference of large sums would lose digits.
        square += ((block - own[:, None, None]) ** 2).sum((0, 2, 3)) + (own - mean) ** 2 * count * size / (count + size)
        mean += (own - mean) * size / (count + size)
        count += size
    return mean, np.sqrt(square / count)
