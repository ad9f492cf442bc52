import mlp
import numpy as np


def build(init="glorot", seed=0):
    return mlp.start(init, seed)


def parameters(model):
    return [(model[f"W{i}"].T, model[f"b{i}"].ravel()) for i in (1, 2, 3)]


def load(model, layers):
    for i, (w, b) in enumerate(layers, 1):
        model[f"W{i}"], model[f"b{i}"] = np.array(w).T, np.array(b)[:, None]


def loss(model, X, y):
    return mlp.cost(model, X.T, mlp.one_hot(y))


def gradients(model, X, y):
    return None


def step(model, X, y, lr):
    mlp.learn(model, X.T, mlp.one_hot(y), lr)


def predict(model, X):
    return np.exp(mlp.propagate(model, X.T)["log_p"]).T
