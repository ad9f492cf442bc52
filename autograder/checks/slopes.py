"""Gradients measured by central differences, along a few random directions first and entry by entry only on failure."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

import numpy as np
from numpy.typing import NDArray

from .failure import Failure

Array = NDArray[np.float64]

AGREE: Final = 1e-6
"""How far <dx, v> may be from the slope along v, as a share of the largest slope, beyond what rounding explains."""
STEPS: Final = (1e-6, 1.25e-7, 1.6e-8)
"""The steps as shares of max(1, max|x|), tried in turn until one agrees. Central differences err by h², which is
nothing; rounding errs by about eps/h, 2e-10 to 1e-8. The smaller steps are for inputs that happen to lie by a kink."""
COARSE: Final = 1e-3
"""The most rounding error, as a share of the largest slope, with which a slope still says anything."""
JACOBIAN_LIMIT: Final = 4096
"""The most entries for which a failure is explained entry by entry."""


class Slope:
    """The gradient of Σ dout·f(x) with respect to x, as something to be `close` to; measured only as far as needed."""

    def __init__(
        self,
        evaluate: Callable[[list[Array]], list[Array]],
        x: Array,
        dout: Array,
        directions: int,
        rng: np.random.Generator,
        of: str,
        jacobian: bool = True,
        afresh: Callable[[str, Array, float], None] | None = None,
    ) -> None:
        """`afresh` is told (name, direction, <dx, direction>) of what agrees, and may raise Failure."""
        self.shape = x.shape
        self._afresh = afresh
        self._evaluate, self._x, self._dout, self._of, self._jacobian = evaluate, x, dout, of, jacobian
        self._scale = max(1.0, float(np.abs(x).max(initial=0.0)))
        self._directions = [rng.standard_normal(x.shape) for _ in range(directions)]

    def __array__(self, dtype: object = None, copy: bool | None = None) -> Array:
        return self.array()

    def array(self) -> Array:
        """The whole gradient: two evaluations an entry."""
        units = []
        for index in range(self._x.size):
            unit = np.zeros(self._x.size)
            unit[index] = 1.0
            units.append(unit.reshape(self.shape))
        return self._along(units, STEPS[0])[0].reshape(self.shape)

    def misses(self, got: Array, name: str, hint: str = "") -> Array | None:
        """None if <got, v> is the slope along every direction v; else the array to compare `got` with.

        Raises Failure where the student's own function does not depend on x or gives no slope, ValueError where the
        reference is not smooth at x: then the check is at fault.
        """
        with np.errstate(over="ignore", invalid="ignore"):
            claims = np.array([float((got * v).sum()) for v in self._directions])
        agreed = np.zeros(len(claims), dtype=bool)
        seen: list[Array] = []
        for step in STEPS:
            slopes, noise = self._along(self._directions, step)
            most = float(np.abs(slopes).max())
            if seen and noise > COARSE * np.abs(seen[0]).max():
                break  # a step too small for this function; what was seen must do
            self._usable(most, noise, name)
            # The yardstick is the measured slope, never the claim: a huge claim must not buy itself a huge tolerance.
            agreed |= np.abs(claims - slopes) <= AGREE * most + noise
            if agreed.all():
                if self._afresh:
                    steepest = int(np.abs(slopes).argmax())
                    self._afresh(name, self._directions[steepest], float(claims[steepest]))
                return None
            seen.append(slopes)
        if not (np.abs(seen[0] - seen[-1]) <= COARSE * np.abs(seen[0]).max()).all():
            self._refuse(f"{self._of} is not smooth where {name} is checked")
        if self._jacobian and self._x.size <= JACOBIAN_LIMIT:
            return self.array()
        raise self._explained(claims, seen[0], name, hint)

    def _along(self, directions: list[Array], step: float) -> tuple[Array, float]:
        """The slope along each direction, and the rounding error to expect in it."""
        step *= self._scale
        points = [self._x + sign * step * v for v in directions for sign in (1.0, -1.0)]
        values = self._evaluate(points)
        sums = np.array([float((self._dout * value).sum()) for value in values])
        terms = max(float(np.abs(self._dout * value).sum()) for value in values)
        noise = 16 * np.finfo(np.float64).eps * terms / step
        return (sums[0::2] - sums[1::2]) / (2 * step), noise

    def _usable(self, most: float, noise: float, name: str) -> None:
        """Whether the largest slope stands out from the rounding error, or is nothing but that: then dx is zero."""
        if COARSE * most < noise < most:
            self._refuse(f"{self._of} is too large beside its slope where {name} is checked")

    def _refuse(self, why: str) -> None:
        raise ValueError(f"{why}: choose other inputs, away from kinks and ties")

    def _explained(self, claims: Array, slopes: Array, name: str, hint: str) -> Failure:
        ratio = float((claims * slopes).sum() / (slopes * slopes).sum()) if slopes.any() else 0.0
        why = f"{name} does not agree with the slope of {self._of} along a random direction"
        if np.allclose(claims, ratio * slopes, rtol=1e-4, atol=0) and ratio != 0:
            return Failure(
                f"{why}: it is {ratio:.4g} times what it should be.", hint, f"{why}: it is off by a constant factor."
            )
        return Failure(f"{why}.", hint, f"{why}.")


class OwnSlope(Slope):
    """The slope of the student's own forward; whatever is wrong with measuring it is the student's to mend."""

    def _usable(self, most: float, noise: float, name: str) -> None:
        if most <= noise:
            # Or a forward of zeros would agree with a backward of zeros.
            self._refuse(f"{name} cannot be judged: {self._of} does not react to a change of its input")
        super()._usable(most, noise, name)

    def _refuse(self, why: str) -> None:
        raise Failure(f"{why}.", "Look at the forward function first.", hidden=f"{why}.")
