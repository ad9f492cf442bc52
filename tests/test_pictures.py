"""Pictures are written as PNG files that any reader opens, pixel for pixel."""

from __future__ import annotations

import io

import numpy as np
import pytest
from PIL import Image

from autograder.grading.pictures import png


@pytest.mark.parametrize("shape", [(1, 1), (3, 5), (480, 640)])
def test_a_png_holds_the_very_pixels(shape: tuple[int, int]) -> None:
    pixels = np.random.default_rng(1).integers(0, 256, size=(*shape, 3), dtype=np.uint8)
    with Image.open(io.BytesIO(png(pixels))) as image:
        assert (image.format, image.mode, image.size) == ("PNG", "RGB", shape[::-1])
        assert np.array_equal(np.asarray(image), pixels)
