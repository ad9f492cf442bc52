"""That VGG computes what its layers should and nothing else, and what train and test leave behind them."""

import re

import numpy as np
import torch
from torch import nn
from torch.nn import functional

from autograder.checks import Failure, as_array, parameters_of, points, rebuild, require

CHANNELS = ((3, 8), (8, 16), (16, 32), (32, 32), (32, 64), (64, 64), (64, 64), (64, 64))
POOLED = (1, 2, 4, 6, 8)
"""The convolutions that a pool follows, counted from 1."""


def loader(student, images, labels, batch_size):
    """A DataLoader where the submission runs, in the order given."""
    utils = student.torch.utils.data
    dataset = utils.TensorDataset(torch.tensor(images), torch.tensor(labels))
    return utils.DataLoader(dataset, batch_size=batch_size)


def layers_of(arrays, dims):
    """The parameters of the layers whose weights have so many dimensions, in order; dicts by a name's last part."""
    found = {}
    for key, array in arrays.items():
        layer, _, name = key.rpartition(".")
        found.setdefault(layer, {})[name] = torch.tensor(array)
    return [layer for layer in found.values() if "weight" in layer and layer["weight"].dim() == dims]


def features(arrays, x, relu_first=False):
    """The convolutions as they should be: padding 1, ReLU, five pools; with batch normalisations if there are any."""
    convolutions, norms = layers_of(arrays, 4), layers_of(arrays, 1)
    if [tuple(layer["weight"].shape) for layer in convolutions] != [(out, into, 3, 3) for into, out in CHANNELS]:
        raise LookupError("other convolutions")
    x = torch.tensor(x)
    for number, layer in enumerate(convolutions, 1):
        x = functional.conv2d(x, layer["weight"], layer.get("bias"), padding=1)
        x = torch.relu(x) if relu_first else x
        if norms:
            norm = norms[number - 1]
            x = functional.batch_norm(x, norm["running_mean"], norm["running_var"], norm["weight"], norm["bias"])
        x = torch.relu(x)
        x = functional.max_pool2d(x, 2) if number in POOLED else x
    return x.flatten(1)


def scores(arrays, x):
    """The two fully-connected layers with a ReLU between them."""
    first, second = layers_of(arrays, 2)
    x = torch.relu(functional.linear(torch.tensor(x), first["weight"], first["bias"]))
    return functional.linear(x, second["weight"], second["bias"]).numpy()


def convolved(net, x):
    """What the submission's `conv` makes of images, a row for each."""
    array = as_array(net.conv(torch.tensor(x)), "the output of conv")
    return array.reshape(len(x), -1) if array.ndim else array


@points(1.5, "q6_1")
def check_vgg_convolutions_are_in_their_places(student, rng):
    """conv is eight 3 × 3 convolutions with padding 1, a ReLU after each, and pools after 1, 2, 4, 6 and 8."""
    x = rng.normal(size=(3, 3, 32, 32)).astype(np.float32)
    net = student.vgg.VGG()
    hint = "Go through the list in VGG's docstring: channels, padding, one ReLU a convolution, the five pools."
    try:
        rebuild(net, x, lambda p, x: features(p, x).numpy(), rng, call=convolved, name="VGG's conv", hint=hint)
    except Failure:
        if not layers_of(parameters_of(net, name="VGG"), 1):
            raise

        # A batch normalisation may come after the ReLU as well.
        def after(p, x):
            return features(p, x, relu_first=True).numpy()

        rebuild(net, x, after, rng, call=convolved, name="VGG's conv", hint=hint)


@points(1, "q6_1")
def check_vgg_ends_in_two_linear_layers(student, rng):
    """After conv, VGG's scores come from 64 features by a linear layer, a ReLU and a linear layer."""
    x = rng.normal(size=(4, 3, 32, 32)).astype(np.float32)
    net = student.vgg.VGG()
    hint = "Flatten each image's features, then 64→64, ReLU, 64→10; scores are not softmaxed."
    rebuild(net, x, lambda p, x: scores(p, convolved(net, x)), rng, name="VGG", hint=hint)


@points(0.5, "q6_1", seconds=10)
def check_train_moves_every_parameter(student, rng):
    """train moves all parameters of the network that it gets, and running averages, which only mode train moves."""
    make = student.torch.nn
    net = make.Sequential(make.Conv2d(1, 2, 3), make.BatchNorm2d(2), make.Flatten(), make.Linear(18, 10))
    images, labels = rng.normal(1, 2, size=(12, 1, 5, 5)).astype(np.float32), np.arange(12) % 10
    before = parameters_of(net)

    optimizer = student.torch.optim.SGD(net.parameters(), lr=0.1)
    device = student.torch.device("cpu")
    student.vgg.train(loader(student, images, labels, 6), net, make.CrossEntropyLoss(), optimizer, device)

    after = parameters_of(net)
    # A bias in front of a batch normalisation has no gradient.
    still = [key for key in before if key != "0.bias" and np.array_equal(before[key], after[key])]
    said = "After train, some parameters of the network are what they were before."
    if still and all(key.startswith("1.running") or key.endswith("tracked") for key in still):
        said = "During train the network is not in mode train: running averages stay as they were."
    require(not still, said, hidden=said)


