"""The CPU seconds that a call, a check and a submission may still use."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from autograder.model import Limits
from autograder.sandbox.sentences import Interrupted, Unavailable


class Budget:
    """Counts down; a new check gets its seconds afresh, the submission's go on."""

    def __init__(self, limits: Limits) -> None:
        self.limits = limits
        self.submission = limits.submission_seconds
        self._notebook = ""
        self._run = set[str]()
        """Notebooks that have been run."""
        self._training: float | None = None
        self.begin(None)

    def begin(self, seconds: float | None) -> None:
        """A check begins. One that declares seconds of its own may spend them all in one call."""
        self.declared = self.check = self.limits.check_seconds if seconds is None else seconds
        self.call = self.limits.call_seconds if seconds is None else max(self.limits.call_seconds, seconds)

    @contextmanager
    def ordinary(self) -> Iterator[None]:
        """One call may use no more meanwhile than in a check that declares no seconds."""
        declared, self.call = self.call, self.limits.call_seconds
        try:
            yield
        finally:
            self.call = declared

    @contextmanager
    def training(self, seconds: float) -> Iterator[None]:
        """What follows is a part of a training run, which has so many seconds of its own and costs no other budget."""
        self._training = seconds
        try:
            yield
        finally:
            self._training = None

    def turn(self, notebook: str) -> None:
        """What follows is the run of this notebook, which has seconds of its own; "" for anything else.

        The first run of each costs a submission nothing, a run in a fresh worker does; none costs a check anything.
        """
        self._notebook = notebook

    def grant(self, label: str) -> float:
        """Seconds for the next request. Raises Unavailable or Interrupted where none are left."""
        if self._training is not None:
            return self._training
        if self._notebook and self._notebook not in self._run:
            return self.limits.notebook_seconds
        if self.submission <= 0:
            why = f"The submission has used up its {self.limits.submission_seconds:g} seconds of computing time."
            raise Unavailable(why, "Make the slowest parts faster.", "The submission's computing time is used up.")
        if self._notebook:
            return min(self.limits.notebook_seconds, self.submission)
        if self.check <= 0:
            why = f"The {self.declared:g} seconds of this check were used up before {label} could be called."
            error = Interrupted(why, "Make the slowest parts faster.", "The time of this check was used up.")
            error.kind, error.outcome = "timed_out", "timed_out"
            raise error
        return min(self.call, self.check, self.submission)

    def is_full(self, granted: float) -> bool:
        """Whether a request had enough for a time-out to be its own fault rather than that of what ran before."""
        return granted >= (self.limits.notebook_seconds if self._notebook else self.limits.call_seconds) / 2

    def is_rest(self, granted: float) -> bool:
        """Whether a request had only what was left to its check."""
        return not self._notebook and self._training is None and granted < self.call

    def charge(self, seconds: float) -> None:
        """Count what one request took."""
        if self._training is not None:
            return
        if not self._notebook:
            self.check -= seconds
        if not self._notebook or self._notebook in self._run:
            self.submission -= seconds
        self._run |= {self._notebook} - {""}
