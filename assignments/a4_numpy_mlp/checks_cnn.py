"""Problem 2: a convolutional network of about the size of the MLP, and how both learn."""

import numpy as np
import torch

from autograder.checks import (
    accuracy,
    as_array,
    count_parameters,
    hides_nothing,
    parameters_of,
    points,
    require,
    seen,
    tiers,
    unpack,
)
from autograder.checks.perceptron import Perceptron
from autograder.checks.pictures import Sheet


def images(x):
    """A tensor of images, float32, (N, 1, 28, 28)."""
    return torch.tensor(np.asarray(x), dtype=torch.float32)


@points(4, "q2_cnn")
def check_cnn_has_about_the_parameters_of_the_mlp(student):
    """The CNN has between half and twice as many parameters as the MLP of problem 1."""
    cnn = count_parameters(parameters_of(student.cnn.CNN(), name="the CNN"))
    mlp = count_parameters([array for pair in Perceptron(student).layers for array in pair])
    hint = "Most parameters sit where the flattened maps meet the first fully-connected layer."
    require(mlp / 2 <= cnn <= 2 * mlp, f"The CNN has {cnn:,} parameters, the MLP {mlp:,}.", hint)


@points(3, "q2_cnn")
def check_cnn_scores_every_image_with_convolutions(student, rng):
    """The CNN has a convolution wider than one pixel, and gives ten finite scores an image, the same for it alone."""
    net = student.cnn.CNN()
    shapes = [a.shape for a in parameters_of(net, name="the CNN").values()]
    wide = any(len(shape) == 4 and min(shape[2:]) > 1 for shape in shapes)
    require(wide, "No parameter of the CNN is a filter of 2×2 pixels or more.", "A filter is (out, in, height, width).")
    net.eval()
    x = images(rng.random((5, 1, 28, 28)))
    scores = as_array(net(x), "the scores")
    require(scores.shape == (5, 10), f"The scores of five images have shape {scores.shape}; (5, 10) was expected.")
    require(bool(np.isfinite(scores).all()), "The scores hold NaN or infinity.")
    alone = as_array(net(x[2:3]), "the scores")
    same = alone.shape == (1, 10) and bool(np.allclose(alone, scores[2:3], rtol=1e-4, atol=1e-5))
    require(same, "In evaluation an image alone has other scores than among others.")
    hides_nothing(net, x.numpy(), name="the CNN")


@points(5, "q2_cnn", seconds=60)
def check_cnn_learns_digits(student, data):
    """After three epochs of fit on 2,000 digits the CNN gets 88 % of validation digits; 75 % earn half."""
    d = data("digits")
    x, y = images(d.x_train[:2000]), torch.tensor(d.y_train[:2000])
    valid = images(d.x_val), torch.tensor(d.y_val)
    net, _ = unpack(student.cnn.fit(x, y, *valid, 3), "model", "history", of="fit")
    net.eval()
    hint = "Smaller batches make more steps; is the learning rate one that learns in forty?"
    return tiers(accuracy(net(valid[0]), d.y_val), {0.75: 0.5, 0.88: 1.0}, "validation accuracy", hint)


@points(3, "q2_cnn")
def check_reported_curves_of_both(report):
    """report.toml has ten training and validation errors for MLP and CNN; both learn, and the CNN ends lower."""
    curves = {}
    for net in ("mlp.curves", "cnn"):
        for kind in ("train_error", "valid_error"):
            key = f"{net}.{kind}"
            curve = report.numbers(key, 10)
            require(len(curve) == 10, f"report.toml: {key} has {len(curve)} numbers; there are ten epochs.")
            require(all(0 <= v <= 1 for v in curve), f"report.toml: {key} should hold shares from 0 to 1, not per cent.")
            require(curve[-1] < 0.2 and min(curve) < curve[0], f"report.toml: {key} does not fall below 20 %.")
            curves[key] = curve
    why = "report.toml: the CNN's validation error does not end below the MLP's."
    ahead = min(curves["cnn.valid_error"]) < min(curves["mlp.curves.valid_error"])
    require(ahead, why, "On the same digits a CNN of this size gets a third less wrong. Longer, or another rate?")
    sheet = Sheet("The errors of MLP and CNN, epoch by epoch.")
    sheet.heading("error of MLP and CNN on training and validation images")
    names = {"mlp.curves": "MLP", "cnn": "CNN"}
    kinds = {"train_error": "training", "valid_error": "validation"}
    sheet.curves({f"{names[net]}, {kinds[kind]}": curves[f"{net}.{kind}"] for net in names for kind in kinds})
    return seen("", sheet.svg())