def descended(epochs, start, batches, reset):
    """The parameters of a linear network after gradient descent; `reset` says when gradients are set to zero."""
    net = nn.Sequential(nn.Flatten(), nn.Linear(6, 10))
    net.load_state_dict(start)
    optimizer = torch.optim.SGD(net.parameters(), lr=0.05)
    for _ in range(epochs):
        if reset == "epoch":
            optimizer.zero_grad()
        for x, y in batches:
            if reset == "batch":
                optimizer.zero_grad()
            functional.cross_entropy(net(x), y).backward()
            optimizer.step()
    return {key: value.numpy() for key, value in net.state_dict().items()}


@points(0.5, "q6_1", seconds=10)
def check_train_uses_each_gradient_once(student, rng):
    """train steps by the gradient of one batch alone, not by a sum over all batches so far."""
    images, labels = rng.normal(size=(12, 1, 2, 3)).astype(np.float32), rng.integers(10, size=12)
    start = {"1.weight": torch.tensor(rng.normal(size=(10, 6))).float(), "1.bias": torch.zeros(10)}
    net = student.torch.nn.Sequential(student.torch.nn.Flatten(), student.torch.nn.Linear(6, 10))
    net.load_state_dict(start)

    optimizer = student.torch.optim.SGD(net.parameters(), lr=0.05)
    criterion, device = student.torch.nn.CrossEntropyLoss(), student.torch.device("cpu")
    student.vgg.train(loader(student, images, labels, 4), net, criterion, optimizer, device)

    found = parameters_of(net)
    said = "train leaves the network as it was."
    require(not np.array_equal(found["1.weight"], start["1.weight"].numpy()), said, hidden=said)
    x, y = torch.tensor(images), torch.tensor(labels)
    batches = [(x[i : i + 4], y[i : i + 4]) for i in range(0, 12, 4)]
    epochs = student.vgg.EPOCHS if student.has("vgg.EPOCHS") else 10
    said = "Gradients add up from batch to batch: nothing sets them to zero."
    for reset in ("epoch", "never"):
        wrong = descended(int(epochs), start, batches, reset)
        like = all(np.allclose(found[key], wrong[key], rtol=1e-3, atol=1e-5) for key in wrong)
        require(not like, said, "optimizer.zero_grad() belongs before every backward().", hidden=said)


# Question 6.2


def told(student, images, labels, batch_size, net):
    """The numbers that the submission's test returned, or else printed, as shares and as percentages."""
    printed = len(student.printed)
    found = student.vgg.test(loader(student, images, labels, batch_size), net, student.torch.device("cpu"))
    if found is not None:
        return as_array(found, "what test returned").astype(float).reshape(-1)[:1]
    return [float(number) for number in re.findall(r"\d+(?:\.\d+)?", student.printed[printed:])]


def says(numbers, share):
    """Whether one of the numbers is the share, or the same in per cent."""
    return any(abs(number - scale * share) < 0.006 * scale for number in numbers for scale in (1, 100))


@points(0.25, "q6_2", seconds=2)
def check_test_counts_images_not_batches(student, rng):
    """test counts every image once when the last batch is smaller than the others."""
    # Everything in the first two batches is right, nothing in the last: 20 of 25 is 80 %, batches make 67 %.
    images = rng.normal(size=(25, 10, 1, 1)).astype(np.float32)
    labels = images[:, :, 0, 0].argmax(1)
    labels[20:] = (labels[20:] + 1) % 10
    net = student.torch.nn.Sequential(student.torch.nn.Flatten(), student.torch.nn.Linear(10, 10))
    net.load_state_dict({"1.weight": torch.eye(10), "1.bias": torch.zeros(10)})

    numbers = told(student, images, labels, 10, net)

    said = "With a last batch that is smaller than the others, test does not tell the share of images that are right."
    require(says(numbers, 20 / 25), said, "Sum what is right and how many there were; divide at the end.", hidden=said)


@points(0.25, "q6_2", seconds=2)
def check_test_teaches_nothing(student, rng):
    """test judges the network in mode eval and leaves its parameters and running averages as they were."""
    make = student.torch.nn
    linear = make.Linear(10, 10)
    linear.load_state_dict({"weight": torch.eye(10), "bias": torch.zeros(10)})
    net = make.Sequential(make.Flatten(), make.BatchNorm1d(10), linear)
    # In mode eval everything is right. The batches are sorted by class, so that their own statistics lose the classes.
    labels = np.sort(np.arange(40) % 10)
    images = (4 * np.eye(10)[labels] + rng.uniform(size=(40, 10)))[:, :, None, None].astype(np.float32)
    before = parameters_of(net)

    numbers = told(student, images, labels, 4, net)

    after = parameters_of(net)
    moved = [key for key in before if not np.array_equal(before[key], after[key])]
    said = "test changes the parameters of the network."
    require(not {"2.weight", "2.bias"} & set(moved), said, hidden=said)
    said = "test does not judge the network in mode eval: running averages move."
    require(not moved, said, "net.eval() comes before the first batch.", hidden=said)
    said = "test does not tell the share of images that are right."
    require(says(numbers, 1), said, hidden=said)
