"""The three losses on plain scores; the hidden checks go to extremes."""

import numpy as np
import torch
from torch.nn import functional

from autograder.checks import Failure, close, gradient, points, seen, unpack, value


def logistic(x, y):
    return functional.binary_cross_entropy_with_logits(x, y.double())


def hinge(x, y):
    return torch.clamp(1 - (2 * y - 1) * x, min=0).mean()


def judge(once, loss, x, y):
    """The loss and its gradient with respect to the scores, in float64."""

    def function(scores):
        return loss(scores, torch.tensor(y))

    return once(lambda: (value(function, (x,)), gradient(function, (x,))[0]))


def agrees(got, want):
    try:
        close(got, want, "it")
    except Failure:
        return False
    return True


def answer(loss, x, y, want, name):
    """(loss, dx, labels) for labels y of 0 and 1, or else for −1 and 1 if those are what it was written for."""
    plain = (*unpack(loss(x, y), "loss", "dx", of=name), "labels 0 and 1")
    if agrees(plain[0], want[0]):
        return plain
    signed = (*unpack(loss(x, 2 * y - 1), "loss", "dx", of=name), "labels −1 and 1")
    for part, result in ((0, signed), (1, plain), (1, signed)):
        if agrees(result[part], want[part]):
            return result
    return plain


def spread(rng, size):
    """Scores away from the hinge's kinks, within and beyond the margin on both sides, and labels of 0 and 1."""
    kind, y = rng.permutation(np.arange(size) % 4), rng.permutation(np.arange(size) % 2)
    far = np.where(kind % 2, rng.uniform(1.1, 3, size), rng.uniform(0.1, 0.9, size))
    return np.where(kind < 2, 1, -1) * (2 * y - 1) * far, y


# Question 2.1


@points(0.5, "q2_1")
def check_logistic_loss_is_the_mean_log_loss(student, rng, once):
    """logistic_loss is minus the log-probability of the true class, averaged over the batch."""
    x, y = spread(rng, 8)
    want = judge(once, logistic, x, y)

    loss, _, labels = answer(student.layers.logistic_loss, x, y, want, "logistic_loss")

    hint = "The sigmoid of a score is the probability of the positive class."
    close(loss, want[0], "loss", like={"batch": 8}, hint=hint)
    return seen(f"The loss takes {labels}.")


@points(0.25, "q2_1")
def check_logistic_loss_gives_dx(student, rng, once):
    """logistic_loss returns its gradient, one entry for each score."""
    x, y = spread(rng, 9)
    want = judge(once, logistic, x, y)

    _, dx, _ = answer(student.layers.logistic_loss, x, y, want, "logistic_loss")

    hint = "It is the gradient of the mean: each sample counts for one share of it."
    close(dx, want[1], "dx", like={"batch": 9}, hint=hint)


# Question 3.1


@points(0.5, "q3_1")
def check_svm_loss_is_the_mean_hinge(student, rng, once):
    """svm_loss is what each score lacks to a margin of 1 on its right side, averaged over the batch."""
    x, y = spread(rng, 8)
    want = judge(once, hinge, x, y)

    loss, _, labels = answer(student.layers.svm_loss, x, y, want, "svm_loss")

    lack = np.maximum(1 - (2 * y - 1) * x, 0)
    also = {
        "it is the mean over the samples that cost something, not over all": lack[lack > 0].mean(),
        "what a score lacks is squared": (lack**2).mean(),
        "there is no margin: only the wrong side of 0 costs something": np.maximum(-(2 * y - 1) * x, 0).mean(),
    }
    hint = "A score beyond the margin costs nothing, but its sample still counts in the mean."
    close(loss, want[0], "loss", like={"batch": 8, "also": also}, hint=hint)
    return seen(f"The loss takes {labels}.")


@points(0.25, "q3_1")
def check_svm_loss_gives_dx(student, rng, once):
    """svm_loss returns its gradient, one entry for each score."""
    x, y = spread(rng, 9)
    want = judge(once, hinge, x, y)

    _, dx, _ = answer(student.layers.svm_loss, x, y, want, "svm_loss")

    hint = "Only samples that cost something have a gradient; all of them have the same size."
    close(dx, want[1], "dx", like={"batch": 9}, hint=hint)


# Question 4.1


@points(0.5, "q4_1")
def check_softmax_loss_is_the_mean_cross_entropy(student, rng, once):
    """softmax_loss is minus the log of the true class's softmax probability, averaged over the batch."""
    x, y = rng.normal(size=(6, 4)), rng.integers(4, size=6)
    want = judge(once, functional.cross_entropy, x, y)

    loss, _ = student.layers.softmax_loss(x, y)

    close(loss, want[0], "loss", like={"batch": 6}, hint="Pick one probability from each row: the true class's.")


@points(0.25, "q4_1")
def check_softmax_loss_gives_dx(student, rng, once):
    """softmax_loss returns its gradient, one entry for each score."""
    x, y = rng.normal(size=(7, 5)), rng.integers(5, size=7)
    want = judge(once, functional.cross_entropy, x, y)

    _, dx = student.layers.softmax_loss(x, y)

    hint = "Every score of a row counts, the true class's a little differently."
    close(dx, want[1], "dx", like={"batch": 7}, hint=hint)
