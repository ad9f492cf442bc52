"""What a student sees of the checks in a terminal: a line for each, sentences for those that did not pass, a sum."""

from __future__ import annotations

import sys
import textwrap
from collections.abc import Generator
from typing import Final

import pytest

from .running import Outcome

# How pytest's own last line counts them; unknown to pytest on purpose, so that it adds no section with tracebacks.
CATEGORIES: Final = {
    "passed": "passed",
    "failed": "not passed",
    "timed_out": "out of time",
    "skipped": "skipped",
    "errored": "went wrong by itself",
}
_SIGNS: Final = {
    "passed": ("✓", "+", "green"),
    "failed": ("✗", "x", "red"),
    "timed_out": ("✗", "x", "red"),
    "skipped": ("–", "-", "yellow"),
    "errored": ("!", "!", "yellow"),
}


class Screen:
    """A plugin of one pytest run; it prints nothing where there are no checks."""

    def __init__(self, config: pytest.Config) -> None:
        self._tw = config.get_terminal_writer()
        # Under -qq, only what there is something to do about.
        self._brief = config.get_verbosity() < -1
        self._encoding = getattr(sys.__stdout__, "encoding", None) or "utf-8"
        self._shown: list[Outcome] = []
        self._question = ""

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        outcome: Outcome | None = getattr(report, "check", None)
        if outcome is None:
            return
        self._shown.append(outcome)
        if outcome["outcome"] != "passed" or not self._brief:
            self._show(outcome)

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_sessionfinish(self) -> Generator[None]:
        yield
        if self._shown:
            score, most = (round(sum(outcome[key] for outcome in self._shown), 6) for key in ("score", "points"))
            self._write(f"{score:g} of {most:g} points from the checks you can see", bold=True)

    def _show(self, outcome: Outcome) -> None:
        if outcome["question"] != self._question:
            self._question = outcome["question"]
            self._write("")
            self._write(self._question, bold=True)
        sign, poor, colour = _SIGNS[outcome["outcome"]]
        if sign.encode(self._encoding, "replace") == b"?":
            sign = poor  # an old code page of Windows
        self._write(f"  {sign} {outcome['score']:g} of {outcome['points']:g}  {outcome['says']}", **{colour: True})
        self._explain(outcome["why"])
        if outcome["hint"]:
            self._explain(f"Try: {outcome['hint']}")
        if outcome["detail"]:
            self._write(textwrap.indent(outcome["detail"], " " * 8))

    def _explain(self, text: str) -> None:
        width = max(60, self._tw.fullwidth - 2)
        indent = " " * 6
        for paragraph in text.splitlines():
            for line in textwrap.wrap(
                paragraph, width, initial_indent=indent, subsequent_indent=indent, break_on_hyphens=False
            ):
                self._write(line)

    def _write(self, text: str, **markup: bool) -> None:
        self._tw.line(text.encode(self._encoding, "replace").decode(self._encoding), **markup)
