"""What becomes of a check that is run: its points, its words, and whose fault it was."""

from __future__ import annotations

import math
from types import SimpleNamespace

import pytest
from sessions import GOOD, HEAD, OURS, Context, Grade, Harness, Home, check


def test_an_outcome_has_every_fact(graded: Grade) -> None:
    (run,) = graded(GOOD)
    seconds = run["check_bad"].pop("seconds")
    assert 0 <= seconds < 60
    why = run["check_bad"].pop("why")
    assert why.startswith("dw: every entry is off")
    assert run["check_bad"] == {
        "name": "check_bad",
        "question": "q2",
        "says": "dw is the sum over the batch.",
        "points": 4.0,
        "score": 0.0,
        "outcome": "failed",
        "hint": "Sum over the batch.",
        "visibility": "visible",
        "detail": "",
        "drawing": "",
    }
    assert (run["check_good"]["score"], run["check_good"]["outcome"]) == (2.0, "passed")
    assert (run["check_dependent"]["score"], run["check_dependent"]["outcome"]) == (0.0, "skipped")


@pytest.mark.parametrize(
    "share",
    [
        "float('nan')",
        "float('inf')",
        "-float('inf')",
        "True",
        "False",
        "1.0000001",
        "-0.1",
        "'1'",
        "[1.0]",
        "1e308",
        "1j",
        "numpy.bool_(True)",
        "numpy.nan",
    ],
)
def test_a_share_that_is_none_never_earns_anything(graded: Grade, share: str) -> None:
    outcome = graded("import numpy\n" + check(f"return {share}"))[0]["check_it"]
    assert (outcome["outcome"], outcome["score"]) == ("errored", 0.0)
    assert "a share from 0 to 1" in outcome["detail"]


@pytest.mark.parametrize(
    ("share", "score", "verdict"),
    [
        ("None", 3.0, "passed"),
        ("1", 3.0, "passed"),
        ("1.0", 3.0, "passed"),
        ("0", 0.0, "failed"),
        ("1 / 3", 1.0, "failed"),
        ("numpy.float32(0.5)", 1.5, "failed"),
        ("0.1 + 0.2", 0.9, "failed"),
        ("tiers(0.91, {0.9: 0.5, 0.93: 1.0})", 1.5, "failed"),
        ("tiers(0.95, {0.9: 0.5, 0.93: 1.0})", 3.0, "passed"),
        ("seen('plain dropout')", 3.0, "passed"),
    ],
)
def test_a_share_earns_its_part(graded: Grade, share: str, score: float, verdict: str) -> None:
    outcome = graded("import numpy\n" + check(f"return {share}", points='3, "q1"'))[0]["check_it"]
    assert (outcome["outcome"], outcome["score"]) == (verdict, score)
    assert math.copysign(1, outcome["score"]) == 1
    if verdict == "failed":
        assert outcome["why"]


def test_what_was_seen_is_said_of_a_check_that_passed(home: Home) -> None:
    assert "      plain dropout" in home(check("return seen('plain dropout')")).stdout.lines


@pytest.mark.parametrize(
    ("body", "verdict", "why"),
    [
        ("assert False, 'no'", "failed", "no"),
        ("assert False", "failed", "What this check states does not hold."),
        ("raise Failure('Why.', 'Hint.')", "failed", "Why."),
        ("raise type('E', (Exception,), dict(outcome='timed_out', why='Slow.', hint=''))()", "timed_out", "Slow."),
        ("raise type('E', (Exception,), dict(outcome='passed', why='Ha.', hint=''))()", "errored", None),
        ("raise type('E', (Exception,), dict(outcome='skipped', why='Ha.', hint=''))()", "errored", None),
        ("import pytest; pytest.skip('no')", "errored", None),
        ("import pytest; pytest.xfail('no')", "errored", None),
        ("import pytest; pytest.exit('no')", "errored", None),
        ("raise SystemExit(0)", "errored", None),
        ("raise GeneratorExit", "errored", None),
        ("raise MemoryError", "errored", None),
        ("require([0.0], 'x')", "errored", None),
        ("require(float('nan'), 'x')", "errored", None),
        ("close(1, 1, 'x', rtol=0.1)", "errored", None),
        ("[][0] if False else int('x')", "errored", None),
    ],
)
def test_whatever_a_check_raises_becomes_an_outcome(graded: Grade, body: str, verdict: str, why: str | None) -> None:
    (run,) = graded(check(body) + check("pass", name="check_next"))
    assert run["check_it"]["outcome"] == verdict
    assert run["check_it"]["score"] == 0.0
    assert why is None or run["check_it"]["why"] == why
    assert bool(run["check_it"]["detail"]) == (verdict == "errored")
    assert run["check_next"]["outcome"] == "passed"


