"""The plugin in real pytest runs: what it collects and refuses, and that it leaves other tests alone."""

from __future__ import annotations

import subprocess
import sys

import pytest
from sessions import GOOD, HEAD, OURS, Context, Grade, Home, check

from autograder.checks import declaration, plugin


@pytest.fixture(autouse=True)
def _only_our_plugin(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")


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
