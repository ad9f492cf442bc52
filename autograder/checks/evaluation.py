"""Judging a trained network: images go in by batches, logits come back, and all that needs a label is done here."""

from __future__ import annotations

import math
import time
import warnings
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Final

import numpy as np
from numpy.typing import ArrayLike, NDArray

from .arrays import as_array
from .failure import Failure
from .training import Share, Steps, own_steps, part, percent, reached, tiers

BINS: Final = 15
_SENT: Final = 16 << 20
_TOGETHER: Final = 64


@dataclass(frozen=True)
class Evaluation:
    """Logits (seen, C) of the first `seen` of `total` images, and their labels."""

    logits: NDArray[np.float64]
    labels: NDArray[np.int64]
    total: int
    steps: Steps | None = None
    what: str = "test accuracy"
    hint: str = ""

    @property
    def seen(self) -> int:
        """How many images were asked about; fewer than `total` where a tier was decided before."""
        return len(self.logits)

    @cached_property
    def answers(self) -> NDArray[np.int64]:
        """The class that each image was given, (seen,)."""
        chosen: NDArray[np.int64] = self.logits.argmax(1)
        return chosen

    @cached_property
    def accuracy(self) -> float:
        """The share of the images seen that is right."""
        return float((self.answers == self.labels).mean())

    @property
    def bounds(self) -> tuple[float, float]:
        """The least and the largest accuracy that all images can have."""
        right = int((self.answers == self.labels).sum())
        return right / self.total, (right + self.total - self.seen) / self.total

    @cached_property
    def share(self) -> Share:
        """What `steps` give for the accuracy; raises ValueError where there are none."""
        if self.steps is None:
            raise ValueError("evaluate() was given no steps to judge by")
        low, high = self.bounds
        passed, thresholds = reached(low, self.steps), sorted(self.steps)
        if low == high or passed == len(thresholds):
            return tiers(low, self.steps, self.what, self.hint)
        ahead = thresholds[passed]
        earns = f"{percent(ahead)}, which earns {part(self.steps[ahead])} of the points"
        # The rest was not asked for: no figure for all of them is known.
        said = f"Of the first {self.seen:,} of {self.total:,} images {percent(self.accuracy)} are right"
        why = f"{said}, so the {self.what} cannot reach {earns}."
        below = f"The {self.what} is below {earns}."
        return Share(self.steps[thresholds[passed - 1]] if passed else 0.0, why, self.hint, below)

    @cached_property
    def confusion(self) -> NDArray[np.int64]:
        """(C, C): how many images of a class (row) were given a class (column)."""
        classes = self.logits.shape[1]
        counts = np.zeros((classes, classes), np.int64)
        np.add.at(counts, (self.labels, self.answers), 1)
        return counts

    @cached_property
    def per_class(self) -> NDArray[np.float64]:
        """The share of each class that is wrong, (C,); NaN for a class without images."""
        counts = self.confusion.sum(1)
        with np.errstate(invalid="ignore"):
            wrong: NDArray[np.float64] = 1.0 - np.diag(self.confusion) / counts
        return wrong

    @cached_property
    def wrong(self) -> NDArray[np.int64]:
        """The places of the images that were given a wrong class, in order."""
        return np.flatnonzero(self.answers != self.labels)

    @cached_property
    def probabilities(self) -> NDArray[np.float64]:
        """The softmax of the logits, (seen, C)."""
        powers = np.exp(self.logits - self.logits.max(1, keepdims=True))
        shares: NDArray[np.float64] = powers / powers.sum(1, keepdims=True)
        return shares

    @cached_property
    def calibration(self) -> float:
        """The expected calibration error of Guo et al. (2017): 0 where images given 80 % are right 80 % of the time.

        The mean distance of accuracy and confidence over BINS equal bins of confidence, by how many images each has.
        """
        confidence = self.probabilities.max(1)
        bins = np.minimum((confidence * BINS).astype(int), BINS - 1)
        right = (self.answers == self.labels).astype(float)
        gaps = np.bincount(bins, right - confidence, BINS)
        return float(np.abs(gaps).sum() / self.seen)


