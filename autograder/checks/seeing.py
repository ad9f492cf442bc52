"""What the first convolution of a submission's network holds and makes of an image, fetched to be drawn."""

from __future__ import annotations

from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from .arrays import as_array
from .inside import inside
from .pictures import Sheet, filters, stretched

MOST: Final = 16
"""Filters and maps that are drawn."""

_FIRST: Final = """
def first(net, x, most):
    import torch
    kept = {}
    layer = next((part for part in net.modules() if isinstance(part, torch.nn.Conv2d)), None)
    if layer is None:
        return None
    def keep(part, given, out):
        kept.setdefault("maps", out[:1, :most].detach())
    handle = layer.register_forward_hook(keep)
    was = net.training
    net.eval()
    try:
        with torch.no_grad():
            net(x)
    finally:
        handle.remove()
        net.train(was)
    return [layer.weight.detach(), kept["maps"]] if "maps" in kept else None
"""


def first_layer(student: Any, net: Any, x: NDArray[Any]) -> tuple[NDArray[Any], NDArray[Any]] | None:
    """(filters (out, in, k, k), feature maps (maps, H, W)) of the first convolution that an image x (C, H, W) meets.

    None for a network without one. What is told is drawn and judges nothing, so it may as well be wrong.
    """
    import torch

    try:
        told = inside(student, _FIRST, "first")(net, torch.tensor(np.ascontiguousarray(x))[None], MOST)
        if not isinstance(told, list) or len(told) != 2:
            return None
        weight, maps = (as_array(part, "the first layer") for part in told)
    except Exception as error:
        if not hasattr(error, "outcome"):
            raise
        return None  # a network that fails here has nothing to show, and that is for other checks to judge
    if weight.ndim != 4 or maps.ndim != 4 or not weight.size or not maps.size or max(maps.shape[2:]) > 128:
        return None
    if max(weight.shape[2:]) > 32 or weight.dtype.kind != "f" or maps.dtype.kind != "f":
        return None
    return weight, maps[0]


def draw_first_layer(student: Any, net: Any, x: NDArray[Any]) -> str:
    """An SVG of these, with the image x (1 or 3, H, W) itself, whose values are from 0 to 1; "" where there is nothing.

    It shows what the student's own network does with an image that everybody has, so hidden checks may show it too.
    """
    found = first_layer(student, net, x)
    if found is None:
        return ""
    weight, maps = found
    sheet = Sheet("The filters of the first convolution, and what they make of an image.")
    sheet.heading("filters of the first convolution, the largest ones: 0 is grey")
    sheet.gallery(filters(weight, MOST), side=48)
    sheet.heading("an image, and its feature maps there: 0 is grey")
    sheet.gallery([x], side=64)
    sheet.gallery(stretched(maps[:MOST]), side=64)
    return sheet.svg()
