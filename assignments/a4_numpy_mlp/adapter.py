"""How the checks reach your network: seven functions of a line or two, whatever mlp.py looks like inside.

Outside everything has one layout: images X (N, 784) as rows, labels y (N,) as whole numbers 0 to 9, and parameters as
a list with a pair (W, b) for each of the three layers, W of shape (inputs, outputs), b of shape (outputs,). Where your
own code keeps W as (outputs, inputs), samples in columns or labels one-hot, transpose or convert here.
"""

import numpy as np
from mlp import NN


def build(init="glorot", seed=0):
    """A new network; `init` is "zero", "normal" or "glorot", and `seed` decides the draw."""
    # TODO: build
    raise NotImplementedError("build")


def parameters(model):
    """The network's parameters as [(W1, b1), (W2, b2), (W3, b3)]."""
    # TODO: parameters
    raise NotImplementedError("parameters")


def load(model, layers):
    """Put [(W1, b1), (W2, b2), (W3, b3)] in place of the network's parameters; return the network."""
    # TODO: load
    raise NotImplementedError("load")


def loss(model, X, y):
    """The loss of the batch, a number."""
    # TODO: loss
    raise NotImplementedError("loss")


def gradients(model, X, y):
    """The gradient of the loss as [(dW1, db1), (dW2, db2), (dW3, db3)].

    Leave the network as it is. If your code knows no gradients apart from its update, return None: the checks then
    take them from one step with learning rate 1.
    """
    # TODO: gradients
    raise NotImplementedError("gradients")


def step(model, X, y, lr):
    """One step of gradient descent on this batch with learning rate lr; return the network."""
    # TODO: step
    raise NotImplementedError("step")


def predict(model, X):
    """The probability of each class for each image, (N, 10)."""
    # TODO: predict
    raise NotImplementedError("predict")
