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
        # TODO: the parameters of ConvNet
        raise NotImplementedError("the parameters of ConvNet")

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
        # TODO: the scores of ConvNet
        raise NotImplementedError("the scores of ConvNet")
        if y is None:
            return scores

        # TODO: the loss and the gradients of ConvNet
        raise NotImplementedError("the loss and the gradients of ConvNet")
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
        # TODO: the parameters of RegularizedConvNet
        raise NotImplementedError("the parameters of RegularizedConvNet")

    def loss(self, X, y=None):
        """As ConvNet.loss: in mode "train" where y is given, in mode "test" where it is None."""
        X = X.astype(self.dtype, copy=False)
        mode = "test" if y is None else "train"
        # TODO: the scores of RegularizedConvNet
        raise NotImplementedError("the scores of RegularizedConvNet")
        if y is None:
            return scores

        # TODO: the loss and the gradients of RegularizedConvNet
        raise NotImplementedError("the loss and the gradients of RegularizedConvNet")
        return loss, grads
