"""The second measurement of a student's slope, where nothing was measured before: no forward earns by remembering."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final

import numpy as np
from numpy.typing import NDArray

from .failure import Failure

Array = NDArray[np.float64]

WIDE: Final = 1e-5
"""The step as a share of max(1, max|x|): wider than those before it, so that what repeats itself over a distance that
they fit into shows."""
ROUGH: Final = 1e-2
"""How far it may be from what was claimed, as a share of the least that one input contributes: a kink is more likely
to lie within so wide a step."""
Point = Mapping[int, Array]
"""Position of an argument → its value."""


class Afresh:
    """Once the slopes in all of `wrt` agree with what was claimed: one more step along all of them at once.

    Its two ends are computed in a worker each, in which the forward is called once and so can't tell that a slope is
    being measured, nor where from. All inputs share the step since opening a worker costs more than any call.
    """

    def __init__(self, evaluate: Callable[[int, Point], Array], wrt: tuple[int, ...], dout: Array, of: str):
        """`evaluate(n, point)`: what worker n returns there."""
        self._evaluate, self._wrt, self._dout, self._of = evaluate, wrt, dout, of
        self._agreed: dict[int, tuple[str, Array, Array, float]] = {}

    def agreed(self, wrt: int, name: str, x: Array, direction: Array, claim: float) -> None:
        """One more slope agrees: `claim` is <dx, direction>. Raises Failure where they don't where nothing is known."""
        step = WIDE * max(1.0, float(np.abs(x).max(initial=0.0)))
        if claim < 0:  # so that contributions add up
            direction, claim = -direction, -claim
        self._agreed[wrt] = (name, x, step * direction, step * claim)
        if len(self._agreed) < len(self._wrt):
            return
        ends = [{i: x + sign * move for i, (_, x, move, _) in self._agreed.items()} for sign in (1.0, -1.0)]
        terms = [self._dout * self._evaluate(n, end) for n, end in enumerate(ends)]
        seen = float(terms[0].sum() - terms[1].sum()) / 2
        noise = 16 * np.finfo(np.float64).eps * max(float(np.abs(term).sum()) for term in terms)
        claims = [claim for *_, claim in self._agreed.values()]
        if not abs(sum(claims) - seen) <= ROUGH * min(claims) + noise:
            names = " and ".join(name for name, *_ in self._agreed.values())
            why = f"{names} cannot be judged: {self._of} answers otherwise where it has not been called before"
            raise Failure(f"{why}.", "What it returns may depend on its arguments only.", hidden=f"{why}.")
