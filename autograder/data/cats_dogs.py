"""The set `cats_dogs`: small made pictures of faces with pointed ears (cats) or hanging ones (dogs)."""

from __future__ import annotations

from importlib import resources
from io import BytesIO

import numpy as np
from numpy.typing import NDArray

from autograder.data.dataset import DataError, Dataset

SOURCE = "made by the kit: drawn faces of 24×24 pixels in three colours, cats (0) and dogs (1); nobody's photographs"
SIDE, SEED = 24, 87
TRAIN, VAL, TEST = 1000, 300, 300
NOISE, SHADES = 0.05, 17
SHEET, COLUMNS = "cats_dogs.png", 20
"""The test images: one picture, twenty faces a row, each 24×24."""
UNKNOWN = -1
"""What stands for a label of the test part: nobody who has the kit has those."""

Floats = NDArray[np.float64]


def cats_dogs() -> Dataset:
    """Images (N, 3, 24, 24) float32 in [0, 1], labels 0 (cat) and 1 (dog); 1,000 / 300 / 300.

    Colours, places and sizes are drawn alike for both, so that only the ears tell: a linear model stays below 60 %,
    a small convolutional network gets above 90 %. Labels of the test part are −1, since only a grader has them.
    """
    x, y = draw(np.random.RandomState(SEED), TRAIN + VAL)
    images = {"x_train": x[:TRAIN], "x_val": x[TRAIN:], "x_test": unlabelled()}
    as_floats = {name: (image / np.float32(255)).astype(np.float32) for name, image in images.items()}
    return Dataset(
        "cats_dogs",
        SOURCE,
        as_floats["x_train"],
        y[:TRAIN],
        as_floats["x_val"],
        y[TRAIN:],
        as_floats["x_test"],
        np.full(TEST, UNKNOWN),
    )


def unlabelled() -> NDArray[np.uint8]:
    """The test images (300, 3, 24, 24), cut out of the sheet that ships with the kit. Raises DataError without it."""
    from PIL import Image

    try:
        packed = resources.files("autograder.data").joinpath(SHEET).read_bytes()
        with Image.open(BytesIO(packed)) as picture:
            sheet = np.asarray(picture.convert("RGB"))
    except OSError as error:
        raise DataError(f"cats_dogs: {SHEET} of this package cannot be read: {error}") from error
    return apart(sheet)


def apart(sheet: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """The images (300, 3, 24, 24) of one picture (360, 480, 3), row by row."""
    rows = sheet.reshape(TEST // COLUMNS, SIDE, COLUMNS, SIDE, 3)
    return np.ascontiguousarray(rows.transpose(0, 2, 4, 1, 3).reshape(TEST, 3, SIDE, SIDE))


def draw(random: np.random.RandomState, count: int) -> tuple[NDArray[np.uint8], NDArray[np.int64]]:
    """`count` faces (count, 3, 24, 24) with their labels (count,), half of each kind in a random order.

    RandomState and four basic operations only: the pictures are the same under every numpy and on every machine.
    """
    kind = np.arange(count) % 2
    random.shuffle(kind)
    # Where the head is, how large, how broad; one number a face.
    x0, y0 = random.uniform(-2.5, 2.5, size=(2, count, 1, 1)) + (SIDE - 1) / 2
    size, broad = random.uniform(4.6, 6.2, size=(count, 1, 1)), random.uniform(0.9, 1.15, size=(count, 1, 1))
    rows, columns = np.arange(SIDE)[None, :, None], np.arange(SIDE)[None, None, :]
    v, u = (rows - y0) / size, np.abs(columns - x0) / (size * broad)

    head = u * u + v * v < 1
    pointed = (v > -1.6) & (v < -0.3) & (np.abs(u - 0.6) < 0.42 * (v + 1.6) / 1.3)
    tilt = (u - 1.02) + 0.25 * (v - 0.1)
    hanging = tilt * tilt / 0.07 + (v - 0.1) * (v - 0.1) / 0.62 < 1
    ears = np.where(kind[:, None, None] == 1, hanging, pointed)
    eyes = (u - 0.4) * (u - 0.4) + (v + 0.2) * (v + 0.2) < 0.035
    nose = (u < 0.16) & (np.abs(v - 0.35) < 0.12)

    shade = random.uniform(0.15, 0.85, size=(count, 4, 3))  # background, head, ears, eyes and nose
    slant = random.uniform(-0.012, 0.012, size=(count, 2, 1, 1))
    picture = shade[:, 0, :, None, None] + (slant[:, 0] * (columns - 12) + slant[:, 1] * (rows - 12))[:, None]
    for i, part in ((2, ears), (1, head), (3, eyes | nose)):
        picture = np.where(part[:, None], shade[:, i, :, None, None], picture)
    picture = picture + NOISE * random.uniform(-1, 1, size=(count, 1, SIDE, SIDE))
    steps = np.round(SHADES * np.clip(picture, 0, 1)).astype(np.uint8)  # few, so that the sheet packs well
    return steps * np.uint8(255 // SHADES), kind.astype(np.int64)


def sheet(images: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Images (N, 3, 24, 24), N a multiple of 20, as one picture (N/20·24, 480, 3); what `apart` takes apart."""
    rows = images.reshape(-1, COLUMNS, 3, SIDE, SIDE)
    return np.ascontiguousarray(rows.transpose(0, 3, 1, 4, 2).reshape(-1, COLUMNS * SIDE, 3))
