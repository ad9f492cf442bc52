"""What a worker says of a training run is a submission's word: read with care, and not more than there can be."""

from __future__ import annotations

import json
from typing import Any

import pytest

from autograder.sandbox import wire
from autograder.sandbox.trainer import Trainer
from autograder.sandbox.training import POINTS, Run, report
from autograder.sandbox.watching import Note, Watching

NOTE = {"step": 3, "images": 60, "loss": 0.5, "accuracy": 0.75, "seconds": 1.5}
ANSWER: dict[str, Any] = {
    "result": None,
    "model": None,
    "ended": "steps",
    "steps": 3,
    "images": 60,
    "losses": [0.5, 0.25],
    "seconds": 1.5,
}


def frame(note: object = NOTE, token: str = "t", **more: object) -> bytes:
    tree, _ = wire.encode(note, lambda x: {"type": "object", "id": 1})
    return json.dumps({"token": token, "note": tree, **more}).encode()


def watching(**more: Any) -> tuple[Watching, list[Note]]:
    heard: list[Note] = []
    return Watching(10.0, 0, listen=heard.append, **more), heard


def test_a_note_is_told_and_a_reply_is_left_alone() -> None:
    run, heard = watching()

    assert run.hear("t", frame())
    assert not run.hear("t", json.dumps({"token": "t", "ok": None}).encode())
    assert heard == [Note(3, 60, 0.5, 0.75, 1.5)]


@pytest.mark.parametrize(
    "header",
    [
        frame(token="another"),
        frame(surplus=1),
        frame([1, 2]),
        frame({**NOTE, "step": -1}),
        frame({**NOTE, "step": 1 << 60}),
        frame({**NOTE, "step": True}),
        frame({**NOTE, "images": 2.5}),
        frame({**NOTE, "loss": "low"}),
        frame({**NOTE, "more": 1}),
        frame({**NOTE, "loss": object()}),
        b"[]",
        b"\xff",
    ],
)
def test_a_forged_note_ends_the_exchange(header: bytes) -> None:
    run, heard = watching()

    with pytest.raises(wire.WireError):
        run.hear("t", header)
    assert not heard


def test_numbers_beyond_all_measure_are_infinite_and_odd_accuracies_none() -> None:
    run, heard = watching()
    run.hear("t", frame({**NOTE, "loss": -1e300, "accuracy": 7.0}))

    assert (heard[0].loss, heard[0].accuracy) == (float("-inf"), None)


def test_a_flood_of_notes_ends_the_exchange() -> None:
    run, heard = watching()

    def flood() -> None:
        for _ in range(10_000):
            run.hear("t", frame())

    with pytest.raises(wire.WireError, match="more notes"):
        flood()
    assert len(heard) < 1000


@pytest.mark.parametrize(
    "changes",
    [
        {"ended": "with full marks"},
        {"losses": [0.5] * (POINTS + 1)},
        {"losses": [1]},
        {"losses": "none"},
        {"steps": -1},
        {"steps": 1.0},
        {"images": None},
        {"seconds": float("nan")},
        {"seconds": 3},
        {"surplus": 1},
    ],
)
def test_a_reply_of_another_form_does_not_fit(changes: dict[str, Any]) -> None:
    run, _ = watching()

    assert run.fits(ANSWER)
    assert not run.fits({**ANSWER, **changes})
    assert not run.fits(None)


def test_what_is_left_of_the_seconds_is_granted() -> None:
    run, _ = watching()
    before = run.granted
    run.take(ANSWER)

    assert run.granted < before
    assert (run.ended, run.made_steps, run.seen_images, run.losses) == ("steps", 3, 60, [0.5, 0.25])


def test_only_the_first_call_of_a_run_is_seeded_and_memory_has_room_above() -> None:
    run, _ = watching(memory_mb=400)

    assert (run.seed(), run.seed()) == (0, None)
    assert run.memory > 400
    assert watching()[0].memory == 0


def test_many_losses_are_told_as_means() -> None:
    run = Run(seconds=10.0)
    for n in range(10 * POINTS):
        run.losses.append(float(n))
    losses: Any = run.summary()["losses"]

    assert len(losses) == POINTS
    assert losses[0] == pytest.approx(4.5)


def test_report_counts_within_a_run_and_does_nothing_without_one() -> None:
    report(loss=1.0)
    told: list[dict[str, object]] = []

    def loop() -> int:
        for n in range(5):
            report(loss=1 / (n + 1), images=10, accuracy=0.5)
        return 7

    order = {"run": 1, "seconds": 10.0, "steps": 5, "images": 0, "memory_mb": 0, "device": "cpu", "vram": 1.0}
    answer = Trainer().call(order, loop, told.append)

    assert (answer["result"], answer["steps"], answer["images"], answer["ended"]) == (7, 5, 50, "")
    assert told[0]["accuracy"] == 0.5
    again = Trainer().call({**order, "steps": 2}, loop, told.append)
    assert (again["result"], again["steps"], again["ended"]) == (None, 2, "steps")


def test_an_exception_of_the_loop_is_its_own() -> None:
    def loop() -> None:
        raise ZeroDivisionError

    order = {"run": 1, "seconds": 10.0, "steps": 0, "images": 0, "memory_mb": 0, "device": "cpu", "vram": 1.0}
    with pytest.raises(ZeroDivisionError):
        Trainer().call(order, loop, lambda note: None)
