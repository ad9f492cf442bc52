"""What a name asked of a student means: a file of the submission, or one of the three libraries a check may reach."""

from __future__ import annotations

import random
from functools import partial
from pathlib import Path

import numpy as np
import pytest

from autograder.model import Limits
from autograder.sandbox import Student, connect
from autograder.sandbox.modules import LIBRARIES, MissingModuleError, Modules

LAYERS = """
import numpy as np
def draw():
    return np.random.rand()
def descend(net, optimizer, x):
    net(x).sum().backward()
    optimizer.step()
"""


@pytest.fixture
def student(tmp_path: Path) -> Student:
    (tmp_path / "layers.py").write_text(LAYERS)
    for name in LIBRARIES:
        (tmp_path / f"{name}.py").write_text("taken = True\n")
    return Student(partial(connect, tmp_path), Limits(), ["layers.py"])


@pytest.mark.parametrize("name", LIBRARIES)
def test_no_file_of_a_submission_takes_a_library_over(student: Student, name: str) -> None:
    assert not student.has(f"{name}.taken")


def test_a_check_makes_and_trains_what_a_library_offers(student: Student) -> None:
    import torch

    net = student.torch.nn.Linear(2, 1)
    optimizer = student.torch.optim.SGD(net.parameters(), lr=0.5)
    before = net.weight
    student.layers.descend(net, optimizer, torch.ones(1, 2))

    assert torch.allclose(net.weight, before - 0.5)
    assert student.builtins.sorted([3, 1]) == [1, 3]


def test_the_submission_draws_what_a_check_has_seeded(student: Student) -> None:
    drawn = []
    for _ in range(2):
        student.numpy.random.seed(0)
        drawn.append(student.layers.draw())

    assert drawn == [np.random.RandomState(0).rand()] * 2


def test_only_these_libraries_are_reached(tmp_path: Path) -> None:
    state = random.getstate()
    for name in ("os", "sys", "scipy", "random"):
        with pytest.raises(MissingModuleError):
            Modules(tmp_path).load(name)
    assert random.getstate() == state