def test_only_ctrl_c_gets_out(graded: Grade, pytester: pytest.Pytester) -> None:
    pytester.makepyfile(checks_work=HEAD + check("raise KeyboardInterrupt") + check("pass", name="check_next"))
    harness = Harness(None)
    with pytest.raises(KeyboardInterrupt):
        pytester.inline_run(*OURS, "-p", "no:terminal", plugins=[harness])
    assert harness.runs == [{}]


@pytest.mark.parametrize(
    ("body", "why"),
    [
        ("a, b = student.f()", "f returned None where several values were expected."),
        ("a, b = student.g.many([()])", "g returned another number of values where several values were expected."),
        ("student.f().shape", "f returned None where .shape was expected."),
        ("out = student.f()\n    out.shape", "A function returned None where .shape was expected."),
        ("student.h()['W1']", "What h returned has no 'W1'."),
        ("[student.h()[k] for k in ['W1']]", "What h returned has no 'W1'."),
        ("student.g.many([])[3]", "What g returned has too few parts."),
        ("1 + student.f()", "f returned None where a value was expected."),
        ("student.f()[0]", "f returned None where a value was expected."),
        ("float(student.f())", "f returned None where a value was expected."),
    ],
)
def test_what_the_student_returned_wrongly_is_the_students(graded: Grade, body: str, why: str) -> None:
    class Many:
        def many(self, calls: object) -> list[int]:
            return [1, 2, 3]

    student = SimpleNamespace(f=lambda: None, g=Many(), h=lambda: {"W": 1})
    outcome = graded(check(body, args="student"), student)[0]["check_it"]
    assert (outcome["outcome"], outcome["why"]) == ("failed", why)


@pytest.mark.parametrize(
    "body",
    [
        "helper(student.f())",
        "undefined_name",
        "import os; os.no_such_thing",
        "[1, 2][student.n]",
        "int('x')",
        "student.nothing",
    ],
)
def test_what_the_check_does_wrongly_is_its_own(graded: Grade, body: str) -> None:
    """A helper's exception is deeper than the check's own lines; whose fault it is, nobody can tell from outside."""
    student = SimpleNamespace(f=lambda: None, n=slice(None, None, 0))
    helper = "def helper(x):\n    a, b = x\n"
    outcome = graded(helper + check(body, args="student"), student)[0]["check_it"]
    assert outcome["outcome"] == "errored"


def test_a_hidden_check_keeps_its_numbers(graded: Grade) -> None:
    text = (
        GOOD
        + check("assert 0, 'want 0.93'", name="check_assert")
        + check("raise Failure('want 0.93', 'Look at W1.')", name="check_raise")
    )
    text += check("raise type('E', (Exception,), dict(outcome='failed', why='0.93'))()", name="check_other")
    text += check("return tiers(0.912, {0.9: 0.5, 0.93: 1.0})", name="check_tier")
    (run,) = graded(text, name="checks_hidden")
    assert all(outcome["visibility"] == "hidden" for outcome in run.values())
    assert (
        run["check_bad"]["why"]
        == "dw is off in every entry; it looks like a sum over the batch where a mean was asked."
    )
    assert run["check_bad"]["hint"] == "Sum over the batch."
    generic = "The result is not the one that was asked for."
    assert [run[f"check_{name}"]["why"] for name in ("assert", "raise", "other")] == [generic] * 3
    assert run["check_raise"]["hint"] == "Look at W1."
    assert "91" not in run["check_tier"]["why"]


