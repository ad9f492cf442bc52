"""matplotlib's backend while a notebook runs: `plt.show()` hands the open figures to us, and no window opens."""

from __future__ import annotations

from matplotlib.backend_bases import FigureManagerBase
from matplotlib.backends.backend_agg import FigureCanvasAgg

from autograder.sandbox import figures


class FigureManager(FigureManagerBase):
    """A figure's manager without a window."""

    @classmethod
    def pyplot_show(cls, *, block: bool | None = None) -> None:
        """What `plt.show()` calls."""
        figures.show_open()


class FigureCanvas(FigureCanvasAgg):
    """Draws into memory."""

    manager_class = FigureManager
