"""Gradients measured by central differences, along a few random directions first and entry by entry only on failure."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

import numpy as np
from numpy.typing import NDArray

from .failure import Failure

Array = NDArray[np.float64]

AGREE: Final = 1e-6
"""How far <dx, v> may be from the slope along v, as a share of the largest slope seen. Central differences in float64
with a step of 1e-5 are good to about 1e-9 where the third derivative is moderate; a slip of 1e-5 still shows."""
STEP: Final = 1e-5
"""The step as a share of max(1, max|x|): central differences err by h², rounding by eps/h, and both are small here."""
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
    ) -> None:
        self.shape = x.shape
        self._evaluate, self._x, self._dout, self._of, self._jacobian = evaluate, x, dout, of, jacobian
        self._step = STEP * max(1.0, float(np.abs(x).max(initial=0.0)))
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
        return self._along(units, self._step)[0].reshape(self.shape)

    def misses(self, got: Array, name: str, hint: str = "") -> Array | None:
        """None if <got, v> is the slope along every direction v; else the array to compare `got` with.

        Raises Failure where the student's own function does not depend on x or gives no slope, ValueError where the
        reference is not smooth at x: then the check is at fault.
        """
        slopes, noise = self._along(self._directions, self._step)
        claims = np.array([float((got * v).sum()) for v in self._directions])
        self._reacts(slopes, noise, name)
        if self._agree(claims, slopes, noise):
            return None
        finer, fine_noise = self._along(self._directions, self._step / 4)
        if self._agree(claims, finer, fine_noise):
            return None
        steady = np.abs(slopes - finer) <= 1e-4 * np.abs(slopes).max() + noise + fine_noise
        if not steady.all():
            self._rough(name)
        if self._jacobian and self._x.size <= JACOBIAN_LIMIT:
            return self.array()
        raise self._explained(claims, slopes, name, hint)

    def _along(self, directions: list[Array], step: float) -> tuple[Array, float]:
        """The slope along each direction, and the rounding error to expect in it."""
        points = [self._x + sign * step * v for v in directions for sign in (1.0, -1.0)]
        values = self._evaluate(points)
        sums = np.array([float((self._dout * value).sum()) for value in values])
        noise = 16 * np.finfo(np.float64).eps * float(np.abs(self._dout * values[0]).sum()) / step
        return (sums[0::2] - sums[1::2]) / (2 * step), noise

    @staticmethod
    def _agree(claims: Array, slopes: Array, noise: float) -> bool:
        # The yardstick is the measured slope, never the claim: a huge claim must not buy itself a huge tolerance.
        return bool((np.abs(claims - slopes) <= AGREE * np.abs(slopes).max() + noise).all())

    def _reacts(self, slopes: Array, noise: float, name: str) -> None:
        """Nothing to do for a reference; a student's forward must depend on x, or zeros would agree with it."""

    def _rough(self, name: str) -> None:
        raise ValueError(f"{self._of} is not smooth where {name} is checked: keep inputs away from kinks and ties")

    def _explained(self, claims: Array, slopes: Array, name: str, hint: str) -> Failure:
        ratio = float((claims * slopes).sum() / (slopes * slopes).sum()) if slopes.any() else 0.0
        why = f"{name} does not agree with the slope of {self._of} along a random direction"
        if np.allclose(claims, ratio * slopes, rtol=1e-4, atol=0) and ratio != 0:
            return Failure(
                f"{why}: it is {ratio:.4g} times what it should be.", hint, f"{why}: it is off by a constant factor."
            )
        return Failure(f"{why}.", hint, f"{why}.")


class OwnSlope(Slope):
    """The slope of the student's own forward; whatever is wrong with measuring it is the student's."""

    def _reacts(self, slopes: Array, noise: float, name: str) -> None:
        if np.abs(slopes).max() <= noise:
            why = f"{name} cannot be judged: {self._of} does not react to a change of its input"
            raise Failure(f"{why}.", "Write the forward function first.", hidden=f"{why}.")

    def _rough(self, name: str) -> None:
        why = f"{name} cannot be judged: {self._of} jumps or rounds when its input changes a little"
        raise Failure(f"{why}.", "Keep float64 inputs float64.", hidden=f"{why}.")
