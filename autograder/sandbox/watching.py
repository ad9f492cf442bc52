"""The grader's side of one training run: what the worker is ordered, what it says meanwhile, and what it says at last.

All that comes is a submission's word: it is shown to staff, explains how a run ended, and decides nothing.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import count
from typing import Any, Final

from autograder.sandbox import wire
from autograder.sandbox.training import POINTS

ENDS: Final = ("", "epochs", "steps", "seconds", "memory", "diverged")
_LEEWAY: Final = 1.25
"""The share of its seconds, and seconds besides, after which a run that did not end by itself is killed."""
_BESIDES: Final = 2.0
_ABOVE: Final = 256
_NOTES: Final = 8
"""Notes a second, at most, and so many besides."""
_LARGEST: Final = 1 << 53
_run = count(1)


@dataclass(frozen=True)
class Note:
    """How far a run has come. `loss` and `accuracy` are of the latest batches; None where nobody knows."""

    step: int
    images: int
    loss: float | None
    accuracy: float | None
    seconds: float


@dataclass
class Watching:
    """One run, over one call or several. 0 stands for no limit of steps, images or memory."""

    seconds: float
    number: int
    steps: int = 0
    images: int = 0
    memory_mb: int = 0
    device: str = "cpu"
    vram: float = 1.0
    listen: Callable[[Note], None] = lambda note: None
    ended: str = ""
    made_steps: int = 0
    seen_images: int = 0
    losses: list[float] = field(default_factory=list)
    used: float = 0.0
    model: Any = None
    """A handle to what the run has trained, as far as the worker could tell."""
    _run: int = field(default_factory=lambda: next(_run))
    _begun: bool = False
    _heard: int = 0

    @property
    def granted(self) -> float:
        """CPU seconds after which the worker is killed in the next call."""
        return max(1.0, self.seconds - self.used) * _LEEWAY + _BESIDES

    @property
    def memory(self) -> int:
        """Megabytes at which the worker is killed, some above those at which the run is ended and its model kept."""
        return self.memory_mb and self.memory_mb + _ABOVE

    def seed(self) -> int | None:
        """For the run's first call."""
        first, self._begun = not self._begun, True
        return self.number if first else None

    def order(self) -> dict[str, object]:
        """What a request's header says to the worker."""
        return {
            "run": self._run,
            "seconds": self.seconds,
            "steps": self.steps,
            "images": self.images,
            "memory_mb": self.memory_mb,
            "device": self.device,
            "vram": self.vram,
        }

    def hear(self, token: str, header: bytes) -> bool:
        """Take a frame that is a note. Raises WireError for one that is none of ours, and for too many."""
        frame = wire.parse(header)
        if "note" not in frame:
            return False
        self._heard += 1
        if self._heard > _NOTES * (self.granted + 10):
            raise wire.WireError("more notes than a run has to say")
        if frame.keys() != {"token", "note"} or frame["token"] != token:
            raise wire.WireError("a note about another request")
        note = wire.decode(frame["note"], b"", _nothing)
        if not isinstance(note, dict) or note.keys() != {"step", "images", "loss", "accuracy", "seconds"}:
            raise wire.WireError("a note without its five parts")
        loss, accuracy = (_number(note[name]) for name in ("loss", "accuracy"))
        step, images, seconds = _count(note["step"]), _count(note["images"]), _number(note["seconds"])
        self.listen(Note(step, images, loss, accuracy if 0 <= accuracy <= 1 else None, seconds))
        return True

    def fits(self, answer: object) -> bool:
        """Whether the reply has the form of a run's."""
        if type(answer) is not dict or answer.keys() != {
            "result",
            "model",
            "ended",
            "steps",
            "images",
            "losses",
            "seconds",
        }:
            return False
        losses = answer["losses"]
        counts = [answer[name] for name in ("steps", "images")]
        return (
            answer["ended"] in ENDS
            and type(losses) is list
            and len(losses) <= POINTS
            and all(type(loss) is float for loss in losses)
            and all(type(n) is int and 0 <= n < _LARGEST for n in counts)
            and type(answer["seconds"]) is float
            and 0 <= answer["seconds"] < _LARGEST
        )

    def take(self, answer: Any) -> object:
        """Remember what the reply says of the run, and give what the call returned."""
        self.ended, self.losses, self.used = answer["ended"], answer["losses"], answer["seconds"]
        self.made_steps, self.seen_images, self.model = answer["steps"], answer["images"], answer["model"]
        return answer["result"]


def _nothing(about: dict[str, object]) -> object:
    raise wire.WireError("a handle in a note")


def _number(value: object) -> float:
    if type(value) is not float and type(value) is not int:
        raise wire.WireError("a note without a number")
    return float(value) if abs(value) < _LARGEST else math.copysign(math.inf, value)


def _count(value: object) -> int:
    if type(value) is not int or not 0 <= value < _LARGEST:
        raise wire.WireError("a note without a count")
    return value
