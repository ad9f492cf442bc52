"""Familiar mistakes: from a wrong array and the right one, which slip explains the difference to five digits.

Sentences hold no number that comes from data, so a hidden check may say them; `detail` may, and is for visible checks.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np

from . import candidates, traits
from .candidates import Array, Context, Maker


@dataclass(frozen=True)
class Likeness:
    name: str
    sentence: str
    detail: str = ""


@dataclass(frozen=True)
class Mistake:
    """One way to go wrong. `arrays` gives what would have come out; nothing where it cannot be told or made."""

    name: str
    sentence: str
    arrays: Maker


@dataclass(frozen=True)
class Trait:
    """A way to go wrong that is seen by comparing; it returns a detail (perhaps empty) if it holds, else None."""

    name: str
    sentence: str
    holds: Callable[[Array, Array, Context], str | None]


def resemble(got: Array, want: Array, like: Context) -> Likeness | None:
    """The first mistake in the table that turns `want` into `got` (equal shapes, finite), or None.

    `like` may give batch (int), p (the probability to keep), mask, x, w, dout (arrays), and also (sentence → array).
    """
    with np.errstate(all="ignore"):
        also = like.get("also", {})
        assert isinstance(also, Mapping)
        for sentence, array in also.items():
            if traits.matches(got, np.asarray(array, dtype=np.float64), want):
                return Likeness("also", str(sentence))
        for mistake in MISTAKES:
            if isinstance(mistake, Trait):
                detail = mistake.holds(got, want, like)
                if detail is not None:
                    return Likeness(mistake.name, mistake.sentence, detail)
            elif any(traits.matches(got, candidate, want) for candidate in mistake.arrays(want, like)):
                return Likeness(mistake.name, mistake.sentence)
    return None


# Order decides between mistakes that give the same array: what names its cause comes before what only describes.
MISTAKES: Final[tuple[Mistake | Trait, ...]] = (
    Trait("zeros", "every entry is zero: is the result ever filled in?", traits.zero),
    Mistake("sign", "the sign is flipped", candidates.by(-1)),
    Mistake("sum", "it looks like a sum over the batch where a mean was asked", candidates.times(lambda n: n, "batch")),
    Mistake(
        "mean",
        "it is divided by the batch size once too often: a mean where a sum was asked, or a mean taken twice",
        candidates.times(lambda n: 1 / n, "batch"),
    ),
    Mistake(
        "mean twice",
        "it is divided by the batch size twice where a sum was asked",
        candidates.times(lambda n: n**-2, "batch"),
    ),
    Mistake("keep", "it is scaled by the probability to keep once too often", candidates.times(lambda p: p, "p")),
    Mistake(
        "1/keep", "it is divided by the probability to keep once too often", candidates.times(lambda p: 1 / p, "p")
    ),
    Mistake("drop", "it is scaled by the probability to drop", candidates.times(lambda p: 1 - p, "p")),
    Mistake(
        "1/drop",
        "it is divided by the probability to drop",
        candidates.times(lambda p: 1 / (1 - p) if p != 1 else 0.0, "p"),
    ),
    Mistake(
        "keep/drop",
        "the probabilities to keep and to drop are mixed up",
        lambda want, like: itertools.chain(
            candidates.times(lambda p: p / (1 - p) if p != 1 else 0.0, "p")(want, like),
            candidates.times(lambda p: (1 - p) / p, "p")(want, like),
        ),
    ),
    Mistake(
        "n-1",
        "the variance is divided by n − 1 where n was asked",
        candidates.times(lambda n: n / (n - 1) if n > 1 else 0.0, "batch"),
    ),
    Mistake("doubled", "it is doubled: is something added twice, or a factor ½ forgotten?", candidates.by(2)),
    Mistake("halved", "it is halved: is there a factor ½ too many?", candidates.by(0.5)),
    Mistake("log10", "the logarithm is to base 10, not the natural one", candidates.by(1 / np.log(10))),
    Mistake("log2", "the logarithm is to base 2, not the natural one", candidates.by(1 / np.log(2))),
    Trait("mask inverted", "the mask is the wrong way round: it keeps what it should block", traits.mask_inverted),
    Trait("mask missing", "the mask is missing: entries that should be zero are not", traits.mask_missing),
    Mistake("transposed", "it is transposed", candidates.transposed),
    Mistake(
        "kernel flipped",
        "the kernel is flipped: a convolution where a cross-correlation was asked",
        candidates.correlated(lambda w: w[..., ::-1, ::-1]),
    ),
    Mistake(
        "kernel transposed",
        "the kernel's rows and columns are swapped",
        candidates.correlated(lambda w: w.swapaxes(2, 3)),
    ),
    Mistake(
        "kernel channels", "the kernel's channels are in reversed order", candidates.correlated(lambda w: w[:, ::-1])
    ),
    Mistake("batch reversed", "the samples are in reversed order", candidates.reversed_axis(0, 2)),
    Mistake(
        "channels reversed", "the second axis (columns, channels) is in reversed order", candidates.reversed_axis(1, 2)
    ),
    Mistake("flipped", "it is flipped upside down or left to right", candidates.flipped),
    Mistake("axes", "the axes are in the wrong order", candidates.permuted),
    Mistake("reshaped", "the numbers are right but were reshaped in the wrong order", candidates.reshaped),
    Mistake("input", "it is the input, unchanged", candidates.with_input(lambda want, x: x, "x")),
    Mistake(
        "upstream",
        "it is the upstream gradient, passed through unchanged",
        candidates.with_input(lambda want, d: d, "dout"),
    ),
    Mistake(
        "input added",
        "the input is added to it: += into an array that was not empty?",
        candidates.with_input(lambda want, x: want + x, "x", "dout"),
    ),
    Mistake(
        "upstream times",
        "it is multiplied by the upstream gradient once too often",
        candidates.with_input(lambda want, d: want * d, "dout"),
    ),
    Mistake("summed", "it is summed or averaged over an axis and then broadcast", candidates.spread),
    Mistake("wrong axis", "it is the upstream gradient summed over the wrong axes", candidates.wrong_axis),
    Mistake("off by one", "it is shifted by one place along an axis", candidates.shifted),
    Mistake("rectified", "negative entries are cut off at zero", candidates.mapped(lambda a: np.maximum(a, 0))),
    Mistake("absolute", "it is the absolute value", candidates.mapped(np.abs)),
    Mistake("softmax", "a softmax is applied once too often", candidates.mapped(candidates.softmax)),
    Mistake("exp", "an exponential is applied once too often", candidates.mapped(np.exp)),
    Mistake("log", "a logarithm is applied once too often", candidates.mapped(np.log)),
    Mistake(
        "root", "it is the square root: a standard deviation where a variance was asked?", candidates.mapped(np.sqrt)
    ),
    Mistake(
        "square", "it is the square: a variance where a standard deviation was asked?", candidates.mapped(np.square)
    ),
    Mistake("reciprocal", "it is one over the right value", candidates.mapped(np.reciprocal)),
    Trait("coarse", "it was computed in float32 or float16: keep the dtype of the input", traits.coarse),
    Mistake("rounded", "it is rounded or cut to a few decimals: was something made an integer?", candidates.rounded),
    Trait("clipped", "it is clipped: large or small entries are cut off", traits.clipped),
    Trait("constant", "every entry is the same number", traits.flat),
    Trait("offset", "every entry is off by the same amount", traits.offset),
    Trait(
        "bias",
        "every column (or channel) is off by a constant: is the bias added once, and the right one?",
        traits.bias,
    ),
    Trait("kink", "only the entries where the input is exactly zero differ", traits.kink),
    Trait("first sample", "only the first sample is right: does the loop stop too early?", traits.first_only),
    Trait("last sample", "only the last sample is wrong: does the loop stop too early?", traits.last_wrong),
    Trait("border", "the inside is right and the border is wrong", traits.border),
    Trait("left zero", "some entries were left at zero, the others are right", traits.left_zero),
    Trait("factor", "it is off by a constant factor", traits.factor),
    Trait("misplaced", "the right numbers are in the wrong places", traits.misplaced),
)
