"""Problem 1 on other batches: one image, a partial batch, extreme scores, steps; and which mistake it is."""

import numpy as np

from autograder.checks import FLOAT32, as_array, close, points, require, unchanged
from autograder.checks.perceptron import Perceptron, close_gradients, close_loss, loaded
from autograder.checks.reference import cross_entropy, fresh, probabilities, slopes

ROWS = "Is anything divided by, or shaped for, a batch size that you trained with? The last batch may be smaller."


def batch(rng, n):
    """Images (n, 784) in [0, 1], labels (n,)."""
    return rng.random((n, 784)), rng.permutation(np.arange(n) % 10)


def looseness(network):
    """How close is close: for float32 not as close as for float64."""
    return FLOAT32 if network.single else {}


@points(2, "q1_build")
def check_probabilities_of_any_batch(student, rng):
    """predict gives each image its own probabilities, whether it comes alone or among others."""
    network, layers, kind = loaded(student, rng)
    for n in (1, 23):
        X, _ = batch(rng, n)
        close(network.predict(X), probabilities(layers, X, kind), "predict(model, X)", hint=ROWS, **looseness(network))


@points(2, "q1_build", after="check_probabilities_of_any_batch")
def check_loss_of_one_image_and_of_a_partial_batch(student, rng):
    """The loss is a mean for one image and for a partial batch too, and of an image twice it is that of the image."""
    network, layers, kind = loaded(student, rng)
    for n in (1, 23):
        X, y = batch(rng, n)
        close_loss(network.loss(X, y), cross_entropy(layers, X, y, kind), n, network.single)
    got = network.loss(np.repeat(X, 2, axis=0), np.repeat(y, 2))
    close(got, cross_entropy(layers, X, y, kind), "the loss of every image twice", hint=ROWS, **looseness(network))


@points(1, "q1_build")
def check_zero_weights_cost_ln_10(student, rng):
    """With all parameters zero every class has probability 1/10, and the loss is ln 10."""
    network = Perceptron(student)
    network.load([(0 * w, 0 * b) for w, b in network.layers])
    X, y = batch(rng, 12)
    close(network.predict(X), np.full((12, 10), 0.1), "predict(model, X) with zero parameters", **looseness(network))
    hint = "Ten equally likely classes cost ln 10 = 2.302585 each, and the loss is a mean."
    close(network.loss(X, y), np.log(10), "the loss with zero parameters", hint=hint, **looseness(network))


@points(2, "q1_build", after="check_probabilities_of_any_batch")
def check_extreme_scores_stay_finite(student, rng):
    """Scores of ±1000 give probabilities, a loss and gradients without NaN or infinity, and the right ones."""
    network, layers, kind = loaded(student, rng)
    X, y = batch(rng, 10)
    w, b = layers[2]
    sure = [*layers[:2], (w, b + 1000 * rng.choice([-1, 1], size=10))]
    hint = "A softmax stays the same when the largest score of a row is subtracted first. Take no logarithm of a 0."
    network.load(sure)
    close(network.predict(X), probabilities(sure, X, kind), "predict(model, X)", hint=hint, **looseness(network))
    close(network.loss(X, y), cross_entropy(sure, X, y, kind), "the loss", hint=hint, **looseness(network))
    got, want = network.gradients(X, y), slopes(sure, X, y, kind)
    for name, (mine, theirs) in zip(("W", "b"), zip(got[2], want[2], strict=True), strict=True):
        close(mine, theirs, f"d{name}3", hint=hint, **looseness(network))


@points(4, "q1_build", after="check_probabilities_of_any_batch")
def check_gradients_of_one_image_and_of_a_partial_batch(student, rng):
    """The gradients are those of the mean cross entropy for one image and for a partial batch too."""
    network, layers, kind = loaded(student, rng)
    for n in (1, 23):
        X, y = batch(rng, n)
        got, want = network.gradients(X, y), slopes(layers, X, y, kind)
        own = lambda X=X, y=y: network.loss(X, y) / cross_entropy(layers, X, y, kind)  # noqa: E731
        close_gradients(got, want, n, network.single, own)


