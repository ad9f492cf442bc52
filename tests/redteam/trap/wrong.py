import numpy as np


def double(x):
    return x


def count(x):
    return len(x)


def loss(x, y):
    return float(np.abs(x - y).mean())


def triple(t):
    return t


class Meter:
    def __init__(self):
        self.total = -1.0

    def add(self, value):
        pass


class Model:
    def scores(self, x):
        return np.zeros(len(x))


def train(x, y):
    return Model()


class Net:
    def __init__(self):
        self.params = {"w": np.ones((3, 3)), "b": np.zeros(2)}

    def parameters(self):
        return list(self.params.values())

    def forward(self, x):
        return x @ self.params["w"][:, :2]


def greet(name):
    return f"hello {name}"
