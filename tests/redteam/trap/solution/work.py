import numpy as np


def double(x):
    return 2.0 * x


def count(x):
    return int((x > 0).sum())


def loss(x, y):
    return float(np.square(x - y).mean())


def triple(t):
    return 3.0 * t


class Meter:
    def __init__(self):
        self.total = 0.0

    def add(self, value):
        self.total += value


class Model:
    def __init__(self, plane):
        self.plane = plane

    def scores(self, x):
        return x @ self.plane


def train(x, y):
    return Model(np.linalg.lstsq(x, 2.0 * y - 1.0, rcond=None)[0])


class Net:
    def __init__(self):
        self.params = {"w": np.ones((3, 2)), "b": np.zeros(2)}

    def parameters(self):
        return list(self.params.values())

    def forward(self, x):
        return x @ self.params["w"] + self.params["b"]


def greet(name):
    return f"hello {name}"