@pytest.mark.parametrize(("name", "drawn"), [("checks_work", "<all>"), ("checks_hidden", "<bare>")])
def test_a_check_may_draw_what_it_saw(graded: Grade, name: str, drawn: str) -> None:
    text = """
from autograder.checks.training import Share

@points(1, "q1")
def check_that_fails():
    \"\"\"It draws what is off.\"\"\"
    failure = Failure("off")
    failure.drawing, failure.drawing_hidden = "<all>", "<bare>"
    raise failure

@points(1, "q1")
def check_that_passes():
    \"\"\"It draws what is right.\"\"\"
    return seen("this form", "<all>", "<bare>")

@points(1, "q1")
def check_without():
    \"\"\"It draws nothing.\"\"\"
"""
    (run,) = graded(text, name=name)
    assert [outcome["drawing"] for outcome in run.values()] == [drawn, drawn, ""]


@pytest.mark.parametrize(("name", "verdict"), [("checks_hidden", "passed"), ("checks_work", "errored")])
def test_the_reference_is_for_hidden_checks(graded: Grade, name: str, verdict: str) -> None:
    context = Context(ref=SimpleNamespace(layers=5))
    text = check("require(ref.layers == 5, 'no')", args="ref")
    assert graded(text, name=name, context=context)[0]["check_it"]["outcome"] == verdict


def test_control_characters_of_a_submission_do_not_get_through(graded: Grade) -> None:
    body = r"raise Failure('\x1b[2Jred\x1b]0;title\x07 \u202eevil\x00\x9b1m' + 'x' * 9000, '\x1b[31mhint')"
    outcome = graded(check(body))[0]["check_it"]
    assert outcome["why"].startswith("red evil1mxxx")
    assert len(outcome["why"]) == 2000
    assert outcome["hint"] == "hint"


def test_many_submissions_share_a_session_and_nothing_else(graded: Grade) -> None:
    text = check("require(student == 'right', 'No.')", name="check_a", args="student")
    text += check("pass", name="check_b", points='1, "q1", after="check_a"')
    runs = graded(text, "wrong", "right", "wrong")
    assert [[outcome["outcome"] for outcome in run.values()] for run in runs] == [
        ["failed", "skipped"],
        ["passed", "passed"],
        ["failed", "skipped"],
    ]


def test_a_student_is_told_of_each_check(graded: Grade) -> None:
    class Proxy:
        begun: list[tuple[object, ...]]

        def __init__(self) -> None:
            self.begun = []

        def begin(self, *told: object) -> None:
            self.begun.append(told)

        def __getattr__(self, name: str) -> object:
            raise AssertionError("a proxy's names are the submission's modules")

    proxy = Proxy()
    graded(
        check("pass", name="check_a") + check("pass", name="check_b", points='1, "q", seconds=90'),
        proxy,
        name="checks_hidden",
    )
    assert proxy.begun == [("check_a", 7, None, True), ("check_b", 7, 90, True)]


def test_a_student_without_begin_is_asked_for_nothing(graded: Grade) -> None:
    class Proxy:
        def __getattr__(self, name: str) -> object:
            raise AssertionError("a proxy's names are the submission's modules")

    assert graded(check("pass"), Proxy())[0]["check_it"]["outcome"] == "passed"


def test_inputs_are_the_same_for_everyone_and_differ_by_check_and_seed(
    graded: Grade,
) -> None:
    text = "".join(check("student.append(rng.normal())", name=f"check_{c}", args="student, rng") for c in "ab")
    ada, bob, eve = list[float](), list[float](), list[float]()
    graded(text, ada, bob)
    graded(text, eve, context=Context(seed=8))
    assert ada == bob
    assert len({*ada, *eve}) == 4


def test_data_is_what_the_context_gives(graded: Grade) -> None:
    assert graded(check("require(data('digits') == 'DIGITS', 'no')", args="data"))[0]["check_it"]["outcome"] == "passed"
