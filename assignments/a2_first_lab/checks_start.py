"""Exercise 3: the layers of a deep network, its biases, and the scale for ReLU and for no activation at all."""

import numpy as np
import torch

from autograder.checks import as_array, drift, equal, parameters_of, points, require, seen, signals

LEAVES = """lambda model: [
    type(m).__name__ for _, m in model.named_modules(remove_duplicate=False) if not list(m.children())
]"""
"""Runs where the submission runs: the kinds of the layers in order; an activation may be one object used many times."""
DEPTH, WIDTH, SAMPLES = 32, 128, 100


# Question 3.1


@points(1, "q3_1")
def check_network_has_32_linear_layers(student):
    """create_network_e3(32, 128, "relu") has 32 Linear layers, 31 ReLUs between them, and ends in a Linear."""
    model = student.ex08.create_network_e3(32, 128, "relu")
    kinds = student.builtins.eval(LEAVES)(model)
    linear = kinds.count("Linear")
    equal(linear, 32, "the number of Linear layers")
    equal(len(kinds) - linear, 31, "the number of activations", hint="Between each two layers: one less than layers.")
    equal(kinds[-1], "Linear", "the kind of the last layer")
    shapes = {array.shape for array in parameters_of(model, name="the network").values()}
    equal(shapes, {(128, 128), (128,)}, "the set of shapes of the parameters")


# Question 3.2


@points(0.5, "q3_2")
def check_initialising_zeroes_the_biases(student):
    """initialize_weights_e3 changes the model that it gets: new weights in every Linear layer, and biases of 0."""
    make = student.torch.nn
    model = make.Sequential(make.Linear(20, 30), make.ReLU(), make.Linear(30, 10))
    before = parameters_of(model)
    student.ex08.initialize_weights_e3(model, 1.5)
    after = parameters_of(model)
    for key, array in after.items():
        if key.endswith("bias"):
            require(not array.any(), f"The bias {key} is not 0.", "Every Linear layer has a bias.")
        else:
            said = f"The weight {key} is what it was."
            require(not np.array_equal(array, before[key]), said, "Write into the layer's own weight, in place.")


# Question 3.3


def scale_factor(student, activation):
    """What the submission says of an activation: a number, or None."""
    elsewhere = not student.has("ex08.SCALE_FACTORS") and student.has("derivations.SCALE_FACTORS")
    factors = student.derivations.SCALE_FACTORS if elsewhere else student.ex08.SCALE_FACTORS
    require(isinstance(factors, dict) and activation in factors, f"SCALE_FACTORS has no {activation}.")
    value = factors[activation]
    if value is None or isinstance(value, str):
        return None  # "none" and "no good value" say so too
    return float(as_array(value, f"SCALE_FACTORS of {activation}").reshape(()))


def drifts(student, rng, activation, bend, scale):
    """How far outputs and gradients of 32 layers get from those in the middle, as factors; the median of 3 networks."""
    found = []
    for _ in range(3):
        model = student.ex08.create_network_e3(DEPTH, WIDTH, activation)
        student.ex08.initialize_weights_e3(model, scale)
        x, dout = rng.normal(size=(2, SAMPLES, WIDTH))
        found.append([drift(arrays) for arrays in signals(student, model, bend, x, dout)])
    return np.median(found, axis=0).tolist()


def judged(student, rng, activation, bend):
    """Whether the submission's scale factor keeps outputs and gradients within a factor of ten."""
    scale = scale_factor(student, activation)
    require(scale is not None, f"There is a good scale factor for {activation}.", "Try some, and look at the plots.")
    outputs, gradients = drifts(student, rng, activation, bend, scale)
    hint = "Where they grow from layer to layer the factor is too large, where they fade too small."
    for name, factor in (("outputs", outputs), ("gradients", gradients)):
        said = f"With {scale:.4g}, {name} of {activation} drift by a factor of {factor:.3g}; 10 are allowed."
        require(factor <= 10, said, hint)
    return seen(f"{activation}: outputs stay within a factor of {outputs:.1f}, gradients of {gradients:.1f}")


@points(0.5, "q3_3")
def check_scale_for_relu(student, rng):
    """With your factor for relu, outputs and gradients of 32 layers stay within ten times the middle layer's."""
    return judged(student, rng, "relu", torch.relu)


@points(0.5, "q3_3")
def check_scale_for_identity(student, rng):
    """With your factor for identity, outputs and gradients of 32 layers stay within a factor of ten."""
    return judged(student, rng, "identity", torch.Tensor.clone)
