"""Cats or dogs: a convolutional classifier in PyTorch with your own batch normalisation, dropout and Adam.

Of the library you may use what the course has covered: linear and convolutional layers, pooling, activations, losses
and plain SGD. BatchNorm, Dropout and every optimiser beyond SGD are yours to write.
"""

import torch
from torch import nn
from torch.nn import functional


class BatchNorm(nn.Module):
    """Normalises each channel of (N, C, H, W) or (N, C), then scales by `weight` and shifts by `bias`.

    In training by the batch's own mean and variance (divided by the number of values, not one less); the buffers
    `running_mean` and `running_var` move by the share `momentum` towards them. In evaluation by those two.
    """

    def __init__(self, channels, eps=1e-5, momentum=0.1):
        """Make weight (ones), bias (zeros) and the running averages (zeros and ones), each of shape (channels,)."""
        super().__init__()
        # TODO: parameters and buffers of BatchNorm
        raise NotImplementedError("parameters and buffers of BatchNorm")

    def forward(self, x):
        """The normalised batch, of x's shape."""
        # TODO: forward of BatchNorm
        raise NotImplementedError("forward of BatchNorm")


class Dropout(nn.Module):
    """In training drops each entry with probability p and divides the others by 1 − p; in evaluation does nothing."""

    def __init__(self, p=0.5):
        """Keep p, the probability to drop."""
        super().__init__()
        # TODO: what Dropout keeps
        raise NotImplementedError("what Dropout keeps")

    def forward(self, x):
        """The batch with some entries dropped, of x's shape."""
        # TODO: forward of Dropout
        raise NotImplementedError("forward of Dropout")


class Adam:
    """Adam (Kingma and Ba, 2015, algorithm 1) for a list of parameters."""

    def __init__(self, params, lr=1e-3, betas=(0.9, 0.999), eps=1e-8):
        """Keep the parameters, the settings, and a first and second moment of zeros for each parameter."""
        # TODO: the state of Adam
        raise NotImplementedError("the state of Adam")

    def zero_grad(self):
        """Forget the gradients of all parameters."""
        # TODO: zero_grad
        raise NotImplementedError("zero_grad")

    @torch.no_grad()
    def step(self):
        """Change every parameter that has a gradient, in place."""
        # TODO: a step of Adam
        raise NotImplementedError("a step of Adam")


class Net(nn.Module):
    """Images (N, 3, 24, 24) to scores (N, 2), of cat and of dog."""

    def __init__(self):
        """Make the layers."""
        super().__init__()
        # TODO: the layers of Net
        raise NotImplementedError("the layers of Net")

    def forward(self, x):
        """The scores of a batch of images."""
        # TODO: forward of Net
        raise NotImplementedError("forward of Net")


def train(x, y, epochs=5):
    """Train a new Net on images x (N, 3, 24, 24) float32 and labels y (N,), 0 for cats, both tensors; return it."""
    # TODO: train
    raise NotImplementedError("train")


def predict(model, x):
    """The probability that each image of x (N, 3, 24, 24) shows a dog, (N,)."""
    # TODO: predict
    raise NotImplementedError("predict")
