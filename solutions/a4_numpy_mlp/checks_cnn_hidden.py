"""Problem 2: the error curves of fit, measured again."""

import numpy as np
import torch

from autograder.checks import accuracy, as_array, entry, points, require, unpack


@points(3, "q2_cnn", seconds=60)
def check_error_curves_are_what_was_measured(student, rng, data):
    """fit returns an error for each epoch, and the last ones are those of the returned network on all the images."""
    d = data("digits")
    rows = rng.permutation(len(d.x_train))[:260]
    x, y = torch.tensor(d.x_train[rows[:200]]), torch.tensor(d.y_train[rows[:200]])
    valid = torch.tensor(d.x_train[rows[200:]]), torch.tensor(d.y_train[rows[200:]])
    net, history = unpack(student.cnn.fit(x, y, *valid, 3), "model", "history", of="fit")
    net.eval()
    for kind, inputs, labels in (("train_error", x, y), ("valid_error", *valid)):
        curve = as_array(entry(history, kind, "history"), kind)
        said = f"history has not one {kind} for each epoch."
        require(curve.shape == (3,), said, "Append at the end of every epoch, not of every batch.", hidden=said)
        wrong = 1 - accuracy(net(inputs), labels.numpy())
        said = f"The last {kind} is not the share of wrong answers of the network that fit returns."
        hint = "Measure after the epoch, in evaluation mode, over all images, and count what is wrong."
        # One image more or less may be a tie between two scores in float32.
        require(bool(abs(float(np.ravel(curve)[-1]) - wrong) <= 1.01 / len(inputs)), said, hint, hidden=said)
