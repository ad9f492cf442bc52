"""What checks see: values, handles and sentences, whatever the worker says."""

from __future__ import annotations

import copy
import pickle
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from workers import after_the_first, says, student_of

from autograder.model import Limits
from autograder.sandbox import Handle, Student, StudentError, Unavailable, connect
from autograder.sandbox.student import Interrupted

SOURCE = """
import numpy as np
RATE, TABLE = 0.5, {"w": np.ones(2)}
class Solver:
    def __init__(self, data):
        self.rate, self.data, self.children = RATE, data, [Child(), 2]
    def train(self):
        return self.rate
    def __getitem__(self, key):
        return self.data[key]
    def __setitem__(self, key, value):
        self.data[key] = value
    def __len__(self):
        return len(self.data)
class Child:
    pass
def solver(data):
    return Solver(data)
def use(solver, more):
    return solver.rate, [type(x).__name__ for x in more]
def spoil(x, y):
    x[0] = 7
    return y
def shapes():
    return np.ones((2, 3)) + np.ones(4)
def todo():
    raise NotImplementedError("conv")
def calls_todo():
    return todo()
def leave():
    raise SystemExit(0)
def odd():
    raise type("Red\\x1b[31m\\u202eMean7", (Exception,), {})("hidden input is\\n4\\x00" + "2" * 1000)
def wait():
    while True:
        pass
"""


@pytest.fixture
def student(tmp_path: Path) -> Student:
    (tmp_path / "layers.py").write_text(SOURCE)
    (tmp_path / "broken.py").write_text("from layers import *\nimport nump\n")
    return Student(partial(connect, tmp_path), Limits(), ["layers.py", "broken.py"])


def test_values_and_handles_come_back_and_can_be_passed_on(student: Student) -> None:
    solver = student.layers.solver({"x": np.arange(3.0)})

    assert type(solver) is Handle
    assert solver.type_name == "Solver"
    assert solver.rate == 0.5
    solver.rate = 2
    assert solver.train() == 2
    np.testing.assert_array_equal(solver["x"], [0, 1, 2])
    solver["y"] = (1, 2)
    assert solver["y"] == (1, 2)
    assert len(solver) == 2
    child, two = solver.children
    assert (child.type_name, two) == ("Child", 2)
    assert student.layers.use(solver, [child, student.layers.Solver, student.layers]) == (
        2,
        ["Child", "type", "module"],
    )
    assert student.layers.Solver({"k": 1}).train() == 0.5
    assert student.layers.Solver.train(solver) == 2


def test_a_module_attribute_is_read_where_it_stands(student: Student) -> None:
    assert student.layers.RATE == 0.5
    student.layers.RATE = 0.25
    assert student.layers.RATE == 0.25
    assert student.layers.solver({}).rate == 0.25
    assert student.layers.TABLE.keys() == {"w"}
    assert student.layers.solver is student.layers.solver


def test_watch_and_many(student: Student) -> None:
    x = np.zeros(2)

    result, (x_after, y_after) = student.layers.spoil.watch(x, 5)

    assert (result, y_after) == (5, 5)
    np.testing.assert_array_equal(x_after, [7, 0])
    np.testing.assert_array_equal(x, [0, 0])
    assert student.layers.spoil.many([(x, 1), (x, 2)]) == [1, 2]


def test_a_method_is_found_when_it_is_called_and_asked_for_once_it_was_replaced() -> None:
    net = {"h": {"id": 1, "type": "Net", "callable": False, "methods": ["loss"]}}
    student, peers = student_of(after_the_first(says(lambda request: {"ok": net if request["op"] == "call" else None})))
    handle = student.layers.net()
    asked = len(peers[0].asked)

    loss = handle.loss
    assert len(peers[0].asked) == asked
    loss(1)
    assert peers[0].asked[-1]["target"] == {"handle": 1, "path": ["loss"]}

    handle.loss = 3
    with pytest.raises(Interrupted):  # this worker has one answer to whoever asks for an attribute
        _ = handle.loss
    assert [request["op"] for request in peers[0].asked[-2:]] == ["set", "get"]


