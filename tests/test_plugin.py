"""The plugin in real pytest runs: what it collects, refuses and reports, and that it leaves other tests alone."""

from __future__ import annotations

import math
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from autograder.checks import declaration, plugin

Grade = Callable[..., list[dict[str, Any]]]
Home = Callable[..., pytest.RunResult]

OURS = ("-p", "autograder.checks.plugin", "-p", "no:cacheprovider")
HEAD = "from autograder.checks import *\nfrom autograder.checks.failure import Failure\n"
GOOD = """
@points(2, "q1")
def check_good(student):
    \"\"\"Two is two.\"\"\"

@points(4, "q2")
def check_bad(rng):
    \"\"\"dw is the sum over the batch.\"\"\"
    w = rng.normal(size=(3, 4))
    close(5 * w, w, "dw", hint="Sum over the batch.", like={"batch": 5})

@points(1.5, "q2", after="check_bad")
def check_dependent():
    \"\"\"Nothing, after
    something.

    More about it.
    \"\"\"
"""

HOME = """
class Context:
    seed, student, ref, once = 3, None, None, {}
    def data(self, name):
        return name.upper()
    def hidden(self, path):
        return "hidden" in path.name

def pytest_autograder_context(config):
    return Context()
"""


@dataclass
class Context:
    """A grader's surroundings; files named *hidden* are hidden."""

    seed: int = 7
    student: Any = None
    ref: Any = None
    once: dict[Any, Any] = field(default_factory=dict)

    def data(self, name: str) -> str:
        return name.upper()

    def hidden(self, path: Path) -> bool:
        return "hidden" in path.name


class Harness:
    """Runs the collected checks against each of `students`, as the grader does."""

    def __init__(self, *students: Any, context: Context | None = None) -> None:
        self.context, self.students = context or Context(), students
        self.runs: list[dict[str, Any]] = []

    def pytest_autograder_context(self) -> Context:
        return self.context

    def pytest_autograder_outcome(self, outcome: dict[str, Any]) -> None:
        self.runs[-1][outcome["name"]] = outcome

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtestloop(self, session: pytest.Session) -> bool:
        for student in self.students:
            self.context.student = student
            self.runs.append({})
            plugin.run_once(session)
        return True


