"""Question 2: what mlp computes, what each step of training is made of, and what is learned where no digit is known."""

import numpy as np
import torch
from torch.nn import functional

from autograder.checks import (
    accuracy,
    as_array,
    close,
    model_of,
    parameters_of,
    points,
    rebuild,
    require,
    tiers,
    unchanged,
)

FLOATS = {"rtol": 1e-3, "floor": 5e-3, "reason": "float32, and Adam divides by the size of a gradient"}

WATCHED = """lambda train, images, labels, recipe, make: (lambda net, seen: (
    net.register_forward_hook(lambda net, x, y: seen.append((x[0][:, 0].tolist(), bool(net.training)))),
    net.eval(), train(net, images, labels, recipe), seen
)[3])(make.Sequential(make.Linear(2, 10)), [])"""
"""Runs where the submission runs: the first pixels of the images of every batch, and the mode it was trained in."""


# The network


def perceptron(arrays, x):
    """What three linear layers with two ReLUs compute from their parameters in order."""
    layers = [torch.tensor(array) for array in arrays.values()]
    if len(layers) != 6:
        raise LookupError("other layers")
    x = torch.tensor(x).flatten(1)
    for i in (0, 2, 4):
        x = functional.linear(torch.relu(x) if i else x, layers[i], layers[i + 1])
    return x.numpy()


@points(1.5, "q2_model")
def check_mlp_is_three_layers_and_two_relus(student, rng):
    """mlp computes 784 → 512 → 256 → 10 with a ReLU after the first two layers and nothing after the last."""
    x = rng.normal(size=(5, 1, 28, 28)).astype(np.float32)
    rebuild(student.mnist.mlp(), x, perceptron, rng, name="mlp", hint="Logits are neither softmaxed nor cut at 0.")


# Training


def adam(steps, start, x, y, rate):
    """A linear network's weight and bias after so many steps of Adam on the mean cross-entropy of all images."""
    leaves = [t.clone().requires_grad_() for t in start]
    optimizer = torch.optim.Adam(leaves, lr=rate)
    for _ in range(steps):
        optimizer.zero_grad()
        functional.cross_entropy(functional.linear(x, *leaves), y).backward()
        optimizer.step()
    return [leaf.detach().numpy() for leaf in leaves]


@points(0.75, "q2_training")
def check_train_is_adam(student, rng):
    """With all images in one batch, train takes a step of Adam an epoch, at the rate of the recipe that it is given."""
    x, y = torch.tensor(rng.normal(size=(24, 6))).float(), torch.tensor(rng.integers(10, size=24))
    for epochs, rate in ((1, 1e-2), (5, 3e-3)):
        start = [torch.tensor(rng.normal(size=shape)).float() for shape in ((10, 6), (10,))]
        net = student.torch.nn.Linear(6, 10)
        net.load_state_dict({"weight": start[0], "bias": start[1]})

        student.mnist.train(net, x, y, {"learning_rate": rate, "batch_size": 24, "epochs": epochs})

        after = list(parameters_of(net).values())
        hint = "Gradients to zero before each backward(); the recipe's own rate and epochs; no weight decay."
        for got, want, was in zip(after, adam(epochs, start, x, y, rate), start, strict=True):
            moved = want - was.numpy()
            close(got - was.numpy(), moved, "what train did to a parameter", hint=hint, **FLOATS)


@points(0.5, "q2_training")
def check_epochs_are_whole_and_shuffled(student):
    """In each epoch every image is used once, in batches of the recipe's size, in another order each time."""
    images = torch.stack([torch.arange(23.0), torch.ones(23)], dim=1)
    labels, make = torch.arange(23) % 10, student.torch.nn
    recipe = {"learning_rate": 1e-3, "batch_size": 5, "epochs": 3}
    told = student.builtins.eval(WATCHED)(student.mnist.train, images, labels, recipe, make)
    batches = [batch for batch, training in told if training]
    said = "train does not bring a network that comes in mode eval into mode train."
    require(bool(batches) or not told, said, "model.train() comes before the first batch.", hidden=said)

    said = "train does not run as many batches as the images and the recipe's size of a batch make."
    sizes = [len(batch) for batch in batches]
    hint = "23 images by 5 are five batches, the last of three; or four, if what is left over is dropped."
    whole = sizes == [5, 5, 5, 5, 3] * 3
    require(whole or sizes == [5, 5, 5, 5] * 3, said, hint, hidden=said)
    number = 5 if whole else 4
    epochs = [[x for batch in batches[i : i + number] for x in batch] for i in range(0, 3 * number, number)]
    said = "In an epoch of train, some image is used twice or never."
    require(all(len(set(epoch)) == len(epoch) for epoch in epochs), said, hidden=said)
    said = "Every epoch of train uses the images in the same order."
    require(epochs[0] != epochs[1] or epochs[1] != epochs[2], said, "A new random order each time.", hidden=said)


