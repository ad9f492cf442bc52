"""A computational graph as an SVG: layers from the inputs down to the result, pure strings, everything escaped."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from html import escape
from itertools import pairwise
from typing import TYPE_CHECKING, Final

import numpy as np

if TYPE_CHECKING:
    from .graphs import Graph

LIMIT: Final = 30
"""Nodes, inputs among them, that a drawing has room for; larger graphs are not drawn."""
_HIGH, _GAP, _DROP = 26, 14, 34
_LINE: Final = 17
# Colours of the page around it, and ones for a drawing that stands alone.
INK, MUTED, GOOD, BAD = (
    f"var(--{name}, {alone})"
    for name, alone in (("ink", "#1c2026"), ("muted", "#57606a"), ("good", "#1a7f4b"), ("bad", "#c0362c"))
)
Spot = tuple[float, float]


def draw(
    graph: Graph,
    values: Mapping[str, float] | None = None,
    adjoints: Mapping[str, float] | None = None,
    *,
    wrong: str = "",
    bare: bool = False,
) -> str:
    """The graph as an <svg>, with `values` and `adjoints` on its nodes and `wrong` marked; "" for one too large.

    With `bare`, for hidden checks, nothing that the student chose is shown: no names and no numbers, only operations.
    """
    names = [*graph.used, *(node.name for node in graph.nodes)]
    if len(names) > LIMIT:
        return ""
    lines = {name: [name] for name in graph.used} | {node.name: [f"{node.name} = {node.says}"] for node in graph.nodes}
    if bare:
        lines = {name: [f"input {place}"] for place, name in enumerate(graph.used, 1)}
        lines |= {node.name: [f"{place}: {node.operation.name}"] for place, node in enumerate(graph.nodes, 1)}
        values = adjoints = None
    for sign, numbers in (("→", values), ("←", adjoints)):
        for name in names if numbers is not None else ():
            lines[name].append(f"{sign} {_figure((numbers or {}).get(name))}")
    # Letters of 13 pixels are about 7 wide; what is longer than a box may be is squeezed into it rather than cut.
    wide = min(190.0, 18 + 7.2 * max(len(line) for texts in lines.values() for line in texts))
    height = _HIGH + _LINE * (max(map(len, lines.values())) - 1)
    spots, bends, size = _layout(graph, wide, height)
    parts = [_edge(bends[edge], height) for edge in bends]
    parts += [_box(spots[name], lines[name], wide, height, name in graph.inputs, name == wrong) for name in names]
    legend = "" if bare else " → its value, ← its adjoint." if adjoints is not None else ""
    said = f"The graph of {len(graph.nodes)} operations{'; the one marked in red is off' if wrong else ''}.{legend}"
    return (
        f'<svg viewBox="0 0 {size[0]:g} {size[1]:g}" width="{size[0]:g}" height="{size[1]:g}" role="img"'
        f' font-family="inherit" font-size="13"><title>{escape(said)}</title>{"".join(parts)}</svg>'
    )


def _figure(number: float | None) -> str:
    if number is None:
        return "?"
    return f"{number:.4g}" if np.isfinite(number) else "not finite"


def _layout(
    graph: Graph, wide: float, height: float
) -> tuple[dict[str, Spot], dict[tuple[str, str, int], list[Spot]], Spot]:
    """Upper left corners of the boxes, the points through which each edge goes, and the size of it all."""
    level = _levels(graph)
    rows: list[list[str]] = [[] for _ in range(max(level.values()) + 1)]
    for name in level:
        rows[level[name]].append(name)
    chains: dict[tuple[str, str, int], list[str]] = {}
    for node in graph.nodes:
        for place, parent in enumerate(node.parents):
            if isinstance(parent, str):
                # An edge over several layers bends around what lies between: a joint in each of them.
                joints = [
                    f"{parent} {node.name} {place} {depth}" for depth in range(level[parent] + 1, level[node.name])
                ]
                for depth, joint in enumerate(joints, level[parent] + 1):
                    rows[depth].append(joint)
                chains[parent, node.name, place] = [parent, *joints, node.name]
    _untangle(rows, [link for chain in chains.values() for link in pairwise(chain)])
    widths = {name: wide if name in level else 12 for row in rows for name in row}
    total = max(sum(widths[name] + _GAP for name in row) for row in rows) + _GAP
    spots: dict[str, Spot] = {}
    for number, row in enumerate(rows):
        x = (total - sum(widths[name] + _GAP for name in row) + _GAP) / 2
        for name in row:
            spots[name] = (x, 6 + number * (height + _DROP))
            x += widths[name] + _GAP
    bends = {
        edge: [(spots[name][0] + widths[name] / 2, spots[name][1]) for name in chain] for edge, chain in chains.items()
    }
    return spots, bends, (total, 12 + len(rows) * (height + _DROP) - _DROP)


def _levels(graph: Graph) -> dict[str, int]:
    """The layer of each: a node below its parents, an input right above the first node that uses it."""
    level: dict[str, int] = {}
    for node in graph.nodes:
        level[node.name] = 1 + max((level.get(p, 0) for p in node.parents if isinstance(p, str)), default=0)
    for name in graph.used:
        level[name] = min(level[node.name] for node in graph.nodes if name in node.parents) - 1
    return level


def _untangle(rows: list[list[str]], links: Iterable[tuple[str, str]]) -> None:
    """Sort each row by the mean place of its neighbours, down and up a few times (Sugiyama's barycentres)."""
    above: dict[str, list[str]] = {}
    below: dict[str, list[str]] = {}
    for upper, lower in links:
        above.setdefault(lower, []).append(upper)
        below.setdefault(upper, []).append(lower)
    for sweep in range(6):
        near, order = (above, rows) if sweep % 2 else (below, rows[::-1])
        for fixed, row in pairwise(order):
            place = {name: (number + 0.5) / len(fixed) for number, name in enumerate(fixed)}
            was = {name: (number + 0.5) / len(row) for number, name in enumerate(row)}
            key: dict[str, float] = {}
            for name in row:
                seats = [place[other] for other in near.get(name, ()) if other in place]
                key[name] = sum(seats) / len(seats) if seats else was[name]
            row.sort(key=lambda name: key[name])


def _edge(points: list[Spot], height: float) -> str:
    """A smooth line from the lower side of the first box to the upper side of the last, through the joints."""
    x, y = points[0][0], points[0][1] + height
    path = [f"M{x:.1f} {y:.1f}"]
    for number, (nx, ny) in enumerate(points[1:], 1):
        middle = (y + ny) / 2
        path.append(f"C{x:.1f} {middle:.1f} {nx:.1f} {middle:.1f} {nx:.1f} {ny:.1f}")
        x, y = nx, ny
        if number < len(points) - 1:
            y += height
            path.append(f"L{x:.1f} {y:.1f}")
    return f'<path d="{" ".join(path)}" fill="none" style="stroke:{MUTED}" stroke-width="1.2"/>'


def _box(spot: Spot, lines: list[str], wide: float, height: float, rounded: bool, wrong: bool) -> str:
    x, y = spot
    tone, bold = (BAD, 3) if wrong else (GOOD if rounded else INK, 1.2)
    frame = (
        f'<rect x="{x:.1f}" y="{y:.1f}" width="{wide:.1f}" height="{height}" rx="{12 if rounded else 3}"'
        f' fill="none" style="stroke:{tone}" stroke-width="{bold}"/>'
    )
    texts = []
    for number, line in enumerate(lines):
        narrow = f' textLength="{wide - 10:.1f}" lengthAdjust="spacingAndGlyphs"' if len(line) > 24 else ""
        texts.append(
            f'<text x="{x + wide / 2:.1f}" y="{y + 17 + number * _LINE:.1f}" text-anchor="middle"'
            f'{narrow} style="fill:{BAD if wrong else INK}">{escape(line)}</text>'
        )
    return frame + "".join(texts)
