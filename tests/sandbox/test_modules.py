"""What a name means: a file of the submission, as it is spelt, or one of the three libraries a check may reach."""

from __future__ import annotations

import py_compile
import random
import sys
from functools import partial
from pathlib import Path
from py_compile import PycInvalidationMode

import numpy as np
import pytest
from asking import Asker, write

from autograder.model import Limits
from autograder.sandbox import Student, connect, modules
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


def test_modules_of_a_submission_find_each_other_and_never_shadow_a_library(tmp_path: Path) -> None:
    write(tmp_path, layers="def f(): return 'mine'", numpy="raise RuntimeError", random="x = 'my own file'")
    write(
        tmp_path,
        softmax="from layers import *\nimport numpy, random\ndef g(): return f(), numpy.pi, random.random()",
    )
    (tmp_path / "blocks").mkdir()
    write(tmp_path / "blocks", conv="from layers import f\nfrom . import pool", pool="size = 2")
    write(tmp_path, blocked="import blocks.conv\ndef f(): return blocks.conv.f(), blocks.conv.pool.size")
    asker = Asker(tmp_path)

    mine, pi, _ = asker.ask("call", "softmax.g", ((), {}))

    assert (mine, pi) == ("mine", np.pi)
    assert asker.ask("get", "random.x") == "my own file"
    assert sys.modules["random"] is random
    assert asker.ask("call", "blocked.f", ((), {})) == ("mine", 2)


def test_an_installed_package_of_the_same_name_loses_against_the_submissions_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for folder in ("site", "submission"):
        (tmp_path / folder).mkdir()
        write(tmp_path / folder, optim=f"x = {folder!r}")
    write(tmp_path / "submission", uses="import optim\nx = optim.x")
    monkeypatch.syspath_prepend(tmp_path / "site")

    asker = Asker(tmp_path / "submission")

    assert (asker.ask("get", "uses.x"), asker.ask("get", "optim.x")) == ("submission", "submission")


def test_file_names_count_as_they_are_spelt_and_bytecode_is_not_believed(tmp_path: Path) -> None:
    write(tmp_path, Layers="x = 1", optim="x = 'source'")
    asker = Asker(tmp_path)
    assert asker.error("load", "layers")["kind"] == "missing_module"
    assert not modules._spelt(tmp_path / "layers.py")  # where the disk itself would not mind

    write(tmp_path, other="x = 'bytecode'")
    cached = py_compile.compile(str(tmp_path / "other.py"), invalidation_mode=PycInvalidationMode.UNCHECKED_HASH)
    assert cached is not None
    Path(cached).rename(cached.replace("other", "optim"))

    assert asker.ask("get", "optim.x") == "source"
