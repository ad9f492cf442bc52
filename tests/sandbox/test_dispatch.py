"""The worker's side: requests over a submission's files, in a real process and in this one."""

from __future__ import annotations

import os
import random
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from asking import Asker, Ref, place, write
from workers import Process

from autograder.sandbox import dispatch, wire
from autograder.sandbox.transport import Stopped

LAYERS = '''
import random
import numpy as np
import torch

RATE = 0.5
drawn = np.random.rand()

class Scale:
    """Something that stays behind."""
    def __init__(self, by):
        self.by = by
        self.items = {}
    def forward(self, x):
        return x * self.by
    @property
    def broken(self):
        return self.nothing
    def __len__(self):
        return 3
    def __getitem__(self, key):
        return self.items[key]
    def __setitem__(self, key, value):
        self.items[key] = value

def double(x, factor=2):
    return factor * x

def spoil(x, y):
    x += 1
    return y

def make(by):
    return [Scale(by), by]

def draw():
    return random.random(), np.random.rand(), torch.rand(1).item()
'''


@pytest.fixture
def layers(tmp_path: Path) -> Asker:
    return Asker(write(tmp_path, layers=LAYERS))


def test_a_call_returns_what_the_function_returns(layers: Asker) -> None:
    x = np.arange(3.0)

    np.testing.assert_array_equal(layers.ask("call", "layers.double", ((x,), {"factor": 3})), 3 * x)
    assert layers.ask("many", "layers.double", [(1,), (2.5,)]) == [2, 5.0]


def test_watch_returns_the_arguments_as_the_function_left_them(layers: Asker) -> None:
    x = np.zeros(2)

    result, (x_after, y_after) = layers.ask("call", "layers.spoil", ((x, 7), {}), watch=True)

    assert (result, y_after) == (7, 7)
    np.testing.assert_array_equal(x_after, [1, 1])
    np.testing.assert_array_equal(x, [0, 0])


def test_what_is_not_plain_is_held_and_can_be_used(layers: Asker) -> None:
    scale, by = layers.ask("call", "layers.make", ((3,), {}))
    number = scale["id"]

    assert (scale["type"], scale["callable"], by) == ("Scale", False, 3)
    assert layers.ask("call", f"{number}.forward", ((2,), {})) == 6
    assert layers.ask("set", f"{number}.by", 5) is None
    assert layers.ask("get", f"{number}.by") == 5
    assert layers.ask("len", number) == 3
    assert layers.ask("setitem", number, ("k", 1.5)) is None
    assert layers.ask("item", number, "k") == 1.5
    assert layers.ask("call", "layers.Scale.forward", ((Ref(number), 2), {})) == 10
    assert layers.ask("get", f"{number}.forward")["type"] == "method"


def test_a_released_object_is_forgotten(layers: Asker) -> None:
    number = layers.ask("call", "layers.Scale", ((3,), {}))["id"]

    assert layers.ask("len", number) == 3
    assert layers.ask("has", "layers", release=[number]) is True
    assert layers.error("len", number)["type"] == "KeyError"


def test_a_module_attribute_is_a_value_or_itself(layers: Asker) -> None:
    assert layers.ask("get", "layers.RATE") == 0.5
    assert layers.ask("get", "layers.double") == {"self": True, "type": "function", "callable": True}
    assert layers.ask("get", "layers.Scale") == {"self": True, "type": "type", "callable": True}


def test_an_object_of_the_submissions_own_class_comes_with_its_methods(tmp_path: Path) -> None:
    net = """import functools, torch
class Base:
    def loss(self): return 1
    def _hidden(self): return 2
class Net(Base):
    rate = 3
    @property
    def size(self): return 4
    @staticmethod
    def still(): return 5
    def step(self): return 6
    def over(self): return 7
def net():
    made = Net()
    made.over = 8
    return made
class Odd(type):
    @property
    def __mro__(cls): raise SystemExit
class Strange(metaclass=Odd):
    def loss(self): return 9
def many(): return type("Many", (), {f"m{i:03}": (lambda self: i) for i in range(200)} | {"__module__": "nets"})()
def library(): return torch.nn.ReLU()
"""
    nets = Asker(write(tmp_path, nets=net))

    made = nets.ask("call", "nets.net", ((), {}))

    assert made["methods"] == ["loss", "step"]
    assert nets.ask("call", f"{made['id']}.loss", ((), {})) == 1
    assert "methods" not in nets.ask("call", "nets.library", ((), {}))
    assert "methods" not in nets.ask("call", "nets.Strange", ((), {}))
    assert len(nets.ask("call", "nets.many", ((), {}))["methods"]) == dispatch.METHODS


