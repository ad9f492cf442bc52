"""The four classifiers with a hidden layer, with regularisation, called again and again, and on other image sizes."""

import numpy as np
import torch
from torch.nn import functional

from autograder.checks import (
    FLOAT32,
    Failure,
    as_array,
    close,
    entry,
    equal,
    gradient,
    points,
    require,
    shape_of,
    unchanged,
    unpack,
    value,
)

LOSSES = {
    "logistic": lambda scores, y: functional.binary_cross_entropy_with_logits(scores, y.double()),
    "svm": lambda scores, y: torch.clamp(1 - (2 * y - 1) * scores, min=0).mean(),
    "softmax": functional.cross_entropy,
}
BINARY = ("logistic", "svm")
FACTOR = "The sheet has 0.5 · reg · the sum of all squared weights; biases are left out."


def make(student, kind, hidden_dim, reg=0.0):
    """A classifier of 5 features and, with the softmax, 4 classes."""
    if kind == "logistic":
        return student.logistic.LogisticClassifier(input_dim=5, hidden_dim=hidden_dim, reg=reg)
    if kind == "svm":
        return student.svm.SVM(input_dim=5, hidden_dim=hidden_dim, reg=reg)
    return student.softmax.SoftmaxClassifier(input_dim=5, hidden_dim=hidden_dim, num_classes=4, reg=reg)


def draw(rng, kind, hidden_dim, samples):
    """(params, x, y) for `make`; no parameter is 0, so that a regularised bias would show, and no gradient is."""
    while cancels(kind, *(drawn := attempt(rng, kind, hidden_dim, samples))):
        pass
    return drawn


def cancels(kind, p, x, y):
    """Whether samples inside an SVM's margin are as many on either side: the gradient of the last bias would be 0."""
    if kind != "svm":
        return False
    hidden = x if "W2" not in p else np.maximum(x @ p["W1"] + p["b1"], 0)
    weights, bias = list(p.values())[-2:]
    side = 2 * y - 1
    return not side[side * (hidden @ weights + bias)[:, 0] < 1].sum()


def attempt(rng, kind, hidden_dim, samples):
    outputs = 1 if kind in BINARY else 4
    first = outputs if hidden_dim is None else hidden_dim
    p = {"W1": rng.normal(size=(5, first)), "b1": rng.normal(size=first)}
    if hidden_dim is not None:
        p |= {"W2": rng.normal(size=(hidden_dim, outputs)), "b2": rng.normal(size=outputs)}
    return p, rng.normal(size=(samples, 5)), rng.permutation(np.arange(samples) % (2 if kind in BINARY else 4))


def judge(once, kind, p, x, y):
    """(loss, gradients by name) of the network with a hidden layer, without regularisation, in float64."""

    def loss_of(*arrays):
        w1, b1, w2, b2 = arrays
        scores = torch.relu(torch.tensor(x) @ w1 + b1) @ w2 + b2
        return LOSSES[kind](scores[:, 0] if kind in BINARY else scores, torch.tensor(y))

    arrays = [p["W1"], p["b1"], p["W2"], p["b2"]]
    return once(lambda: (value(loss_of, arrays), dict(zip(p, gradient(loss_of, arrays), strict=True))))


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


def hidden_layer(student, rng, once, kind):
    """Loss and gradients of fc – relu – fc, for a batch of one and one of many."""
    for samples in (1, 11):
        p, x, y = draw(rng, kind, 6, samples)
        want, grads = judge(once, kind, p, x, y)
        model = make(student, kind, 6)
        model.params = p

        loss, found = answer(model, kind, x, y, want)

        close(loss, want, "loss", like={"batch": samples}, hint="It is the loss of the scores that loss(X) returns.")
        for key, expected in grads.items():
            hint = "Go back through every layer that the scores came through, relu included."
            close(entry(found, key, "grads"), expected, key, like={"batch": samples}, hint=hint)


def answers(student, kind, hidden_dim, p, x, y):
    """(loss, grads) of the same model with reg = 0 and with reg = 0.7."""
    both = []
    for reg in (0.0, 0.7):
        model = make(student, kind, hidden_dim, reg)
        model.params = p
        both.append(unpack(model.loss(x, y), "loss", "grads", of="loss with labels"))
    return both


