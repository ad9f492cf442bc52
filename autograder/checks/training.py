"""Judging trained models on our side: scores come through the wall, labels never cross it."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from .arrays import as_array
from .failure import Failure


class Share(float):
    """A share of a check's points, with the sentences that go with it."""

    why: str
    hint: str
    why_hidden: str
    drawing: str
    drawing_hidden: str

    def __new__(
        cls,
        share: float,
        why: str = "",
        hint: str = "",
        why_hidden: str = "",
        drawing: str = "",
        drawing_hidden: str = "",
    ) -> Share:
        self = super().__new__(cls, share)
        self.drawing, self.drawing_hidden = drawing, drawing_hidden
        self.why, self.hint, self.why_hidden = why, hint, why_hidden or why
        return self


def seen(what: str, drawing: str = "", drawing_hidden: str = "") -> Share:
    """All points and a sentence: for a check that accepts several readings of a sheet and names the one it met.

    >>> return seen("inverted dropout: in training, kept entries are divided by p")

    `what` is shown as it is, of hidden checks too: nothing in it may come from the submission or from hidden data. Of a
    hidden check `drawing_hidden` is shown, an SVG like `drawing`.
    """
    return Share(1.0, what, drawing=drawing, drawing_hidden=drawing_hidden)


def accuracy(scores: object, labels: ArrayLike, name: str = "scores", hint: str = "") -> float:
    """The share of samples that `scores` gets right: (N, C) by the largest, (N,) or (N, 1) by their sign.

    labels (N,) hold 0…C−1, or 0 and 1. Raises Failure for scores of another shape, or with NaN in them.
    """
    truth = np.asarray(labels)
    if truth.ndim != 1 or truth.size == 0:
        raise ValueError(f"labels must be one row of class numbers, not of shape {truth.shape}")
    given: NDArray[Any] = as_array(scores, name, hint)
    if given.dtype.kind == "c" or given.ndim not in (1, 2) or len(given) != truth.size or not given.size:
        said = f"{name} should be one row of scores a sample"
        raise Failure(f"{said}: {truth.size} samples, but shape {given.shape}.", hint, hidden=f"{said}.")
    if not np.isfinite(given).all():
        said = f"{name} holds NaN or infinity"
        raise Failure(f"{said}.", hint or "Did the training diverge? Try a smaller learning rate.", hidden=f"{said}.")
    binary = given.ndim == 1 or given.shape[1] == 1
    chosen = (given.reshape(-1) > 0).astype(int) if binary else given.argmax(1)
    return float((chosen == truth).mean())


def majority(labels: ArrayLike) -> float:
    """The accuracy of always answering the most frequent label: what a threshold must lie above."""
    _, counts = np.unique(np.asarray(labels), return_counts=True)
    return float(counts.max() / counts.sum())


Steps = Mapping[float, float]


def tiers(
    value: float,
    steps: Steps | Mapping[str, Steps],
    what: str = "test accuracy",
    hint: str = "",
    *,
    of: object = None,
) -> Share:
    """The share that the highest threshold reached by `value` earns; a check returns it.

    >>> return tiers(accuracy(scores, y), {0.90: 0.5, 0.93: 1.0}, hint="Train longer, or with a larger learning rate.")

    Thresholds are those of one set of data. Where the run chooses the data, each source has its own, and `of` is the
    data that was really used:

    >>> d = data("mnist")
    >>> return tiers(accuracy(scores, d.y_test), {"mnist": {0.975: 1.0}, "digits": {0.93: 1.0}}, of=d)

    Raises ValueError (the check is at fault) for a value that is no number in [0, 1], for shares that do not rise to
    1, and for a source without thresholds of its own.
    """
    own, source = own_steps(steps, of)
    where = f"{what} on {source}" if source else what
    thresholds = sorted(own)
    shares = [own[threshold] for threshold in thresholds]
    if not thresholds or shares[-1] != 1.0 or shares[0] <= 0 or any(a >= b for a, b in pairwise(shares)):
        raise ValueError(f"the shares of {dict(own)} must rise with the thresholds, from above 0 to 1")
    if not 0.0 <= value <= 1.0:
        raise ValueError(f"{what} is {value}, which is no accuracy")
    passed = reached(value, own)
    if passed == len(thresholds):
        return Share(1.0)
    ahead = thresholds[passed]
    said = f"The {where} is {percent(value)}; {percent(ahead)} earns {part(own[ahead])} of the points."
    # The thresholds are in the handout; the accuracy on hidden data is not for hill climbing.
    hidden = f"The {where} is below {percent(ahead)}, which earns {part(own[ahead])} of the points."
    return Share(own[thresholds[passed - 1]] if passed else 0.0, said, hint, hidden)


def steps_of(steps: Mapping[str, Steps], of: object) -> Steps:
    """The thresholds of the data that was really used: a data set, or its name. Raises ValueError where it has none."""
    source = str(getattr(of, "name", of))
    if source not in steps:
        raise ValueError(f"there are thresholds for {', '.join(map(str, steps))}, and none for {source}, the data used")
    return steps[source]


def own_steps(steps: Steps | Mapping[str, Steps], of: object) -> tuple[Steps, str]:
    """The thresholds that hold, and the name of their source where they are declared per source."""
    by_source: dict[str, Steps] = {
        key: own for key, own in steps.items() if isinstance(key, str) and isinstance(own, Mapping)
    }
    if not by_source and of is None:
        return steps, ""  # type: ignore[return-value]
    if not by_source or len(by_source) != len(steps) or of is None:
        raise ValueError("thresholds per source are a dict of dicts by source, and `of` names the data that was used")
    return steps_of(by_source, of), str(getattr(of, "name", of))


def reached(value: float, steps: Steps) -> int:
    """How many of the thresholds in `steps` a value reaches."""
    return sum(value >= threshold for threshold in steps)


def percent(value: float) -> str:
    """An accuracy in words."""
    # Rounded down, so that 92.96 % never reads as the 93 % that it missed.
    return f"{np.floor(value * 1000 + 1e-9) / 10:g} %"


def part(share: float) -> str:
    """A share of the points in words."""
    return "all" if share == 1.0 else f"{100 * share:g} %"
