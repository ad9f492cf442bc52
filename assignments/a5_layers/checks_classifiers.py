"""The four classifiers: names and shapes of their parameters, their scores, and the simplest losses and gradients."""

import itertools

import numpy as np
import torch
from torch.nn import functional

from autograder.checks import (
    FLOAT32,
    Failure,
    close,
    count_parameters,
    entry,
    equal,
    gradient,
    points,
    require,
    shape_of,
    unpack,
    value,
)

LOSSES = {
    "logistic": lambda scores, y: functional.binary_cross_entropy_with_logits(scores, y.double()),
    "svm": lambda scores, y: torch.clamp(1 - (2 * y - 1) * scores, min=0).mean(),
    "softmax": functional.cross_entropy,
}
BINARY = ("logistic", "svm")


def fully_connected(p, x):
    """The scores of fc, or of fc – relu – fc, by the sheet."""
    hidden = x @ p["W1"] + p["b1"]
    return torch.relu(hidden) @ p["W2"] + p["b2"] if "W2" in p else hidden


def draw(rng, sizes):
    """Parameters of a network with these layer sizes, and two samples more than its inputs."""
    p = {}
    for n, (fan_in, fan_out) in enumerate(itertools.pairwise(sizes), 1):
        p[f"W{n}"], p[f"b{n}"] = rng.normal(size=(fan_in, fan_out)), rng.normal(size=fan_out)
    return p, rng.normal(size=(sizes[0] + 2, sizes[0]))


def parameters(make, sizes, hidden_dim, name):
    """The parameters of a fresh model have the names, shapes and start that the handout states."""
    p = make(hidden_dim).params
    require(isinstance(p, dict), f"params of {name} is no dict of arrays.")
    want = {}
    for n, (fan_in, fan_out) in enumerate(itertools.pairwise(sizes), 1):
        want |= {f"W{n}": (fan_in, fan_out), f"b{n}": (fan_out,)}
    require(
        set(p) == set(want),
        f"params of {name} has the keys {', '.join(map(str, p)) or 'of nothing'}; {', '.join(want)} are asked.",
        hint="A linear model has W1 and b1 alone; W2 and b2 come with hidden_dim.",
    )
    for key, shape in want.items():
        equal(shape_of(p[key], key), shape, f"the shape of {key}", hint="W is (inputs, outputs), b is (outputs,).")
        starts(p[key], key)


def starts(array, key):
    """Weights are drawn with a standard deviation of 0.01, biases are 0."""
    if key.startswith("b"):
        close(array, np.zeros(np.shape(array)), key, hint="Biases start at zero.")
        return
    spread = float(np.std(array))
    why = f"{key} starts with a standard deviation of {spread:.2g}; weight_scale asks for 0.01."
    # Six of the standard deviations that the figure itself has over so many draws.
    near = abs(spread / 0.01 - 1) < 6 / np.sqrt(2 * np.size(array))
    require(near, why, hint="Scale the draws of a standard normal distribution.")


def judge(once, kind, p, x, y):
    """(loss, gradients by name, scores) of a model without regularisation, in float64."""
    names = list(p)

    def scores_of(*arrays):
        scores = fully_connected(dict(zip(names, arrays, strict=True)), torch.tensor(x))
        return scores[:, 0] if kind in BINARY else scores

    def loss_of(*arrays):
        return LOSSES[kind](scores_of(*arrays), torch.tensor(y))

    def compute():
        arrays = [p[name] for name in names]
        grads = dict(zip(names, gradient(loss_of, arrays), strict=True))
        return value(loss_of, arrays), grads, value(scores_of, arrays)

    return once(compute)


def loss_and_gradients(once, model, kind, p, x, y):
    """The model's loss and all its gradients are the reference's."""
    want, grads, _ = judge(once, kind, p, x, y)
    model.params = p
    loss, found = answer(model, kind, x, y, want)
    close(loss, want, "loss", like={"batch": len(x)}, hint="Without y loss returns scores; with y the loss of those.")
    for key, expected in grads.items():
        close(entry(found, key, "grads"), expected, key, like={"batch": len(x)}, hint="Chain the backward passes.")


