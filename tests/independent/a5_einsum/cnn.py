"""A convolution with a bias b1 that is its own, and batch norm with one σ for all features."""

import numpy as np
from layers import *


class ConvNet(object):
    def __init__(
        self,
        input_dim=(1, 28, 28),
        num_filters=32,
        filter_size=7,
        hidden_dim=100,
        num_classes=10,
        weight_scale=1e-3,
        reg=0.0,
        dtype=np.float32,
    ):
        C, H, W = input_dim
        H2, W2 = (H - filter_size + 1) // 2, (W - filter_size + 1) // 2
        self.reg = reg
        self.dtype = dtype
        self.params = {
            "W1": weight_scale * np.random.randn(num_filters, C, filter_size, filter_size),
            "b1": np.zeros(num_filters),
            "W2": weight_scale * np.random.randn(num_filters * H2 * W2, hidden_dim),
            "b2": np.zeros(hidden_dim),
            "W3": weight_scale * np.random.randn(hidden_dim, num_classes),
            "b3": np.zeros(num_classes),
        }
        for k, v in self.params.items():
            self.params[k] = v.astype(dtype)

    def middle(self, h, train):
        """ReLU here; the regularised network has more between its fully-connected layers."""
        return relu_forward(h)

    def middle_back(self, da, cache, grads):
        return relu_backward(da, cache)

    def loss(self, X, y=None):
        X = X.astype(self.dtype)
        pool_param = {"pool_height": 2, "pool_width": 2, "stride": 2}
        p = self.params
        z, conv_cache = conv_forward(X, p["W1"])
        z = z + p["b1"][None, :, None, None]
        r, relu_cache = relu_forward(z)
        pooled, pool_cache = max_pool_forward(r, pool_param)
        flat = pooled.reshape(pooled.shape[0], -1)
        h, fc1_cache = fc_forward(flat, p["W2"], p["b2"])
        a, middle_cache = self.middle(h, y is not None)
        scores, fc2_cache = fc_forward(a, p["W3"], p["b3"])
        if y is None:
            return scores

        grads = {}
        loss, dscores = softmax_loss(scores, y)
        da, grads["W3"], grads["b3"] = fc_backward(dscores, fc2_cache)
        dh = self.middle_back(da, middle_cache, grads)
        dflat, grads["W2"], grads["b2"] = fc_backward(dh, fc1_cache)
        dr = max_pool_backward(dflat.reshape(pooled.shape), pool_cache)
        dz = relu_backward(dr, relu_cache)
        grads["b1"] = np.einsum("nfij->f", dz)
        _, grads["W1"] = conv_backward(dz, conv_cache)
        for i in "123":
            W = p["W" + i]
            loss += 0.5 * self.reg * np.einsum("i,i->", W.ravel(), W.ravel())
            grads["W" + i] = grads["W" + i] + self.reg * W
        return loss, grads


class RegularizedConvNet(ConvNet):
    def __init__(self, input_dim=(1, 28, 28), dropout=0.5, **more):
        super().__init__(input_dim, **more)
        H = len(self.params["b2"])
        self.dropout_param = {"p": dropout}
        self.bn_param = {}
        # One σ for all makes every feature small, a batch times H in number; gamma takes that back.
        self.params["gamma"] = np.full(H, 80.0, dtype=self.dtype)
        self.params["beta"] = np.zeros(H, dtype=self.dtype)

    def middle(self, h, train):
        self.bn_param["mode"] = self.dropout_param["mode"] = "train" if train else "test"
        n, bn_cache = batchnorm_forward(h, self.params["gamma"], self.params["beta"], self.bn_param)
        r, relu_cache = relu_forward(n)
        a, drop_cache = dropout_forward(r, self.dropout_param)
        return a, (bn_cache, relu_cache, drop_cache)

    def middle_back(self, da, cache, grads):
        bn_cache, relu_cache, drop_cache = cache
        dn = relu_backward(dropout_backward(da, drop_cache), relu_cache)
        dh, grads["gamma"], grads["beta"] = batchnorm_backward(dn, bn_cache)
        return dh
