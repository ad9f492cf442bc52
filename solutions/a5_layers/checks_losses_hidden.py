"""The three losses at scores where naive formulas overflow, on other batches, and against their own slope."""

import numpy as np
import torch
from torch.nn import functional

from autograder.checks import FLOAT32, Failure, close, gradient, own_slope, points, unchanged, unpack, value

F32, F64 = np.float32, np.float64


def logistic(x, y):
    return functional.binary_cross_entropy_with_logits(x, y.double())


def hinge(x, y):
    return torch.clamp(1 - (2 * y - 1) * x, min=0).mean()


def judge(once, loss, x, y):
    """The loss and its gradient with respect to the scores, in float64."""

    def function(scores):
        return loss(scores, torch.tensor(y))

    return once(lambda: (value(function, (x,)), gradient(function, (x,))[0]))


def agrees(got, want, how):
    try:
        close(got, want, "it", **how)
    except Failure:
        return False
    return True


def answer(loss, x, y, want, name, how=None):
    """(loss, dx, labels) for labels y of 0 and 1, or else for −1 and 1 if those are what it was written for."""
    plain = (*unpack(loss(x, y), "loss", "dx", of=name), y)
    if agrees(plain[0], want[0], how or {}):
        return plain
    signed = (*unpack(loss(x, 2 * y - 1), "loss", "dx", of=name), 2 * y - 1)
    for part, result in ((0, signed), (1, plain), (1, signed)):
        if agrees(result[part], want[part], how or {}):
            return result
    return plain


def tolerance(dtype):
    return FLOAT32 if dtype is F32 else {}


def spread(rng, size, dtype=F64):
    """Scores away from the hinge's kinks, within and beyond the margin on both sides, and labels of 0 and 1."""
    kind, y = rng.permutation(np.arange(size) % 4), rng.permutation(np.arange(size) % 2)
    far = np.where(kind % 2, rng.uniform(1.1, 3, size), rng.uniform(0.1, 0.9, size))
    return (np.where(kind < 2, 1, -1) * (2 * y - 1) * far).astype(dtype), y


def extreme(rng):
    """Scores of up to ±1000, for and against labels of 0 and 1."""
    x = np.array([1000.0, -1000.0, 1000.0, -1000.0, 745.0, -745.0, 30.0, -30.0]) + rng.uniform(-9, 9, size=8)
    return x, np.array([1, 0, 0, 1, 0, 1, 0, 0])


BATCHES = [(1, F64), (2, F64), (37, F64), (12, F32)]
LARGE = "exp overflows from 710 on, and log(0) is infinite: rewrite the formula so that neither of them is met."

# Question 2.1


@points(0.25, "q2_1")
def check_logistic_loss_survives_large_scores(student, rng, once):
    """logistic_loss is finite and right for scores of ±1000."""
    x, y = extreme(rng)
    want = judge(once, logistic, x, y)

    loss, _, _ = answer(student.layers.logistic_loss, x, y, want, "logistic_loss")

    close(loss, want[0], "loss", like={"batch": len(x)}, hint=LARGE)


@points(0.25, "q2_1")
def check_logistic_dx_survives_large_scores(student, rng, once):
    """logistic_loss's gradient is finite and right for scores of ±1000."""
    x, y = extreme(rng)
    want = judge(once, logistic, x, y)

    _, dx, _ = answer(student.layers.logistic_loss, x, y, want, "logistic_loss")

    close(dx, want[1], "dx", like={"batch": len(x)}, hint=LARGE)


@points(0.25, "q2_1")
def check_logistic_loss_takes_any_batch(student, rng, once):
    """logistic_loss and its gradient are means over one sample or many, in float32 and float64."""
    for n, dtype in BATCHES:
        x, y = spread(rng, n, dtype)
        want = judge(once, logistic, x, y)

        loss, dx, _ = answer(student.layers.logistic_loss, x, y, want, "logistic_loss", tolerance(dtype))

        hint = "Divide by the number of samples there are."
        close(loss, want[0], "loss", like={"batch": n}, hint=hint, **tolerance(dtype))
        close(dx, want[1], "dx", like={"batch": n}, hint="dx is the gradient of the mean.", **tolerance(dtype))


