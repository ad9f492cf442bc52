"""The layers in einsum and strides, in the dtype of their input: ±1 labels, inverted dropout, the sheet's one σ for all features."""

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view


class Memory:
    """A cache that is no tuple."""

    def __init__(self, **kept):
        self.__dict__.update(kept)


def fc_forward(x, w, b):
    return np.einsum("ni,ij->nj", x, w, optimize=True) + b, (x, w, b)


def fc_backward(dout, cache):
    x, w, _ = cache
    return (
        np.einsum("nj,ij->ni", dout, w, optimize=True),
        np.einsum("ni,nj->ij", x, dout, optimize=True),
        np.einsum("nj->j", dout),
    )


def relu_forward(x):
    return np.maximum(x, 0), x


def relu_backward(dout, cache):
    return np.where(cache > 0, dout, np.zeros_like(dout))


def batchnorm_forward(x, gamma, beta, bn_param):
    eps, momentum = bn_param.get("eps", 1e-5), bn_param.get("momentum", 0.9)
    running_mean = bn_param.get("running_mean", np.zeros(x.shape[1], dtype=x.dtype))
    running_var = bn_param.get("running_var", np.zeros(x.shape[1], dtype=x.dtype))
    if bn_param["mode"] == "test":
        return gamma * ((x - running_mean) / np.sqrt(running_var + eps)) + beta, None
    centred = x - np.einsum("nd->d", x) / len(x)
    square = np.einsum("nd,nd->", centred, centred)
    sigma = np.sqrt(square + eps)
    bn_param["running_mean"] = momentum * running_mean + (1 - momentum) * x.mean(0)
    bn_param["running_var"] = momentum * running_var + (1 - momentum) * square
    hat = centred / sigma
    return gamma * hat + beta, Memory(hat=hat, sigma=sigma, gamma=gamma)


def batchnorm_backward(dout, cache):
    g = dout * cache.gamma
    along = np.einsum("nd,nd->", g, cache.hat)
    dx = (g - g.mean(0) - cache.hat * along) / cache.sigma
    return dx, np.einsum("nd,nd->d", dout, cache.hat), dout.sum(0)


def dropout_forward(x, dropout_param):
    if dropout_param.get("seed") is not None:
        np.random.seed(dropout_param["seed"])
    if dropout_param["mode"] == "test":
        return x.copy(), Memory(mask=None)
    mask = ((np.random.uniform(size=x.shape) < dropout_param["p"]) / dropout_param["p"]).astype(x.dtype)
    return x * mask, Memory(mask=mask)


def dropout_backward(dout, cache):
    return dout.copy() if cache.mask is None else dout * cache.mask


def conv_forward(x, w):
    windows = sliding_window_view(x, w.shape[2:], axis=(2, 3))
    return np.einsum("ncrsij,fcij->nfrs", windows, w, optimize=True), (x, w)


def conv_backward(dout, cache):
    x, w = cache
    windows = sliding_window_view(x, w.shape[2:], axis=(2, 3))
    dw = np.einsum("ncrsij,nfrs->fcij", windows, dout, optimize=True)
    down, across = w.shape[2] - 1, w.shape[3] - 1
    padded = np.pad(dout, ((0, 0), (0, 0), (down, down), (across, across)))
    back = sliding_window_view(padded, w.shape[2:], axis=(2, 3))
    return np.einsum("nfrsij,fcij->ncrs", back, w[:, :, ::-1, ::-1], optimize=True), dw


def max_pool_forward(x, pool_param):
    size, stride = (pool_param["pool_height"], pool_param["pool_width"]), pool_param["stride"]
    windows = sliding_window_view(x, size, axis=(2, 3))[:, :, ::stride, ::stride]
    return windows.max(axis=(4, 5)), (x, pool_param)


def max_pool_backward(dout, cache):
    x, pool_param = cache
    size, stride = (pool_param["pool_height"], pool_param["pool_width"]), pool_param["stride"]
    windows = sliding_window_view(x, size, axis=(2, 3))[:, :, ::stride, ::stride]
    winner = windows.reshape(*windows.shape[:4], -1).argmax(-1)
    n, c, r, s = np.indices(winner.shape)
    dx = np.zeros_like(x)
    np.add.at(dx, (n, c, r * stride + winner // size[1], s * stride + winner % size[1]), dout)
    return dx


def logistic_loss(x, y):
    """`y` holds −1 and 1."""
    margin = y * x
    return np.mean(np.logaddexp(0, -margin)), -y * np.exp(-np.logaddexp(0, margin)) / len(x)


def svm_loss(x, y):
    """`y` holds −1 and 1."""
    slack = 1 - y * x
    return np.maximum(slack, 0).mean(), np.where(slack > 0, -y, 0) / len(x)


def softmax_loss(x, y):
    log_p = x - x.max(axis=1, keepdims=True)
    log_p = log_p - np.log(np.exp(log_p).sum(axis=1, keepdims=True))
    one_hot = np.eye(x.shape[1], dtype=x.dtype)[y]
    return -np.einsum("nk,nk->", one_hot, log_p) / len(x), (np.exp(log_p) - one_hot) / len(x)
