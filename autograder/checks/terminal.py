"""What a student sees of the checks in a terminal: a line for each, sentences for those that did not pass, a sum."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from _pytest.terminal import TerminalReporter

# How pytest's own last line counts them; unknown to pytest on purpose, so that it adds no section with tracebacks.
CATEGORIES: Final = {
    "passed": "passed",
    "failed": "not passed",
    "timed_out": "out of time",
    "skipped": "skipped",
    "errored": "went wrong by itself",
}
_SIGNS: Final = {
    "passed": ("✓", "green"),
    "failed": ("✗", "red"),
    "timed_out": ("✗", "red"),
    "skipped": ("–", "yellow"),
    "errored": ("!", "yellow"),
}


def show(reporter: TerminalReporter, outcome: Mapping[str, Any], new_question: bool) -> None:
    """Print one outcome; under `-qq` only if there is something to do about it."""
    verdict = outcome["outcome"]
    if verdict == "passed" and reporter.verbosity < -1:
        return
    if new_question:
        reporter.ensure_newline()
        _write(reporter, f"\n{outcome['question']}", bold=True)
    sign, colour = _SIGNS[verdict]
    _write(reporter, f"  {sign} {outcome['score']:g} of {outcome['points']:g}  {outcome['says']}", **{colour: True})
    for line in _wrapped(reporter, outcome["why"]):
        _write(reporter, line)
    if outcome["hint"]:
        for line in _wrapped(reporter, f"Try: {outcome['hint']}"):
            _write(reporter, line)
    if outcome["detail"]:
        _write(reporter, textwrap.indent(outcome["detail"], " " * 8))


def total(reporter: TerminalReporter, outcomes: Iterable[Mapping[str, Any]]) -> None:
    """Print the last line."""
    counted = list(outcomes)
    score, most = (round(sum(outcome[key] for outcome in counted), 6) for key in ("score", "points"))
    _write(reporter, f"{score:g} of {most:g} points from the checks you can see", bold=True)


def _wrapped(reporter: TerminalReporter, text: str) -> list[str]:
    width = max(40, reporter._tw.fullwidth - 2)
    return [
        line
        for paragraph in text.splitlines()
        for line in textwrap.wrap(
            paragraph, width, initial_indent=" " * 6, subsequent_indent=" " * 6, break_on_hyphens=False
        )
    ]


def _write(reporter: TerminalReporter, text: str, **markup: bool) -> None:
    # Windows' old code pages know no ✓; a question mark there beats an exception.
    encoding = getattr(reporter._tw._file, "encoding", None) or "utf-8"
    reporter.write_line(text.encode(encoding, "replace").decode(encoding), **markup)
