"""What a worker has of a run's data, by names that cross in place of arrays: read-only, shared, without test labels."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import madesets
import numpy as np
import pytest
import torch

from autograder.data import DataError, Dataset, given, load
from autograder.model import Limits
from autograder.sandbox import Student, StudentError, local
from autograder.sandbox.box import Zygote
from autograder.sandbox.probe import probe

SOURCE = """
def seen(x, y):
    return list(x.shape), str(x.dtype), bool(x.flags.writeable), x.sum(dtype=float).item(), y.tolist()

def images(x):
    return list(x.shape)

def spoil(x, y):
    x[0] = 0

def force(x, y):
    x.flags.writeable = True
    x[:] = 0
    return float(x.sum())

def tensors(x, y):
    x.zero_()
    return type(x).__name__, str(y.dtype), y.tolist()

def open_file(path):
    return len(open(path, "rb").read())

def held():
    from autograder.data import given
    return {name: sorted(arrays) for name, arrays in given._held.items()}
"""
SETS = """
import numpy as np
KINDS = ["MNIST", "FashionMNIST", "CIFAR10"]

def torchvisions(name):
    from torchvision import datasets
    kind = getattr(datasets, name)
    parts = [kind("./nowhere", train=train, download=True) for train in (True, False)]
    image, label = parts[0][0]
    about = [image.mode, list(image.size), int(label), len(parts[0].classes), str(parts[0].classes[0])]
    return about, [np.asarray(part.data) for part in parts], [list(map(int, part.targets)) for part in parts]