@points(0.25, "q2_1")
def check_logistic_dx_fits_its_own_loss(student, rng, once):
    """logistic_loss's gradient is the slope of your own logistic_loss, whatever that computes."""
    x, y = spread(rng, 10)
    want = judge(once, logistic, x, y)

    _, dx, labels = answer(student.layers.logistic_loss, x, y, want, "logistic_loss")

    hint = "Differentiate what you return."
    close(dx, own_slope(student.layers.logistic_loss, (x, labels), wrt=0, dout=1.0, rng=rng), "dx", hint=hint)


@points(0.25, "q2_1")
def check_logistic_loss_leaves_its_arguments_alone(student, rng):
    """logistic_loss writes into new arrays, never into the scores or the labels."""
    x, y = spread(rng, 7)
    for labels in (y, 2 * y - 1):
        _, (x_after, y_after) = student.layers.logistic_loss.watch(x, labels)

        unchanged(x_after, x, "x", of="logistic_loss")
        unchanged(
            y_after, labels, "y", of="logistic_loss", hint="Whoever called you still needs the labels: change a copy."
        )


# Question 3.1


def hinge_slips(x, y):
    """Familiar wrong losses, each with its sentence."""
    lack = np.maximum(1 - (2 * y - 1) * x, 0)
    return {
        "it is the mean over the samples that cost something, not over all": lack.sum() / max((lack > 0).sum(), 1),
        "what a score lacks is squared": (lack**2).mean(),
        "there is no margin: only the wrong side of 0 costs something": np.maximum(-(2 * y - 1) * x, 0).mean(),
    }


@points(0.25, "q3_1")
def check_svm_loss_of_large_scores(student, rng, once):
    """svm_loss goes on growing with a wrong score, up to scores of ±1000."""
    x, y = extreme(rng)
    want = judge(once, hinge, x, y)

    loss, dx, _ = answer(student.layers.svm_loss, x, y, want, "svm_loss")

    hint = "The further on the wrong side, the dearer, without an end."
    close(loss, want[0], "loss", like={"batch": len(x)}, hint=hint)
    close(dx, want[1], "dx", like={"batch": len(x)}, hint="However dear a sample is, its slope stays the same.")


@points(0.25, "q3_1")
def check_svm_loss_is_free_beyond_the_margin(student, rng):
    """If every score is beyond the margin on its right side, loss and gradient are exactly 0."""
    y = rng.permutation([0, 1] * 4)
    signs, none = 2 * y - 1, (np.zeros(()), np.zeros(8))
    x = signs * rng.uniform(1.1, 5, size=8)

    loss, dx, _ = answer(student.layers.svm_loss, x, y, none, "svm_loss")

    also = {"the sides are swapped: the right one is charged": (1 + x * signs).mean()}
    close(loss, 0.0, "loss", like={"also": also}, hint="Who is charged here, and for what?")
    close(dx, none[1], "dx", hint="Nothing is to be gained by moving any of these scores.")


@points(0.25, "q3_1")
def check_svm_loss_takes_any_batch(student, rng, once):
    """svm_loss and its gradient are means over one sample or many, in float32 and float64."""
    for n, dtype in BATCHES:
        x, y = spread(rng, n, dtype)
        want = judge(once, hinge, x, y)

        loss, dx, _ = answer(student.layers.svm_loss, x, y, want, "svm_loss", tolerance(dtype))

        hint = "Divide by the number of all samples, not only of those that cost something."
        like = {"batch": n, "also": hinge_slips(x, y)}
        close(loss, want[0], "loss", like=like, hint=hint, **tolerance(dtype))
        close(dx, want[1], "dx", like={"batch": n}, hint="dx is the gradient of the mean.", **tolerance(dtype))