def regularised_loss(student, rng, kind):
    """What reg adds to the loss is half of reg times all squared weights."""
    for hidden_dim in (None, 6):
        p, x, y = draw(rng, kind, hidden_dim, 7)
        (plain, _), (loss, _) = answers(student, kind, hidden_dim, p, x, y)
        added(loss, plain, p)


def added(loss, plain, p, **how):
    """Compare what reg = 0.7 adds; sums of weights and of everything tell factors and biases from each other."""
    want, biases = (0.35 * sum((a**2).sum() for key, a in p.items() if key[0] == letter) for letter in "Wb")
    only_first = 0.35 * (p["W1"] ** 2).sum()
    also = {"the biases are in it as well": want + biases}
    if only_first != want:
        also["only W1 is in it"] = only_first
    close(number(loss) - number(plain), want, "what reg adds to the loss", like={"also": also}, hint=FACTOR, **how)


def finite(got, name):
    """An array of numbers; a Failure says what it is instead."""
    array = as_array(got, name)
    said = f"{name} does not hold finite numbers."
    require(array.size > 0 and array.dtype.kind in "iuf" and np.isfinite(array).all(), said, hidden=said)
    return array


def number(loss):
    """The loss as a number of ours; a Failure if it is none."""
    array = finite(loss, "loss")
    said = "loss is not one number."
    require(array.size == 1, said, hidden=said)
    return float(array.reshape(-1)[0])


def regularised_gradients(student, rng, kind):
    """What reg adds to the gradients is reg times the weights, and nothing for biases."""
    for hidden_dim in (None, 6):
        p, x, y = draw(rng, kind, hidden_dim, 7)
        (_, plain), (_, grads) = answers(student, kind, hidden_dim, p, x, y)
        for key, array in p.items():
            extended(entry(grads, key, "grads"), entry(plain, key, "grads"), array, key)


def extended(got, plain, array, key, **how):
    """Compare a gradient under reg = 0.7 with the same model's gradient without it."""
    plain = finite(plain, f"the gradient of {key}")
    equal(plain.shape, array.shape, f"the shape of {key}'s gradient")
    want = plain + 0.7 * array if key.startswith("W") else plain
    also = {
        "reg adds nothing to it": plain,
        "reg is there twice": plain + 1.4 * array,
        "reg is halved": plain + 0.35 * array,
    }
    if key.startswith("b"):
        also = {"reg adds to it, as to a weight": plain + 0.7 * array}
    close(
        got,
        want,
        f"the gradient of {key}",
        like={"also": also},
        hint="It is the slope of what reg adds to the loss.",
        **how,
    )


def called_again(student, rng, kind):
    """Scores, loss and gradients are the same at every call, and no array that goes in is written to."""
    p, x, y = draw(rng, kind, 6, 8)
    model = make(student, kind, 6, reg=0.3)
    model.params = p

    first, (x_after, y_after) = model.loss.watch(x, y)
    scores, (x_later,) = model.loss.watch(x)
    again = model.loss(x, y)

    hint = "A forward pass only reads; collect gradients in new arrays."
    unchanged(x_after, x, "X", of="loss", hint=hint)
    unchanged(y_after, y, "y", of="loss", hint=hint)
    unchanged(x_later, x, "X", of="loss without labels", hint=hint)
    after = model.params
    for key, array in p.items():
        unchanged(entry(after, key, "params"), array, f"params[{key!r}]", of="loss", hint=hint)
    (loss, grads), (loss_again, grads_again) = (unpack(r, "loss", "grads", of="loss") for r in (first, again))
    hint = "Start every call with fresh sums and a fresh dict of gradients."
    close(loss_again, number(loss), "the loss of a second call", hint=hint)
    for key in p:
        one = finite(entry(grads, key, "grads"), key)
        said = f"The gradient of {key} is zero whatever comes in."
        require(one.any(), said, hidden=said)
        close(entry(grads_again, key, "grads"), one, f"{key} of a second call", hint=hint)
    close(model.loss(x), finite(scores, "scores"), "the scores of a second call", hint=hint)


# Question 2.2: logistic loss


@points(0.5, "q2_2")
def check_logistic_hidden_layer_has_the_right_gradients(student, rng, once):
    """LogisticClassifier with a hidden layer returns the mean loss and the gradients of all four parameters."""
    hidden_layer(student, rng, once, "logistic")


