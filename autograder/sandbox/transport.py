"""Between the grader and one worker: a frame goes out, one reply frame comes back, or `Stopped` says why not."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal, Protocol

Kind = Literal["timed_out", "memory", "died", "flood", "garbled", "oversized", "processes", "disk"]


Hear = Callable[[bytes], bool]
"""Given a frame's header; whether the frame was a note, ahead of the reply. May raise, which ends the exchange."""


@dataclass(frozen=True)
class Need:
    """What a worker for a training run has beyond the ordinary: so much memory (0: as others), CPU seconds, a GPU."""

    memory_mb: int = 0
    seconds: float = 0.0
    gpu: bool = False


class Stopped(Exception):  # noqa: N818 it is the worker that stopped, not an error of ours
    """The worker was ended before it answered. It is gone: a new one has to be opened.

    `kind` says what happened, `seconds` the budget that ran out (0 where none did), `detail` is for staff.
    """

    def __init__(self, kind: Kind, detail: str = "", seconds: float = 0.0) -> None:
        super().__init__(f"{kind}: {detail}" if detail else kind)
        self.kind: Kind = kind
        self.detail = detail
        self.seconds = seconds


class Transport(Protocol):
    """One worker as the grader sees it; `box.Box` and `local.Local` are the two there are."""

    def exchange(self, frame: bytes, seconds: float, hear: Hear | None = None) -> tuple[bytes, memoryview]:
        """Send a request frame and return (header, body) of its reply, within CPU `seconds`. Raises `Stopped`.

        With `hear`, frames that it takes for notes may come ahead of the reply.
        """
        ...

    def printed(self) -> str:
        """What the student's code printed so far, bounded by `limits.output_kb`."""
        ...

    def spent(self) -> float | None:
        """CPU seconds that the worker's tree has used since it was opened, also once it is gone; None: not measured.

        A request that slept for more than three times its CPU seconds counts with a third of its sleep instead.
        `Student` reads it after every exchange to charge the check's and the submission's budgets, so it must be cheap.
        """
        ...

    def close(self) -> None:
        """End the worker and everything it started. May be called twice."""
        ...
