"""Loops over the places of a filter; dropout and batch norm are arguments of the one class, b1 is there and unused."""

import numpy as np


class ConvNet:
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
        dropout=None,
        use_batchnorm=False,
    ):
        depth, height, width = input_dim
        self.reg, self.dtype, self.keep, self.normal = reg, dtype, dropout, use_batchnorm
        left = ((height - filter_size + 1) // 2) * ((width - filter_size + 1) // 2) * num_filters
        shapes = {"W1": (num_filters, depth, filter_size, filter_size), "W2": (left, hidden_dim)}
        shapes["W3"] = (hidden_dim, num_classes)
        self.params = {key: np.random.normal(scale=weight_scale, size=shape) for key, shape in shapes.items()}
        self.params.update(b1=np.zeros(num_filters), b2=np.zeros(hidden_dim), b3=np.zeros(num_classes))
        if use_batchnorm:
            self.params.update(gamma=np.ones(hidden_dim), beta=np.zeros(hidden_dim))
            self.mean, self.square = np.zeros(hidden_dim), np.zeros(hidden_dim)
        self.params = {key: value.astype(dtype) for key, value in self.params.items()}

    def loss(self, X, y=None):
        X, p, training = X.astype(self.dtype), self.params, y is not None
        w = p["W1"]
        size = w.shape[2]
        rows, columns = X.shape[2] - size + 1, X.shape[3] - size + 1
        maps = np.zeros((len(X), len(w), rows, columns), dtype=self.dtype)
        for i in range(size):
            for j in range(size):
                maps += np.tensordot(X[:, :, i : i + rows, j : j + columns], w[:, :, i, j], ([1], [1])).transpose(
                    0, 3, 1, 2
                )
        corners = [maps[:, :, i : rows // 2 * 2 : 2, j : columns // 2 * 2 : 2] for i in (0, 1) for j in (0, 1)]
        best = np.maximum(np.maximum(corners[0], corners[1]), np.maximum(corners[2], corners[3]))
        pooled = np.maximum(best, 0)
        flat = pooled.reshape(len(X), -1)
        h = flat @ p["W2"] + p["b2"]
        n = h
        if self.normal and training:
            mu, total = h.mean(0), ((h - h.mean(0)) ** 2).sum(0)
            sigma = np.sqrt(total + 1e-5)
            hat = (h - mu) / sigma
            self.mean, self.square = 0.9 * self.mean + 0.1 * mu, 0.9 * self.square + 0.1 * total
            n = p["gamma"] * hat + p["beta"]
        elif self.normal:
            n = p["gamma"] * (h - self.mean) / np.sqrt(self.square + 1e-5) + p["beta"]
        a = np.maximum(n, 0)
        if self.keep and training:
            kept = np.random.rand(*a.shape) < self.keep
            a = a * kept
        elif self.keep:
            a = self.keep * a
        s = a @ p["W3"] + p["b3"]
        if not training:
            return s

        e = np.exp(s - s.max(1, keepdims=True))
        q = e / e.sum(1, keepdims=True)
        value = -np.log(q[np.arange(len(X)), y]).mean()
        q[np.arange(len(X)), y] -= 1
        q /= len(X)
        grads = {"W3": a.T @ q, "b3": q.sum(0), "b1": np.zeros_like(p["b1"])}
        d = q @ p["W3"].T
        if self.keep:
            d = d * kept
        d = d * (n > 0)
        if self.normal:
            grads["gamma"], grads["beta"] = (d * hat).sum(0), d.sum(0)
            d = d * p["gamma"]
            d = (d - d.mean(0) - hat * (d * hat).sum(0)) / sigma
        grads["W2"], grads["b2"] = flat.T @ d, d.sum(0)
        d = (d @ p["W2"].T).reshape(pooled.shape) * (best > 0)
        dmaps = np.zeros_like(maps)
        free = np.ones(best.shape, dtype=bool)
        for number, (i, j) in enumerate(((0, 0), (0, 1), (1, 0), (1, 1))):
            wins = free & (corners[number] == best)
            dmaps[:, :, i : rows // 2 * 2 : 2, j : columns // 2 * 2 : 2] = d * wins
            free &= ~wins
        grads["W1"] = np.zeros_like(w)
        for i in range(size):
            for j in range(size):
                grads["W1"][:, :, i, j] = np.tensordot(
                    dmaps, X[:, :, i : i + rows, j : j + columns], ([0, 2, 3], [0, 2, 3])
                )
        for key in ("W1", "W2", "W3"):
            value += self.reg * (p[key] ** 2).sum() / 2
            grads[key] += self.reg * p[key]
        return value, {key: grads[key].astype(self.dtype) for key in p}
