"""What checks see: values, handles and sentences, whatever the worker says."""

from __future__ import annotations

import copy
import json
import pickle
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from workers import Answer, Process, says, student_of

from autograder.model import Limits
from autograder.sandbox import Handle, Interrupted, Student, StudentError, Unavailable, connect, wire
from autograder.sandbox.transport import Kind, Stopped

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

MEMORY = """
import random
calls = []
class Call:
    number = 1
def count():
    calls.append(1)
    return len(calls), Call()
def aside_or_not():
    return random.random(), len(calls)
def same(x):
    return x
def fails():
    return 1 / 0
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


def test_a_call_aside_knows_nothing_of_the_others(tmp_path: Path) -> None:
    (tmp_path / "work.py").write_text(MEMORY)
    opened: list[object] = []

    def connecting() -> object:
        opened.append(connect(tmp_path))
        return opened[-1]

    student = Student(connecting, Limits(), ["work.py"])  # type: ignore[arg-type]
    student.begin("check_calls", 7)
    first, kept = student.work.count()
    assert (first, student.work.count()[0]) == (1, 2)
    seeded, _ = student.work.aside_or_not.aside(0)

    assert student.work.count.aside(0)[0] == 1, "another function was called there before, not this one"
    assert student.work.count.aside(1)[0] == 1
    assert student.work.count()[0] == 3
    assert kept.number == 1, "objects of the other worker are still there"
    assert len(opened) == 3
    _, lost = student.work.count.aside(0)
    assert len(opened) == 4, "a second time in one check: in another worker"
    with pytest.raises(TypeError, match=r"a check passes Call\.number, which one worker holds"):
        print(lost.number)
    with pytest.raises(TypeError, match="a check passes Call, which one worker holds"):
        student.work.same.aside(1, kept)
    assert student.work.aside_or_not.aside(1)[0] == seeded, "each is seeded as the check is"
    with pytest.raises(StudentError, match="ZeroDivisionError"):
        student.work.fails.aside(0)
    assert student.work.count()[0] == 4

    student.begin("check_others", 7)
    assert student.work.count.aside(1)[0] == 2, "kept for another check, which asks for something else"
    assert student.work.aside_or_not.aside(1)[0] != seeded
    assert len(opened) == 4
    student.close()
    assert student.work.count.aside(1)[0] == 1


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


def raw(header: object, body: bytes = b"") -> Callable[[dict[str, Any]], bytes]:
    """An answer in these very bytes, but for the token."""

    def answer(request: dict[str, Any]) -> bytes:
        text = header if isinstance(header, bytes) else json.dumps(header).encode()
        text = text.replace(b"TOKEN", request["token"].encode())
        return wire.PREFIX.pack(len(text), len(body)) + text + body

    return answer


def error(**changed: object) -> dict[str, object]:
    return {"kind": "raised", "type": "E", "message": "", "frames": [], "names": []} | changed


FRAME = {"file": "layers.py", "line": 1, "function": "f", "text": ""}
LIES: list[tuple[object, bytes]] = [
    (b"", b""),
    (b"not json", b""),
    (b"[1]", b""),
    (b'{"token":"TOKEN","ok":NaN}', b""),
    (b'{"token":"TOKEN","ok":1,"ok":2}', b""),
    (b'{"token":"TOKEN","ok":' + b"[" * 100_000, b""),
    (b'{"token":"TOKEN","ok":' + b"9" * 5000 + b"}", b""),
    (b"\x80\x04\x95pickle", b""),
    ({"ok": 1}, b""),
    ({"token": "0" * 16, "ok": 1}, b""),
    ({"token": None, "ok": 1}, b""),
    ({"token": ["TOKEN"], "ok": 1}, b""),
    ({"token": "TOKEN"}, b""),
    ({"token": "TOKEN", "ok": 1, "error": error()}, b""),
    ({"token": "TOKEN", "ok": 1, "passed": True}, b""),
    ({"token": "TOKEN", "ok": {"token": "TOKEN", "ok": 1}}, b""),
    ({"token": "TOKEN", "ok": 1}, b"left over"),
    ({"token": "TOKEN", "ok": {"a": ["|O8", [1]]}}, b"\0" * 8),
    ({"token": "TOKEN", "ok": {"a": ["<f8", [1 << 40]]}}, b"\0" * 8),
    ({"token": "TOKEN", "ok": {"a": ["<f8", [-1, -1]]}}, b"\0" * 8),
    ({"token": "TOKEN", "ok": {"h": {}}}, b""),
    ({"token": "TOKEN", "ok": {"h": {"id": 0, "type": "X"}}}, b""),
    ({"token": "TOKEN", "ok": {"h": {"id": True, "type": "X"}}}, b""),
    ({"token": "TOKEN", "ok": {"h": {"id": 1 << 60, "type": "X"}}}, b""),
    ({"token": "TOKEN", "ok": {"h": {"id": 1, "type": 3}}}, b""),
    ({"token": "TOKEN", "ok": {"h": {"self": True, "type": "X"}}}, b""),
    ({"token": "TOKEN", "error": "text"}, b""),
    ({"token": "TOKEN", "error": {}}, b""),
    ({"token": "TOKEN", "error": error()}, b"body"),
    ({"token": "TOKEN", "error": error(kind="passed")}, b""),
    ({"token": "TOKEN", "error": error(kind=[])}, b""),
    ({"token": "TOKEN", "error": error(extra=1)}, b""),
    ({"token": "TOKEN", "error": error(type=1)}, b""),
    ({"token": "TOKEN", "error": error(message={"t": []})}, b""),
    ({"token": "TOKEN", "error": error(frames=[FRAME] * 100)}, b""),
    ({"token": "TOKEN", "error": error(frames=[FRAME | {"line": -1}])}, b""),
    ({"token": "TOKEN", "error": error(frames=[FRAME | {"line": 10**300}])}, b""),
    ({"token": "TOKEN", "error": error(frames=[FRAME | {"line": True}])}, b""),
    ({"token": "TOKEN", "error": error(frames=[FRAME | {"file": 3}])}, b""),
    ({"token": "TOKEN", "error": error(frames=[3])}, b""),
    ({"token": "TOKEN", "error": error(names=["x"] * 10_000)}, b""),
    ({"token": "TOKEN", "error": error(names=[1])}, b""),
]


def after_the_first(lie: Answer) -> Answer:
    """A peer that behaves until `layers.f` has been found, and then lies."""

    def answer(request: dict[str, Any]) -> bytes:
        if request["op"] == "load":
            return wire.pack({"token": request["token"], "ok": None})
        if request["op"] == "get":
            found = {"h": {"self": True, "type": "function", "callable": True}}
            return wire.pack({"token": request["token"], "ok": found})
        return lie(request)

    return answer


@pytest.mark.parametrize(("header", "body"), LIES, ids=lambda part: repr(part)[:50])
def test_a_reply_that_is_none_ends_the_worker_and_blames_nobody_else(header: object, body: bytes) -> None:
    student, peers = student_of(after_the_first(raw(header, body)))

    with pytest.raises(Interrupted) as caught:
        student.layers.f()

    assert (caught.value.kind, caught.value.outcome) == ("garbled", "failed")
    assert caught.value.why == "f gave an answer that could not be read."
    assert peers[0].closed


def test_an_early_late_or_doubled_reply_is_no_reply() -> None:
    tokens: list[str] = []

    def answer(request: dict[str, Any]) -> bytes:
        tokens.append(request["token"])
        return wire.pack({"token": tokens[max(0, len(tokens) - 2)], "ok": 1})  # always the one before

    student, _ = student_of(after_the_first(answer))

    assert student.layers.f() == 1
    with pytest.raises(Interrupted, match="could not be read"):
        student.layers.f()
    assert len({*tokens}) == 2


@pytest.mark.parametrize(
    ("call", "answer"),
    [
        (lambda s: s.layers.f.watch(1, 2), 1),
        (lambda s: s.layers.f.watch(1, 2), {"t": [1, {"t": [1]}]}),
        (lambda s: s.layers.f.watch(1, 2), {"t": [1, [1, 2]]}),
        (lambda s: s.layers.f.many([(1,), (2,)]), [1]),
        (lambda s: s.layers.f.many([(1,), (2,)]), {"t": [1, 2]}),
        (lambda s: len(s.layers.f), -1),
        (lambda s: len(s.layers.f), 1 << 40),
        (lambda s: len(s.layers.f), True),
        (lambda s: s.has("layers.f"), False),
        (lambda s: s.has("layers.f"), 1),
    ],
)
def test_an_answer_of_another_form_than_asked_is_none(call: Callable[[Any], object], answer: object) -> None:
    student, _ = student_of(after_the_first(says(lambda request: {"ok": answer})))

    with pytest.raises(Interrupted) as caught:
        call(student)

    assert caught.value.kind == "garbled"


@pytest.mark.parametrize("kind", ["missing_module", "import_failed"])
def test_a_method_that_claims_to_be_a_missing_file_is_not_believed(kind: str) -> None:
    def lie(request: dict[str, Any]) -> dict[str, Any]:
        if "handle" in request["target"]:
            return {"error": error(kind=kind)}
        return {"ok": {"h": {"id": 1, "type": "X", "callable": False}}}

    student, _ = student_of(after_the_first(says(lie)))
    handle = student.layers.f()

    with pytest.raises(Interrupted, match="could not be read"):
        _ = handle.attribute


SECRET = "4242424242"


@pytest.mark.parametrize(
    "lie",
    [
        error(type=SECRET, message=SECRET),
        error(type="ValueError", message=SECRET, frames=[FRAME | {"file": SECRET}]),
        error(frames=[FRAME | {"function": SECRET, "text": SECRET}]),
        error(frames=[FRAME | {"line": 424242}]),
        error(type="NotImplementedError", frames=[FRAME | {"function": SECRET}]),
        error(kind="missing_name", names=[SECRET, "f" + SECRET]),
        error(kind="missing_module", message=SECRET),
        error(kind="import_failed", type=SECRET, message=SECRET, frames=[FRAME | {"file": f"{SECRET}.py"}]),
        error(kind="not_plain", message=SECRET),
    ],
)
def test_hidden_sentences_carry_nothing_that_a_submission_could_write(lie: dict[str, object]) -> None:
    student, _ = student_of(after_the_first(says(lambda request: {"error": lie})))

    with pytest.raises((StudentError, Unavailable)) as caught:
        student.layers.f()

    assert "42" not in caught.value.why_hidden + caught.value.hint
    assert caught.value.why_hidden


def test_a_handles_type_is_text_and_hidden_sentences_leave_it_out() -> None:
    def lie(request: dict[str, Any]) -> dict[str, Any]:
        if request["op"] == "len":
            return {"error": error(type="ValueError")}
        return {"ok": {"h": {"id": 1, "type": f"\x1b[1m{SECRET}\n\u202e" + "x" * 1000, "callable": False}}}

    student, _ = student_of(after_the_first(says(lie)))
    handle = student.layers.f()

    with pytest.raises(StudentError) as caught:
        len(handle)

    assert handle.type_name.startswith(f"{SECRET} xx")
    assert len(handle.type_name) == 60
    assert caught.value.why_hidden == "the object raised ValueError."


# Time, restarts, seeds.


def stops(kind: Kind, only: str = "") -> Answer:
    def answer(request: dict[str, Any]) -> bytes:
        if request["target"]["path"][-1:] == [only] or not only:
            raise Stopped(kind, "for staff")
        return wire.pack({"token": request["token"], "ok": 1})

    return after_the_first(answer)


@pytest.mark.parametrize(
    ("kind", "why", "hidden"),
    [
        ("timed_out", "f did not finish within 10 seconds.", "f did not finish in time."),
        ("memory", "f used more than 2048 MB of memory.", "f used too much memory."),
        ("died", "f made Python crash or exit.", "f made Python crash or exit."),
        ("flood", "f printed more than 64 KB.", "f printed too much."),
        ("oversized", "f returned more than 64 MB.", "f returned too much."),
        ("processes", "f started more than 64 processes or threads.", "f started too many processes."),
    ],
)
def test_a_worker_that_is_stopped_has_a_sentence_and_a_successor(kind: Kind, why: str, hidden: str) -> None:
    student, peers = student_of(stops(kind, only="f"))

    with pytest.raises(Interrupted) as caught:
        student.layers.f()

    assert (caught.value.why, caught.value.why_hidden, caught.value.kind) == (why, hidden, kind)
    assert caught.value.outcome == ("timed_out" if kind == "timed_out" else "failed")
    assert peers[0].closed
    assert student.layers.g() == 1
    assert [request["op"] for request in peers[1].asked] == ["load", "get", "call"]


def test_objects_of_a_stopped_worker_are_lost_and_paths_are_found_again(tmp_path: Path) -> None:
    (tmp_path / "layers.py").write_text(SOURCE)
    student = Student(partial(Process, tmp_path), Limits(call_seconds=0.2), ["layers.py"])
    try:
        solver = student.layers.solver({"x": 1})
        train = solver.train
        with pytest.raises(Interrupted):
            student.layers.wait()

        for use in (lambda: solver.rate, train, lambda: student.layers.use(solver, [])):
            with pytest.raises(Unavailable, match=r"was lost: wait did not finish within 0\.2 seconds"):
                use()
        assert student.layers.solver({"x": 1}).train() == 0.5
    finally:
        student.close()


def test_a_function_that_ran_out_of_time_twice_is_not_called_again() -> None:
    student, peers = student_of(stops("timed_out", only="f"))
    for _ in range(2):
        with pytest.raises(Interrupted):
            student.layers.f()

    with pytest.raises(Unavailable) as caught:
        student.layers.f()

    assert caught.value.why == "f ran out of time in 2 earlier calls, so it was not called again."
    assert len(peers) == 2
    assert student.layers.g() == 1


def test_a_call_that_had_only_the_rest_of_a_checks_time_is_no_strike() -> None:
    student, _ = student_of(stops("timed_out", only="f"))
    for _ in range(3):
        student.begin("check_x", 1, seconds=None)
        student._talk.budget.check = 0.5
        with pytest.raises(Interrupted, match=r"within the 0\.5 seconds that were left to this check"):
            student.layers.f()


def test_an_import_that_fails_or_hangs_is_not_tried_again(tmp_path: Path) -> None:
    (tmp_path / "broken.py").write_text("print('once')\nimport nump")
    (tmp_path / "endless.py").write_text("print('twice')\nwhile True: pass")
    student = Student(partial(Process, tmp_path), Limits(call_seconds=0.5), [])
    try:
        with pytest.raises(Interrupted) as hung:
            student.endless.f()
        for _ in range(2):
            with pytest.raises(Unavailable, match="No module named 'nump'"):
                student.broken.f()
            with pytest.raises(Unavailable, match=r"^Importing endless\.py did not finish .* It was not tried again\."):
                student.endless.f()
        assert hung.value.outcome == "timed_out"
        assert student.printed in ("once\n", "twice\nonce\n")
    finally:
        student.close()


def spending(seconds: float) -> tuple[Student, list[float]]:
    """A student each of whose calls uses so many CPU seconds, and what each request was granted."""
    granted: list[float] = []

    def answer(request: dict[str, Any]) -> bytes:
        granted.append(request["granted"])
        peers[-1].cpu += seconds
        return wire.pack({"token": request["token"], "ok": 1})

    limits = Limits(call_seconds=10, check_seconds=30, submission_seconds=50)
    student, peers = student_of(after_the_first(answer), limits)
    return student, granted


def test_a_check_has_its_seconds_and_a_call_no_more_than_are_left() -> None:
    student, granted = spending(9)
    student.begin("check_x", 1)
    for _ in range(4):
        student.layers.f()

    with pytest.raises(Interrupted, match="The 30 seconds of this check were used up before f") as caught:
        student.layers.f()

    assert caught.value.outcome == "timed_out"
    assert granted == pytest.approx([10, 10, 10, 3], abs=0.1)


def test_a_check_that_declares_seconds_may_use_them_in_one_call() -> None:
    student, granted = spending(1)
    student.begin("check_x", 1, seconds=40)
    student.layers.f()
    student.begin("check_y", 1, seconds=5)
    student.layers.f()

    assert granted == pytest.approx([40, 5], abs=0.1)


def test_a_call_can_be_held_to_the_ordinary_limit_in_a_check_that_declares_more() -> None:
    student, granted = spending(1)
    student.begin("check_x", 1, seconds=40)
    with student.briefly():
        student.layers.f()
    student.layers.f()

    assert granted == pytest.approx([10, 39], abs=0.1)


def test_a_submission_that_used_up_its_seconds_is_not_called_again() -> None:
    student, _ = spending(26)
    for check in "xy":
        student.begin(f"check_{check}", 1)
        student.layers.f()
    student.begin("check_z", 1)

    with pytest.raises(Unavailable, match="The submission has used up its 50 seconds of computing time"):
        student.layers.f()


def test_the_worker_is_reseeded_once_a_check_and_never_told_the_runs_seed() -> None:
    student, peers = student_of(after_the_first(says(lambda request: {"ok": 1})))
    for check in ("check_x", "check_y", "check_x"):
        student.begin(check, 12345)
        student.layers.f()
        student.layers.f()

    seeds = [request.get("seed") for request in peers[0].asked if request["op"] in ("get", "call")]
    assert seeds[0] is not None
    assert [bool(seed) for seed in seeds] == [True, False, False, True, False, True, False]
    assert seeds[0] == seeds[5] != seeds[3]
    assert "12345" not in json.dumps(peers[0].asked)


def test_a_new_worker_is_seeded_like_the_one_it_replaces() -> None:
    student, peers = student_of(stops("died", only="f"))
    student.begin("check_x", 1)
    with pytest.raises(Interrupted):
        student.layers.f()
    student.layers.g()

    first, second = ([request["seed"] for request in peer.asked if "seed" in request] for peer in peers)
    assert first == second
    assert len(first) == 1


def test_objects_that_nothing_refers_to_are_released() -> None:
    numbers = iter(range(1, 100))
    lie = says(lambda request: {"ok": {"h": {"id": next(numbers), "type": "X", "callable": False}}})
    student, peers = student_of(after_the_first(lie))
    kept = student.layers.f()
    student.layers.f()
    student.layers.f(kept)

    assert [request["release"] for request in peers[0].asked[-2:]] == [[], [2]]