def test_a_rehearsal_leaves_nothing_behind() -> None:
    def seen() -> tuple[object, ...]:
        draws = random.getstate(), np.random.get_state()[1].tobytes(), torch.get_rng_state().numpy().tobytes()
        return set(sys.modules), list(sys.meta_path), list(sys.path), Path.cwd(), draws, dict(os.environ)

    dispatch.rehearse()
    random.random(), np.random.rand(), torch.rand(1)
    before = seen()
    dispatch.rehearse()
    assert seen() == before
    assert "rehearsal" not in sys.modules


@pytest.mark.parametrize(
    ("body", "kind", "line", "function"),
    [
        ("raise ValueError('operands')", "ValueError", 2, "f"),
        ("raise SystemExit(0)", "SystemExit", 2, "f"),
        ("raise KeyboardInterrupt", "KeyboardInterrupt", 2, "f"),
        ("raise GeneratorExit", "GeneratorExit", 2, "f"),
        ("return f()", "RecursionError", 2, "f"),
        ("import pytest; pytest.skip('all good')", "Skipped", 2, "f"),
        ("import numpy as np; return np.ones(2) + np.ones(3)", "ValueError", 2, "f"),
        ("return [g() for g in [lambda: 1 / 0]]", "ZeroDivisionError", 2, "f.<lambda>"),
        ("class Odd(Exception): __class__ = property(lambda self: 1 / 0)\n    raise Odd", "Odd", 3, "f"),
        ("class Odd(Exception): __str__ = lambda self: 1 / 0\n    raise Odd", "Odd", 3, "f"),
        ("class Odd(Exception): __str__ = lambda self: exit(0)\n    raise Odd", "Odd", 3, "f"),
        ("class Odd(Exception): __traceback__ = 3\n    raise Odd", "Odd", None, None),
        ("raise type('X' * 1000, (Exception,), {})('y' * 10**6)", "X" * 80, 2, "f"),
    ],
    ids=lambda part: str(part)[:30],
)
def test_whatever_is_raised_is_told_as_data(
    tmp_path: Path, body: str, kind: str, line: int | None, function: str | None
) -> None:
    error = Asker(write(tmp_path, layers=f"def f():\n    {body}\n")).error("call", "layers.f", ((), {}))

    assert (error["kind"], error["type"]) == ("raised", kind)
    assert len(error["message"]) <= 2000
    if line is not None:
        last = error["frames"][-1]
        assert (last["file"], last["line"], last["function"]) == ("layers.py", line, function)
        assert last["text"]
        assert len(error["frames"]) <= 8


def test_only_the_submissions_own_frames_are_told(layers: Asker) -> None:
    error = layers.error("call", "layers.double", (({},), {}))
    missing = layers.error("call", "layers.double", ((), {}))

    assert [frame["file"] for frame in error["frames"]] == ["layers.py"]
    assert missing["frames"] == []
    assert missing["type"] == "TypeError"


def test_missing_files_and_names_are_told_apart_from_errors(layers: Asker) -> None:
    number = layers.ask("call", "layers.Scale", ((1,), {}))["id"]
    name = layers.error("get", "layers.doubel")

    assert layers.error("load", "scipy")["kind"] == "missing_module"
    assert name["kind"] == "missing_name"
    assert "double" in name["names"]
    assert layers.error("get", f"{number}.nothing")["kind"] == "missing_name"
    assert layers.error("get", f"{number}.broken")["kind"] == "raised"


