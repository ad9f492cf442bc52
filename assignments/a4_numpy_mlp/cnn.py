"""A convolutional network for digits in PyTorch, of about the size of your MLP."""

import torch
from torch import nn
from torch.nn import functional


class CNN(nn.Module):
    """Images (N, 1, 28, 28) to class scores (N, 10)."""

    def __init__(self):
        """Make the layers."""
        super().__init__()
        # TODO: the layers of the CNN
        raise NotImplementedError("the layers of the CNN")

    def forward(self, x):
        """The scores of a batch of images."""
        # TODO: the CNN's forward pass
        raise NotImplementedError("the CNN's forward pass")


def error(model, x, y):
    """The share of images (N, 1, 28, 28) that the model gets wrong; the model is left in training mode."""
    # TODO: error
    raise NotImplementedError("error")


def fit(x, y, x_valid, y_valid, epochs):
    """Train a new CNN for so many epochs on images x (N, 1, 28, 28) float32 and labels y (N,), all tensors.

    Returns (model, history): history["train_error"] and history["valid_error"] are lists with the share of wrong
    answers on all training and all validation images at the end of each epoch.
    """
    # TODO: fit
    raise NotImplementedError("fit")
