"""Exercise 3: what deep networks compute with each activation, how their weights are spread, tanh and the sigmoid."""

import numpy as np
import torch

from autograder.checks import as_array, drift, parameters_of, points, rebuild, require, seen, signals

BENDS = {"relu": torch.relu, "sigmoid": torch.sigmoid, "tanh": torch.tanh, "identity": torch.Tensor.clone}
DEPTH, WIDTH, SAMPLES = 32, 128, 100


def chain(bend, depth):
    """What a network of `depth` layers computes from its parameters in order."""

    def compute(arrays, x):
        pairs = [torch.tensor(array) for array in arrays.values()]
        if len(pairs) != 2 * depth:
            raise LookupError("another number of layers")
        x = torch.tensor(x)
        for i in range(depth):
            x = torch.nn.functional.linear(bend(x) if i else x, pairs[2 * i], pairs[2 * i + 1])
        return x.numpy()

    return compute


# Question 3.1


@points(1.5, "q3_1")
def check_network_bends_between_its_layers(student, rng):
    """A network of any depth applies the activation it is asked for between its layers, and nothing after the last."""
    for activation, depth, width in (("relu", 3, 7), ("sigmoid", 2, 5), ("tanh", 4, 6), ("identity", 3, 4)):
        x = rng.normal(size=(9, width)).astype(np.float32)
        model = student.ex08.create_network_e3(depth, width, activation)
        hint = "Linear first, Linear last, and an activation between each two: ReLU, Sigmoid, Tanh, Identity."
        rebuild(model, x, chain(BENDS[activation], depth), rng, name=f"the network with {activation}", hint=hint)


@points(0.5, "q3_1")
def check_network_of_one_layer_and_by_default(student, rng):
    """A network of depth 1 is one Linear layer; without arguments it has 10 layers of width 128 and ReLUs."""
    x = rng.normal(size=(5, 3)).astype(np.float32)
    rebuild(student.ex08.create_network_e3(1, 3, "tanh"), x, chain(torch.tanh, 1), rng, name="the network of depth 1")
    x = rng.normal(size=(5, 128)).astype(np.float32)
    rebuild(student.ex08.create_network_e3(), x, chain(torch.relu, 10), rng, name="the network by default")


# Question 3.2


def initialised(student, scale, *sizes):
    """Weights of a network of Linear layers of these sizes, initialised by the submission, as arrays in order."""
    make = student.torch.nn
    layers = []
    for into, out in sizes:
        layers += [make.Linear(into, out), make.Tanh()]
    model = make.Sequential(*layers[:-1])
    before = parameters_of(model)
    student.ex08.initialize_weights_e3(model, scale)
    after = {key: array for key, array in parameters_of(model).items() if key.endswith("weight")}
    said = "initialize_weights_e3 leaves a layer as it was."
    require(not any(np.array_equal(before[key], after[key]) for key in after), said, hidden=said)
    return list(after.values())


@points(1, "q3_2")
def check_weights_are_spread_by_fan_out(student):
    """initialize_weights_e3 draws weights of mean 0 and standard deviation s/√out_features, for any s and any sizes."""
    for scale in (0.5, 1.0, 2.2):
        sizes = ((128, 64), (64, 300), (300, 200))
        for w, (_, out) in zip(initialised(student, scale, *sizes), sizes, strict=True):
            wanted = scale / np.sqrt(out)
            # Five standard errors: of a class of a thousand, nobody's right weights fall outside by chance.
            slack = 5 * wanted / np.sqrt(w.size)
            said = "Weights do not have mean 0."
            require(bool(abs(w.mean()) < slack), said, hidden=said)
            said = "Weights of a layer do not have the standard deviation s/√out_features."
            hint = "A weight has shape (out_features, in_features); normal_ takes a standard deviation, not a variance."
            require(bool(abs(w.std() - wanted) < slack), said, hint, hidden=said)


@points(0.5, "q3_2")
def check_weights_of_layers_are_drawn_anew(student):
    """Layers of the same shape get different weights, and so do two calls."""
    first = initialised(student, 1.0, (12, 12), (12, 12))
    again = initialised(student, 1.0, (12, 12), (12, 12))
    said = "Two layers start with the same weights."
    require(not np.array_equal(first[0], first[1]), said, "Draw inside the loop over layers.", hidden=said)
    said = "Two calls of initialize_weights_e3 give the same weights."
    require(not np.array_equal(first[0], again[0]), said, "A seed belongs into a cell of its own.", hidden=said)


# Question 3.3


def scale_factor(student, activation):
    """What the submission says of an activation: a number, or None."""
    elsewhere = not student.has("ex08.SCALE_FACTORS") and student.has("derivations.SCALE_FACTORS")
    factors = student.derivations.SCALE_FACTORS if elsewhere else student.ex08.SCALE_FACTORS
    said = f"SCALE_FACTORS has no {activation}."
    require(isinstance(factors, dict) and activation in factors, said, hidden=said)
    value = factors[activation]
    if value is None or isinstance(value, str):
        return None  # "none" and "no good value" say so too
    return float(as_array(value, f"SCALE_FACTORS of {activation}").reshape(()))


def drifts(student, rng, activation, scale):
    """How far outputs and gradients of 32 layers get from those in the middle, as factors; the median of 3 networks."""
    found = []
    for _ in range(3):
        model = student.ex08.create_network_e3(DEPTH, WIDTH, activation)
        student.ex08.initialize_weights_e3(model, scale)
        x, dout = rng.normal(size=(2, SAMPLES, WIDTH))
        found.append([drift(arrays) for arrays in signals(student, model, BENDS[activation], x, dout)])
    return np.median(found, axis=0).tolist()


@points(0.5, "q3_3")
def check_scale_for_tanh(student, rng):
    """With your factor for tanh, outputs and gradients of 32 layers stay within ten times the middle layer's."""
    scale = scale_factor(student, "tanh")
    said = "There is a good scale factor for tanh."
    require(scale is not None, said, "Try some, and look at both curves.", hidden=said)
    for name, factor in zip(("outputs", "gradients"), drifts(student, rng, "tanh", scale), strict=True):
        said = f"With your factor for tanh, {name} drift by more than a factor of ten."
        require(factor <= 10, said, "Look at both curves: one may be flat while the other is not.", hidden=said)


@points(0.5, "q3_3")
def check_scale_for_sigmoid(student, rng):
    """Your verdict on sigmoid holds: None, or a factor with which outputs and gradients stay within a factor of ten."""
    scale = scale_factor(student, "sigmoid")
    if scale is None:
        return seen("no good factor for sigmoid: its slope is 1/4 at most, so with usual weights gradients vanish")
    said = "With your factor for sigmoid, outputs or gradients drift by more than a factor of ten."
    hint = "The sigmoid's slope is never more than 1/4. If you think that no factor helps, write None."
    require(max(drifts(student, rng, "sigmoid", scale)) <= 10, said, hint, hidden=said)
    return seen("sigmoid with very large weights: gradients survive, though most units are saturated")
