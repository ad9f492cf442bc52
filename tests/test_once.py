"""An expected value is computed once for all submissions, and never serves other inputs."""

from __future__ import annotations

import pytest
from sessions import Grade, check

ONCE = """
calls = []

@points(1, "q1")
def check_it(student, rng, once):
    \"\"\"It holds.\"\"\"
    for k in range(3):
        x = rng.normal(size=4)
        if student == "skips" and k == 1:
            continue
        want = once(lambda: calls.append(1) or {"double": 2 * x})
        close(2 * x, want["double"], "double")
        require(not want["double"].flags.writeable, "writeable")
    student_calls = len(calls)
    require(student_calls == 3, f"{student_calls} calls")
"""


def test_an_expected_value_is_computed_once_for_all_submissions(graded: Grade) -> None:
    runs = graded(ONCE, "one", "two", "skips", "three")
    assert [run["check_it"]["why"] for run in runs] == [""] * 4


def test_an_expected_value_is_never_kept_for_other_inputs(graded: Grade) -> None:
    """A student who fails early, or whose shapes steer the check, must not shift what the next one is compared with."""
    text = check(
        "x = float(len(student))\n    want = once(lambda: 2 * x)\n    close(2 * x, want, 'x')", args="student, once"
    )
    assert [run["check_it"]["outcome"] for run in graded(text, "a", "bbb", "a")] == ["passed"] * 3


def test_two_expected_values_of_one_check_are_two(graded: Grade) -> None:
    body = "require((once(lambda: 1), once(lambda: 2)) == (1, 2), 'no')"
    assert [run["check_it"]["outcome"] for run in graded(check(body, args="once"), 1, 2)] == ["passed"] * 2


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ("once(lambda: rng.normal())", "once() closes over rng"),
        ("f = lambda: rng.normal()\n    once(lambda: f())", "once() closes over rng"),
        ("import functools\n    once(functools.partial(float, 3))", "once() takes a lambda or a function"),
        ("once(int)", "once() takes a lambda or a function"),
    ],
)
def test_what_would_change_the_next_submissions_inputs_is_refused(graded: Grade, body: str, said: str) -> None:
    outcome = graded(check(body, args="rng, once"))[0]["check_it"]
    assert outcome["outcome"] == "errored"
    assert said in outcome["detail"]


def test_the_submission_itself_is_not_kept_whatever_it_is(graded: Grade) -> None:
    outcome = graded(check("once(lambda: student)", args="student, once"), ["a list"])[0]["check_it"]
    assert "depends on a submission" in outcome["detail"]


@pytest.mark.parametrize("closed", ["student", "[student.f]", "{'a': (student,)}", "student.f"])
def test_what_depends_on_a_submission_is_not_kept(graded: Grade, closed: str) -> None:
    class Proxy:
        def __init__(self) -> None:
            self.f = self

    outcome = graded(check(f"s = {closed}\n    once(lambda: s)", args="student, once"), Proxy())[0]["check_it"]
    assert outcome["outcome"] == "errored"
    assert "depends on a submission" in outcome["detail"]