def answer(model, kind, x, y, want):
    """(loss, grads) for labels 0 and 1, or else for −1 and 1 if a binary model was written for those."""
    plain = unpack(model.loss(x, y), "loss", "grads", of="loss with labels")
    if kind in BINARY and not agrees(plain[0], want):
        signed = unpack(model.loss(x, 2 * y - 1), "loss", "grads", of="loss with labels")
        return signed if agrees(signed[0], want) else plain
    return plain


def agrees(got, want, **how):
    try:
        close(got, want, "it", **how)
    except Failure:
        return False
    return True


# Questions 2.2 and 3.2: logistic and hinge loss


@points(0.25, "q2_2")
def check_logistic_parameters_are_named_and_shaped(student):
    """LogisticClassifier starts with the parameters that the handout names, with and without a hidden layer."""
    for hidden_dim, sizes in ((None, [100, 1]), (40, [100, 40, 1])):
        parameters(
            lambda h: student.logistic.LogisticClassifier(input_dim=100, hidden_dim=h, weight_scale=0.01),
            sizes,
            hidden_dim,
            "LogisticClassifier",
        )


@points(0.25, "q2_2")
def check_logistic_scores_are_those_of_its_layers(student, rng, once):
    """LogisticClassifier.loss without labels gives one score a sample, with and without a hidden layer."""
    for hidden_dim, sizes in ((None, [5, 1]), (7, [5, 7, 1])):
        p, x = draw(rng, sizes)
        model = student.logistic.LogisticClassifier(input_dim=5, hidden_dim=hidden_dim)
        model.params = p
        _, _, want = judge(once, "logistic", p, x, np.arange(len(x)) % 2)
        close(model.loss(x), want, "scores", hint="The scores of N samples have shape (N,).")


@points(0.25, "q2_2")
def check_logistic_linear_model_has_the_right_gradients(student, rng, once):
    """LogisticClassifier without a hidden layer returns the mean loss and the gradients of W1 and b1."""
    p, x = draw(rng, [5, 1])
    model = student.logistic.LogisticClassifier(input_dim=5)
    loss_and_gradients(once, model, "logistic", p, x, np.arange(len(x)) % 2)


@points(0.25, "q3_2")
def check_svm_parameters_are_named_and_shaped(student):
    """SVM starts with the parameters that the handout names, with and without a hidden layer."""
    for hidden_dim, sizes in ((None, [100, 1]), (40, [100, 40, 1])):
        parameters(lambda h: student.svm.SVM(input_dim=100, hidden_dim=h, weight_scale=0.01), sizes, hidden_dim, "SVM")


@points(0.25, "q3_2")
def check_svm_scores_are_those_of_its_layers(student, rng, once):
    """SVM.loss without labels gives one score a sample, with and without a hidden layer."""
    for hidden_dim, sizes in ((None, [5, 1]), (7, [5, 7, 1])):
        p, x = draw(rng, sizes)
        model = student.svm.SVM(input_dim=5, hidden_dim=hidden_dim)
        model.params = p
        _, _, want = judge(once, "svm", p, x, np.arange(len(x)) % 2)
        close(model.loss(x), want, "scores", hint="The scores of N samples have shape (N,).")


@points(0.25, "q3_2")
def check_svm_linear_model_has_the_right_gradients(student, rng, once):
    """SVM without a hidden layer returns the mean hinge loss and the gradients of W1 and b1."""
    p, x = draw(rng, [5, 1])
    model = student.svm.SVM(input_dim=5)
    loss_and_gradients(once, model, "svm", p, x, np.arange(len(x)) % 2)


# Question 4.2: softmax loss


@points(0.25, "q4_2")
def check_softmax_parameters_are_named_and_shaped(student):
    """SoftmaxClassifier starts with the parameters that the handout names, with and without a hidden layer."""
    for hidden_dim, sizes in ((None, [100, 10]), (40, [100, 40, 10])):
        parameters(
            lambda h: student.softmax.SoftmaxClassifier(input_dim=100, hidden_dim=h, weight_scale=0.01),
            sizes,
            hidden_dim,
            "SoftmaxClassifier",
        )


