"""What a request may ask of a thing in the worker: call it, once or often, its length, an item, or only itself."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from autograder.sandbox import weights


def _call(subject: Any, value: Any, watch: bool) -> object:
    args, kwargs = value
    result = subject(*args, **kwargs)
    return (result, args) if watch else result


def _many(subject: Any, value: Any, watch: bool) -> object:
    return [subject(*args) for args in value]


def _setitem(subject: Any, value: Any, watch: bool) -> object:
    subject[value[0]] = value[1]
    return None


OPS: dict[str, Callable[[Any, Any, bool], object]] = {
    "call": _call,
    "infer": weights.infer,
    "infer_many": weights.infer_many,
    "many": _many,
    "get": lambda subject, value, watch: subject,
    "has": lambda subject, value, watch: True,
    "len": lambda subject, value, watch: len(subject),
    "item": lambda subject, value, watch: subject[value],
    "setitem": _setitem,
}
