"""Convolutional classifiers: a plain one, and one with batch normalisation and dropout."""

import layers
import numpy as np

POOL = {"pool_height": 2, "pool_width": 2, "stride": 2}


def features_forward(x, w):
    """conv – relu – 2×2 max pool. Given: it shows how forward passes are chained.

    Inputs:
    - x: (N, C, H, W)
    - w: (F, C, HH, WW)

    Returns:
    - out: (N, F, (H - HH + 1) // 2, (W - WW + 1) // 2)
    - cache: for features_backward
    """
    mapped, conv_cache = layers.conv_forward(x, w)
    active, relu_cache = layers.relu_forward(mapped)
    out, pool_cache = layers.max_pool_forward(active, POOL)
    return out, (conv_cache, relu_cache, pool_cache)


def features_backward(dout, cache):
    """Gradients of features_forward, last layer first: dx (N, C, H, W) and dw (F, C, HH, WW). Given."""
    conv_cache, relu_cache, pool_cache = cache
    dactive = layers.max_pool_backward(dout, pool_cache)
    dmapped = layers.relu_backward(dactive, relu_cache)
    return layers.conv_backward(dmapped, conv_cache)


class ConvNet:
    """conv – relu – 2×2 max pool – fc – relu – fc – softmax, with no padding anywhere.

    `params` holds W1 (F, C, HH, HH) of the convolution, which has no bias; then, with P numbers left after pooling and
    H hidden units, W2 (P, H), b2 (H,), W3 (H, classes), b3 (classes,). The defaults make 389,878 numbers in all.
    """

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
        """
        - input_dim: (C, H, W) of an image
        - num_filters: F
        - filter_size: HH, height and width of a filter
        - hidden_dim: H, units of the hidden layer
        - num_classes: how many classes
        - weight_scale: standard deviation of the normal distribution that the weights start from; biases start at 0
        - reg: strength of the L2 regularisation
        - dtype: of the parameters
        """
        self.params = {}
        self.reg = reg
        self.dtype = dtype
        # BEGIN SOLUTION the parameters of ConvNet
        channels, height, width = input_dim
        pooled = num_filters * ((height - filter_size + 1) // 2) * ((width - filter_size + 1) // 2)
        shapes = {
            "W1": (num_filters, channels, filter_size, filter_size),
            "W2": (pooled, hidden_dim),
            "W3": (hidden_dim, num_classes),
        }
        for name, shape in shapes.items():
            self.params[name] = (weight_scale * np.random.standard_normal(shape)).astype(dtype)
        self.params["b2"] = np.zeros(hidden_dim, dtype=dtype)
        self.params["b3"] = np.zeros(num_classes, dtype=dtype)
        # END SOLUTION

    def loss(self, X, y=None):
        """Scores, or the loss and its gradients.

        Inputs:
        - X: (N, C, H, W); computed with in the dtype of the parameters
        - y: (N,), classes from 0, or None

        Returns without y:
        - scores: (N, classes), before the softmax

        Returns with y:
        - loss: the mean softmax loss plus 0.5 * reg * (sum of all squared weights; biases are left out)
        - grads: the gradients of that loss, by the names in params
        """
        X = X.astype(self.dtype, copy=False)
        # BEGIN SOLUTION the scores of ConvNet
        p = self.params
        maps, features = features_forward(X, p["W1"])
        hidden, second = layers.fc_forward(maps.reshape(len(X), -1), p["W2"], p["b2"])
        active, bent = layers.relu_forward(hidden)
        scores, third = layers.fc_forward(active, p["W3"], p["b3"])
        # END SOLUTION
        if y is None:
            return scores

        # BEGIN SOLUTION the loss and the gradients of ConvNet
        loss, dout = layers.softmax_loss(scores, y)
        grads = {}
        dout, grads["W3"], grads["b3"] = layers.fc_backward(dout, third)
        dout = layers.relu_backward(dout, bent)
        dout, grads["W2"], grads["b2"] = layers.fc_backward(dout, second)
        _, grads["W1"] = features_backward(dout.reshape(maps.shape), features)
        for name in ("W1", "W2", "W3"):
            loss += 0.5 * self.reg * np.sum(p[name] ** 2)
            grads[name] = grads[name] + self.reg * p[name]
        # END SOLUTION
        return loss, grads


class RegularizedConvNet(ConvNet):
    """conv – relu – 2×2 max pool – fc – batch norm – relu – dropout – fc – softmax.

    `params` holds what ConvNet's holds, and gamma (H,) and beta (H,) of the batch normalisation. A call of `loss` with
    labels is a training step: batch statistics, dropped units. A call without them is a test: running averages, nothing
    dropped.
    """

    def __init__(
        self,
        input_dim=(1, 28, 28),
        num_filters=32,
        filter_size=7,
        hidden_dim=100,
        num_classes=10,
        weight_scale=1e-3,
        reg=0.0,
        dropout=0.5,
        dtype=np.float32,
    ):
        """As ConvNet; and

        - dropout: the probability to KEEP a hidden unit; 1 turns dropout off
        """
        super().__init__(input_dim, num_filters, filter_size, hidden_dim, num_classes, weight_scale, reg, dtype)
        self.dropout = dropout
        self.bn_param = {"mode": "train"}
        # BEGIN SOLUTION the parameters of RegularizedConvNet
        self.params["gamma"] = np.ones(hidden_dim, dtype=dtype)
        self.params["beta"] = np.zeros(hidden_dim, dtype=dtype)
        # END SOLUTION

    def loss(self, X, y=None):
        """As ConvNet.loss: in mode "train" where y is given, in mode "test" where it is None."""
        X = X.astype(self.dtype, copy=False)
        mode = "test" if y is None else "train"
        # BEGIN SOLUTION the scores of RegularizedConvNet
        p = self.params
        self.bn_param["mode"] = mode
        maps, features = features_forward(X, p["W1"])
        hidden, second = layers.fc_forward(maps.reshape(len(X), -1), p["W2"], p["b2"])
        normal, norm = layers.batchnorm_forward(hidden, p["gamma"], p["beta"], self.bn_param)
        active, bent = layers.relu_forward(normal)
        kept, dropped = layers.dropout_forward(active, {"mode": mode, "p": self.dropout})
        scores, third = layers.fc_forward(kept, p["W3"], p["b3"])
        # END SOLUTION
        if y is None:
            return scores

        # BEGIN SOLUTION the loss and the gradients of RegularizedConvNet
        loss, dout = layers.softmax_loss(scores, y)
        grads = {}
        dout, grads["W3"], grads["b3"] = layers.fc_backward(dout, third)
        dout = layers.dropout_backward(dout, dropped)
        dout = layers.relu_backward(dout, bent)
        dout, grads["gamma"], grads["beta"] = layers.batchnorm_backward(dout, norm)
        dout, grads["W2"], grads["b2"] = layers.fc_backward(dout, second)
        _, grads["W1"] = features_backward(dout.reshape(maps.shape), features)
        for name in ("W1", "W2", "W3"):
            loss += 0.5 * self.reg * np.sum(p[name] ** 2)
            grads[name] = grads[name] + self.reg * p[name]
        # END SOLUTION
        return loss, grads
