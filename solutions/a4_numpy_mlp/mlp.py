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
        # BEGIN SOLUTION the network's parameters
        self.sizes = (784, *hidden_dims, 10)
        self.rng = np.random.default_rng(seed)
        self.initialize_weights(init)
        # END SOLUTION

    def initialize_weights(self, init):
        """Set all biases to zero and the weights by `init`: "zero", "normal" or "glorot"."""
        # BEGIN SOLUTION initialize_weights
        self.weights, self.biases = [], []
        for fan_in, fan_out in pairwise(self.sizes):
            if init == "zero":
                w = np.zeros((fan_in, fan_out))
            elif init == "normal":
                w = self.rng.standard_normal((fan_in, fan_out))
            else:
                limit = np.sqrt(6 / (fan_in + fan_out))
                w = self.rng.uniform(-limit, limit, size=(fan_in, fan_out))
            self.weights.append(w)
            self.biases.append(np.zeros(fan_out))
        # END SOLUTION

    def activation(self, z):
        """The nonlinearity of the hidden layers, entry by entry."""
        # BEGIN SOLUTION activation
        return np.maximum(z, 0)
        # END SOLUTION

    def softmax(self, scores):
        """Scores (N, 10) to probabilities (N, 10); finite whatever the scores are."""
        # BEGIN SOLUTION softmax
        shifted = scores - scores.max(axis=1, keepdims=True)
        powers = np.exp(shifted)
        return powers / powers.sum(axis=1, keepdims=True)
        # END SOLUTION

    def forward(self, X):
        """Run X (N, 784) through the network; return what backward and loss need."""
        # BEGIN SOLUTION forward
        layers = [X]
        for w, b in zip(self.weights[:-1], self.biases[:-1], strict=True):
            layers.append(self.activation(layers[-1] @ w + b))
        scores = layers[-1] @ self.weights[-1] + self.biases[-1]
        return layers, scores
        # END SOLUTION

    def loss(self, scores, y):
        """The mean cross entropy of scores (N, 10) for labels y (N,)."""
        # BEGIN SOLUTION loss
        shifted = scores - scores.max(axis=1, keepdims=True)
        log_sum = np.log(np.exp(shifted).sum(axis=1))
        return np.mean(log_sum - shifted[np.arange(len(y)), y])
        # END SOLUTION

    def backward(self, cache, y):
        """The gradient of the loss with respect to every weight and every bias."""
        # BEGIN SOLUTION backward
        layers, scores = cache
        upstream = self.softmax(scores)
        upstream[np.arange(len(y)), y] -= 1
        upstream /= len(y)
        grads = []
        for i in (2, 1, 0):
            dw = layers[i].T @ upstream
            db = upstream.sum(axis=0)
            grads.insert(0, (dw, db))
            if i > 0:
                upstream = upstream @ self.weights[i].T * (layers[i] > 0)
        return grads
        # END SOLUTION

    def update(self, grads, lr):
        """One step of gradient descent."""
        # BEGIN SOLUTION update
        for i, (dw, db) in enumerate(grads):
            self.weights[i] = self.weights[i] - lr * dw
            self.biases[i] = self.biases[i] - lr * db
        # END SOLUTION

    def train(self, X, y, lr, batch_size, epochs):
        """Stochastic gradient descent; return the mean loss on all of (X, y) at the end of each epoch."""
        # BEGIN SOLUTION train
        losses = []
        for _ in range(epochs):
            order = self.rng.permutation(len(X))
            for start in range(0, len(X), batch_size):
                rows = order[start : start + batch_size]
                self.update(self.backward(self.forward(X[rows]), y[rows]), lr)
            losses.append(self.loss(self.forward(X)[1], y))
        return losses
        # END SOLUTION

    def test(self, X, y):
        """The share of samples whose most likely class is the right one."""
        # BEGIN SOLUTION test
        return np.mean(self.forward(X)[1].argmax(axis=1) == y)
        # END SOLUTION