@points(3, "q1_build")
def check_gradients_fit_the_own_loss(student, rng):
    """The gradients say how the network's own loss changes when its parameters do, whatever that loss is."""
    network = Perceptron(student)
    layers = fresh(network.layers, rng)
    X, y = batch(rng, 7)
    network.load(layers)
    grads = network.gradients(X, y)
    # float32 keeps seven digits of the loss, so the step must be larger there and the slope has fewer digits.
    h, few = (1e-2, 5e-2) if network.single else (1e-5, 1e-4)
    for part in range(3):
        for kind in (0, 1):
            direction = rng.normal(size=layers[part][kind].shape) / np.sqrt(layers[part][kind].size)
            losses = []
            for sign in (1, -1):
                moved = [list(pair) for pair in layers]
                moved[part][kind] = layers[part][kind] + sign * h * direction
                network.load([tuple(pair) for pair in moved])
                losses.append(network.loss(X, y))
            slope = (losses[0] - losses[1]) / (2 * h)
            name = f"d{'Wb'[kind]}{part + 1}"
            mine = as_array(grads[part][kind], name).astype(float)
            said = f"{name} has not the shape of what it is the gradient of."
            require(mine.shape == direction.shape, said, hidden=said)
            said = f"{name} does not say how your own loss changes along a random direction."
            size = np.linalg.norm(mine) * np.linalg.norm(direction) / np.sqrt(direction.size)
            fits = abs((mine * direction).sum() - slope) <= few * (abs(slope) + size)
            hint = "Loss and gradients must scale alike: a mean, or a sum. Is a derivative missing on the way?"
            require(bool(fits), said, hint, hidden=said)


@points(3, "q1_build", after="check_probabilities_of_any_batch")
def check_a_step_moves_against_the_gradient(student, rng):
    """One step with learning rate 1 changes every parameter by minus its gradient, and half the rate by half of it."""
    network, layers, kind = loaded(student, rng)
    X, y = batch(rng, 6)
    want = slopes(layers, X, y, kind)
    for lr in (1.0, 0.5):
        network.load(layers)
        network.step(X, y, lr)
        for i, ((w, b), (v, c), (dw, db)) in enumerate(zip(layers, network.layers, want, strict=True), 1):
            hint = "New parameters are the old ones minus lr times the gradients, all of them from before the step."
            close((w - v) / lr, dw, f"the change of W{i} in a step", hint=hint, **step_tolerance(network, w, dw))
            close((b - c) / lr, db, f"the change of b{i} in a step", hint=hint, **step_tolerance(network, b, db))


def step_tolerance(network, before, change):
    """A difference of two rounded numbers has their rounding."""
    rounding = (1e-6 if network.single else 1e-14) * np.abs(before).max()
    rtol = FLOAT32["rtol"] if network.single else 1e-6
    return {"rtol": rtol, "atol": 4 * rounding + 1e-5 * network.single * np.abs(change).max(), "reason": "rounding"}


@points(1, "q1_build")
def check_nothing_that_comes_in_changes(student, rng):
    """Images, labels and parameters are left as they were by predict, loss and gradients."""
    network = Perceptron(student)
    network.load(fresh(network.layers, rng))
    X, y = batch(rng, 5)
    before = network.layers
    for name in ("predict", "loss", "gradients"):
        given = (X.copy(),) if name == "predict" else (X.copy(), y.copy())
        after = network.watched(name, *given)
        for kept, was, what in zip(after, given, ("X", "y"), strict=False):
            unchanged(kept, was, what, of=f"adapter.{name}")
        for (w, b), (v, c) in zip(before, network.layers, strict=True):
            said = f"adapter.{name} changed the network's parameters."
            require(bool((w == v).all() and (b == c).all()), said, "Only step may.", hidden=said)