@points(0.25, "q2_2")
def check_logistic_loss_is_regularised(student, rng):
    """LogisticClassifier adds 0.5 · reg · (all squared weights, no biases) to the loss."""
    regularised_loss(student, rng, "logistic")


@points(0.25, "q2_2")
def check_logistic_gradients_are_regularised(student, rng):
    """LogisticClassifier adds the slope of the regularisation to the gradients of the weights alone."""
    regularised_gradients(student, rng, "logistic")


@points(0.25, "q2_2")
def check_logistic_classifier_can_be_called_again(student, rng):
    """LogisticClassifier.loss says the same at every call and leaves X, y and params as they were."""
    called_again(student, rng, "logistic")


# Question 3.2: hinge loss


@points(0.5, "q3_2")
def check_svm_hidden_layer_has_the_right_gradients(student, rng, once):
    """SVM with a hidden layer returns the mean hinge loss and the gradients of all four parameters."""
    hidden_layer(student, rng, once, "svm")


@points(0.25, "q3_2")
def check_svm_loss_is_regularised(student, rng):
    """SVM adds 0.5 · reg · (all squared weights, no biases) to the loss."""
    regularised_loss(student, rng, "svm")


@points(0.25, "q3_2")
def check_svm_gradients_are_regularised(student, rng):
    """SVM adds the slope of the regularisation to the gradients of the weights alone."""
    regularised_gradients(student, rng, "svm")


@points(0.25, "q3_2")
def check_svm_classifier_can_be_called_again(student, rng):
    """SVM.loss says the same at every call and leaves X, y and params as they were."""
    called_again(student, rng, "svm")


# Question 4.2: softmax loss


@points(0.5, "q4_2")
def check_softmax_hidden_layer_has_the_right_gradients(student, rng, once):
    """SoftmaxClassifier with a hidden layer returns the mean loss and the gradients of all four parameters."""
    hidden_layer(student, rng, once, "softmax")


@points(0.25, "q4_2")
def check_softmax_loss_is_regularised(student, rng):
    """SoftmaxClassifier adds 0.5 · reg · (all squared weights, no biases) to the loss."""
    regularised_loss(student, rng, "softmax")


@points(0.25, "q4_2")
def check_softmax_gradients_are_regularised(student, rng):
    """SoftmaxClassifier adds the slope of the regularisation to the gradients of the weights alone."""
    regularised_gradients(student, rng, "softmax")


@points(0.25, "q4_2")
def check_softmax_classifier_can_be_called_again(student, rng):
    """SoftmaxClassifier.loss says the same at every call and leaves X, y and params as they were."""
    called_again(student, rng, "softmax")


# Question 5.2: the convolutional network. Its parameters are float32, so tolerances are wider (FLOAT32 says why).


def network(p, x):
    """conv – relu – 2×2 max pool – fc – relu – fc; b1 counts where the model has one."""
    maps = functional.max_pool2d(torch.relu(functional.conv2d(x, p["W1"], p.get("b1"))), 2)
    hidden = torch.relu(maps.flatten(1) @ p["W2"] + p["b2"])
    return hidden @ p["W3"] + p["b3"]


def convolutional(student, rng, shape=(2, 8, 9), samples=6, regs=(0.0,), **sizes):
    """(models, params, x, y): a small ConvNet for each reg, all with the same fresh parameters."""
    sizes = {"num_filters": 3, "filter_size": 3, "hidden_dim": 7, "num_classes": 4} | sizes
    models = [student.cnn.ConvNet(input_dim=shape, reg=reg, **sizes) for reg in regs]
    own = models[0].params
    shapes = {key: shape_of(entry(own, key, "params"), key) for key in ("W1", "W2", "b2", "W3", "b3")}
    if "b1" in own:
        shapes["b1"] = (sizes["num_filters"],)
    p = {}
    for key, size in shapes.items():
        fan_in = max(1, np.prod(size[1:] if len(size) == 4 else size[:1]))
        p[key] = (rng.normal(size=size) / np.sqrt(fan_in)).astype(np.float32)
    for model in models:
        model.params = p
    return models, p, rng.normal(size=(samples, *shape)).astype(np.float32), np.arange(samples) % sizes["num_classes"]


