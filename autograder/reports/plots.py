"""The distribution of scores as inline SVG: the same bytes for the same scores, in the colours of its page."""

from __future__ import annotations

import io
import math
import re
from collections.abc import Sequence
from itertools import cycle, pairwise
from statistics import median
from typing import TYPE_CHECKING, Any

from markupsafe import Markup, escape

from autograder.reports.text import counted, number

if TYPE_CHECKING:
    from matplotlib.axes import Axes

# Stand-ins that no other thing is drawn in; afterwards each becomes a variable of the page's style, so that dark mode
# and print reach the plot.
_COLOURS = {"#010101": "var(--ink)", "#020202": "var(--muted)", "#030303": "var(--good)", "#040404": "var(--line)"}
_INK, _MUTED, _BAR, _LINE = _COLOURS
_STYLE: dict[Any, Any] = {  # matplotlib's own stubs spell out every key, and other keys in other versions
    "svg.fonttype": "none",
    "font.size": 16,
    "text.color": _INK,
    "axes.labelcolor": _MUTED,
    "axes.edgecolor": _MUTED,
    "axes.spines.left": False,
    "axes.spines.right": False,
    "axes.spines.top": False,
    "axes.axisbelow": True,
    "axes.grid": True,
    "axes.grid.axis": "y",
    "grid.color": _LINE,
    "xtick.color": _MUTED,
    "ytick.color": _MUTED,
    "xtick.major.pad": 8,
    "xtick.major.size": 0,
    "ytick.major.size": 0,
}
_DPI, _HEIGHT = 72, 260
_WIDTHS = (340, 960)  # for a telephone and for a desk: letters keep their size, bars get thinner


def distribution(scores: Sequence[float], top: float, width: int = _WIDTHS[-1]) -> Markup:
    """A histogram of the scores between 0 and `top` points with a line at the median, `width` pixels wide."""
    if not scores:
        return Markup("")
    import matplotlib  # a second of CPU time, which a wrong call need not cost
    from matplotlib.figure import Figure
    from matplotlib.ticker import MaxNLocator

    file, middle = io.StringIO(), median(scores)
    with matplotlib.rc_context():
        matplotlib.rcParams.update(_STYLE, **{"svg.hashsalt": f"autograder {width}"})
        figure = Figure(figsize=(width / _DPI, _HEIGHT / _DPI), dpi=_DPI, layout="constrained")
        axes = figure.add_subplot()
        _bars(axes, scores, max(top, *scores) or 1.0)
        _median(axes, middle)
        axes.set_xlabel("points")
        axes.set_ylabel("submissions")
        axes.yaxis.set_major_locator(MaxNLocator(integer=True, nbins=5))
        figure.savefig(file, format="svg", transparent=True)
    return _inline(file.getvalue(), width, f"Distribution of {counted(len(scores), 'score')}, median {number(middle)}.")


def distributions(scores: Sequence[float], top: float) -> list[Markup]:
    """The plot for narrow pages and the one for wide ones."""
    return [distribution(scores, top, width) for width in _WIDTHS]


def _bars(axes: Axes, scores: Sequence[float], top: float) -> None:
    step = _step(top, bars=min(25, max(10, 2 * math.isqrt(len(scores)))))
    edges = [step * n for n in range(math.ceil(top / step) + 1)]
    last = edges[-1]  # a full score belongs to the last bar, any other on an edge to the bar that begins there
    counts = [sum(low <= s < high or s == high == last for s in scores) for low, high in pairwise(edges)]
    axes.bar(edges[:-1], counts, width=[0.92 * step] * len(counts), align="edge", color=_BAR)
    axes.set_xlim(0, last)


def _median(axes: Axes, middle: float) -> None:
    axes.axvline(middle, color=_INK, linewidth=1.5, linestyle=(0, (4, 3)))
    right = middle > 0.6 * axes.get_xlim()[1]
    axes.annotate(
        f"median {number(round(middle, 1))}",
        (middle, 1),
        xycoords=("data", "axes fraction"),
        xytext=(-6 if right else 6, 6),
        textcoords="offset points",
        ha="right" if right else "left",
    )


def _step(top: float, bars: int) -> float:
    """The smallest of 1, 2, 5, 10, 20, 50, … points that needs at most so many bars."""
    step = 1.0
    for factor in cycle((2, 2.5, 2)):
        if top / step <= bars:
            break
        step *= factor
    return step


def _inline(svg: str, width: int, label: str) -> Markup:
    """matplotlib's file as an element of a page: no date, no ids of groups (a page has two plots), our colours."""
    svg = svg[svg.index("<svg") :]
    svg = re.sub(r"<metadata>.*?</metadata>|<style[^>]*>.*?</style>|<!--.*?-->", "", svg, flags=re.DOTALL)
    svg = re.sub(r'<g id="[^"]*"', "<g", svg)
    svg = re.sub(r"font-family: [^;\"]*", "font-family: inherit", svg)
    svg = re.sub(
        r"<svg [^>]*?(viewBox=\"[^\"]*\")[^>]*>",
        rf'<svg \1 width="{width}" role="img" aria-label="{escape(label)}">',
        svg,
        count=1,
    )
    svg = svg.replace("xlink:href", "href")
    for stand_in, variable in _COLOURS.items():
        svg = svg.replace(stand_in, variable)
    return Markup(svg)