@pytest.fixture(autouse=True)
def _only_our_plugin(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")


@pytest.fixture
def home(pytester: pytest.Pytester) -> Home:
    def run(text: str, *args: str, **files: str) -> pytest.RunResult:
        pytester.makeconftest(HOME)
        pytester.makepyfile(checks_work=HEAD + text, **{name: HEAD + text for name, text in files.items()})
        return pytester.runpytest_inprocess(*OURS, *args)

    return run


@pytest.fixture
def graded(pytester: pytest.Pytester) -> Grade:
    def run(
        text: str, *students: Any, name: str = "checks_work", context: Context | None = None
    ) -> list[dict[str, Any]]:
        pytester.makepyfile(**{name: HEAD + text})
        harness = Harness(*(students or (None,)), context=context)
        pytester.inline_run(*OURS, "-p", "no:terminal", plugins=[harness])
        return harness.runs

    return run


def check(body: str, says: str = "It holds.", points: str = '2, "q1"', name: str = "check_it", args: str = "") -> str:
    return f'\n@points({points})\ndef {name}({args}):\n    """{says}"""\n    {body}\n'


def test_importing_the_plugin_loads_neither_numpy_nor_torch() -> None:
    code = (
        "import sys, autograder.checks.plugin, autograder.checks\n"
        "assert not {'numpy', 'torch'} & set(sys.modules), 'heavy'\n"
        "from autograder.checks import close\nassert 'numpy' in sys.modules and 'torch' not in sys.modules\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_every_name_of_the_room_can_be_imported() -> None:
    import autograder.checks as room

    assert all(getattr(room, name) is not None for name in room.__all__)
    assert set(room.__all__) == set(room._HOME)
    with pytest.raises(AttributeError, match="no attribute 'clsoe'"):
        room.clsoe  # noqa: B018


def test_an_ordinary_run_is_not_disturbed(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(
        test_ordinary="def test_one():\n    pass\n\ndef test_two():\n    assert 1 == 2\n",
        checks_work="1 / 0",
        test_x="def check_a():\n    1/0\n",
    )
    result = pytester.runpytest_inprocess(*OURS)
    result.assert_outcomes(passed=1, failed=1)
    text = result.stdout.str()
    assert "assert 1 == 2" in text
    assert "points" not in text


def test_checks_and_tests_run_side_by_side(home: Home, pytester: pytest.Pytester) -> None:
    pytester.makepyfile(test_ordinary="def test_one():\n    pass\n")
    result = home(check("pass"))
    result.stdout.fnmatch_lines(["*collected 2 items*", "*2 passed*", "2 of 2 points from the checks you can see"])


def test_at_home_a_line_for_each_check_and_sentences_for_those_that_fail(home: Home) -> None:
    result = home(GOOD)
    assert result.ret == 1
    lines = result.stdout.lines
    assert "  ✓ 2 of 2  Two is two." in lines
    assert "  ✗ 0 of 4  dw is the sum over the batch." in lines
    assert "  – 0 of 1.5  Nothing, after something." in lines
    assert "      Try: Sum over the batch." in lines
    assert "      It needs “dw is the sum over the batch.” first." in lines
    assert lines[-1] == "2 of 7.5 points from the checks you can see"
    text = " ".join(result.stdout.str().split())
    assert "dw: every entry is off, worst at" in text
    assert "it looks like a sum over the batch where a mean was asked." in text
    assert "Traceback" not in text
    assert "FAILURES" not in text


def test_the_same_run_prints_the_same(home: Home) -> None:
    first, second = (home(GOOD).stdout.lines for _ in range(2))
    assert [line for line in first if " in 0" not in line] == [line for line in second if " in 0" not in line]


def test_quiet_prints_the_checks_and_very_quiet_what_there_is_to_do(home: Home) -> None:
    quiet, very = home(GOOD, "-q").stdout.str(), home(GOOD, "-qq").stdout.str()
    assert "✓ 2 of 2" in quiet
    assert "test session starts" not in quiet
    assert "✓" not in very
    assert "✗ 0 of 4" in very
    assert very.splitlines()[-1] == "2 of 7.5 points from the checks you can see"


def test_k_selects_and_holds_nothing_up(home: Home) -> None:
    result = home(GOOD, "-k", "dependent or good")
    assert result.ret == 0
    assert result.stdout.lines[-1] == "3.5 of 3.5 points from the checks you can see"


def test_a_question_is_run_with_what_it_comes_after(home: Home) -> None:
    text = GOOD.replace('1.5, "q2"', '1.5, "q3"')
    result = home(text, "--question", "q3")
    assert result.stdout.lines[-1] == "0 of 5.5 points from the checks you can see"
    assert "Two is two" not in result.stdout.str()
    unknown = home(text, "--question", "q9")
    assert unknown.ret == pytest.ExitCode.USAGE_ERROR
    assert "--question q9: no check is for it; there is q1, q2, q3" in unknown.stderr.str()


def test_a_check_that_goes_wrong_says_so_with_its_traceback(home: Home) -> None:
    text = home(check("1 / 0")).stdout.str()
    assert "! 0 of 2  It holds." in text
    assert "This check went wrong by itself" in text
    assert "ZeroDivisionError: division by zero" in text
    assert "running.py" not in text


def test_a_file_without_surroundings_is_refused_when_named(pytester: pytest.Pytester) -> None:
    path = pytester.makepyfile(checks_work=HEAD + GOOD)
    assert pytester.runpytest_inprocess(*OURS).ret == pytest.ExitCode.NO_TESTS_COLLECTED
    result = pytester.runpytest_inprocess(*OURS, path)
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    assert "need a submission to run against" in result.stderr.str()


def test_a_file_named_on_the_command_line_is_collected_once(home: Home) -> None:
    result = home(GOOD, "checks_work.py", "-o", "python_files=*.py", "-o", "python_functions=check_*")
    result.stdout.fnmatch_lines(["*collected 3 items*", "2 of 7.5 points from the checks you can see"])


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('@points(1, "q")\ndef check_x(): pass', "checks_work.py:check_x has no docstring"),
        ("def check_x():\n    'Says.'", "checks_work.py:check_x has no @points"),
        (check("pass", points='-1, "q"'), "checks_work.py:check_it has points -1; they must be a number, 0 or more"),
        (check("pass", points='float("nan"), "q"'), "checks_work.py:check_it has points nan"),
        (check("pass", points='float("inf"), "q"'), "checks_work.py:check_it has points inf"),
        (check("pass", points='True, "q"'), "checks_work.py:check_it has points True"),
        (check("pass", points='"2", "q"'), "checks_work.py:check_it has points '2'"),
        (check("pass", points='2, ""'), "checks_work.py:check_it has question ''"),
        (check("pass", points='2, "q", seconds=0'), "checks_work.py:check_it has seconds 0"),
        (
            check("pass", args="students"),
            "checks_work.py:check_it asks for students; there is student, rng, data, ref, once",
        ),
        (check("pass") + check("pass"), "check_it is defined twice; rename one"),
        ("import nonsense_that_is_not_there", "checks_work.py:3 cannot be imported: ModuleNotFoundError"),
        ("def f(:\n  pass", "checks_work.py:3 cannot be imported: SyntaxError"),
    ],
)
def test_what_is_no_check_is_refused_in_one_line(home: Home, text: str, said: str) -> None:
    result = home(text)
    assert result.ret == pytest.ExitCode.INTERRUPTED
    assert [line for line in result.stdout.lines if said in line], result.stdout.str()
    assert "Traceback" not in result.stdout.str()


@pytest.mark.parametrize(
    ("text", "files", "said"),
    [
        (
            check("pass", points='2, "q", after="check_tiger"'),
            {},
            "checks_work.py:check_it is to run after 'check_tiger', which is no check",
        ),
        (check("pass"), {"checks_z": check("pass")}, "checks_z.py:check_it is also defined in"),
        (
            check("pass", points='2, "q", after="check_b"', name="check_a")
            + check("pass", points='2, "q", after=["check_a"]', name="check_b"),
            {},
            "checks_work.py:check_a waits for itself: check_a after check_b after check_a",
        ),
    ],
)
def test_what_does_not_fit_together_is_refused(home: Home, text: str, files: dict[str, str], said: str) -> None:
    result = home(text, **files)
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    assert said in result.stderr.str()


def test_the_order_is_the_files_but_for_what_comes_after(graded: Grade) -> None:
    text = check("pass", name="check_c", points='1, "q", after=("check_a", "check_b")')
    text += "".join(check("pass", name=f"check_{letter}") for letter in "zab")
    assert list(graded(text)[0]) == ["check_a", "check_b", "check_c", "check_z"]


def test_what_is_imported_or_private_is_no_check(graded: Grade, pytester: pytest.Pytester) -> None:
    pytester.makepyfile(shared_helper="def check_other():\n    pass\n")
    pytester.syspathinsert()
    assert list(
        graded("from shared_helper import check_other\ndef _check_a(): pass\ndef help(): pass\n" + check("pass"))[0]
    ) == ["check_it"]


def test_no_bytecode_is_left_beside_the_checks(
    graded: Grade, pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "dont_write_bytecode", False)
    graded(check("pass"))
    assert not list(pytester.path.glob("**/*.pyc"))
    assert sys.dont_write_bytecode is False


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


def test_facts_are_to_be_had_without_a_run(pytester: pytest.Pytester) -> None:
    found: list[declaration.Facts] = []

    class Listing:
        def pytest_autograder_context(self) -> Context:
            return Context()

        @pytest.hookimpl(tryfirst=True)
        def pytest_runtestloop(self, session: pytest.Session) -> bool:
            found.extend(plugin.facts(item) for item in session.items)
            return True

    path = pytester.makepyfile(checks_work=HEAD + GOOD)
    pytester.inline_run(*OURS, "-p", "no:terminal", plugins=[Listing()])
    assert [(f.name, f.question, f.points, f.after, f.says, f.path.name) for f in found] == [
        ("check_good", "q1", 2.0, (), "Two is two.", path.name),
        ("check_bad", "q2", 4.0, (), "dw is the sum over the batch.", path.name),
        ("check_dependent", "q2", 1.5, ("check_bad",), "Nothing, after something.", path.name),
    ]
