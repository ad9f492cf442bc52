"""Drawings of trained networks for the feedback page: curves, images with their probabilities, filters; pure strings.

A `Sheet` is drawn on from top to bottom and ends as one <svg>. Images are PNG files within it, written here from
arrays; numbers are rounded, texts are escaped.
"""

from __future__ import annotations

import base64
import struct
import zlib
from collections.abc import Mapping, Sequence
from html import escape
from typing import Any, Final

import numpy as np
from numpy.typing import ArrayLike, NDArray

from .drawing import BAD, GOOD, INK, MUTED
from .failure import plain

WIDTH: Final = 640
_LINE, _TEXT = "var(--line, #d9dee4)", 18
_LINK, _WAIT = "var(--link, #0b5cad)", "var(--wait, #8a6100)"
TONES: Final = (_LINK, BAD, GOOD, _WAIT)
"""Of curves, in their order."""
_HIGH: Final = 170
POINTS: Final = 200
"""Of a curve, at most; a longer one is drawn by means over stretches."""


class Sheet:
    """Room for several drawings below each other, 640 wide."""

    def __init__(self, title: str) -> None:
        """`title` is what is read aloud in place of the drawing."""
        self._title, self._parts, self._y = title, list[str](), 4.0

    def svg(self) -> str:
        """All of it as an element of a page."""
        return (
            f'<svg viewBox="0 0 {WIDTH} {self._y:g}" width="{WIDTH}" height="{self._y:g}" role="img"'
            f' font-family="inherit" font-size="13"><title>{escape(_words(self._title, 200))}</title>'
            f"{''.join(self._parts)}</svg>"
        )

    def heading(self, text: str) -> None:
        """A line of text."""
        self._text(0, self._y + 13, text, MUTED)
        self._y += _TEXT + 4

    def bars(self, shares: Mapping[str, float], wrong: Sequence[str] = ()) -> None:
        """Shares from 0 to 1 by name, one bar below the other, each with its figure; those named `wrong` in red."""
        for name, share in shares.items():
            self._text(150, self._y + 13, name, INK, "end")
            self._bar(160, self._y + 2, 380, 13, share, BAD if name in wrong else _LINK)
            self._text(550, self._y + 13, f"{100 * share:.1f} %", INK)
            self._y += _TEXT + 2
        self._y += 8

    def curves(self, lines: Mapping[str, Sequence[float]], x: str = "epoch") -> None:
        """Numbers of one epoch after the other, a line for each name; what is not finite leaves a gap."""
        rows = {name: _thinned(np.asarray(row, float)) for name, row in lines.items() if len(row)}
        finite = np.concatenate([row[np.isfinite(row)] for row in rows.values()] or [np.zeros(1)])
        low, high = min(0.0, float(finite.min(initial=0))), float(finite.max(initial=0)) or 1.0
        left, right, top, bottom = 60.0, WIDTH - 12.0, self._y + 8, self._y + _HIGH
        for part in (0, 0.5, 1):
            level = bottom - part * (bottom - top)
            self._path(f"M{left:g} {level:.1f}H{right:g}", _LINE, 1)
            self._text(left - 8, level + 4, f"{low + part * (high - low):.3g}", MUTED, "end")
        steps = max(map(len, lines.values()), default=1)
        self._text(left, bottom + 16, "1", MUTED, "middle")
        self._text(right, bottom + 16, f"{steps}", MUTED, "end")
        self._text((left + right) / 2, bottom + 16, x, MUTED, "middle")
        for tone, row in zip(TONES, rows.values(), strict=False):
            across = np.linspace(left, right, len(row)) if len(row) > 1 else np.array([left])
            up = bottom - (np.clip(row, low, high) - low) / ((high - low) or 1) * (bottom - top)
            self._path(_trace(across, up), tone, 2)
        self._y = bottom + 30
        place = left
        for tone, name in zip(TONES, rows, strict=False):
            self._path(f"M{place:g} {self._y:.1f}h22", tone, 3)
            self._text(place + 28, self._y + 4, name, INK)
            place += 48 + 7.5 * len(_words(name, 90))
        self._y += 16

    def gallery(self, images: ArrayLike, captions: Sequence[str] = (), side: int = 64, columns: int = 8) -> None:
        """Images (N, H, W), (N, 1, H, W) or (N, 3, H, W) with values from 0 to 1, in rows, each above its caption."""
        columns = min(columns, WIDTH // (side + 10))
        tall = side + 10 + (_TEXT if captions else 0)
        for place, image in enumerate(np.asarray(images)):
            x, y = (place % columns) * (side + 10), self._y + (place // columns) * tall
            self._image(x, y, side, image)
            if place < len(captions):
                self._text(x, y + side + 14, captions[place], INK, most=side + 6)
        self._y += -(-len(np.asarray(images)) // columns) * tall + 6

    def answers(
        self,
        images: ArrayLike | None,
        labels: Sequence[int],
        probabilities: ArrayLike,
        names: Sequence[str] = (),
        columns: int = 3,
    ) -> None:
        """Images, where they are at hand, beside what a network gives each class.

        The right class's bar is green, a wrong first choice's red.
        """
        side, wide, rows = 72, WIDTH // columns, np.asarray(probabilities, float)
        classes = rows.shape[1]
        tall = max(side + _TEXT, 13 * classes) + 14
        shown = [None] * len(rows) if images is None else list(np.asarray(images))
        for place, (image, label, row) in enumerate(zip(shown, labels, rows, strict=True)):
            x, y = (place % columns) * wide, self._y + (place // columns) * tall
            if image is not None:
                self._image(x, y, side, image)
            guess = int(row.argmax())
            self._text(x, y + side + 15, _name(names, label), GOOD if guess == label else BAD, most=side)
            for k in range(classes):
                tone = GOOD if k == label else BAD if k == guess else MUTED
                self._text(x + side + 20, y + 13 * k + 11, f"{k}", MUTED, "end")
                self._bar(x + side + 26, y + 13 * k + 2, wide - side - 84, 9, row[k], tone)
                if row[k] >= 0.005:
                    self._text(x + wide - 50, y + 13 * k + 11, f"{100 * row[k]:.0f} %", INK if k == guess else MUTED)
        self._y += -(-len(rows) // columns) * tall

    def _bar(self, x: float, y: float, wide: float, high: float, share: float, tone: str) -> None:
        long = wide * min(1.0, max(0.0, share)) if np.isfinite(share) else 0.0
        self._parts.append(
            f'<rect x="{x:g}" y="{y:.1f}" width="{wide:g}" height="{high:g}" fill="none" style="stroke:{_LINE}"/>'
            f'<rect x="{x:g}" y="{y:.1f}" width="{long:.1f}" height="{high:g}" style="fill:{tone}"/>'
        )

    def _path(self, d: str, tone: str, width: float) -> None:
        self._parts.append(f'<path d="{d}" fill="none" style="stroke:{tone}" stroke-width="{width:g}"/>')

    def _text(self, x: float, y: float, text: str, tone: str, anchor: str = "start", most: float = 0.0) -> None:
        words = _words(text, 90)
        tight = f' textLength="{most:g}" lengthAdjust="spacingAndGlyphs"' if most and 7 * len(words) > most else ""
        end = f' text-anchor="{anchor}"' if anchor != "start" else ""
        self._parts.append(f'<text x="{x:g}" y="{y:.1f}"{end}{tight} style="fill:{tone}">{escape(words)}</text>')

    def _image(self, x: float, y: float, side: float, image: NDArray[Any]) -> None:
        self._parts.append(
            f'<image x="{x:g}" y="{y:.1f}" width="{side:g}" height="{side:g}" href="{data_url(image)}"'
            ' style="image-rendering:pixelated"/>'
        )


def data_url(image: ArrayLike) -> str:
    """A PNG of an image (H, W), (1, H, W) or (3, H, W) with values from 0 to 1; what is not finite is black."""
    pixels = np.asarray(image, float)
    pixels = pixels[0] if pixels.ndim == 3 and len(pixels) == 1 else pixels
    rows = np.moveaxis(pixels, 0, -1) if pixels.ndim == 3 else pixels
    if rows.ndim not in (2, 3) or (rows.ndim == 3 and rows.shape[-1] != 3) or not rows.size:
        raise ValueError(f"an image has the shape (H, W), (1, H, W) or (3, H, W), not {np.shape(image)}")
    values = np.rint(255 * np.clip(np.nan_to_num(rows, nan=0.0, posinf=1.0, neginf=0.0), 0, 1)).astype(np.uint8)
    height, width = values.shape[:2]
    flat = np.zeros((height, 1 + values[0].size), np.uint8)  # each row begins with its filter, none
    flat[:, 1:] = values.reshape(height, -1)
    head = struct.pack(">IIBBBBB", width, height, 8, 2 if values.ndim == 3 else 0, 0, 0, 0)
    chunks = ((b"IHDR", head), (b"IDAT", zlib.compress(flat.tobytes(), 9)), (b"IEND", b""))
    content = b"".join(
        struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data)) for kind, data in chunks
    )
    return "data:image/png;base64," + base64.b64encode(b"\x89PNG\r\n\x1a\n" + content).decode()


def stretched(maps: ArrayLike) -> NDArray[np.float64]:
    """Filters or feature maps (N, …) to values from 0 to 1, each by itself: 0.5 is 0, its largest size 0 or 1."""
    values = np.asarray(maps, float)
    size = np.abs(values).max(axis=tuple(range(1, values.ndim)), keepdims=True)
    shown: NDArray[np.float64] = 0.5 + 0.5 * values / np.where(size > 0, size, 1.0)
    return shown


def filters(weight: ArrayLike, most: int = 16, shape: tuple[int, ...] = ()) -> NDArray[np.float64]:
    """The first layer's filters as images: of a convolution (out, in, k, k), or of a linear layer's rows by `shape`.

    Those with the largest norm, `most` of them; of other than 1 or 3 channels the mean over channels.
    """
    values = np.asarray(weight, float)
    values = values.reshape(len(values), *shape) if shape else values
    order = np.argsort(-np.square(values).reshape(len(values), -1).sum(1), kind="stable")[:most]
    chosen = values[order]
    if chosen.ndim == 4 and chosen.shape[1] not in (1, 3):
        chosen = chosen.mean(1)
    return stretched(chosen)


def _thinned(row: NDArray[np.float64]) -> NDArray[np.float64]:
    if len(row) <= POINTS:
        return row
    return np.array([part.mean() for part in np.array_split(row, POINTS)])


def _trace(across: NDArray[np.float64], up: NDArray[np.float64]) -> str:
    path, pen = [], "M"
    for x, y in zip(across, up, strict=True):
        if not np.isfinite(y):
            pen = "M"
            continue
        path.append(f"{pen}{x:.1f} {y:.1f}")
        pen = "L"
    if len(path) == 1:
        path.append("h3")
    return "".join(path) or "M0 0"


def _words(text: str, most: int) -> str:
    """On one line, of letters that every page can show."""
    return "".join(letter if letter.isprintable() else " " for letter in plain(text, most))


def _name(names: Sequence[str], label: int) -> str:
    return names[label] if 0 <= label < len(names) else f"class {label}"