@points(0.25, "q3_1")
def check_svm_dx_fits_its_own_loss(student, rng, once):
    """svm_loss's gradient is the slope of your own svm_loss, whatever that computes."""
    x, y = spread(rng, 11)
    want = judge(once, hinge, x, y)

    _, dx, labels = answer(student.layers.svm_loss, x, y, want, "svm_loss")

    hint = "Differentiate what you return."
    close(dx, own_slope(student.layers.svm_loss, (x, labels), wrt=0, dout=1.0, rng=rng), "dx", hint=hint)


@points(0.25, "q3_1")
def check_svm_loss_leaves_its_arguments_alone(student, rng):
    """svm_loss writes into new arrays, never into the scores or the labels."""
    x, y = spread(rng, 7)
    for labels in (y, 2 * y - 1):
        _, (x_after, y_after) = student.layers.svm_loss.watch(x, labels)

        unchanged(x_after, x, "x", of="svm_loss")
        unchanged(y_after, labels, "y", of="svm_loss", hint="Whoever called you still needs the labels: change a copy.")


# Question 4.1


SHIFT = f"{LARGE} What may be added to all scores of a row without changing its softmax?"


def mountains(rng):
    """Rows of scores around +1000, around −1000, and with the true class far below and far above the others."""
    x = rng.normal(size=(6, 4)) + np.array([[1000.0], [-1000.0], [0.0], [0.0], [500.0], [0.0]])
    x[2, 1], x[3, 1], x[4, 2] = -1000, 1000, -500
    return x, np.array([0, 3, 1, 1, 2, 2])


@points(0.25, "q4_1")
def check_softmax_loss_survives_large_scores(student, rng, once):
    """softmax_loss is finite and right for scores of ±1000, in one row or from row to row."""
    x, y = mountains(rng)
    want = judge(once, functional.cross_entropy, x, y)

    loss, _ = student.layers.softmax_loss(x, y)

    close(loss, want[0], "loss", like={"batch": len(x)}, hint=SHIFT)


@points(0.25, "q4_1")
def check_softmax_dx_survives_large_scores(student, rng, once):
    """softmax_loss's gradient is finite and right for scores of ±1000, in one row or from row to row."""
    x, y = mountains(rng)
    want = judge(once, functional.cross_entropy, x, y)

    _, dx = student.layers.softmax_loss(x, y)

    close(dx, want[1], "dx", like={"batch": len(x)}, hint=SHIFT)


@points(0.25, "q4_1")
def check_softmax_loss_takes_any_batch(student, rng, once):
    """softmax_loss and its gradient are means over one sample or many, for two classes or many."""
    for n, classes, dtype in [(1, 5, F64), (9, 2, F64), (30, 10, F64), (8, 3, F32)]:
        x, y = (2 * rng.normal(size=(n, classes))).astype(dtype), rng.integers(classes, size=n)
        want = judge(once, functional.cross_entropy, x, y)

        loss, dx = student.layers.softmax_loss(x, y)

        hint = "Divide by the number of samples there are."
        close(loss, want[0], "loss", like={"batch": n}, hint=hint, **tolerance(dtype))
        close(dx, want[1], "dx", like={"batch": n}, hint="dx is the gradient of the mean.", **tolerance(dtype))


@points(0.25, "q4_1")
def check_softmax_dx_fits_its_own_loss(student, rng):
    """softmax_loss's gradient is the slope of your own softmax_loss, whatever that computes."""
    x, y = rng.normal(size=(5, 4)), rng.integers(4, size=5)

    _, dx = student.layers.softmax_loss(x, y)

    hint = "Differentiate what you return."
    close(dx, own_slope(student.layers.softmax_loss, (x, y), wrt=0, dout=1.0, rng=rng), "dx", hint=hint)


@points(0.25, "q4_1")
def check_softmax_loss_leaves_its_arguments_alone(student, rng):
    """softmax_loss writes into new arrays, never into the scores or the labels."""
    x, y = rng.normal(size=(5, 3)), rng.integers(3, size=5)

    _, (x_after, y_after) = student.layers.softmax_loss.watch(x, y)

    unchanged(x_after, x, "x", of="softmax_loss", hint="x −= x.max() changes the caller's scores.")
    unchanged(y_after, y, "y", of="softmax_loss")
