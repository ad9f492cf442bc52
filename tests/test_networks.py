"""Parameter counts and the two guards, against models that lie about what they compute with; through the real proxy."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from autograder.checks import (
    Failure,
    count_by_shape,
    count_parameters,
    hides_nothing,
    parameters_of,
    rebuild,
    shapes_of,
)
from autograder.model import Limits
from autograder.sandbox import local
from autograder.sandbox.student import Student, StudentError

Array = NDArray[Any]

NETS = '''
import numpy as np
import torch
from torch import nn


class Honest(nn.Module):
    def __init__(self):
        super().__init__()
        self.net = nn.Sequential(nn.Linear(6, 5), nn.ReLU(), nn.Dropout(0.5), nn.Linear(5, 3))

    def forward(self, x):
        return self.net(x)


class Closure(Honest):
    """A second head that no list of parameters names."""

    def __init__(self):
        super().__init__()
        extra = torch.randn(6, 3)
        self.extra = lambda x: x @ extra

    def forward(self, x):
        return self.net(x) + self.extra(x)


class PlainList(Honest):
    def __init__(self):
        super().__init__()
        self.more = [nn.Linear(6, 3)]

    def forward(self, x):
        return self.net(x) + self.more[0](x)


class Buffer(Honest):
    def __init__(self):
        super().__init__()
        self.register_buffer("weights", torch.randn(6, 3))

    def forward(self, x):
        return self.net(x) + x @ self.weights


class Unsaved(Honest):
    def __init__(self):
        super().__init__()
        self.register_buffer("weights", torch.randn(6, 3), persistent=False)

    def forward(self, x):
        return self.net(x) + x @ self.weights


class Lying(Closure):
    """Names parameters that it does not use, and computes with others."""

    def load_state_dict(self, state, strict=True):
        pass


class Liar(Honest):
    def parameters(self, recurse=True):
        return iter([])

    def named_parameters(self, *args, **more):
        return iter([])


class Padded(Honest):
    def __init__(self):
        super().__init__()
        self.unused = nn.Parameter(torch.zeros(7))


class Shared(Honest):
    def __init__(self):
        super().__init__()
        self.twice = self.net[0]


class Normed(nn.Module):
    def __init__(self):
        super().__init__()
        self.net = nn.Sequential(nn.Linear(6, 5), nn.BatchNorm1d(5), nn.ReLU(), nn.Linear(5, 3))

    def forward(self, x):
        return self.net(x)


class Constant(Honest):
    def forward(self, x):
        return self.net(torch.zeros_like(x))


class Squeezed(Honest):
    def forward(self, x):
        return self.net(x).sum()


class NotArrays(Honest):
    def state_dict(self, *args, **more):
        return {"net": "weights"}


class Nameless(Honest):
    def state_dict(self, *args, **more):
        return 3


class Endless(Honest):
    def state_dict(self, *args, **more):
        class Many(dict):
            def __len__(self):
                return 10**9
        return Many()


class Numpy:
    def __init__(self):
        self.params = {"W": np.random.randn(6, 3), "b": np.zeros(3)}

    def loss(self, X):
        return X @ self.params["W"] + self.params["b"]


class Hoarding(Numpy):
    def __init__(self):
        super().__init__()
        self.hidden = np.random.randn(6, 3)

    def loss(self, X):
        return X @ self.params["W"] + self.params["b"] + X @ self.hidden
'''


@pytest.fixture
def student(tmp_path: Path) -> Iterator[Student]:
    (tmp_path / "nets.py").write_text(NETS)
    student = Student(lambda: local.connect(tmp_path), Limits(), ["nets.py"])
    yield student
    student.close()


X = np.random.default_rng(0).normal(size=(8, 6)).astype(np.float32)


def reference(params: dict[str, Array], x: Array) -> Array:
    w1, b1, w2, b2 = list(params.values())[:4]
    return np.maximum(x @ w1.T + b1, 0) @ w2.T + b2


def linear(params: dict[str, Array], x: Array) -> Array:
    return x @ params["W"] + params["b"]


def why(guard: Any, *args: Any, **more: Any) -> str:
    with pytest.raises(Failure) as caught:
        guard(*args, **more)
    assert not any(c.isdigit() for c in caught.value.why_hidden)
    return caught.value.why


def test_counting_takes_dicts_lists_arrays_and_tensors() -> None:
    assert count_parameters({"W1": np.zeros((3, 4)), "b1": np.zeros(4)}) == 16
    assert count_parameters([torch.zeros(2, 3), np.zeros(())]) == 7
    assert (
        count_parameters({"bn.weight": np.zeros(5), "bn.running_mean": np.zeros(5), "bn.num_batches_tracked": 3}) == 5
    )
    assert why(count_parameters, {"W1": None}) == "a parameter is None: did the function return it?"


def test_a_handle_is_not_counted_by_accident(student: Student) -> None:
    with pytest.raises(TypeError, match="parameters_of"):
        count_parameters(student.nets.Honest())  # type: ignore[arg-type]


def test_the_parameters_of_a_torch_module_arrive_in_order(student: Student) -> None:
    params = parameters_of(student.nets.Honest())
    assert list(params) == ["net.0.weight", "net.0.bias", "net.3.weight", "net.3.bias"]
    assert count_parameters(params) == 53
    assert params["net.0.weight"].shape == (5, 6)


def test_the_parameters_of_a_numpy_model_are_its_dict(student: Student) -> None:
    assert count_parameters(parameters_of(student.nets.Numpy(), "params")) == 21


@pytest.mark.parametrize(
    ("net", "count"), [("Liar", 53), ("Buffer", 71), ("Padded", 60), ("Normed", 63), ("Unsaved", 53), ("Closure", 53)]
)
def test_the_count_is_taken_from_the_state(student: Student, net: str, count: int) -> None:
    """What the state does not hold is for the guards: Unsaved and Closure compute with 71."""
    assert count_parameters(parameters_of(getattr(student.nets, net)())) == count


@pytest.mark.parametrize(
    ("net", "said"),
    [
        ("NotArrays", "the model's net is a string, not an array."),
        ("Nameless", "The parameters of the model are not a dict of arrays but a whole number."),
        ("Endless", "the model has 1000000000 parameters."),
    ],
)
def test_a_state_that_is_none_is_said(student: Student, net: str, said: str) -> None:
    assert why(parameters_of, getattr(student.nets, net)()) == said


@pytest.mark.parametrize("net", ["Honest", "Liar"])
def test_an_honest_model_is_rebuilt_from_its_parameters(student: Student, net: str) -> None:
    rebuild(getattr(student.nets, net)(), X, reference, np.random.default_rng(1))


@pytest.mark.parametrize("net", ["Closure", "PlainList", "Unsaved", "Lying", "Constant"])
def test_a_model_that_computes_with_more_is_not(student: Student, net: str) -> None:
    said = why(rebuild, getattr(student.nets, net)(), X, reference, np.random.default_rng(1))
    assert said.startswith(
        "With other parameters put in, the model does not compute what its layers should: the output: "
    )


def test_parameters_that_are_not_the_layers_are_named(student: Student) -> None:
    said = why(rebuild, student.nets.Buffer(), X, reference, np.random.default_rng(1))
    assert said.startswith(
        "The parameters of the model are not those that its layers should have: weights (6, 3), net.0"
    )


def test_a_numpy_model_is_rebuilt_through_its_dict(student: Student) -> None:
    how: dict[str, Any] = {"attribute": "params", "call": lambda model, x: model.loss(x)}
    rebuild(student.nets.Numpy(), X.astype(np.float64), linear, np.random.default_rng(1), **how)
    hides_nothing(student.nets.Numpy(), X.astype(np.float64), **how)
    assert "the output" in why(
        rebuild, student.nets.Hoarding(), X.astype(np.float64), linear, np.random.default_rng(1), **how
    )
    assert "some weights are not among them" in why(hides_nothing, student.nets.Hoarding(), X.astype(np.float64), **how)


@pytest.mark.parametrize("net", ["Honest", "Liar", "Buffer", "Padded", "Shared", "Normed"])
def test_a_model_that_hides_nothing_forgets_its_input(student: Student, net: str) -> None:
    model = getattr(student.nets, net)()
    before = parameters_of(model)
    hides_nothing(model, X)
    after = parameters_of(model)
    assert all(np.array_equal(before[key], after[key]) for key in before)


@pytest.mark.parametrize("net", ["Closure", "PlainList", "Unsaved", "Lying"])
def test_a_model_that_hides_weights_remembers_it(student: Student, net: str) -> None:
    said = why(hides_nothing, getattr(student.nets, net)(), X)
    assert said == "With its parameters at zero, the model still reacts to its input: some weights are not among them."


@pytest.mark.parametrize(
    ("net", "said"),
    [
        ("Constant", "The model gives every sample the same output."),
        ("Squeezed", "The model does not give one output a sample."),
    ],
)
def test_a_model_without_an_output_of_its_own_is_said(student: Student, net: str, said: str) -> None:
    assert why(hides_nothing, getattr(student.nets, net)(), X) == said


def test_shapes_are_told_where_the_model_is(student: Student) -> None:
    shapes = shapes_of(student, student.nets.Normed())
    assert list(shapes.items())[:3] == [("net.0.weight", (5, 6)), ("net.0.bias", (5,)), ("net.1.weight", (5,))]
    assert shapes["net.1.num_batches_tracked"] == ()
    assert count_by_shape(shapes) == count_parameters(parameters_of(student.nets.Normed())) == 35 + 10 + 18


@pytest.mark.parametrize(
    "state", ["{'w': Odd(5)}", "{'w': Odd([-1])}", "{'w': Odd([10**6, 10**6])}", "{'w': Odd([1] * 9)}", "{}[0]", "3"]
)
def test_no_shape_is_believed_that_could_not_be(student: Student, tmp_path: Path, state: str) -> None:
    text = "class Odd:\n    def __init__(self, shape):\n        self.shape = shape\n"
    text += f"class Model:\n    def state_dict(self):\n        return {state}\n"
    (tmp_path / "nets.py").write_text(text)
    with pytest.raises((Failure, StudentError)):
        shapes_of(student, student.nets.Model())
