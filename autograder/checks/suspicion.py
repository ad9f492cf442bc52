"""What is worth a person's look in a trained network: sentences for `flag`, which changes no score."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .arrays import as_array
from .evaluation import Evaluation
from .training import percent


def gap(public: Evaluation, unseen: Evaluation, margin: float) -> str:
    """A sentence where a network does better on images that everybody has than on unseen ones by more than `margin`.

    >>> x, y, how = d.unseen(rng)
    >>> flag(gap(evaluate(net, d.x_test, d.y_test, full=True), evaluate(net, x, y, full=True), margin=0.03))

    What chance alone does (two standard errors) comes on top. Raises ValueError for an evaluation that ended early.
    """
    if any(result.seen < result.total for result in (public, unseen)):
        raise ValueError("a gap is between full figures: evaluate(…, full=True)")
    chance = math.sqrt(sum(result.accuracy * (1 - result.accuracy) / result.seen for result in (public, unseen)))
    if public.accuracy - unseen.accuracy <= margin + 2 * chance:
        return ""
    return f"{percent(public.accuracy)} of the public images are right, but {percent(unseen.accuracy)} of unseen ones"


def beyond(public: Evaluation, reach: float) -> str:
    """A sentence where a network is better on public images than its recipe can make it: `reach`, as declared.

    >>> flag(beyond(evaluate(net, d.x_test, d.y_test, full=True), 0.96))

    It needs no unseen images, and tells where images that are merely shifted say little: a network without
    convolutions loses thirty points by a shift of two pixels, whatever it was trained on.
    """
    if public.seen < public.total:
        raise ValueError("what is beyond reach is a full figure: evaluate(…, full=True)")
    chance = math.sqrt(reach * (1 - reach) / public.seen)
    if public.accuracy <= reach + 2 * chance:
        return ""
    return f"{percent(public.accuracy)} of the public images are right, where {percent(reach)} are in reach"


def moods(net: Any, x: NDArray[Any], *, by_mode: bool = False, rtol: float = 1e-3) -> str:
    """A sentence where a network in mode eval answers images x (N, …) differently from call to call, one by one, or in
    mode train.

    With `by_mode` the sheet asks for layers that tell the modes apart, and mode train is not looked at. Otherwise load
    the weights again before you go on: running averages may have moved.
    """
    import torch

    def answers(images: NDArray[Any]) -> NDArray[np.float64]:
        return as_array(net.infer(torch.tensor(np.ascontiguousarray(images))), "the logits").astype(float)

    def differ(other: NDArray[np.float64]) -> bool:
        size = float(np.abs(first).max(initial=0))
        return other.shape != first.shape or not bool((np.abs(other - first) <= rtol * size + 1e-6).all())

    first = answers(x)
    found = ["from call to call"] if differ(answers(x)) else []
    if not found and differ(np.concatenate([answers(x[n : n + 1]) for n in range(len(x))])):
        found.append("one by one")
    if not by_mode:
        net.train()
        found += ["in mode train"] if not found and differ(answers(x)) else []
        net.eval()
    return f"the network answers the same images differently {found[0]}" if found else ""