"""
LIMITS = Limits(memory_mb=1500)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.mktemp("submission")
    place.chmod(0o755)
    (place / "work.py").write_text(SOURCE)
    (place / "sets.py").write_text(SETS)
    return place


@pytest.fixture(scope="module")
def real(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Dataset]]:
    """Made files of MNIST and CIFAR-10 in a data folder."""
    place = tmp_path_factory.mktemp("data")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_CACHE_HOME", str(place / "cache"))
        patch.setenv("AUTOGRADER_DATA", str(place))
        madesets.mnist(place)
        madesets.cifar10(place, patch)
        yield {name: load(name) for name in ("mnist", "cifar10")}


@pytest.fixture(scope="module")
def opened(folder: Path, real: dict[str, Dataset]) -> Iterator[Callable[[], Student]]:
    """Students, each in a new worker of one run that declares both sets and one that stands in."""
    sets = {name: (data.name, str(data.kept)) for name, data in real.items()} | {"fashion_mnist": ("digits", "")}
    with Zygote(probe(), ("numpy", "torch", "torchvision"), data=sets) as zygote:
        yield lambda: Student(lambda: zygote.open(folder, LIMITS), LIMITS, ["work.py", "sets.py"])


@pytest.fixture
def student(opened: Callable[[], Student]) -> Iterator[Student]:
    one = opened()
    yield one
    one.close()


def of(data: Dataset, rows: int) -> tuple[list[int], str, bool, float, list[int]]:
    x, y = data.x_train[:rows], data.y_train[:rows]
    return list(x.shape), str(x.dtype), False, x.sum(dtype=float).item(), y.tolist()


def test_a_worker_puts_its_own_arrays_in_place_of_their_names(student: Student, real: dict[str, Dataset]) -> None:
    for data in real.values():
        assert student.work.seen(*data.train()) == of(data, len(data.x_train))
        assert student.work.seen(*data.train(7)) == of(data, 7)
        assert student.work.seen(*data.val())[4] == data.y_val.tolist()
        assert student.work.images(data.test()) == list(data.x_test.shape)


def test_nobody_writes_into_them(opened: Callable[[], Student], real: dict[str, Dataset]) -> None:
    data, first, second = real["mnist"], opened(), opened()
    with pytest.raises(StudentError, match="assignment destination is read-only"):
        first.work.spoil(*data.train())
    assert first.work.force(*data.train()) == 0
    assert second.work.seen(*data.train()) == of(data, 36)
    assert load("mnist").x_train.max() > 0.9
    for one in (first, second):
        one.close()


def test_tensors_are_the_submissions_own(student: Student, real: dict[str, Dataset]) -> None:
    data = real["mnist"]
    assert student.work.tensors(*data.train(5, tensors=True)) == ("Tensor", "torch.int64", data.y_train[:5].tolist())
    assert student.work.seen(*data.train(5)) == of(data, 5)


def test_labels_of_the_test_part_are_nowhere_in_a_worker(student: Student, real: dict[str, Dataset]) -> None:
    data = real["mnist"]
    with pytest.raises(ValueError, match="y_test never enters a worker"):
        data.given("y_test")
    assert student.work.images(data.test()) == [20, 1, 28, 28]
    assert "y_test" not in student.work.held()["mnist"]
    assert data.kept is not None
    for path in (data.kept / "y_test.npy", data.kept / "x_train.npy"):
        with pytest.raises(StudentError, match=r"FileNotFoundError|PermissionError"):
            student.work.open_file(str(path))


@pytest.mark.parametrize(("kind", "name"), [("MNIST", "mnist"), ("CIFAR10", "cifar10")])
def test_torchvisions_sets_hold_the_runs_data(student: Student, real: dict[str, Dataset], kind: str, name: str) -> None:
    data = real[name]
    about, images, labels = student.sets.torchvisions(kind)
    mode, size, first = ("RGB", [32, 32], "airplane") if name == "cifar10" else ("L", [28, 28], "0 - zero")
    assert about == [mode, size, int(data.y_train[0]), 10, first]
    for x, found in ((data.x_train, images[0]), (data.x_val, images[1])):
        stood = found.transpose(0, 3, 1, 2) if name == "cifar10" else found[:, None]
        assert np.array_equal(stood, np.rint(x * 255))
    assert labels == [data.y_train.tolist(), data.y_val.tolist()]


def test_a_stand_in_is_there_under_the_name_that_was_asked_for(student: Student) -> None:
    _, images, labels = student.sets.torchvisions("FashionMNIST")
    assert [len(part) for part in images] == [4000, 1000]
    assert np.bincount(labels[0]).tolist() == [400] * 10


def test_what_is_not_declared_is_said(folder: Path) -> None:
    with Zygote(probe(), ("numpy",)) as zygote:
        alone = Student(lambda: zygote.open(folder, LIMITS), LIMITS, ["work.py"])
        assert alone.work.seen(*load("binary").train(3)) == of(load("binary"), 3)
        foreign = Dataset("mnist", "", *[np.zeros(4)] * 6)
        with pytest.raises(StudentError, match='the assignment has to declare it, data = \\["mnist"\\]'):
            alone.work.seen(*foreign.train())
        alone.close()


def test_at_home_the_same_call_does_the_same(tmp_path: Path, real: dict[str, Dataset]) -> None:
    (tmp_path / "work.py").write_text(SOURCE)  # alone: in this process torchvision is not to be changed
    student = Student(lambda: local.connect(tmp_path), LIMITS, ["work.py"])
    data = load("digits")
    assert student.work.seen(*data.train(50)) == of(data, 50)
    with pytest.raises(StudentError, match="read-only"):
        student.work.spoil(*data.train())
    assert student.work.tensors(*data.train(2, tensors=True))[0] == "Tensor"
    assert student.work.seen(*real["mnist"].train()) == of(real["mnist"], 36)


def test_a_worker_gives_no_test_labels_to_a_forged_name() -> None:
    with pytest.raises(DataError, match="y_test never enters a worker"):
        given.value("digits", "y_test", 5, False)


def test_a_name_is_a_plain_value_that_once_may_close_over() -> None:
    names: tuple[Any, ...] = load("digits").train(10)
    assert names == load("digits").train(10)
    assert [name.rows for name in names] == [10, 10]
    assert load("digits").test(10**6).rows == 500
    assert torch.tensor(given.value("digits", "x_test", 3, False)).shape == (3, 1, 28, 28)
