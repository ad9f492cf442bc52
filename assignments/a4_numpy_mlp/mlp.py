"""A multilayer perceptron in numpy: two hidden layers, softmax, cross entropy, plain gradient descent.

This file is yours. Rename what you like, move what you like, keep samples in rows or in columns: the checks reach your
network through adapter.py only. No framework that differentiates by itself may be imported here.
"""

from itertools import pairwise

import numpy as np


class NN:
    """A network 784 → h1 → h2 → 10."""

    def __init__(self, hidden_dims=(512, 256), init="glorot", seed=0):
        """Choose the sizes of the hidden layers and draw the first parameters; `seed` makes the draw repeatable."""
        # TODO: the network's parameters
        raise NotImplementedError("the network's parameters")

    def initialize_weights(self, init):
        """Set all biases to zero and the weights by `init`: "zero", "normal" or "glorot"."""
        # TODO: initialize_weights
        raise NotImplementedError("initialize_weights")

    def activation(self, z):
        """The nonlinearity of the hidden layers, entry by entry."""
        # TODO: activation
        raise NotImplementedError("activation")

    def softmax(self, scores):
        """Scores (N, 10) to probabilities (N, 10); finite whatever the scores are."""
        # TODO: softmax
        raise NotImplementedError("softmax")

    def forward(self, X):
        """Run X (N, 784) through the network; return what backward and loss need."""
        # TODO: forward
        raise NotImplementedError("forward")

    def loss(self, scores, y):
        """The mean cross entropy of scores (N, 10) for labels y (N,)."""
        # TODO: loss
        raise NotImplementedError("loss")

    def backward(self, cache, y):
        """The gradient of the loss with respect to every weight and every bias."""
        # TODO: backward
        raise NotImplementedError("backward")

    def update(self, grads, lr):
        """One step of gradient descent."""
        # TODO: update
        raise NotImplementedError("update")

    def train(self, X, y, lr, batch_size, epochs):
        """Stochastic gradient descent; return the mean loss on all of (X, y) at the end of each epoch."""
        # TODO: train
        raise NotImplementedError("train")

    def test(self, X, y):
        """The share of samples whose most likely class is the right one."""
        # TODO: test
        raise NotImplementedError("test")
