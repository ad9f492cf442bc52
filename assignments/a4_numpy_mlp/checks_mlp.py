"""Problem 1, the network: size, forward pass, loss and gradients, through adapter.py."""

import ast

import numpy as np

from autograder.checks import Failure, count_parameters, points, require
from autograder.checks.inside import inside
from autograder.checks.perceptron import close_gradients, close_loss, loaded
from autograder.checks.reference import cross_entropy, slopes

FORWARD = "Three layers, h W + b, a nonlinearity after the first two, a softmax over each image's own ten scores."
FRAMEWORKS = ("torch", "torchvision", "tensorflow", "jax", "autograd", "keras", "theano", "mxnet", "tinygrad")


def batch(rng, n):
    """Images (n, 784) in [0, 1] without a constant pixel, labels (n,) with no class oftener than it must be."""
    return rng.random((n, 784)), rng.permutation(np.arange(n) % 10)


@points(4, "q1_build")
def check_parameter_count_is_in_range(student, rng):
    """The network has two hidden layers and, biases included, 500,000 to 1,000,000 parameters, all of them in use."""
    network, layers, _ = loaded(student, rng, FORWARD)
    require(layers[0][0].shape[0] == 784, f"The first layer takes {layers[0][0].shape[0]} numbers; an image has 784.")
    require(layers[2][0].shape[1] == 10, f"The last layer gives {layers[2][0].shape[1]} scores; there are ten classes.")
    count = count_parameters([array for pair in network.layers for array in pair])
    h1, h2 = layers[0][0].shape[1], layers[1][0].shape[1]
    require(
        500_000 <= count <= 1_000_000,
        f"With hidden layers of {h1} and {h2} there are {count:,} parameters.",
        "Count weights and biases of all three layers, and choose h1 and h2 from that.",
    )


@points(3, "q1_build")
def check_probabilities_follow_from_the_parameters(student, rng):
    """predict runs a batch of five images through three layers and a softmax; every row adds up to 1."""
    loaded(student, rng, FORWARD)


@points(3, "q1_build", after="check_probabilities_follow_from_the_parameters")
def check_loss_is_the_mean_cross_entropy(student, rng):
    """The loss of six images is their mean cross entropy."""
    network, layers, kind = loaded(student, rng, FORWARD)
    X, y = batch(rng, 6)
    close_loss(network.loss(X, y), cross_entropy(layers, X, y, kind), 6, network.single)


@points(3, "q1_build", after="check_probabilities_follow_from_the_parameters")
def check_gradients_of_a_batch(student, rng):
    """The gradients of six images are those of the mean cross entropy, for W1, b1, W2, b2, W3 and b3."""
    network, layers, kind = loaded(student, rng, FORWARD)
    X, y = batch(rng, 6)
    got, want = network.gradients(X, y), slopes(layers, X, y, kind)
    own = lambda: network.loss(X, y) / cross_entropy(layers, X, y, kind)  # noqa: E731
    close_gradients(got, want, 6, network.single, own)


READ = """\
def read(module):
    import pathlib
    folder = pathlib.Path(module.__file__).parent
    return {path.stem: path.read_text("utf-8", "replace") for path in sorted(folder.glob("*.py"))}
"""
RUN = """\
def run(work):
    import torch
    def refuse(*args, **kwargs):
        raise RuntimeError("PyTorch differentiates here; this part is numpy's alone")
    def guarded(*arguments):
        kept = torch.autograd.backward, torch.autograd.grad
        torch.autograd.backward = torch.autograd.grad = refuse
        try:
            work(*arguments)
        finally:
            torch.autograd.backward, torch.autograd.grad = kept
    return guarded
"""


def imports(text):
    """The top-level modules that a file imports; of a file that is no Python, none."""
    try:
        tree = ast.parse(text)
    except (SyntaxError, ValueError, RecursionError):
        return set()
    names = [alias.name for node in ast.walk(tree) if isinstance(node, ast.Import) for alias in node.names]
    names += [node.module or "" for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)]
    return {name.partition(".")[0] for name in names}


@points(1, "q1_build", after="check_probabilities_follow_from_the_parameters")
def check_numpy_does_the_work(student, rng):
    """No file that adapter.py works with imports a framework that differentiates, and none is asked for a gradient."""
    texts = inside(student, READ, "read")(student.adapter)
    waiting, reached = ["adapter"], []
    while waiting:
        name = waiting.pop()
        reached.append(name)
        found = imports(texts.get(name, ""))
        for framework in FRAMEWORKS:
            why = f"{name}.py imports {framework}."
            require(framework not in found, why, "Problem 1 is numpy's alone; work out the gradients yourself.", why)
        waiting += [other for other in sorted(found) if other in texts and other not in (*reached, *waiting)]
    network, _, _ = loaded(student, rng, FORWARD)
    try:
        network.given_to(inside(student, RUN, "run")(student.adapter.gradients), *batch(rng, 3))
    except Exception as error:
        if getattr(error, "type", "") != "RuntimeError" or "PyTorch differentiates" not in getattr(error, "message", ""):
            raise
        why = "adapter.gradients has PyTorch differentiate."
        raise Failure(why, "Work the gradients out yourself, layer by layer.", hidden=why) from None
