"""What a student's terminal says of the checks: a line for each, and sentences for those that fail."""

from __future__ import annotations

import pytest
from sessions import GOOD, Home, check


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