def evaluate(
    net: Any,
    x: Any,
    y: ArrayLike,
    batch: int = 500,
    steps: Steps | Mapping[str, Steps] | None = None,
    full: bool = False,
    *,
    of: object = None,
    classes: int | None = None,
    what: str = "test accuracy",
    hint: str = "",
) -> Evaluation:
    """What a network makes of images x (N, …), whose labels y (N,) stay here; `net` as `weights` gives it.

    >>> result = evaluate(weights("mlp.pt", student.mnist.mlp()), d.test(), d.y_test, steps={0.95: 0.5, 0.975: 1.0})
    >>> return result.share

    Images are an array, or what the worker has already of the run's data: nothing is sent then.

    `steps` and `of` are those of `tiers`. With them, and unless the `full` figures are wanted, it ends as soon as the
    images left cannot change the tier.
    Raises Failure for answers that are no logits (batch, C) of finite numbers.
    """
    labels = np.asarray(y)
    if labels.ndim != 1 or len(labels) != len(x) or not len(labels):
        raise ValueError(f"labels of shape {labels.shape} for images of shape {np.shape(x)}")
    own: Steps | None = None
    if steps is not None:
        tiers(0.0, steps, of=of)  # so that wrong steps are the check's fault from the first submission on
        own, source = own_steps(steps, of)
        what = f"{what} on {source}" if source else what
    labels = labels.astype(np.int64)
    classes = classes or int(labels.max()) + 1
    parts: list[NDArray[np.float64]] = []
    right = seen = 0

    def certain() -> int:
        return len(x) - seen if full or own is None else _needed(right, len(x) - seen, len(x), own)

    for logits in _answers(net, x, batch, classes, certain):
        parts.append(logits)
        right += int((logits.argmax(1) == labels[seen : seen + len(logits)]).sum())
        seen += len(logits)
        if own and not full and reached(right / len(x), own) == reached((right + len(x) - seen) / len(x), own):
            break
    return Evaluation(np.concatenate(parts), labels[:seen], len(x), own, what, hint)


def _needed(right: int, left: int, total: int, steps: Steps) -> int:
    """How many of the images left have to be seen at least before the tier can be known, whatever comes of them."""
    marks = [right, *(math.ceil(t * total) for t in sorted(steps) if right < t * total <= right + left)]
    # The end of all doubt lies between two neighbours: so many right answers to be past the one, so many wrong ones to
    # stay below the other.
    ups = [mark - right for mark in marks]
    downs = [right + left - mark + 1 for mark in marks[1:]] + [0]
    return min(up + down for up, down in zip(ups, downs, strict=True))


def _answers(net: Any, x: Any, batch: int, classes: int, certain: Callable[[], int]) -> Iterator[NDArray[np.float64]]:
    """The logits of one batch after the other.

    Where the network is quick, many go in one message, as long as it is `certain` that so many images are needed.
    """
    starts, together = list(range(0, len(x), batch)), 1
    while starts:
        together = max(1, min(together, certain() // batch))
        now, starts = starts[:together], starts[together:]
        parts = [x.part(n, n + batch) if hasattr(x, "part") else _tensor(x[n : n + batch]) for n in now]
        began = time.perf_counter()
        answers = net.infer_many([(part,) for part in parts])
        # For a second at most, since a call has its limit; and of some megabytes, where they are sent.
        took = (time.perf_counter() - began) / len(now)
        most = max(1, _SENT // max(1, getattr(parts[0], "nbytes", 0)))
        together = max(1, min(int(1.0 / max(took, 1e-3)), most, _TOGETHER))
        for asked, logits in zip(parts, answers, strict=True):
            yield _logits(logits, len(asked), classes)


def _tensor(images: NDArray[Any]) -> Any:
    import torch

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # it is only read from, and a data set may not be written to
        return torch.from_numpy(np.ascontiguousarray(images))


def _logits(given: object, images: int, classes: int) -> NDArray[np.float64]:
    """What came back for a batch, once it is (images, classes) finite numbers."""
    hint = "forward returns the logits, one row an image and one column a class, before softmax and argmax."
    logits = as_array(given, "what the network returned", hint)
    if logits.shape != (images, classes) or logits.dtype.kind not in "fiu":
        labels = logits.shape in ((images,), (images, 1)) and logits.dtype.kind in "iu"
        said = "The network returns labels" if labels else "The network does not return logits of the right shape"
        why = f"{said}: {images} images gave the shape {logits.shape}, not ({images}, {classes})."
        raise Failure(why, hint, f"{said}.")
    if not np.isfinite(logits).all():
        said = "The network's logits hold NaN or infinity"
        raise Failure(f"{said}.", "Are the images scaled as in training? Is there a division by zero?", f"{said}.")
    return logits.astype(np.float64)
