"""What of the library runs inside a submission's code is told by name, and own work is left in peace."""

from __future__ import annotations

import pytest

from autograder.checks.borrowed import borrowed
from autograder.model import Limits
from autograder.sandbox import local
from autograder.sandbox.student import Student

WORK = """
import torch
from torch import nn
from torch.nn import functional as F

class Own(nn.Module):
    def forward(self, x):
        return (x - x.mean(0)) / x.std(0) * (torch.rand_like(x) > 0.3)

class Rule(torch.optim.Optimizer):
    def __init__(self, params):
        super().__init__(params, {"lr": 0.1})
    @torch.no_grad()
    def step(self):
        for group in self.param_groups:
            for p in group["params"]:
                p -= group["lr"] * p.grad

class Disguised(nn.BatchNorm2d):
    pass

def train(net, make):
    rule = make(net.parameters())
    for _ in range(2):
        rule.zero_grad()
        net(torch.randn(4, 3, 4, 4)).pow(2).sum().backward()
        rule.step()

def plain():
    train(nn.Sequential(nn.Conv2d(3, 2, 3), Own(), nn.ReLU()), lambda p: torch.optim.SGD(p, 0.1, weight_decay=0.1))

def own_rule():
    train(nn.Conv2d(3, 2, 3), Rule)

def layers():
    train(nn.Sequential(nn.BatchNorm2d(3), nn.Dropout(0.3)), torch.optim.Adam)

def disguised():
    train(Disguised(3), lambda p: torch.optim.SGD(p, 0.1, momentum=0.9))

def functions():
    F.layer_norm(torch.randn(2, 3), (3,)), F.dropout2d(torch.randn(2, 3, 2, 2))

def kernels():
    torch.ops.aten.native_batch_norm(torch.randn(4, 3), None, None, None, None, True, 0.1, 1e-5)

def rule_alone():
    from torch.optim.rmsprop import rmsprop
    p = torch.zeros(2)
    rmsprop([p], [p.clone()], [p.clone()], [], [], [torch.tensor(0.0)], foreach=False, lr=0.1, alpha=0.9, eps=1e-8,
            weight_decay=0, momentum=0, centered=False)

def raises():
    nn.Dropout(0.5)
    raise ValueError("after a dropout")
"""


@pytest.fixture(scope="module")
def student(tmp_path_factory: pytest.TempPathFactory) -> Student:
    folder = tmp_path_factory.mktemp("work")
    (folder / "work.py").write_text(WORK)
    return Student(lambda: local.connect(folder), Limits(), ["work.py"])


@pytest.mark.parametrize(
    ("function", "names"),
    [
        ("plain", ()),
        ("own_rule", ()),
        ("layers", ("torch.nn.BatchNorm2d", "torch.nn.Dropout", "torch.optim.Adam")),
        ("disguised", ("torch.nn.BatchNorm2d", "torch.optim.SGD with momentum")),
        ("functions", ("torch.nn.functional.layer_norm", "torch.nn.functional.dropout2d")),
        ("kernels", ("torch.native_batch_norm",)),
        ("rule_alone", ("torch.optim.rmsprop.rmsprop",)),
    ],
)
def test_what_is_borrowed_is_named(student: Student, function: str, names: tuple[str, ...]) -> None:
    assert borrowed(student, getattr(student.work, function)) == names


def test_an_error_goes_through_and_nothing_stays_watched(student: Student) -> None:
    with pytest.raises(Exception, match="after a dropout"):
        borrowed(student, student.work.raises)
    assert not student.builtins.eval("lambda nn: nn.Module.__init__.__name__ == 'watched'")(student.work.nn)
    assert borrowed(student, student.work.plain) == ()


@pytest.mark.parametrize("told", ["7", "['torch.nn.Nothing', 'numpy.array', 5, 'torch.' + 'x' * 90]", "None"])
def test_names_that_torch_does_not_have_are_not_passed_on(told: str) -> None:
    class Lying:
        class builtins:  # noqa: N801
            @staticmethod
            def eval(*_: object) -> object:
                return lambda *_: eval(told)

    assert borrowed(Lying(), None) == ()
