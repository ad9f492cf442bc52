"""Chained from the layers with star imports; its loss wants labels of −1 and 1."""

import numpy as np
from layers import *
from solver import *


class SVM(object):
    def __init__(self, input_dim=100, hidden_dim=None, weight_scale=1e-3, reg=0.0):
        self.params = {}
        self.reg = reg
        self.hidden_dim = hidden_dim
        out = 1 if hidden_dim is None else hidden_dim
        self.params["W1"] = np.random.normal(0, weight_scale, (input_dim, out))
        self.params["b1"] = np.zeros(out)
        if hidden_dim is not None:
            self.params["W2"] = np.random.normal(0, weight_scale, (hidden_dim, 1))
            self.params["b2"] = np.zeros(1)

    def loss(self, X, y=None):
        scores = None
        loss, grads = 0, {}
        W1, b1 = self.params["W1"], self.params["b1"]
        if self.hidden_dim is None:
            scores, cache = fc_forward(X, W1, b1)
        else:
            h, cache1 = fc_forward(X, W1, b1)
            a, cache2 = relu_forward(h)
            scores, cache3 = fc_forward(a, self.params["W2"], self.params["b2"])
        scores = scores.flatten()

        if y is None:
            return scores

        loss, dx = svm_loss(scores, 2 * y - 1)
        dx = dx.reshape(-1, 1)
        if self.hidden_dim is None:
            _, grads["W1"], grads["b1"] = fc_backward(dx, cache)
        else:
            da, grads["W2"], grads["b2"] = fc_backward(dx, cache3)
            dh = relu_backward(da, cache2)
            _, grads["W1"], grads["b1"] = fc_backward(dh, cache1)
            loss += 0.5 * self.reg * np.sum(self.params["W2"] ** 2)
            grads["W2"] += self.reg * self.params["W2"]
        loss += 0.5 * self.reg * np.sum(W1**2)
        grads["W1"] += self.reg * W1
        return loss, grads
