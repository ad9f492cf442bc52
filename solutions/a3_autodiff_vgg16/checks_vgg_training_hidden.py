"""Question 3: the training of VGG-16 step by step, on small networks, and the images that it gets right and wrong."""

import numpy as np
import torch
from torch.nn import functional

from autograder.checks import as_array, close, entry, parameters_of, points, require

# Training


def loader(student, images, labels, batch_size):
    """A DataLoader where the submission runs, in the order given."""
    utils = student.torch.utils.data
    return utils.DataLoader(utils.TensorDataset(torch.tensor(images), torch.tensor(labels)), batch_size=batch_size)


TAKEN = """lambda torch, make, recipe, weight, gradient: (lambda net: (
    net.weight.data.copy_(weight), setattr(net.weight, "grad", gradient),
    (lambda optimizer: [optimizer.step() for _ in range(3)])(make(net, recipe)), net.weight.detach()
)[3])(torch.nn.Linear(4, 3, bias=False))"""
"""Runs where the submission runs: a weight after three steps by the same gradient."""


@points(0.5, "q3_ii")
def check_optimizer_is_the_recipes(student, rng):
    """make_optimizer steps as the optimiser of the recipe does, with its rate and its weight decay."""
    for name, rate, decay in (("Adam", 1e-2, 0.3), ("Adam", 3e-3, 0.0), ("SGD", 0.1, 0.05), ("AdamW", 1e-2, 0.3)):
        weight, gradient = (torch.tensor(rng.normal(size=(3, 4))).float() for _ in range(2))
        recipe = {"optimizer": name, "learning_rate": rate, "weight_decay": decay, "batch_size": 8, "epochs": 1}
        taken = student.builtins.eval(TAKEN)
        got = taken(student.torch, student.vgg.make_optimizer, recipe, weight, gradient)
        ours = weight.clone().requires_grad_()
        ours.grad = gradient.clone()
        optimizer = getattr(torch.optim, name)([ours], lr=rate, weight_decay=decay)
        for _ in range(3):
            optimizer.step()
        hint = "All four come from the recipe: which optimiser, over the model's parameters, rate, weight decay."
        moved = as_array(got, "a weight") - weight.numpy()
        want = (ours.detach() - weight).numpy()
        close(moved, want, f"a step of {name}", rtol=1e-3, floor=1e-3, reason="float32", hint=hint)


def descended(start, batches, epochs, rate):
    """(losses of all batches, parameters) of a linear network after gradient descent, a step a batch."""
    weight, bias = (t.clone().requires_grad_() for t in start)
    optimizer, losses = torch.optim.SGD([weight, bias], lr=rate), []
    for _ in range(epochs):
        for x, y in batches:
            optimizer.zero_grad()
            loss = functional.cross_entropy(functional.linear(x.flatten(1), weight, bias), y)
            loss.backward()
            optimizer.step()
            losses.append(loss.item())
    return losses, [weight.detach().numpy(), bias.detach().numpy()]


def after_training(student, rng, rate, epochs=2):
    """Of a linear network: (returned losses, parameters after, these and every batch's loss as they should be)."""
    images, labels = rng.normal(size=(14, 1, 2, 3)).astype(np.float32), rng.integers(10, size=14)
    start = torch.tensor(rng.normal(size=(10, 6))).float(), torch.zeros(10)
    net = student.torch.nn.Sequential(student.torch.nn.Flatten(), student.torch.nn.Linear(6, 10))
    net.load_state_dict({"1.weight": start[0], "1.bias": start[1]})
    optimizer = student.torch.optim.SGD(net.parameters(), lr=rate)
    history = student.vgg.train(net, loader(student, images, labels, 4), optimizer, epochs)
    batches = [(torch.tensor(images[i : i + 4]), torch.tensor(labels[i : i + 4])) for i in range(0, 14, 4)]
    losses, want = descended(start, batches, epochs, rate)
    return history, list(parameters_of(net).values()), want, losses


@points(0.25, "q3_ii")
def check_train_steps_once_a_batch(student, rng):
    """train takes a step by the gradient of each batch alone, over all batches and epochs."""
    _, after, want, _ = after_training(student, rng, rate=0.2)
    hint = "zero_grad() before every backward(); every batch, the last smaller one too; mean cross-entropy."
    for got, expected in zip(after, want, strict=True):
        close(got, expected, "a parameter after train", rtol=1e-3, floor=1e-4, reason="float32", hint=hint)