@points(0.25, "q2_training")
def check_losses_are_means(student, rng):
    """The losses that train returns are means over the images of an epoch, and images and labels stay as they are."""
    x, y = torch.tensor(rng.normal(2, 1, size=(33, 6))).float(), torch.tensor(rng.integers(10, size=33))
    weight, bias = torch.tensor(rng.normal(size=(10, 6))).float(), torch.zeros(10)
    net = student.torch.nn.Linear(6, 10)
    net.load_state_dict({"weight": weight, "bias": bias})
    # A rate so small that nothing moves: every epoch's mean is that of the start.
    recipe = {"learning_rate": 1e-12, "batch_size": 11, "epochs": 2}
    losses, after = student.mnist.train.watch(net, x, y, recipe)
    want = functional.cross_entropy(functional.linear(x, weight, bias), y).item()
    reason = "float32 through a loss"
    hint = "Add up the losses of the batches, and divide by their number, or weigh each by its size."
    close(losses, [want, want], "the losses of an epoch", rtol=1e-4, floor=1e-4, reason=reason, hint=hint)
    unchanged(after[1], x, "images", "train")
    unchanged(after[2], y, "labels", "train")


@points(0.25, "q2_training")
def check_accuracy_is_in_mode_eval(student, rng):
    """accuracy judges in mode eval, batches of any size, and changes nothing in the network."""
    make = student.torch.nn
    linear = make.Linear(10, 10)
    linear.load_state_dict({"weight": torch.eye(10), "bias": torch.zeros(10)})
    net = make.Sequential(make.Flatten(), make.BatchNorm1d(10), make.Dropout(0.5), linear)
    # In mode eval 1,203 of 1,217 are right: dropout loses half, and what is sorted by class loses it by its own mean.
    labels = np.sort(np.arange(1217) % 10)
    images = (4 * np.eye(10)[labels] + rng.uniform(size=(1217, 10)))[:, :, None, None].astype(np.float32)
    truth = labels.copy()
    truth[-14:] = 0
    before = parameters_of(net)

    found = as_array(student.mnist.accuracy(net, torch.tensor(images), torch.tensor(truth)), "the accuracy")
    share = float(found.reshape(-1)[0]) if found.size == 1 else -1.0

    said = "accuracy is not the share that the network gets right in mode eval."
    hint = "model.eval() comes first; count over all images, a last smaller batch among them."
    require(abs(share - 1203 / 1217) < 1e-6, said, hint, hidden=said)
    after = parameters_of(net)
    said = "accuracy changes the network."
    require(all(np.array_equal(before[key], after[key]) for key in before), said, hidden=said)


@points(0.25, "q2_training", after="check_train_lowers_the_loss", seconds=30)
def check_mlp_learns_digits_unseen(student, data, rng):
    """On digits whose pixels and classes have changed places, mlp learns in four epochs as well as on ordinary ones."""
    d = data("digits")
    pixels, classes = rng.permutation(784), rng.permutation(10)

    def changed(images, labels):
        return torch.tensor(images.reshape(-1, 784)[:, pixels].reshape(-1, 1, 28, 28)), torch.tensor(classes[labels])

    model = model_of(student.mnist.mlp(), "mlp")
    student.mnist.train(model, *changed(d.x_train, d.y_train), {"learning_rate": 1e-3, "batch_size": 100, "epochs": 4})
    model.eval()
    images, labels = changed(np.concatenate([d.x_val, d.x_test]), np.concatenate([d.y_val, d.y_test]))
    # As in checks_mnist.py: for a network without convolutions these digits are as hard as the others.
    share = accuracy(as_array(model(images), "the logits"), labels.numpy())
    return tiers(share, {0.875: 0.5, 0.89: 1.0}, what="accuracy", hint="Nothing may be learned beforehand.")
