"""Exercise 2: what the model computes, what one epoch does to it, and that other digits are learned as well."""

import numpy as np
import torch
from torch.nn import functional

from autograder.checks import accuracy, as_array, parameters_of, points, rebuild, require, tiers

SETTINGS = {"num_epochs": 10, "lr": 5e-3, "batch_size": 200}


def loader(student, images, labels, batch_size, shuffle=False):
    """A DataLoader where the submission runs."""
    utils = student.torch.utils.data
    dataset = utils.TensorDataset(torch.tensor(images), torch.tensor(labels))
    return utils.DataLoader(dataset, batch_size=batch_size, shuffle=shuffle)


def logits(arrays, x):
    """Four linear layers with ReLU between, from their parameters in order."""
    pairs = list(arrays.values())
    x = torch.tensor(x).flatten(1)
    for i in range(0, 8, 2):
        x = functional.linear(torch.relu(x) if i else x, torch.tensor(pairs[i]), torch.tensor(pairs[i + 1]))
    if len(pairs) != 8:
        raise LookupError("other layers")
    return x.numpy()


@points(1, "q2_1")
def check_model_computes_its_layers(student, rng):
    """MNIST_model is four linear layers with ReLU between them, for one image and for many."""
    hint = "Flatten each image; input_phi, phi1 and phi2 come after the first three layers, nothing after the last."
    for n in (1, 6):
        x = rng.normal(size=(n, 1, 28, 28)).astype(np.float32)
        rebuild(student.ex08.MNIST_model(), x, logits, rng, name="MNIST_model", hint=hint)


@points(0.5, "q2_1")
def check_model_returns_logits(student, rng):
    """MNIST_model returns logits, neither probabilities nor their logarithms."""
    x = rng.normal(size=(8, 1, 28, 28)).astype(np.float32)
    model = student.ex08.MNIST_model()
    parameters_of(model, name="MNIST_model")  # a sentence for what is no model
    scores = as_array(model(torch.tensor(x)), "the logits").astype(float)
    said = "MNIST_model does not give ten scores for each image."
    require(scores.shape == (8, 10), said, hidden=said)
    hint = "cross_entropy has the softmax in it, and a second one slows learning down."
    said = "What MNIST_model returns has been through a softmax."
    require(not np.allclose(scores.sum(1), 1, atol=1e-3), said, hint, hidden=said)
    require(not np.allclose(np.exp(scores).sum(1), 1, atol=1e-3), said, hint, hidden=said)


# Question 2.2


def epoch(student, net, images, labels, size, lr):
    """One pass of the submission's train_epoch by plain gradient descent; the parameters afterwards."""
    optimizer = student.torch.optim.SGD(net.parameters(), lr=lr)
    criterion = student.torch.nn.functional.cross_entropy
    student.ex08.train_epoch(net, "cpu", loader(student, images, labels, size), optimizer, 1, criterion)
    return parameters_of(net, name="the model")


def descended(start, batches, lr, reset):
    """The parameters of a linear model after one pass; `reset` says whether gradients are set to zero."""
    w, b = (start[key].clone().requires_grad_() for key in ("1.weight", "1.bias"))
    optimizer = torch.optim.SGD([w, b], lr=lr)
    for x, y in batches:
        if reset:
            optimizer.zero_grad()
        functional.cross_entropy(functional.linear(x.flatten(1), w, b), y).backward()
        optimizer.step()
    return {"1.weight": w.detach().numpy(), "1.bias": b.detach().numpy()}


@points(1.25, "q2_2")
def check_epoch_steps_once_a_batch(student, rng):
    """train_epoch takes one step for each batch, by the gradient of this batch alone."""
    images, labels = rng.normal(size=(58, 1, 2, 3)).astype(np.float32), rng.integers(10, size=58)
    start = {"1.weight": torch.tensor(rng.normal(size=(10, 6))).float(), "1.bias": torch.zeros(10)}
    make = student.torch.nn
    net = make.Sequential(make.Flatten(), make.Linear(6, 10))
    net.load_state_dict(start)

    found = epoch(student, net, images, labels, 5, 0.1)

    said = "train_epoch leaves the model as it was."
    require(not np.array_equal(found["1.weight"], start["1.weight"].numpy()), said, "optimizer.step()?", hidden=said)
    batches = [(torch.tensor(images[i : i + 5]), torch.tensor(labels[i : i + 5])) for i in range(0, 58, 5)]
    for reset, said in ((False, "Gradients add up from batch to batch: nothing sets them to zero."), (True, "")):
        want = descended(start, batches, 0.1, reset)
        like = all(np.allclose(found[key], want[key], rtol=1e-3, atol=1e-5) for key in want)
        hint = "For each batch: gradients to zero, logits, loss, backward(), step()."
        said = said or "train_epoch does not take one step for each batch by the gradient of its loss."
        require(like == reset, said, hint, hidden=said)


@points(0.75, "q2_2")
def check_epoch_is_in_mode_train(student, rng):
    """train_epoch puts the model into mode train, whatever mode it came in."""
    images, labels = rng.normal(2, 3, size=(48, 1, 2, 3)).astype(np.float32), rng.integers(10, size=48)
    make = student.torch.nn
    net = make.Sequential(make.Flatten(), make.BatchNorm1d(6), make.Linear(6, 10))
    net.eval()
    found = epoch(student, net, images, labels, 4, 0.1)
    said = "During train_epoch the model is not in mode train: running averages stay as they were."
    require(bool(found["1.running_mean"].any()), said, "model.train() comes first.", hidden=said)


# Question 2.3


@points(1.5, "q2_3", seconds=60)
def check_model_learns_renamed_digits(student, rng, data):
    """The model learns the digits as well when pixels and classes change places; the tiers are the same."""
    d = data("digits")
    pixels, classes, order = rng.permutation(784), rng.permutation(10), rng.permutation(len(d.x_train))

    def moved(x):
        return x.reshape(len(x), -1)[:, pixels].reshape(x.shape)

    # The limits of the settings are the visible check's to judge; here what is out of them is not used.
    chosen = student.ex08.MNIST_SETTINGS if student.has("ex08.MNIST_SETTINGS") else {}
    how = SETTINGS | (chosen if isinstance(chosen, dict) else {})
    epochs, size = min(10, max(1, int(how["num_epochs"]))), min(1000, max(16, int(how["batch_size"])))
    model = student.ex08.MNIST_model()
    parameters_of(model, name="MNIST_model")  # a sentence for what is no model
    optimizer = student.torch.optim.Adam(model.parameters(), lr=float(how["lr"]))
    batches = loader(student, moved(d.x_train[order]), classes[d.y_train[order]], size, shuffle=True)
    criterion = student.torch.nn.functional.cross_entropy
    for number in range(1, epochs + 1):
        student.ex08.train_epoch(model, "cpu", batches, optimizer, number, criterion)
    model.eval()
    images, labels = np.concatenate([d.x_val, d.x_test]), np.concatenate([d.y_val, d.y_test])
    # What was measured for the tiers stands beside the visible check.
    scores = as_array(model(torch.tensor(moved(images))), "the logits")
    hint = "The visible check trains on the digits as they are; for a fully connected model order must not matter."
    found = accuracy(scores, classes[labels])
    return tiers(found, {0.85: 0.5, 0.90: 1.0}, what="accuracy", hint=hint)
