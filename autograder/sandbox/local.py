"""The transport of a student's machine: the dispatcher in this process, without limits but with the same sentences."""

from __future__ import annotations

import contextlib
import io
import sys
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any, TextIO

from autograder.sandbox import wire
from autograder.sandbox.dispatch import Dispatcher
from autograder.sandbox.modules import Modules
from autograder.sandbox.transport import Hear

KEPT = 1 << 20
"""Characters of output that are remembered for checks which read what was printed."""


class Local:
    """Runs requests here. What student code prints goes where it always goes; Ctrl-C interrupts it as usual."""

    def __init__(
        self, folder: Path, notebooks: Collection[str] | None = None, live: Mapping[str, dict[str, Any]] | None = None
    ) -> None:
        through = (KeyboardInterrupt,)
        modules = Modules(folder, through, notebooks=notebooks, live=live)
        self._dispatcher = Dispatcher(folder, through=through, modules=modules, say=self._say)
        self._hear: Hear | None = None
        self._printed = io.StringIO()

    def exchange(self, frame: bytes, seconds: float, hear: Hear | None = None) -> tuple[bytes, memoryview]:
        """(header, body) of the reply. Values are encoded and decoded both ways, as on the grading machine."""
        header, body = wire.split(frame)
        self._hear = hear
        with self._dispatcher.modules.installed(), contextlib.redirect_stdout(_Copying(sys.stdout, self._printed)):
            return wire.split(self._dispatcher.handle(header, body))

    def _say(self, frame: bytes) -> None:
        if self._hear:
            self._hear(wire.split(frame)[0])

    def printed(self) -> str:
        """What went through `sys.stdout`; what C code writes there itself is not noticed."""
        return self._printed.getvalue()

    def spent(self) -> None:
        """Nothing is measured, so no budget is ever used up."""

    def close(self) -> None:
        """There is nothing to end."""


class _Copying:
    """`sys.stdout` as it was, with a copy of what is written to it."""

    def __init__(self, stream: TextIO, copy: io.StringIO) -> None:
        self._stream, self._copy = stream, copy

    def write(self, text: str) -> int:
        self._copy.write(text[: max(0, KEPT - self._copy.tell())])
        return self._stream.write(text)

    def flush(self) -> None:
        self._stream.flush()

    def __getattr__(self, name: str) -> object:
        return getattr(self._stream, name)


def connect(
    folder: Path, notebooks: Collection[str] | None = None, live: Mapping[str, dict[str, Any]] | None = None
) -> Local:
    """A transport over the files in `folder`, with modules freshly imported; of notebooks only these, if given.

    `live` are namespaces of notebooks that a person is running: they are asked as they are.
    """
    return Local(folder, notebooks, live)
