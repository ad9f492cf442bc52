"""The plugin that a bundle for Otter names: a graded session begins as a worker of this kit does."""

from __future__ import annotations

from typing import Any

import nbformat
from otter.plugins import AbstractOtterPlugin  # type: ignore[import-untyped]


class Kit(AbstractOtterPlugin):  # type: ignore[misc]
    """Gives MNIST without a network and stays on the CPU, by a cell before the submission's own."""

    def before_execution(self, submission: Any) -> Any:
        """The notebook with that cell at its top."""
        v4: Any = nbformat.v4
        cell = v4.new_code_cell("__import__('autograder.live', fromlist=['prepare']).prepare()")
        submission.cells.insert(0, cell)
        return submission
