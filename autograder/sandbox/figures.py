"""The pictures that a notebook shows while it runs, as arrays of pixels: what is shown to a person and never judged."""

from __future__ import annotations

import contextlib
import io
import sys
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

BACKEND: Final = "module://autograder.sandbox.backend"
"""matplotlib's name for the backend that shows figures to us."""
MOST: Final = 20
"""Pictures that are kept; what is shown beyond them is not."""
SIDE: Final = 1_000
"""Pixels of a picture's longer side, at most."""
PAD: Final = 0.1
"""Inches around what stands out."""

Picture = NDArray[np.uint8]
"""(H, W, 3)."""

shown: list[tuple[int, Picture]] = []
"""(cell, picture) in the order shown."""
cell = 0
"""The cell that runs at the moment; 0 outside of a notebook's run, when nothing is kept."""


def show_open() -> None:
    """Keep every open figure of pyplot and close it, as Jupyter does at `plt.show()` and at the end of a cell."""
    pyplot: Any = sys.modules.get("matplotlib.pyplot")
    if pyplot is None or not hasattr(pyplot, "get_fignums"):
        return
    for number in pyplot.get_fignums():
        show(pyplot.figure(number))
    pyplot.close("all")


def show(x: object) -> bool:
    """Keep what is a matplotlib figure or a PIL image; says whether it was one."""
    figure: Any = getattr(sys.modules.get("matplotlib.figure"), "Figure", None)
    image: Any = getattr(sys.modules.get("PIL.Image"), "Image", None)
    draw = _drawn if figure and isinstance(x, figure) else _pixels if image and isinstance(x, image) else None
    if draw is None:
        return False
    if cell and len(shown) < MOST:
        with contextlib.suppress(Exception):  # a formula in a title that can't be set, say
            shown.append((cell, draw(x)))
    return True


def _drawn(figure: Any) -> Picture:
    """The figure; with whatever stands out over its edge, a label say, as Jupyter shows it."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg

    size = figure.get_size_inches()
    figure.set_dpi(min(figure.dpi, SIDE / max(*size, 1e-3)))
    canvas: Any = FigureCanvasAgg(figure)
    tight = figure.get_tightbbox(canvas.get_renderer())
    stands_out = tight.x0 < 0 or tight.y0 < 0 or tight.x1 > size[0] or tight.y1 > size[1]
    if stands_out and (tight.size <= 1.5 * size).all():  # a text may stand a mile away
        return _cut(canvas, tight)
    canvas.draw()
    return _opaque(np.asarray(canvas.buffer_rgba(), dtype=np.float64))


def _cut(canvas: Any, box: Any) -> Picture:
    """What is drawn within a box in inches, larger than the figure, and a little around it."""
    from matplotlib.image import imread

    file = io.BytesIO()
    dpi = min(canvas.figure.dpi, SIDE / max(box.size + 2 * PAD))
    canvas.print_figure(file, dpi=dpi, format="png", bbox_inches=box.padded(PAD))
    file.seek(0)
    return _opaque(255 * np.asarray(imread(file), dtype=np.float64))


def _opaque(rgba: NDArray[np.float64]) -> Picture:
    opaque = rgba[..., 3:] / 255
    return np.asarray(rgba[..., :3] * opaque + 255 * (1 - opaque), dtype=np.uint8)


def _pixels(image: Any) -> Picture:
    small = image.copy()
    small.thumbnail((SIDE, SIDE))
    return np.asarray(small.convert("RGB"), dtype=np.uint8)
