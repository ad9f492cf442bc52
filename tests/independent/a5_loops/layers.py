"""The layers in plain loops, written from the sheet alone: per-feature sums in batch norm, p·x when testing dropout."""

import math

import numpy as np


def fc_forward(x, w, b):
    out = np.zeros((x.shape[0], w.shape[1]))
    for n in range(x.shape[0]):
        for j in range(w.shape[1]):
            out[n, j] = b[j]
            for i in range(x.shape[1]):
                out[n, j] += x[n, i] * w[i, j]
    return out, {"x": x, "w": w}


def fc_backward(dout, cache):
    x, w = cache["x"], cache["w"]
    dx, dw, db = np.zeros(x.shape), np.zeros(w.shape), np.zeros(w.shape[1])
    for n in range(x.shape[0]):
        for j in range(w.shape[1]):
            db[j] += dout[n, j]
            for i in range(x.shape[1]):
                dx[n, i] += dout[n, j] * w[i, j]
                dw[i, j] += dout[n, j] * x[n, i]
    return dx, dw, db


def relu_forward(x):
    out = np.zeros(x.shape)
    for place in np.ndindex(x.shape):
        out[place] = x[place] if x[place] > 0 else 0.0
    return out, x


def relu_backward(dout, cache):
    dx = np.zeros(dout.shape)
    for place in np.ndindex(dout.shape):
        if cache[place] >= 0:
            dx[place] = dout[place]
    return dx


def batchnorm_forward(x, gamma, beta, bn_param):
    eps, momentum = bn_param.get("eps", 1e-5), bn_param.get("momentum", 0.9)
    n, d = x.shape
    mean = bn_param.get("running_mean", np.zeros(d))
    square = bn_param.get("running_var", np.zeros(d))
    if bn_param["mode"] == "test":
        out = np.zeros((n, d))
        for i in range(n):
            for k in range(d):
                out[i, k] = gamma[k] * (x[i, k] - mean[k]) / math.sqrt(square[k] + eps) + beta[k]
        return out, None
    out, mu, sigma = np.zeros((n, d)), np.zeros(d), np.zeros(d)
    mean, square = np.array(mean, dtype=float), np.array(square, dtype=float)
    for k in range(d):
        mu[k] = sum(x[i, k] for i in range(n)) / n
        total = sum((x[i, k] - mu[k]) ** 2 for i in range(n))
        sigma[k] = math.sqrt(total + eps)
        for i in range(n):
            out[i, k] = gamma[k] * (x[i, k] - mu[k]) / sigma[k] + beta[k]
        mean[k] = momentum * mean[k] + (1 - momentum) * mu[k]
        square[k] = momentum * square[k] + (1 - momentum) * total
    bn_param["running_mean"], bn_param["running_var"] = mean, square
    return out, [x, gamma, mu, sigma]


def batchnorm_backward(dout, cache):
    x, gamma, mu, sigma = cache
    n, d = x.shape
    dx, dgamma, dbeta = np.zeros((n, d)), np.zeros(d), np.zeros(d)
    for k in range(d):
        g = [dout[i, k] * gamma[k] for i in range(n)]
        c = [x[i, k] - mu[k] for i in range(n)]
        mean_g = sum(g) / n
        along = sum(g[i] * c[i] for i in range(n))
        for i in range(n):
            dgamma[k] += dout[i, k] * c[i] / sigma[k]
            dbeta[k] += dout[i, k]
            dx[i, k] = (g[i] - mean_g) / sigma[k] - c[i] * along / sigma[k] ** 3
    return dx, dgamma, dbeta


def dropout_forward(x, dropout_param):
    p, mode = dropout_param["p"], dropout_param["mode"]
    if "seed" in dropout_param:
        np.random.seed(dropout_param["seed"])
    if mode == "test":
        return p * x, (mode, p, None)
    out, keep = np.zeros(x.shape), np.zeros(x.shape, dtype=bool)
    for place in np.ndindex(x.shape):
        keep[place] = np.random.random() < p
        if keep[place]:
            out[place] = x[place]
    return out, (mode, p, keep)


def dropout_backward(dout, cache):
    mode, p, keep = cache
    if mode == "test":
        return p * dout
    dx = np.zeros(dout.shape)
    for place in np.ndindex(dout.shape):
        if keep[place]:
            dx[place] = dout[place]
    return dx


def conv_forward(x, w):
    (n, _, height, width), (f, _, kh, kw) = x.shape, w.shape
    out = np.zeros((n, f, height - kh + 1, width - kw + 1))
    for i, j, r, s in np.ndindex(out.shape):
        out[i, j, r, s] = np.sum(x[i, :, r : r + kh, s : s + kw] * w[j])
    return out, (x, w)


def conv_backward(dout, cache):
    x, w = cache
    kh, kw = w.shape[2:]
    dx, dw = np.zeros(x.shape), np.zeros(w.shape)
    for i, j, r, s in np.ndindex(dout.shape):
        dx[i, :, r : r + kh, s : s + kw] += dout[i, j, r, s] * w[j]
        dw[j] += dout[i, j, r, s] * x[i, :, r : r + kh, s : s + kw]
    return dx, dw


def max_pool_forward(x, pool_param):
    height, width, stride = pool_param["pool_height"], pool_param["pool_width"], pool_param["stride"]
    rows, columns = 1 + (x.shape[2] - height) // stride, 1 + (x.shape[3] - width) // stride
    out, winners = np.zeros((*x.shape[:2], rows, columns)), {}
    for n, c, r, s in np.ndindex(out.shape):
        best = None
        for i in range(r * stride, r * stride + height):
            for j in range(s * stride, s * stride + width):
                if best is None or x[n, c, i, j] > x[n, c, best[0], best[1]]:
                    best = (i, j)
        winners[n, c, r, s] = best
        out[n, c, r, s] = x[n, c, best[0], best[1]]
    return out, (x.shape, winners)


def max_pool_backward(dout, cache):
    shape, winners = cache
    dx = np.zeros(shape)
    for (n, c, r, s), (i, j) in winners.items():
        dx[n, c, i, j] += dout[n, c, r, s]
    return dx


def logistic_loss(x, y):
    loss, dx = 0.0, np.zeros(len(x))
    for i in range(len(x)):
        score, label = float(x[i]), int(y[i])
        # log(1 + e^s) without ever taking the exponential of a large number
        loss += max(score, 0.0) + math.log1p(math.exp(-abs(score))) - label * score
        probability = 1 / (1 + math.exp(-score)) if score >= 0 else math.exp(score) / (1 + math.exp(score))
        dx[i] = (probability - label) / len(x)
    return loss / len(x), dx


def svm_loss(x, y):
    loss, dx = 0.0, np.zeros(len(x))
    for i in range(len(x)):
        sign = 1.0 if y[i] == 1 else -1.0
        if sign * x[i] < 1:
            loss += 1 - sign * x[i]
            dx[i] = -sign / len(x)
    return loss / len(x), dx


def softmax_loss(x, y):
    n, classes = x.shape
    loss, dx = 0.0, np.zeros(x.shape)
    for i in range(n):
        top = max(x[i])
        exps = [math.exp(x[i, k] - top) for k in range(classes)]
        total = sum(exps)
        loss += math.log(total) - (x[i, y[i]] - top)
        for k in range(classes):
            dx[i, k] = (exps[k] / total - (k == y[i])) / n
    return loss / n, dx
