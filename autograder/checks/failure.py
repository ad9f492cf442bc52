"""How a check says that a submission falls short: what happened (why) and what to try (hint), in two sentences."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Final

GENERIC: Final = "The result is not the one that was asked for."
# Control characters, and the marks that turn the direction of text, make a terminal or a page show something else.
_UNPRINTABLE: Final = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069\ud800-\udfff]")
_ANSI: Final = re.compile(r"\x1b(\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b]*(\x07|\x1b\\)|.)")


class Failure(AssertionError):  # noqa: N818 - it is an outcome, not an error
    """A check that did not pass. `hidden` replaces `why` where numbers would give a hidden check away."""

    outcome: Final = "failed"

    def __init__(self, why: str, hint: str = "", hidden: str = "") -> None:
        super().__init__(why)
        self.why, self.hint, self.why_hidden = why, hint, hidden or GENERIC
        # An SVG that shows what is off, and one for a hidden check, without names and numbers of the submission.
        self.drawing, self.drawing_hidden = "", ""


class NotGiven(Failure):
    """Nothing was written here: of several things to choose from, this one was left out."""


def plain(text: object, limit: int = 2000) -> str:
    """`text` without control characters and no longer than `limit` characters."""
    words = _UNPRINTABLE.sub("", _ANSI.sub("", str(text))).strip()
    return words if len(words) <= limit else words[: limit - 1] + "…"


def require(condition: object, why: str, hint: str = "", hidden: str = "") -> None:
    """Fail with `why` unless `condition` is true.

    Raises TypeError (the check is at fault) for anything but a bool: an array or a NaN counts as true in Python.
    """
    if type(condition).__name__ not in ("bool", "bool_"):
        raise TypeError(f"require() takes True or False, not {type(condition).__name__}")
    if not condition:
        raise Failure(why, hint, hidden)


def is_handle(value: object) -> bool:
    """Whether `value` stayed behind the wall; by name, because this room ships alone."""
    return any(kind.__name__ == "Handle" for kind in type(value).__mro__)


def kind_of(value: object) -> str:
    """What `value` is, for a sentence: `None`, `a list`, `an array`, `a LogisticClassifier`."""
    if value is None:
        return "None"
    name = plain(value.type_name, 60) if is_handle(value) else type(value).__name__  # type: ignore[attr-defined]
    name = {"ndarray": "array", "str": "string", "int": "whole number", "float": "number", "bool": "truth value"}.get(
        name, name
    )
    return f"{'an' if name[:1].lower() in 'aeiou' else 'a'} {name}"


def held(value: object, name: str, hint: str = "") -> Any:
    """`value`, where it is something that stays in the worker, a model or a function, and can be called and asked.

    Raises Failure for a plain value: a student may have written `model = 3`.
    """
    if not is_handle(value):
        raise Failure(f"{name} is {kind_of(value)}.", hint, f"{name} is not what it should be.")
    return value


def unpack(result: object, *names: str, of: str = "the function", hint: str = "") -> tuple[object, ...]:
    """The parts of what a student's function returned; a Failure names what should have come back.

    >>> dx, dw = unpack(student.layers.conv_backward(dout, cache), "dx", "dw", of="conv_backward")
    """
    wanted = ", ".join(names)
    if type(result) not in (tuple, list):
        raise Failure(
            f"{of} should return {wanted}; it returned {kind_of(result)}.",
            hint or ("Is there a return at the end?" if result is None else ""),
            hidden=f"{of} does not return {wanted}.",
        )
    assert isinstance(result, (tuple, list))
    if len(result) != len(names):
        raise Failure(
            f"{of} should return {len(names)} values ({wanted}); it returned {len(result)}.",
            hint,
            hidden=f"{of} does not return {wanted}.",
        )
    return tuple(result)


def entry(mapping: object, key: str, name: str, hint: str = "") -> object:
    """`mapping[key]`, or a Failure that names the keys there are."""
    if not isinstance(mapping, Mapping):
        raise Failure(f"{name} is {kind_of(mapping)}, not a dict.", hint, hidden=f"{name} is not a dict.")
    if key not in mapping:
        there = ", ".join(sorted(plain(k, 40) for k in mapping)[:12]) or "nothing"
        raise Failure(f"{name} has no {key!r}; it has {there}.", hint, hidden=f"{name} has no {key!r}.")
    value: object = mapping[key]
    return value