def fits(p, x):
    """Fail unless the parameters have the shapes of a network for images x; the reference knows no other."""
    filters, channels, height, width = p["W1"].shape if p["W1"].ndim == 4 else (0, 0, 0, 0)
    pooled = filters * ((x.shape[2] - height + 1) // 2) * ((x.shape[3] - width + 1) // 2)
    said = "The parameters of ConvNet have other shapes than its layers make."
    layers = [
        (channels, x.shape[1]),
        (p["W2"].shape, (pooled, *p["b2"].shape)),
        (p["W3"].shape, p["b2"].shape + p["b3"].shape),
    ]
    hint = "Work the sizes out from input_dim and filter_size, without padding."
    require(all(found == want for found, want in layers), said, hint, hidden=said)


def readings(p):
    """The parameters that count: all of them, or, if that is how the model was written, all but b1."""
    return [p, {key: a for key, a in p.items() if key != "b1"}] if "b1" in p else [p]


def expected(once, p, x, y=None):
    """The scores, or the loss and the gradients by name, of a ConvNet with parameters p."""
    names = list(p)

    def scores_of(*arrays):
        return network(dict(zip(names, arrays, strict=True)), torch.tensor(x).double())

    def loss_of(*arrays):
        return functional.cross_entropy(scores_of(*arrays), torch.tensor(y))

    arrays = [p[key] for key in names]
    if y is None:
        return once(lambda: value(scores_of, arrays))
    return once(lambda: (value(loss_of, arrays), dict(zip(names, gradient(loss_of, arrays), strict=True))))


@points(0.5, "q5_2")
def check_convnet_has_the_right_gradients(student, rng, once):
    """ConvNet.loss with labels returns the mean softmax loss and the gradients of every parameter."""
    (model,), p, x, y = convolutional(student, rng)
    fits(p, x)

    loss, grads = unpack(model.loss(x, y), "loss", "grads", of="loss with labels")

    wanted = [expected(once, q, x, y) for q in readings(p)]
    want, gradients = next((w for w in wanted if agrees(loss, w[0], **FLOAT32)), wanted[-1])
    close(loss, want, "loss", like={"batch": 6}, hint="The softmax loss takes the scores.", **FLOAT32)
    for key, array in p.items():
        want = gradients.get(key, np.zeros(array.shape))
        hint = "features_backward wants its gradient in the shape that features_forward gave."
        close(entry(grads, key, "grads"), want, key, like={"batch": 6}, hint=hint, **FLOAT32)


@points(0.25, "q5_2")
def check_convnet_loss_is_regularised(student, rng):
    """ConvNet adds 0.5 · reg · (all squared weights, those of its filters among them) to the loss."""
    models, p, x, y = convolutional(student, rng, regs=(0.0, 0.7))
    (plain, _), (loss, _) = (unpack(model.loss(x, y), "loss", "grads", of="loss with labels") for model in models)
    added(loss, plain, p, **FLOAT32)


@points(0.25, "q5_2")
def check_convnet_gradients_are_regularised(student, rng):
    """ConvNet adds the slope of the regularisation to the gradients of the weights alone."""
    models, p, x, y = convolutional(student, rng, regs=(0.0, 0.7))
    (_, plain), (_, grads) = (unpack(model.loss(x, y), "loss", "grads", of="loss with labels") for model in models)
    for key, array in p.items():
        extended(entry(grads, key, "grads"), entry(plain, key, "grads"), array, key, **FLOAT32)


@points(0.25, "q5_2")
def check_convnet_takes_other_images(student, rng, once):
    """ConvNet's scores are right for images that are not square, of several channels, and when a row is left over."""
    for shape, size in (((3, 6, 11), 2), ((1, 9, 5), 3), ((2, 12, 7), 4)):
        (model,), p, x, _ = convolutional(student, rng, shape, samples=3, filter_size=size, num_classes=5)
        fits(p, x)
        scores = model.loss(x)
        *others, asked = [expected(once, q, x) for q in readings(p)]
        if not any(agrees(scores, other, **FLOAT32) for other in others):
            hint = "Height and width differ, and pooling leaves out a last row or column that has no partner."
            close(scores, asked, "scores", hint=hint, **FLOAT32)