@pytest.mark.parametrize(
    ("text", "kind", "file", "line"),
    [
        ("import numpy\nimport nump", "ModuleNotFoundError", "layers.py", 2),
        ("def f(:\n    pass", "SyntaxError", "layers.py", 1),
        ("x = 1\n1 / 0", "ZeroDivisionError", "layers.py", 2),
        ("raise SystemExit", "SystemExit", "layers.py", 1),
        ("x = 1\nimport other", "NameError", "other.py", 1),
        ("from layers import nothing", "ImportError", "layers.py", 1),
        ("\0", "SyntaxError", None, None),
        ("# coding: nonsense", "SyntaxError", None, None),
    ],
)
def test_an_import_that_fails_says_where(tmp_path: Path, text: str, kind: str, file: str | None, line: int) -> None:
    asker = Asker(write(tmp_path, layers=text, other="undefined"))

    error = asker.error("load", "layers")

    assert (error["kind"], error["type"]) == ("import_failed", kind)
    if file:
        assert (error["frames"][-1]["file"], error["frames"][-1]["line"]) == (file, line)


def test_a_result_too_large_for_the_pipe_is_refused_with_a_sentence(tmp_path: Path) -> None:
    functions = {"many": "[0] * 200_000", "wide": "np.zeros(200_000)", "long": "'x' * 2_000_000"}
    text = "import numpy as np\n" + "".join(f"def {name}(): return {what}\n" for name, what in functions.items())
    asker = Asker(write(tmp_path, layers=text), reply_bytes=1 << 20)

    for name, message in (("many", "100,000 values"), ("wide", "more than 1 MiB"), ("long", "more than 1 MiB")):
        error = asker.error("call", f"layers.{name}", ((), {}))
        assert error["kind"] == "not_plain"
        assert message in error["message"]


def test_draws_depend_on_the_seed_and_on_nothing_before(layers: Asker, tmp_path: Path) -> None:
    first = layers.ask("call", "layers.draw", ((), {}), seed=7)
    layers.ask("call", "layers.draw", ((), {}))
    again = layers.ask("call", "layers.draw", ((), {}), seed=7)
    elsewhere = Asker(tmp_path)
    other = elsewhere.ask("call", "layers.draw", ((), {}), seed=8)

    assert first == again
    assert first != other
    assert layers.ask("get", "layers.drawn") == elsewhere.ask("get", "layers.drawn")


def test_what_may_pass_through_does(tmp_path: Path) -> None:
    folder = write(tmp_path, layers="def f(): raise KeyboardInterrupt", stops="raise KeyboardInterrupt")
    asker = Asker(folder, through=(KeyboardInterrupt,))

    for op, where in (("call", "layers.f"), ("load", "stops")):
        with pytest.raises(KeyboardInterrupt):
            asker.reply(op, place(where), ((), {}))


def request(op: str, path: list[str], value: object = None) -> bytes:
    tree, body = wire.encode(value, lambda x: {})
    return wire.pack({"token": "t", "op": op, "target": {"path": path}, "value": tree}, body)


WORKER = """
import os, sys
def around():
    return __name__, sys.argv, sys.stdin.read(), os.read(0, 1), os.getcwd() == os.path.realpath(os.environ["TMPDIR"])
def speak():
    print("hello")
def fork():
    return "parent" if os.fork() else "child"
def leave():
    os._exit(0)
def large(x):
    return x
"""


def test_a_worker_answers_until_the_pipe_is_closed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    monkeypatch.setenv("TMPDIR", str(scratch))
    worker = Process(write(tmp_path, layers=WORKER), cap=8 << 20)
    x = np.random.default_rng(0).normal(size=(700, 700))

    def ask(name: str, *args: object) -> Any:
        header, body = worker.exchange(request("call", ["layers", name], (args, {})), 10)
        return wire.decode(wire.parse(header)["ok"], body, lambda about: about)

    try:
        assert ask("around") == ("layers", ["submission"], "", b"", True)
        assert ask("speak") is None
        assert worker.printed() == "hello\n"
        np.testing.assert_array_equal(ask("large", x), x)
        assert ask("fork") == "parent"
        assert ask("around")[0] == "layers"  # the child said nothing in between
        with pytest.raises(Stopped, match="died"):
            ask("leave")
    finally:
        worker.close()
