"""Running checks against one submission, and turning whatever comes of it into outcomes with a sentence."""

from __future__ import annotations

import linecache
import time
import traceback
import zlib
from collections.abc import Callable, MutableMapping
from dataclasses import dataclass, field
from numbers import Real
from pathlib import Path
from typing import Any, Final, Protocol, TypedDict

from . import report
from .blame import blame
from .declaration import CheckFunction, Facts
from .failure import GENERIC, plain
from .once import Once

WRONG: Final = "This check went wrong by itself, which is not your doing; tell your instructor."


class Context(Protocol):
    """The surroundings of a check: at home a folder, in the harness a worker behind the wall."""

    seed: int
    ref: Any
    once: MutableMapping[Any, Any]
    training: Any
    """What `Retrain` takes besides, as attributes; or None."""

    @property
    def student(self) -> Any: ...
    def data(self, name: str) -> Any: ...
    def figures(self, notebook: str) -> list[Any]: ...
    def file(self, name: str, most: int) -> bytes | None: ...
    def hidden(self, path: Path) -> bool: ...
    def flag(self, sentence: str) -> None: ...
    def keep_weights(self, file: str, sketch: Callable[[], str]) -> None: ...


class Outcome(TypedDict):
    """What one check said of one submission."""

    name: str
    question: str
    says: str
    points: float
    score: float
    outcome: str
    why: str
    hint: str
    visibility: str
    seconds: float
    detail: str
    drawing: str


@dataclass
class Run:
    """All checks once, against one submission. What earlier checks said is kept here, and nowhere else."""

    context: Context
    done: dict[str, Outcome] = field(default_factory=dict)

    def judge(self, facts: Facts, function: CheckFunction, wants: tuple[str, ...]) -> Outcome:
        """Run one check and say what came of it; only KeyboardInterrupt gets out."""
        hidden = self.context.hidden(facts.path)
        outcome: Outcome = {
            "name": facts.name,
            "question": facts.question,
            "says": facts.says,
            "points": facts.points,
            "score": 0.0,
            "outcome": "passed",
            "why": "",
            "hint": "",
            "visibility": "hidden" if hidden else "visible",
            "seconds": 0.0,
            "detail": "",
            "drawing": "",
        }
        self.done[facts.name] = outcome
        for name in facts.after:
            # One that was left out of this run, by -k say, holds nothing up.
            if name in self.done and self.done[name]["outcome"] != "passed":
                outcome["outcome"], outcome["why"] = "skipped", f"It needs “{self.done[name]['says']}” first."
                return outcome
        began = time.perf_counter()
        try:
            _settle(outcome, function(*self._arguments(facts, wants, hidden)))
        except KeyboardInterrupt:
            raise
        except BaseException as error:  # pytest.skip and SystemExit are no way out of a check either
            _explain(outcome, error, function)
        outcome["seconds"] = round(time.perf_counter() - began, 6)
        return outcome

    def _arguments(self, facts: Facts, wants: tuple[str, ...], hidden: bool) -> list[object]:
        context, student = self.context, self.context.student
        # By type: a student proxy answers to any name, as a module of the submission.
        if hasattr(type(student), "begin"):
            student.begin(facts.name, context.seed, facts.seconds, hidden)
        given: list[object] = []
        for name in wants:
            if name == "student":
                given.append(student)
            elif name == "rng":
                from numpy.random import default_rng

                given.append(default_rng([context.seed, zlib.crc32(facts.name.encode())]))
            elif name == "data":
                given.append(context.data)
            elif name == "once":
                given.append(Once(context.once, facts.name, student))
            elif name == "figures":
                given.append(context.figures)
            elif name == "report":
                given.append(report.Report(context.file(report.NAME, report.LARGEST + 1)))
            elif name == "weights":
                from .weights import Weights

                given.append(Weights(student, context.file, context.keep_weights))
            elif name == "flag":
                given.append(context.flag)
            elif name == "retrain":
                from .retrain import Retrain

                given.append(Retrain.around(student, facts.name, context.training))
            elif hidden:
                given.append(context.ref)
            else:
                raise RuntimeError("a visible check asks for ref, which no student has at home")
        return given


def _settle(outcome: Outcome, share: object) -> None:
    """Turn what a check returned into its score. Raises TypeError or ValueError for what is no share."""
    if share is None:
        outcome["score"] = outcome["points"]
        return
    if isinstance(share, bool) or not isinstance(share, Real):
        raise TypeError(f"a check returns nothing or a share from 0 to 1, not {share!r}")
    earned = float(share)
    if not 0.0 <= earned <= 1.0:
        raise ValueError(f"a check returns nothing or a share from 0 to 1, not {earned}")
    outcome["score"] = round(earned * outcome["points"], 9)
    hidden = outcome["visibility"] == "hidden"
    said = getattr(share, "why_hidden" if hidden else "why", "")
    outcome["drawing"] = str(getattr(share, "drawing_hidden" if hidden else "drawing", ""))
    outcome["why"], outcome["hint"] = plain(said), plain(getattr(share, "hint", ""))
    if earned < 1.0:
        outcome["outcome"] = "failed"
        outcome["why"] = outcome["why"] or "Only a part of the points was earned."


def _explain(outcome: Outcome, error: BaseException, function: CheckFunction) -> None:
    """Turn what a check raised into a verdict and a sentence."""
    hidden = outcome["visibility"] == "hidden"
    if not hasattr(error, "outcome"):
        error = blame(error, function.__code__, _statement(error, function)) or error
    verdict = getattr(error, "outcome", None)
    if verdict in ("failed", "timed_out"):
        why = getattr(error, "why_hidden", GENERIC) if hidden else getattr(error, "why", str(error))
        outcome["outcome"], outcome["why"], outcome["hint"] = verdict, plain(why), plain(getattr(error, "hint", ""))
        outcome["drawing"] = str(getattr(error, "drawing_hidden" if hidden else "drawing", ""))
    elif isinstance(error, AssertionError):
        text = GENERIC if hidden else str(error) or "What this check states does not hold."
        outcome["outcome"], outcome["why"] = "failed", plain(text)
    else:
        outcome["outcome"], outcome["why"] = "errored", WRONG
        own = error.__traceback__.tb_next if error.__traceback__ else None
        lines = traceback.format_exception(type(error), error, own or error.__traceback__)
        outcome["detail"] = plain("".join(lines), 8000)


def _statement(error: BaseException, function: CheckFunction) -> str:
    """The source line of the check at which `error` came up."""
    trace, line = error.__traceback__, 0
    while trace is not None:
        if trace.tb_frame.f_code is function.__code__:
            line = trace.tb_lineno
        trace = trace.tb_next
    return linecache.getline(function.__code__.co_filename, line)
