"""The layers of a small neural network in numpy, each as a forward and a backward function.

Every `*_forward` returns `(out, cache)`: its output, and whatever its `*_backward` needs later. Every `*_backward`
takes `dout`, the gradient of a scalar loss with respect to `out`, and that cache; it returns the gradients with respect
to the forward's inputs, in their order. Arrays that come in are never changed, and float32 in gives float32 out.

N is the number of samples in a batch, D a number of features, C of channels, F of filters, H and W height and width.
"""

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view


def fc_forward(x, w, b):
    """Fully-connected layer: every output is a weighted sum of all inputs, plus a bias.

    Inputs:
    - x: (N, Din)
    - w: (Din, Dout)
    - b: (Dout,)

    Returns:
    - out: (N, Dout)
    - cache: (x, w, b)
    """
    # TODO: the forward pass of the fully-connected layer
    raise NotImplementedError("the forward pass of the fully-connected layer")
    cache = (x, w, b)
    return out, cache


def fc_backward(dout, cache):
    """Gradients of the fully-connected layer.

    Inputs:
    - dout: (N, Dout)
    - cache: what fc_forward returned

    Returns:
    - dx: (N, Din)
    - dw: (Din, Dout)
    - db: (Dout,)
    """
    x, w, _ = cache
    # TODO: the backward pass of the fully-connected layer
    raise NotImplementedError("the backward pass of the fully-connected layer")
    return dx, dw, db


def relu_forward(x):
    """Rectified linear unit: the positive part of every entry.

    Inputs:
    - x: any shape

    Returns:
    - out: the shape of x
    - cache: x
    """
    # TODO: the forward pass of ReLU
    raise NotImplementedError("the forward pass of ReLU")
    cache = x
    return out, cache


def relu_backward(dout, cache):
    """Gradient of ReLU. At exactly 0 any slope between 0 and 1 is right.

    Inputs:
    - dout: any shape
    - cache: what relu_forward returned

    Returns:
    - dx: the shape of dout
    """
    x = cache
    # TODO: the backward pass of ReLU
    raise NotImplementedError("the backward pass of ReLU")


def batchnorm_forward(x, gamma, beta, bn_param):
    """Batch normalisation: each feature gets mean 0 and variance 1 over the batch, then a learned scale and shift.

    In mode "train" the batch's own mean and variance are used (variance with 1/N), and the running averages move:
    running = momentum * running + (1 - momentum) * batch. In mode "test" the running averages are used and stay.

    Inputs:
    - x: (N, D)
    - gamma: (D,), the scale
    - beta: (D,), the shift
    - bn_param: a dict with
      - mode: "train" or "test"
      - eps: added to the variance, inside the root; 1e-5 if absent
      - momentum: of the running averages; 0.9 if absent
      - running_mean, running_var: (D,), zeros if absent; mode "train" writes the new ones into this dict

    Returns:
    - out: (N, D)
    - cache: whatever batchnorm_backward needs
    """
    mode = bn_param["mode"]
    eps = bn_param.get("eps", 1e-5)
    momentum = bn_param.get("momentum", 0.9)
    running_mean = bn_param.get("running_mean", np.zeros(x.shape[1], dtype=x.dtype))
    running_var = bn_param.get("running_var", np.zeros(x.shape[1], dtype=x.dtype))

    if mode == "train":
        # TODO: batch normalisation in training mode
        raise NotImplementedError("batch normalisation in training mode")
    elif mode == "test":
        # TODO: batch normalisation in test mode
        raise NotImplementedError("batch normalisation in test mode")
    else:
        raise ValueError(f'batchnorm_forward: mode is {mode!r}; it must be "train" or "test"')

    # TODO: the output of batch normalisation
    raise NotImplementedError("the output of batch normalisation")

    bn_param["running_mean"] = running_mean
    bn_param["running_var"] = running_var
    return out, cache


def batchnorm_backward(dout, cache):
    """Gradients of batch normalisation. In mode "train" every sample moves the mean and the variance of all of them.

    Inputs:
    - dout: (N, D)
    - cache: what batchnorm_forward returned

    Returns:
    - dx: (N, D)
    - dgamma: (D,)
    - dbeta: (D,)
    """
    # TODO: the backward pass of batch normalisation
    raise NotImplementedError("the backward pass of batch normalisation")
    return dx, dgamma, dbeta


