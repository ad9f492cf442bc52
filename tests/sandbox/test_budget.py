"""What a call, a check and a submission may use, as the conversation with a worker grants it."""

from __future__ import annotations

from typing import Any

import pytest
from workers import after_the_first, student_of

from autograder.model import Limits
from autograder.sandbox import Interrupted, Student, Unavailable, wire


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