@points(0.25, "q3_ii")
def check_train_is_in_mode_train(student, rng):
    """During train a network is in mode train, also when it comes in mode eval."""
    make = student.torch.nn
    net = make.Sequential(make.BatchNorm2d(3), make.Flatten(), make.Linear(12, 10))
    net.eval()
    images, labels = rng.normal(1, 2, size=(8, 3, 2, 2)).astype(np.float32), np.arange(8)
    optimizer = student.torch.optim.SGD(net.parameters(), lr=0.01)
    student.vgg.train(net, loader(student, images, labels, 4), optimizer, 1)
    moved = np.abs(parameters_of(net)["0.running_mean"]).max() > 0
    said = "During train the network is not in mode train: running averages stay as they were."
    require(bool(moved), said, "model.train() comes before the first batch.", hidden=said)


@points(0.5, "q3_ii")
def check_monitored_losses_are_true(student, rng):
    """The losses that train returns are those of its batches, or their means over an epoch."""
    history, _, _, losses = after_training(student, rng, rate=0.2)
    sizes = np.array([4, 4, 4, 2])
    each = np.reshape(losses, (2, 4))
    said = "train does not return a list of losses."
    require(isinstance(history, (list, tuple)), said, hidden=said)
    found = as_array(list(history), "the losses").astype(float)
    readings = [np.ravel(each), each.mean(1), (each * sizes).sum(1) / sizes.sum()]
    said = "The losses that train returns are neither those of the batches nor their means over an epoch."
    hint = "The loss before the step, as a number: loss.item(). Add up anew in every epoch."
    right = any(found.shape == r.shape and np.allclose(found, r, rtol=1e-3, atol=1e-4) for r in readings)
    require(right, said, hint, hidden=said)


# Six images


def judged(student, net, images, labels):
    """The cases of show_cases, each as (index, label, probabilities)."""
    cases = student.vgg.show_cases(net, torch.tensor(images), torch.tensor(labels))
    said = "show_cases does not return a list."
    require(isinstance(cases, (list, tuple)), said, hidden=said)
    parts = [[entry(case, key, "an image") for key in ("index", "label", "probabilities")] for case in cases]
    return [(index, label, as_array(probabilities, "the probabilities")) for index, label, probabilities in parts]


@points(0.5, "q3_iii")
def check_probabilities_are_the_models(student, rng):
    """The probabilities are the softmax of what the network, in mode eval, says of the image with that index."""
    make = student.torch.nn
    weight = rng.normal(size=(10, 12)).astype(np.float32)
    linear = make.Linear(12, 10, bias=False)
    linear.load_state_dict({"weight": torch.tensor(weight)})
    net = make.Sequential(make.BatchNorm2d(3), make.Dropout(0.5), make.Flatten(), linear)
    net.train()
    images = (3 + 2 * rng.normal(size=(233, 3, 2, 2))).astype(np.float32)
    logits = torch.tensor(images.reshape(233, 12) / np.sqrt(1 + 1e-5) @ weight.T)
    want = functional.softmax(logits, dim=1).numpy()
    labels = np.where(rng.uniform(size=233) < 0.5, want.argmax(1), (want.argmax(1) + 3) % 10)
    for index, label, probabilities in judged(student, net, images, labels):
        said = "An image's index or label is not an int, or none of the images."
        require(type(index) is int and 0 <= index < 233 and label == labels[index], said, hidden=said)
        hint = "Softmax over the classes of each image by itself, with the network in mode eval."
        close(probabilities, want[index], "the probabilities", rtol=1e-3, floor=1e-4, reason="float32", hint=hint)


@points(0.5, "q3_iii")
def check_cases_are_as_many_as_there_are(student, rng):
    """Where fewer than three images are right, or fewer than three wrong, show_cases gives those there are."""
    for right, wrong in ((5, 1), (2, 6), (4, 0)):
        logits = rng.normal(size=(right + wrong, 10, 1, 1)).astype(np.float32)
        labels = logits[:, :, 0, 0].argmax(1)
        off = rng.permutation(right + wrong)[:wrong]
        labels[off] = (labels[off] + 1) % 10
        cases = judged(student, student.torch.nn.Flatten(), logits, labels)
        hits = [bool(probabilities.argmax() == labels[index]) for index, _, probabilities in cases]
        said = "show_cases does not give three right and three wrong images, or as many as there are."
        require(hits == [True] * min(3, right) + [False] * min(3, wrong), said, "Right ones first.", hidden=said)
        said = "show_cases gives an image twice."
        require(len({index for index, _, _ in cases}) == len(cases), said, hidden=said)
