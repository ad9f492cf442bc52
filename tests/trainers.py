"""Trainers of all kinds, as students write them, on two clouds of points that a line separates."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np

from autograder.checks import accuracy
from autograder.model import Limits
from autograder.sandbox import local
from autograder.sandbox.box import Box, Zygote
from autograder.sandbox.student import Student
from autograder.sandbox.transport import Need

WORK = '''
import signal

import numpy as np
import torch
from torch.nn import functional


def net():
    return torch.nn.Sequential(torch.nn.Linear(2, 8), torch.nn.ReLU(), torch.nn.Linear(8, 2))


def train(model, x, y, epochs=4, rate=0.05, size=20):
    optimizer = torch.optim.SGD(model.parameters(), lr=rate, momentum=0.9)
    history = []
    for _ in range(epochs):
        for rows in torch.randperm(len(x)).split(size):
            loss = functional.cross_entropy(model(x[rows]), y[rows])
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
        history.append(loss.item())
    return history


def fitted(x, y, epochs=4):
    model = net()
    return model, train(model, x, y, epochs)


def for_ever(model, x, y):
    train(model, x, y, 10**9)


def deaf(model, x, y):
    train(model, x, y, 1)
    signal.signal(signal.SIGPROF, signal.SIG_IGN)
    while True:
        pass


def explodes(model, x, y):
    train(model, x, y, 2)
    for group in model.parameters():
        group.data *= 1.0
    loss = functional.cross_entropy(model(x), y)
    (loss * float("nan")).backward()
    for group in model.parameters():
        group.data *= float("nan")


def hoards(model, x, y):
    train(model, x, y, 2)
    kept = []
    while True:
        kept.append(np.ones((1 << 20,)))
        train(model, x, y, 1)


def raises(model, x, y):
    train(model, x, y, 1)
    1 / 0


class Line:
    """A perceptron in numpy, which says how it gets on where somebody listens."""

    def __init__(self):
        self.w = np.zeros(3)

    def scores(self, x):
        return x @ self.w[:2] + self.w[2]

    def train(self, x, y, epochs, report=None):
        for _ in range(epochs):
            for row, label in zip(x, y):
                p = 1 / (1 + np.exp(-self.scores(row)))
                self.w += 0.1 * (label - p) * np.append(row, 1.0)
            if report:
                p = 1 / (1 + np.exp(-self.scores(x)))
                report(loss=-np.log(np.where(y, p, 1 - p)).mean(), images=len(x), accuracy=((p > 0.5) == y).mean())
'''


def clouds(n: int = 200) -> tuple[np.ndarray, np.ndarray]:
    """x (n, 2) float32 and y (n,) int64."""
    rng = np.random.default_rng(3)
    y = np.arange(n) % 2
    return (rng.normal(size=(n, 2)) + 2.5 * (2 * y - 1)[:, None]).astype(np.float32), y


def right(model: object) -> float:
    """The accuracy of a torch model on the clouds."""
    import torch

    x, y = clouds()
    return accuracy(model(torch.tensor(x)), y)  # type: ignore[operator]


@contextmanager
def at_home(folder: Path) -> Iterator[Student]:
    (folder / "work.py").write_text(WORK)
    limits = Limits(call_seconds=1e9, check_seconds=1e9, submission_seconds=1e9)
    student = Student(lambda need=None: local.connect(folder), limits, ["work.py"])
    student.begin("check_training", 1)
    try:
        yield student
    finally:
        student.close()


@contextmanager
def confined(zygote: Zygote, folder: Path, limits: Limits | None = None) -> Iterator[Student]:
    """In real workers, with what a run needs."""
    (folder / "work.py").write_text(WORK)
    given = limits or Limits()

    def connect(need: Need | None = None) -> Box:
        return zygote.open(folder, given.extended(need.memory_mb, need.seconds) if need else given)

    student = Student(connect, given, ["work.py"])
    student.begin("check_training", 1)
    try:
        yield student
    finally:
        student.close()
