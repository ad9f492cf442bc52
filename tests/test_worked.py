"""A backward that asks somebody else for its gradients is told, and one that computes forward anew is not."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from autograder.checks import Failure, by_formula
from autograder.model import Limits
from autograder.sandbox import local
from autograder.sandbox.student import Student

WORK = """
import numpy as np

def square_forward(x):
    return x * x

def formula(dout, x):
    return 2 * x * dout

def once_more(dout, x):
    return 2 * square_forward(x) / x * dout

def differences(dout, x):
    dx = np.zeros_like(x)
    for place in np.ndindex(x.shape):
        step = np.zeros_like(x)
        step[place] = 1e-5
        dx[place] = ((square_forward(x + step) - square_forward(x - step)) * dout).sum() / 2e-5
    return dx

def by_backward(dout, x):
    import torch
    leaf = torch.tensor(x, requires_grad=True)
    (leaf * leaf).backward(torch.tensor(dout))
    return leaf.grad.numpy()

def by_grad(dout, x):
    import torch
    leaf = torch.tensor(x, requires_grad=True)
    return torch.autograd.grad(leaf * leaf, leaf, torch.tensor(dout))[0].numpy()

def fails(dout, x):
    raise ValueError("no gradient today")
"""
X = np.arange(1.0, 13.0).reshape(3, 4)


@pytest.fixture
def student(tmp_path: Path) -> Student:
    (tmp_path / "work.py").write_text(WORK)
    return Student(lambda: local.connect(tmp_path), Limits(), ["work.py"])


def judged(student: Student, name: str) -> None:
    by_formula(student, getattr(student.work, name), np.ones_like(X), X, name=name)


@pytest.mark.parametrize("name", ["formula", "once_more"])
def test_a_formula_is_left_in_peace(student: Student, name: str) -> None:
    judged(student, name)


@pytest.mark.parametrize("name", ["by_backward", "by_grad"])
def test_an_autograd_is_told(student: Student, name: str) -> None:
    with pytest.raises(Failure, match=f"{name} takes its gradients from a library's autograd"):
        judged(student, name)


def test_differences_are_told_and_counted_where_that_may_be_seen(student: Student) -> None:
    with pytest.raises(Failure) as caught:
        judged(student, "differences")
    assert str(caught.value.why) == "differences runs a forward pass 24 times: it differentiates numerically."
    assert "24" not in caught.value.why_hidden


def test_what_goes_wrong_in_it_is_the_submissions(student: Student) -> None:
    with pytest.raises(Exception, match="no gradient today"):
        judged(student, "fails")