@points(0.25, "q4_2")
def check_softmax_scores_are_those_of_its_layers(student, rng, once):
    """SoftmaxClassifier.loss without labels gives a score a class, with and without a hidden layer."""
    for hidden_dim, sizes in ((None, [5, 4]), (7, [5, 7, 4])):
        p, x = draw(rng, sizes)
        model = student.softmax.SoftmaxClassifier(input_dim=5, hidden_dim=hidden_dim, num_classes=4)
        model.params = p
        _, _, want = judge(once, "softmax", p, x, np.arange(len(x)) % 4)
        close(model.loss(x), want, "scores", hint="Scores are what goes into the softmax, not what comes out of it.")


@points(0.25, "q4_2")
def check_softmax_linear_model_has_the_right_gradients(student, rng, once):
    """SoftmaxClassifier without a hidden layer returns the mean loss and the gradients of W1 and b1."""
    p, x = draw(rng, [5, 4])
    model = student.softmax.SoftmaxClassifier(input_dim=5, hidden_dim=None, num_classes=4)
    loss_and_gradients(once, model, "softmax", p, x, np.arange(len(x)) % 4)


# Question 5.2: the convolutional network


def network(p, x):
    """conv – relu – 2×2 max pool – fc – relu – fc; b1 counts where the model has one."""
    maps = functional.max_pool2d(torch.relu(functional.conv2d(x, p["W1"], p.get("b1"))), 2)
    hidden = torch.relu(maps.flatten(1) @ p["W2"] + p["b2"])
    return hidden @ p["W3"] + p["b3"]


@points(0.25, "q5_2")
def check_convnet_has_389878_parameters(student):
    """ConvNet's defaults make 389,878 parameters, or 32 more with a bias for each filter, and they start small."""
    p = student.cnn.ConvNet(weight_scale=0.01).params
    want = {"W1": (32, 1, 7, 7), "W2": (3872, 100), "b2": (100,), "W3": (100, 10), "b3": (10,)}
    require(isinstance(p, dict), "params of ConvNet is no dict of arrays.")
    for key, shape in want.items():
        found = shape_of(entry(p, key, "params"), key)
        equal(found, shape, f"the shape of {key}", hint="Nothing is padded: 28 becomes 22, and the pool halves that.")
        starts(p[key], key)
    count = count_parameters(p)
    require(count in (389_878, 389_910), f"ConvNet has {count:,} parameters; its layers make 389,878.")


@points(0.5, "q5_2")
def check_convnet_scores_are_those_of_its_layers(student, rng, once):
    """ConvNet.loss without labels is conv, relu, 2×2 max pool, fc, relu, fc: a score a class."""
    model = student.cnn.ConvNet(input_dim=(2, 9, 9), num_filters=3, filter_size=4, hidden_dim=6, num_classes=5)
    wanted = {"W1": (3, 2, 4, 4), "W2": (27, 6), "b2": (6,), "W3": (6, 5), "b3": (5,)}
    p = {key: rng.normal(size=shape).astype(np.float32) for key, shape in wanted.items()}
    fresh = model.params
    for key, shape in wanted.items():
        equal(shape_of(entry(fresh, key, "params"), key), shape, f"the shape of {key}")
    if "b1" in fresh:
        p["b1"] = rng.normal(size=3).astype(np.float32)
    x = rng.normal(size=(4, 2, 9, 9)).astype(np.float32)
    model.params = p

    scores = model.loss(x)

    *readings, asked = [
        once(lambda q=q: value(lambda x: network(tensors(q), x), (x,))) for q in with_and_without_bias(p)
    ]
    if not any(agrees(scores, other, **FLOAT32) for other in readings):
        close(scores, asked, "scores", hint="Flatten what the pooling leaves, sample by sample.", **FLOAT32)


def with_and_without_bias(p):
    """Parameters as they are, and without b1, which some sheets list and no convolution here uses."""
    return [p, {key: a for key, a in p.items() if key != "b1"}] if "b1" in p else [p]


def tensors(p):
    return {key: torch.tensor(a, dtype=torch.float64) for key, a in p.items()}
