"""By matrix products of its own: a hidden layer is there or not, as params say."""

import numpy as np
from layers import logistic_loss


class LogisticClassifier:
    def __init__(self, input_dim=100, hidden_dim=None, weight_scale=1e-3, reg=0.0):
        self.reg = reg
        widths = [input_dim, 1]
        if hidden_dim is not None:
            widths.insert(1, hidden_dim)
        self.params = {}
        for number in range(1, len(widths)):
            shape = widths[number - 1], widths[number]
            self.params["W" + str(number)] = np.random.uniform(-1, 1, size=shape) * weight_scale * np.sqrt(3)
            self.params["b" + str(number)] = np.zeros(widths[number])

    def loss(self, X, y=None):
        p = self.params
        h = X @ p["W1"] + p["b1"]
        if "W2" in p:
            on = h > 0
            s = (h * on) @ p["W2"] + p["b2"]
        else:
            s = h
        if y is None:
            return s[:, 0]
        value, ds = logistic_loss(s[:, 0], y)
        ds = ds[:, None]
        grads = {}
        if "W2" in p:
            grads["W2"] = (h * on).T @ ds + self.reg * p["W2"]
            grads["b2"] = ds.sum(axis=0)
            ds = (ds @ p["W2"].T) * on
        grads["W1"] = X.T @ ds + self.reg * p["W1"]
        grads["b1"] = ds.sum(axis=0)
        for key in p:
            if key[0] == "W":
                value = value + self.reg / 2 * (p[key] ** 2).sum()
        return value, grads