def dropout_forward(x, dropout_param):
    """Dropout: in training each entry is kept with probability p and set to 0 otherwise.

    Inputs:
    - x: any shape
    - dropout_param: a dict with
      - p: the probability to KEEP an entry
      - mode: "train" (drop) or "test" (drop nothing)
      - seed: optional; the same seed gives the same mask

    Returns:
    - out: the shape and dtype of x
    - cache: (dropout_param, mask); the mask is None in mode "test"
    """
    p, mode, seed = dropout_param["p"], dropout_param["mode"], dropout_param.get("seed")
    random = np.random if seed is None else np.random.RandomState(seed)

    mask = None
    if mode == "train":
        # TODO: dropout in training mode
        raise NotImplementedError("dropout in training mode")
    elif mode == "test":
        # TODO: dropout in test mode
        raise NotImplementedError("dropout in test mode")
    else:
        raise ValueError(f'dropout_forward: mode is {mode!r}; it must be "train" or "test"')

    cache = (dropout_param, mask)
    return out.astype(x.dtype, copy=False), cache


def dropout_backward(dout, cache):
    """Gradient of dropout.

    Inputs:
    - dout: any shape
    - cache: what dropout_forward returned

    Returns:
    - dx: the shape of dout
    """
    dropout_param, mask = cache
    # TODO: the backward pass of dropout
    raise NotImplementedError("the backward pass of dropout")


def conv_forward(x, w):
    """Convolutional layer as deep learning means it: the filter slides over the image without being flipped.

    Stride 1, no padding, no bias.

    Inputs:
    - x: (N, C, H, W)
    - w: (F, C, HH, WW)

    Returns:
    - out: (N, F, H - HH + 1, W - WW + 1)
    - cache: (x, w)
    """
    # TODO: the forward pass of the convolution
    raise NotImplementedError("the forward pass of the convolution")
    cache = (x, w)
    return out, cache


def conv_backward(dout, cache):
    """Gradients of the convolutional layer.

    Inputs:
    - dout: (N, F, H - HH + 1, W - WW + 1)
    - cache: what conv_forward returned

    Returns:
    - dx: (N, C, H, W)
    - dw: (F, C, HH, WW)
    """
    x, w = cache
    # TODO: the backward pass of the convolution
    raise NotImplementedError("the backward pass of the convolution")
    return dx, dw


def max_pool_forward(x, pool_param):
    """Max pooling: the largest entry of each window of each channel.

    Inputs:
    - x: (N, C, H, W)
    - pool_param: a dict with pool_height, pool_width and stride; windows may overlap or leave gaps

    Returns:
    - out: (N, C, 1 + (H - pool_height) // stride, 1 + (W - pool_width) // stride)
    - cache: (x, pool_param)
    """
    # TODO: the forward pass of max pooling
    raise NotImplementedError("the forward pass of max pooling")
    cache = (x, pool_param)
    return out, cache


def max_pool_backward(dout, cache):
    """Gradient of max pooling: it goes to the entry that won; one entry may win several windows.

    Inputs:
    - dout: the shape of max_pool_forward's output
    - cache: what max_pool_forward returned

    Returns:
    - dx: (N, C, H, W)
    """
    x, pool_param = cache
    # TODO: the backward pass of max pooling
    raise NotImplementedError("the backward pass of max pooling")
    return dx


def svm_loss(x, y):
    """Hinge loss of a binary classifier, averaged over the batch: a margin of 1 on the right side costs nothing.

    Inputs:
    - x: (N,), scores; positive speaks for the positive class
    - y: (N,), labels, 1 for the positive class and 0 (or -1) for the other

    Returns:
    - loss: a number
    - dx: (N,), its gradient with respect to x
    """
    # TODO: the hinge loss
    raise NotImplementedError("the hinge loss")
    return loss, dx


def logistic_loss(x, y):
    """Logistic loss of a binary classifier, averaged over the batch: minus the log-probability of the true class.

    Inputs:
    - x: (N,), scores; the sigmoid of a score is the probability of the positive class
    - y: (N,), labels, 1 for the positive class and 0 (or -1) for the other

    Returns:
    - loss: a number, finite for any finite scores
    - dx: (N,), its gradient with respect to x
    """
    # TODO: the logistic loss
    raise NotImplementedError("the logistic loss")
    return loss, dx


def softmax_loss(x, y):
    """Softmax followed by cross-entropy, averaged over the batch.

    Inputs:
    - x: (N, C), scores of C classes
    - y: (N,), the true classes, integers from 0 to C - 1

    Returns:
    - loss: a number, finite for any finite scores
    - dx: (N, C), its gradient with respect to x
    """
    # TODO: the softmax loss
    raise NotImplementedError("the softmax loss")
    return loss, dx
