"""Problem 1, experiments: how weights are drawn, what zeros learn, and the finite differences of another sample."""

import numpy as np

from autograder.checks import points, require
from autograder.checks.perceptron import Perceptron, loaded
from autograder.checks.reference import fresh
from autograder.checks.shifts import READINGS, largest_differences


def moments(weights):
    """(mean, standard deviation, kurtosis) of a matrix; a normal's kurtosis is 3, a uniform's 1.8."""
    centred = weights - weights.mean()
    return weights.mean(), weights.std(), (centred**4).mean() / (centred**2).mean() ** 2


@points(1, "q1_init")
def check_normal_weights_are_standard_normal(student, rng):
    """build("normal") draws every weight from a normal distribution with mean 0 and standard deviation 1."""
    for i, (w, _) in enumerate(Perceptron(student, "normal", int(rng.integers(10_000))).layers, 1):
        mean, std, kurtosis = moments(w)
        few = 6 / np.sqrt(w.size)  # six standard errors of the mean; those of the others are of that size too
        said = f"normal: W{i} is not drawn from a standard normal distribution"
        hint = "Mean 0 and standard deviation 1 for every layer, whatever its size."
        require(bool(abs(mean) < few and abs(std - 1) < few), f"{said}.", hint, hidden=f"{said}.")
        require(
            bool(abs(kurtosis - 3) < 5 * few), f"{said}: its shape is another.", hidden=f"{said}: its shape is another."
        )


@points(1.5, "q1_init")
def check_glorot_weights_are_uniform_within_their_bound(student, rng):
    """build("glorot") draws weights uniformly from −d to d, d = √(6 / (inputs + outputs)) of each layer."""
    for i, (w, _) in enumerate(Perceptron(student, "glorot", int(rng.integers(10_000))).layers, 1):
        d = np.sqrt(6 / sum(w.shape))
        mean, std, kurtosis = moments(w)
        few = 6 / np.sqrt(w.size)
        said = f"glorot: W{i} is not drawn uniformly from −d to d"
        hint = "d is of the layer's own inputs and outputs: √(6 / (inputs + outputs)), and the draw is uniform."
        require(
            bool(np.abs(w).max() <= d * (1 + 1e-6)), f"{said}: some lie outside.", hint, f"{said}: some lie outside."
        )
        fits = abs(mean) < few * d and abs(std / (d / np.sqrt(3)) - 1) < few and abs(kurtosis - 1.8) < 5 * few
        require(bool(fits), f"{said}: its spread is another.", hint, f"{said}: its spread is another.")


@points(1.5, "q1_init", after="check_zero_initialisation")
def check_zero_weights_stay_alike_in_training(student, rng, data):
    """From zeros, training moves the last bias alone; with sigmoids all units of a layer stay copies of each other."""
    kind = loaded(student, rng)[2]
    d, network = data("digits"), Perceptron(student, "zero")
    for start in range(0, 200, 50):
        rows = slice(start, start + 50)
        network.step(d.x_train[rows].reshape(50, -1).astype(float), d.y_train[rows], 0.5)
    layers = network.layers
    said = "After training from zero weights not even the last bias has moved."
    require(bool(layers[2][1].any()), said, "The last layer's bias has a gradient, p − y; is it updated?", hidden=said)
    for i, (w, b) in enumerate(layers, 1):
        if kind == "sigmoid":
            rest = [np.ptp(w, axis=0)] if i == 3 else [np.ptp(w, axis=1), np.ptp(b)]
            rest += [np.ptp(w, axis=0)] if i == 2 else []
        else:
            rest = [w] if i == 3 else [w, b]
        said = f"After training from zero weights W{i} or b{i} is not what symmetry leaves it."
        hint = "With W = 0 nothing flows back, and with f(0) = 0 nothing flows forward. Does the step add noise?"
        require(not any(np.abs(part).max() > 1e-12 for part in rest), said, hint, hidden=said)


def lively(student, rng):
    """A network with parameters of ours with which every unit answers to the sample, the sample and its label."""
    network, layers, kind = loaded(student, rng)
    layers = [(0.3 * w, b + 1) for w, b in fresh(layers, rng)]
    network.load(layers)
    return network, layers, kind, 0.1 + 0.9 * rng.random((1, 784)), rng.integers(10, size=1)


@points(3, "q1_fd", after="check_five_values_of_n")
def check_differences_notice_a_wrong_gradient(student, rng):
    """The differences are small where gradient and loss agree, and are measured at the network that was handed over."""
    for _ in range(2):
        network, layers, kind, x, y = lively(student, rng)
        found = network.given_to(student.gradient_check.check, x, y)
        Ns, got = (np.asarray(part, float) for part in found)
        network.load(layers)
        grads = [(np.asarray(w, float), np.asarray(b, float)) for w, b in network.gradients(x, y)]
        rounding = (1e-6 if network.single else 1e-14) * Ns + 1e-10
        wants = [largest_differences(layers, grads, x, int(y[0]), kind, reading, Ns) for reading in READINGS]
        said = "The differences of another sample, with other parameters, are not those of central differences."
        fits = any((np.abs(got - want) <= 0.01 * want + rounding).all() for want in wants)
        require(fits, said, "Read the network that comes in, not one of your own; use x and y.", hidden=said)


@points(1, "q1_fd", after="check_five_values_of_n")
def check_the_network_is_left_as_it_was(student, rng):
    """After gradient_check.check the network has the parameters that it had before."""
    network, layers, _, x, y = lively(student, rng)
    network.given_to(student.gradient_check.check, x, y)
    for (w, b), (v, c) in zip(layers, network.layers, strict=True):
        same = np.abs(w - v).max() < 1e-6 and np.abs(b - c).max() < 1e-6
        said = "gradient_check.check leaves the network with other parameters."
        require(bool(same), said, "Put every entry back, also the last one.", hidden=said)
