"""The transport of a student's machine: the dispatcher in this process, without limits but with the same sentences."""

from __future__ import annotations

from pathlib import Path

from autograder.sandbox import wire
from autograder.sandbox.dispatch import Dispatcher


class Local:
    """Runs requests here. What student code prints goes where it always goes; Ctrl-C interrupts it as usual."""

    def __init__(self, folder: Path) -> None:
        self._dispatcher = Dispatcher(folder, through=(KeyboardInterrupt,))

    def exchange(self, frame: bytes, seconds: float) -> tuple[bytes, memoryview]:
        """(header, body) of the reply. Values are encoded and decoded both ways, as on the grading machine."""
        header, body = wire.split(frame)
        with self._dispatcher.modules.installed():
            return wire.split(self._dispatcher.handle(header, body))

    def printed(self) -> str:
        """Nothing is captured."""
        return ""

    def spent(self) -> None:
        """Nothing is measured, so no budget is ever used up."""

    def close(self) -> None:
        """There is nothing to end."""


def connect(folder: Path) -> Local:
    """A transport over the files in `folder`, with modules freshly imported."""
    return Local(folder)
