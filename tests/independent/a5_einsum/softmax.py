"""Chained from the layers with star imports; hidden layers in lists."""

from layers import *
from solver import *


class SoftmaxClassifier(object):
    def __init__(self, input_dim=28 * 28, hidden_dim=100, num_classes=10, weight_scale=1e-3, reg=0.0):
        dims = [input_dim] + ([hidden_dim] if hidden_dim else []) + [num_classes]
        self.num_layers = len(dims) - 1
        self.params = {}
        self.reg = reg
        for i in range(self.num_layers):
            self.params["W%d" % (i + 1)] = weight_scale * np.random.randn(dims[i], dims[i + 1])
            self.params["b%d" % (i + 1)] = np.zeros(dims[i + 1])

    def loss(self, X, y=None):
        scores, caches = X, []
        for i in range(1, self.num_layers + 1):
            scores, fc_cache = fc_forward(scores, self.params["W%d" % i], self.params["b%d" % i])
            relu_cache = None
            if i < self.num_layers:
                scores, relu_cache = relu_forward(scores)
            caches.append((fc_cache, relu_cache))
        if y is None:
            return scores

        loss, dout = softmax_loss(scores, y)
        grads = {}
        for i in range(self.num_layers, 0, -1):
            fc_cache, relu_cache = caches[i - 1]
            if relu_cache is not None:
                dout = relu_backward(dout, relu_cache)
            dout, dw, db = fc_backward(dout, fc_cache)
            W = self.params["W%d" % i]
            grads["W%d" % i], grads["b%d" % i] = dw + self.reg * W, db
            loss = loss + 0.5 * self.reg * np.sum(W * W)
        return loss, grads
