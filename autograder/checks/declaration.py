"""What a check declares: its points and question, what must pass before it, and the sentence that it states."""

from __future__ import annotations

import inspect
import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import FunctionType
from typing import Final, TypeVar

Share = float | None
"""What a check returns: nothing for all of its points, or a share of them from 0 to 1."""
CheckFunction = Callable[..., Share]
F = TypeVar("F", bound=CheckFunction)

ARGUMENTS: Final = ("student", "rng", "data", "ref", "once", "report", "figures", "weights", "flag", "retrain")


class DeclarationError(ValueError):
    """A check is declared wrongly; one line names the file, the check and what to change."""


@dataclass(frozen=True)
class Points:
    """What `@points` was given."""

    points: float
    question: str
    after: tuple[str, ...]
    seconds: float | None


@dataclass(frozen=True)
class Facts:
    """What is known of a check before it runs. `seconds` is None where the assignment's limits hold."""

    name: str
    question: str
    says: str
    points: float
    after: tuple[str, ...]
    seconds: float | None
    path: Path
    wants: tuple[str, ...] = ()
    """The names of its arguments."""


def points(
    points: float, question: str, after: str | Iterable[str] = (), seconds: float | None = None
) -> Callable[[F], F]:
    """Make a function a check: what it is worth, for which question, after which checks, in how many CPU seconds.

    With `after`, the check is skipped unless the named ones passed. The function takes any of ARGUMENTS, and
    its docstring states the property that it checks: the line a student reads.
    """
    names = (after,) if isinstance(after, str) else tuple(after)

    def declare(function: F) -> F:
        assert isinstance(function, FunctionType)
        if hasattr(function.__globals__.get(function.__name__), "__check__"):
            raise DeclarationError(f"{function.__name__} is defined twice; rename one")
        function.__check__ = Points(points, question, names, seconds)  # type: ignore[attr-defined]
        return function

    return declare


def refusal(function: CheckFunction) -> str:
    """Why a check_* function is not a check, or nothing."""
    declared = getattr(function, "__check__", None)
    if not isinstance(declared, Points):
        return "has no @points; say what it is worth and for which question"
    if not (function.__doc__ or "").strip():
        return "has no docstring; state the property that it checks"
    number = declared.points
    if isinstance(number, bool) or not isinstance(number, (int, float)) or not math.isfinite(number) or number < 0:
        return f"has points {number!r}; they must be a number, 0 or more"
    if not isinstance(declared.question, str) or not declared.question:
        return f"has question {declared.question!r}; name a question's id"
    if declared.seconds is not None and not 0 < declared.seconds < math.inf:
        return f"has seconds {declared.seconds!r}; they must be more than 0"
    unknown = [name for name in inspect.signature(function).parameters if name not in ARGUMENTS]
    return f"asks for {', '.join(unknown)}; there is {', '.join(ARGUMENTS)}" if unknown else ""


def facts(function: CheckFunction, path: Path) -> Facts:
    """The facts of a check that `refusal` has nothing against."""
    declared: Points = function.__check__  # type: ignore[attr-defined]
    says = " ".join(inspect.cleandoc(function.__doc__ or "").split("\n\n")[0].split())
    return Facts(
        function.__name__,
        declared.question,
        says,
        float(declared.points),
        declared.after,
        declared.seconds,
        path,
        tuple(inspect.signature(function).parameters),
    )


def order(checks: Sequence[Facts]) -> list[int]:
    """The places of `checks` in the order to run them: as given, except that a check comes after those it needs.

    Raises DeclarationError for two checks of one name, for `after` naming no check, and for a circle.
    """
    named: dict[str, int] = {}
    for place, check in enumerate(checks):
        if check.name in named:
            other = checks[named[check.name]].path
            raise DeclarationError(f"{_at(check)} is also defined in {other.parent.name}/{other.name}; rename one")
        named[check.name] = place
    done: dict[int, None] = {}

    def put(check: Facts, path: tuple[str, ...]) -> None:
        if check.name in path:
            raise DeclarationError(f"{_at(check)} waits for itself: {' after '.join((*path, check.name))}")
        for name in check.after:
            if name not in named:
                raise DeclarationError(f"{_at(check)} is to run after {name!r}, which is no check")
            if named[name] not in done:
                put(checks[named[name]], (*path, check.name))
        done[named[check.name]] = None

    for check in checks:
        put(check, ())
    return list(done)


def needed(ordered: Sequence[Facts], question: str) -> set[str]:
    """The names of a question's checks and, whatever their question, of those that they come after."""
    names: set[str] = set()
    for check in reversed(ordered):
        if check.question == question or check.name in names:
            names |= {check.name, *check.after}
    return names


def _at(check: Facts) -> str:
    return f"{check.path.parent.name}/{check.path.name}:{check.name}"
