"""VGG's scores and size, and that train and test do their work; on a few made images, in some seconds."""

import re

import numpy as np
import torch

from autograder.checks import Failure, as_array, count_parameters, equal, parameters_of, points, require, seen

COLOURS = np.array([[1, 0, 0], [0, 1, 0], [0, 0, 1], [1, 1, 0], [0, 1, 1]], dtype=np.float32)


def loader(student, images, labels, batch_size=10):
    """A DataLoader where the submission runs, in the order given."""
    utils = student.torch.utils.data
    dataset = utils.TensorDataset(torch.tensor(images), torch.tensor(labels))
    return utils.DataLoader(dataset, batch_size=batch_size)


def coloured(rng):
    """40 images of four colours and noise, sorted by colour, and which colour each is."""
    labels = np.arange(40) // 10
    images = rng.normal(scale=0.3, size=(40, 3, 32, 32)) + 2 * COLOURS[labels][:, :, None, None] - 1
    return images.astype(np.float32), labels


def loss_of(net, images, labels):
    """The mean cross-entropy of a network's scores, in mode eval; the labels stay here."""
    net.eval()
    scores = as_array(net(torch.tensor(images)), "the scores of VGG").astype(float)
    equal(scores.shape, (len(images), 10), "the shape of VGG's scores")
    return float(torch.nn.functional.cross_entropy(torch.tensor(scores), torch.tensor(labels)))


@points(0.5, "q6_1")
def check_vgg_gives_ten_finite_scores(student, rng):
    """VGG takes images (N, 3, 32, 32) and gives ten scores for each."""
    images = rng.normal(size=(5, 3, 32, 32)).astype(np.float32)

    scores = as_array(student.vgg.VGG()(torch.tensor(images)), "the scores of VGG")

    equal(scores.shape, (5, 10), "the shape of VGG's scores", hint="With padding 1, 32 × 32 is 1 × 1 after five pools.")
    require(np.isfinite(scores).all(), "The scores of VGG are not all finite.")
    require(np.ptp(scores, axis=0).max() > 0, "VGG gives every image the same scores.")


@points(1, "q6_1")
def check_vgg_has_149370_parameters(student):
    """VGG has 149,370 parameters, or 150,058 with batch normalisation after each convolution."""
    count = count_parameters(parameters_of(student.vgg.VGG(), name="VGG"))
    hint = "Eight convolutions of 3 × 3 with biases, then 64→64 and 64→10: the docstring lists the channels."
    require(count in (149_370, 150_058), f"VGG has {count:,} parameters, not 149,370.", hint)


@points(1, "q6_1", seconds=10)  # for 0.3: how often train goes over the images is the submission's to say
def check_train_lowers_the_loss(student, rng):
    """train teaches VGG to tell images of four colours apart, whichever batch they are in."""
    images, labels = coloured(rng)
    net = student.vgg.VGG()
    before = loss_of(net, images, labels)
    net.train()

    optimizer = student.torch.optim.Adam(net.parameters(), lr=2e-3)
    criterion, device = student.torch.nn.CrossEntropyLoss(), student.torch.device("cpu")
    student.vgg.train(loader(student, images, labels), net, criterion, optimizer, device)

    after = loss_of(net, images, labels)
    # Measured over ten seeds: 48 to 57 % of the loss before, 54 to 70 % with batch normalisation; 93 % or more where
    # only the first batch is used.
    why = f"The loss was {before:.2f} before train and is {after:.2f} after it."
    require(after < 0.8 * before, why, hint="Every batch is a step: a loss, its backward(), and optimizer.step().")


# Question 6.2


def tested(student, images, labels, net):
    """What the submission's test said of a network: (number that it returned or None, text that it printed)."""
    printed = len(student.printed)
    found = student.vgg.test(loader(student, images, labels), net, student.torch.device("cpu"))
    if found is not None:
        found = as_array(found, "what test returned")
        equal(found.size, 1, "the number of values that test returned")
        found = float(found.reshape(-1)[0])
    return found, student.printed[printed:]


def judged(share, found, text):
    """How test told the right share: as one, in per cent, or in print."""
    if found is not None:
        for scale, said in ((1, "a share"), (100, "a percentage")):
            if abs(found - scale * share) < 0.01 * scale / 100:
                return seen(f"test returns {said}.")
        raise Failure(f"test returned {found:g} where {share:g} of the images are right.", "Count images.")
    numbers = [float(number) for number in re.findall(r"\d+(?:\.\d+)?", text)]
    if any(abs(number - scale * share) < 0.006 * scale for number in numbers for scale in (1, 100)):
        return seen("test prints the accuracy.")
    said = "prints another accuracy" if numbers else "returns no accuracy, and prints none"
    raise Failure(f"test {said}: {share:g} of the images are right.", "Return right / all, a number from 0 to 1.")


@points(0.5, "q6_2", seconds=2)  # for less than 0.2
def check_test_gives_the_share_that_is_right(student, rng):
    """test tells which share of the images the network gets right, as a share or a percentage."""
    # A network that hands its images through as scores, so that we know what it gets right: 26 of 40 is 65 %.
    scores = rng.normal(size=(40, 10, 1, 1)).astype(np.float32)
    labels = scores[:, :, 0, 0].argmax(1)
    labels[rng.permutation(40)[:14]] += 1
    labels %= 10
    net = student.torch.nn.Sequential(student.torch.nn.Flatten(), student.torch.nn.Linear(10, 10))
    net.load_state_dict({"1.weight": torch.eye(10), "1.bias": torch.zeros(10)})
    return judged(26 / 40, *tested(student, scores, labels, net))
