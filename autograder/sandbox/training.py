"""One training run in a worker: counts its steps and images, notes its losses, and ends it gently at its budget.

Nothing here decides: it is a kindness beside the student's own code, which could take it off. What holds are the
grader's limits, and what counts is the accuracy that the grader measures of the model that is left.
"""

from __future__ import annotations

import contextlib
import math
import signal
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from itertools import pairwise
from types import FrameType
from typing import Any, Final

from autograder.sandbox import hooks

Tell = Callable[[dict[str, object]], None]

EVERY: Final = 0.5
"""Seconds from one word to the grader to the next."""
_LOOK: Final = 0.05
"""Seconds from one look at the memory to the next."""
POINTS: Final = 200
"""Losses that are told of a run, each a mean of neighbours."""
KEPT: Final = 200_000
_NAG: Final = 0.5
"""Seconds after which a run that has swallowed its end is told again."""


class BudgetEndError(BaseException):
    """The budget is used up, or the run has come to nothing; no `except Exception` of a training loop holds it back."""

    def __init__(self, why: str) -> None:
        super().__init__(why)
        self.why = why


@dataclass
class Run:
    """One run, over one call or several. `images` is how many its budget of epochs allows."""

    seconds: float
    steps: float = math.inf
    images: float = math.inf
    memory: float = math.inf
    """Bytes of its own, besides what the process had."""
    on_gpu: bool = False
    tell: Tell = lambda note: None
    """Word to the grader of how far it has come."""
    made_steps: int = 0
    seen_images: int = 0
    losses: list[Any] = field(default_factory=list)
    """Floats, and the latest as tensors where a GPU has them."""
    model: object = None
    """The outermost module that was last run forward with gradients: what is left of a run that was cut off."""
    ended: str = ""
    _used: float = 0.0
    _began: float = 0.0
    _told: float = -math.inf
    _looked: float = -math.inf
    _had: int = 0
    _alive: bool = False
    _right: tuple[Any, int] = (0, 0)

    def within(self, call: Callable[[], object]) -> object:
        """What `call` returns, or the model that it trained where it was cut off."""
        try:
            with self._timed(), hooks.installed(self):
                self._alive = True
                try:
                    return call()
                finally:
                    self._alive = False
        except BudgetEndError as end:
            self.ended = self.ended or end.why
            return self.model
        finally:
            self._alive = False
            with contextlib.suppress(RuntimeError):  # a GPU that failed gives nothing back
                self._settle()

    def summary(self) -> dict[str, object]:
        """What the grader hears of it: plain numbers, untrusted there like everything else from here."""
        shown = self.losses
        if len(shown) > POINTS:
            edges = [len(shown) * i // POINTS for i in range(POINTS + 1)]
            shown = [sum(shown[a:b]) / (b - a) for a, b in pairwise(edges)]
        return {
            "ended": self.ended,
            "steps": self.made_steps,
            "images": self.seen_images,
            "losses": [loss for loss in shown if isinstance(loss, float)],
            "seconds": self._used,
        }

    # --- what hooks and a numpy loop say ------------------------------------------------------------------------

    def before_backward(self, loss: Any, images: int) -> None:
        """A loss is about to be differentiated. Raises BudgetEndError where it is no number, or epochs are over."""
        if not self._alive:
            return
        if self.seen_images >= self.images:
            self._end("epochs")
        self._lost(loss)
        self.seen_images += images

    def before_step(self) -> None:
        """An update is about to be made, one more than so far."""
        if not self._alive:
            return
        if self.made_steps >= self.steps:
            self._end("steps")
        self._look()
        self.made_steps += 1

    def guessed(self, right: Any, images: int) -> None:
        """So many of a batch were right, as a number or a tensor on a GPU."""
        before, count = self._right
        self._right = before + right, count + images

    # --- limits -------------------------------------------------------------------------------------------------

    def _lost(self, loss: Any) -> None:
        if len(self.losses) < KEPT:
            self.losses.append(loss)
        if isinstance(loss, float) and not math.isfinite(loss):
            self._end("diverged")

    def _look(self) -> None:
        """What need not be looked at in every step: time, memory, the losses that a GPU has, word to the grader."""
        now = time.monotonic()
        if now - self._looked < _LOOK:
            return
        self._looked = now
        if self.memory < math.inf and hooks.resident() - self._had > self.memory:
            self._end("memory")
        if now - self._told >= EVERY:
            self._told = now
            self._settle()
            self._judge()

    def _judge(self) -> None:
        """Whether to go on, from figures that a GPU may have had to give first; and word to the grader."""
        if any(not math.isfinite(loss) for loss in self.losses[-1:]):
            self._end("diverged")
        if self._spent() >= self.seconds:
            self._end("seconds")
        right, images = self._right
        self._right = 0, 0
        accuracy = min(float(right) / images, 1.0) if images else -1.0
        loss = self.losses[-1] if self.losses else -1.0
        note = {"step": self.made_steps, "images": self.seen_images, "loss": loss, "accuracy": accuracy}
        self._alive = False  # half a note would be worse than a late end
        try:
            self.tell({**note, "seconds": self._spent()})
        finally:
            self._alive = True

    def _settle(self) -> None:
        """Losses that are still tensors, read in one go; from the end, since the others were read before."""
        place = len(self.losses)
        while place and not isinstance(self.losses[place - 1], float):
            place -= 1
        for i in range(place, len(self.losses)):
            self.losses[i] = float(self.losses[i])

    def _end(self, why: str) -> None:
        self.ended = why
        raise BudgetEndError(why)

    def _spent(self) -> float:
        return self._used + (self._clock() - self._began if self._began else 0.0)

    def _clock(self) -> float:
        return time.monotonic() if self.on_gpu else time.process_time()

    @contextlib.contextmanager
    def _timed(self) -> Iterator[None]:
        """End a run that never comes to a hook, a numpy loop for one; where there are no such timers, only hooks do."""
        self._began, self._had = self._clock(), hooks.resident()
        left = max(0.01, self.seconds - self._used)
        # By the clock only on a GPU: a machine with much to do ends no run, and a sleep is for the grader to count.
        timer, name = ("ITIMER_REAL", "SIGALRM") if self.on_gpu else ("ITIMER_PROF", "SIGPROF")
        armed = None
        with contextlib.suppress(ValueError, OSError, AttributeError):  # not the main thread, or Windows
            which, number = getattr(signal, timer), getattr(signal, name)
            armed = which, number, signal.signal(number, self._time_is_up)
            signal.setitimer(which, left, _NAG)
        try:
            yield
        finally:
            if armed:
                signal.setitimer(armed[0], 0)
                signal.signal(*armed[1:])
            self._used, self._began = self._spent(), 0.0

    def _time_is_up(self, number: int, frame: FrameType | None) -> None:
        if self._alive:
            self._end("seconds")


current: list[Run] = []
"""The run of the moment, for `report`."""


def report(loss: object = None, images: int = 0, accuracy: object = None) -> None:
    """For a training loop without torch: called once a step, it counts the step and notes the loss.

    Raises BudgetEndError, which a loop lets pass. Without a run it does nothing.
    """
    for run in current[-1:]:
        if isinstance(accuracy, int | float) and images:
            run.guessed(float(accuracy) * images, images)
        run.before_step()
        number = float(loss) if isinstance(loss, int | float) or hasattr(loss, "__float__") else None
        if number is not None:
            run.before_backward(number, images)
