"""For a notebook's first cell: after `import autograder.offline` MNIST needs no network, and asking for a GPU no GPU.

A grader's worker has both already, so that the import changes nothing there.
"""

from __future__ import annotations

from pathlib import Path

from autograder.sandbox import offline

offline.prepare(Path.cwd())