def test_a_handle_answers_python_without_asking_the_worker() -> None:
    solver = {"h": {"id": 1, "type": "Solver", "callable": False}}
    student, peers = student_of(after_the_first(says(lambda request: {"ok": solver})))
    handle = student.layers.solver()
    asked = len(peers[0].asked)

    assert handle
    assert handle == handle
    assert handle != 1
    assert copy.copy(handle) is copy.deepcopy(handle) is handle
    assert repr(handle) == "<Handle to Solver, a Solver of the submission>"
    assert not hasattr(handle, "__wrapped__")
    assert not hasattr(handle, "_repr_html_")
    assert not hasattr(student.layers, "_pytestfixturefunction")
    assert len({handle}) == 1
    for wrong in (iter, list, pickle.dumps, float):
        with pytest.raises(TypeError):
            wrong(handle)
    with pytest.raises(Unavailable, match="where an array or a number was expected"):
        np.asarray(handle)
    assert len(peers[0].asked) == asked


def test_what_a_check_cannot_send_is_the_checks_own_fault(student: Student) -> None:
    with pytest.raises(TypeError, match="a check passes Generator to the submission"):
        student.layers.use(np.random.default_rng(0), [])


SENTENCES: dict[str, tuple[Callable[[Any], object], str, str]] = {
    "shapes": (
        lambda s: s.layers.shapes(),
        "layers.py line 25, in shapes: ValueError: operands could not be broadcast together with shapes (2,3) (4,)",
        "shapes raised ValueError (layers.py line 25).",
    ),
    "not written": (lambda s: s.layers.todo(), "todo is not written yet.", "todo is not written yet."),
    "a part not written": (
        lambda s: s.layers.calls_todo(),
        "todo is not written yet.",
        "calls_todo needs a part that is not written yet.",
    ),
    "exit": (
        lambda s: s.layers.leave(),
        "layers.py line 31, in leave: ended with SystemExit.",
        "leave raised SystemExit (layers.py line 31).",
    ),
    "text that is not fit to be shown": (
        lambda s: s.layers.odd(),
        "layers.py line 33, in odd: Red Mean7: hidden input is 4 22",
        "odd raised an exception (layers.py line 33).",
    ),
    "parameters": (
        lambda s: s.layers.use(1),
        "use: TypeError: use() missing 1 required positional argument: 'more'",
        "use raised TypeError.",
    ),
    "name": (
        lambda s: s.layers.solvr,
        "layers.py has no solvr; did you mean solver?",
        "layers.py has no solvr.",
    ),
    "name in a class": (
        lambda s: s.layers.Solver.tran,
        "Solver has no tran; did you mean train?",
        "Solver has no tran.",
    ),
    "name in an object": (
        lambda s: s.layers.solver({}).tran,
        "Solver has no tran; did you mean train?",
        "the object has no tran.",
    ),
    "item": (
        lambda s: s.layers.solver({})["x"],
        "layers.py line 10, in Solver.__getitem__: KeyError: 'x'",
        "the object raised KeyError (layers.py line 10).",
    ),
    "file": (
        lambda s: s.layer.solver,
        "layer.py is missing from the submission; did you mean layers.py?",
        "layer.py is missing from the submission.",
    ),
    "file that is like no other": (
        lambda s: s.experiments.cnn,
        "experiments.py is missing from the submission.",
        "experiments.py is missing from the submission.",
    ),
    "import": (
        lambda s: s.broken.f,
        "broken.py line 2 could not be imported: ModuleNotFoundError: No module named 'nump'",
        "broken.py could not be imported: ModuleNotFoundError (broken.py line 2).",
    ),
}


@pytest.mark.parametrize(("call", "why", "hidden"), SENTENCES.values(), ids=SENTENCES)
def test_sentences(student: Student, call: Callable[[Any], object], why: str, hidden: str) -> None:
    with pytest.raises((StudentError, Unavailable)) as caught:
        call(student)

    error = caught.value
    assert error.outcome == "failed"
    assert error.why.startswith(why)
    assert error.why.isprintable()
    assert len(error.why) <= 500
    assert error.why_hidden == hidden


def test_an_error_keeps_its_parts_for_a_check_that_expects_it(student: Student) -> None:
    with pytest.raises(StudentError) as caught:
        student.layers.shapes()

    assert caught.value.type == "ValueError"
    assert "(2,3) (4,)" in caught.value.message
    assert caught.value.frames[-1].text == "return np.ones((2, 3)) + np.ones(4)"


def test_has_says_what_is_there(student: Student) -> None:
    assert [student.has(name) for name in ("layers", "layers.solver", "layers.Solver.train")] == [True] * 3
    assert [student.has(name) for name in ("other", "layers.nothing", "layers.RATE.nothing")] == [False] * 3
    assert not hasattr(student.layers, "nothing")
    assert getattr(student.layers, "nothing", 3) == 3
    with pytest.raises(Unavailable, match="could not be imported"):
        student.has("broken.f")


# A worker that is not what it should be.
