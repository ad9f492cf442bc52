"""One worker spoken with: replies that are none, workers that stop, seeds, and workers beside the usual one."""

from __future__ import annotations

import json
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from workers import Answer, Process, after_the_first, says, student_of

from autograder.model import Limits
from autograder.sandbox import Interrupted, Student, StudentError, Unavailable, connect, wire
from autograder.sandbox.transport import Kind, Stopped

SOLVER = """
class Solver:
    def __init__(self, data):
        self.rate = 0.5
    def train(self):
        return self.rate
def solver(data):
    return Solver(data)
def use(solver, more):
    return solver.rate
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


@pytest.mark.parametrize("methods", ["loss", {"loss": 1}, [1], [["loss"]], None])
def test_methods_that_are_no_names_are_none(methods: object) -> None:
    held = {"h": {"id": 1, "type": "X", "callable": False, "methods": methods}}
    student, _ = student_of(after_the_first(says(lambda request: {"ok": held})))

    with pytest.raises(Interrupted, match="could not be read"):
        student.layers.f()


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


# Restarts, seeds.


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
    (tmp_path / "layers.py").write_text(SOLVER)
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
    student.begin("check_calls", 7)
    assert student.work.aside_or_not.aside(1)[0] == seeded, "seeded anew for each check"
    assert len(opened) == 4
    student.close()
    assert student.work.count.aside(1)[0] == 1
