"""The digits as torchvision's MNIST holds them: bytes, 4,000 to train with and 1,000 to test with.

They are read when this is imported: a worker that may open no file any more was forked from a process that did so.
"""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from autograder.data.shelf import load


@cache
def mnist(train: bool) -> tuple[NDArray[np.uint8], NDArray[np.int64]]:
    """Images (N, 28, 28) uint8 and labels (N,) int64; the test set is the kit's validation and test set together."""
    digits = load("digits")
    parts: list[tuple[Any, Any]] = [(digits.x_train, digits.y_train)]
    if not train:
        parts = [(digits.x_val, digits.y_val), (digits.x_test, digits.y_test)]
    images = np.concatenate([np.rint(x[:, 0] * 255).astype(np.uint8) for x, _ in parts])
    return images, np.concatenate([y for _, y in parts])


for _train in (True, False):
    mnist(_train)
