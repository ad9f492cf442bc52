"""By matrix products of its own, the softmax included."""

import numpy as np


class SoftmaxClassifier:
    def __init__(self, input_dim=784, hidden_dim=100, num_classes=10, weight_scale=1e-3, reg=0.0):
        self.reg, self.deep = reg, hidden_dim is not None
        first = hidden_dim if self.deep else num_classes
        self.params = {"W1": np.random.randn(input_dim, first) * weight_scale, "b1": np.zeros((first,))}
        if self.deep:
            self.params["W2"] = np.random.randn(hidden_dim, num_classes) * weight_scale
            self.params["b2"] = np.zeros((num_classes,))

    def loss(self, X, y=None):
        p = self.params
        s = X.dot(p["W1"]) + p["b1"]
        if self.deep:
            a = np.maximum(s, 0)
            s = a.dot(p["W2"]) + p["b2"]
        if y is None:
            return s
        n = X.shape[0]
        e = np.exp(s - s.max(axis=1, keepdims=True))
        q = e / e.sum(axis=1, keepdims=True)
        value = -np.mean(np.log(q[range(n), y] + 1e-300))
        q[range(n), y] -= 1
        q /= n
        grads = {}
        if self.deep:
            grads["W2"], grads["b2"] = a.T.dot(q), q.sum(0)
            q = q.dot(p["W2"].T)
            q[a == 0] = 0
        grads["W1"], grads["b1"] = X.T.dot(q), q.sum(0)
        for key in [k for k in p if k.startswith("W")]:
            value += self.reg * 0.5 * np.sum(np.square(p[key]))
            grads[key] += self.reg * p[key]
        return value, grads
