"""A submission's own settings of a training run, within the limits that its handout names."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any, Final

from .failure import Failure, kind_of, plain

Settings = dict[str, dict[str, Any]]
"""Settings by part: {"model": {"hidden_dim": 16}, "solver": {"num_epochs": 5}}."""
Limit = tuple[int, int] | type[float] | type[str] | type[dict[Any, Any]] | None
"""What a setting may be: a whole number from … to …, any finite number, text, a dict, or None: not there at all."""

_KINDS: Final = {float: "a number", str: "text", dict: "a dict"}


def settings(
    student: Any,
    name: str,
    own: Mapping[str, Mapping[str, object]],
    limits: Mapping[str, Mapping[str, Limit]],
    *,
    free: str = "",
) -> Settings:
    """What the submission's function `name` ("experiments.cnn") returns, or `own` where there is none to call.

    `limits` says part by part which settings there are and what each may be; the part called `free` may have others
    besides. A function that is not written yet (NotImplementedError) is none to call. Raises Failure with a sentence
    that names the setting, its value and its limit.
    """
    if not student.has(name):
        return {part: dict(values) for part, values in own.items()}
    module, _, function = name.rpartition(".")
    try:
        chosen = getattr(getattr(student, module), function)()
    except Exception as error:
        if getattr(error, "type", "") == "NotImplementedError":
            return {part: dict(values) for part, values in own.items()}
        raise
    if not isinstance(chosen, dict) or set(chosen) != set(limits) or not all(type(v) is dict for v in chosen.values()):
        said = f"{function}() should return a dict of {' and '.join(repr(part) for part in limits)}, each a dict"
        found = f"keys {', '.join(plain(key, 40) for key in chosen)}" if isinstance(chosen, dict) else kind_of(chosen)
        raise Failure(f"{said}; it returned {found}.", hidden=f"{said}.")
    for part, values in chosen.items():
        for key, value in values.items():
            if key in limits[part]:
                _judge(function, key, value, limits[part][key])
            elif part != free or not isinstance(key, str):
                said = f"{function}: {part} has a setting that is not allowed there"
                allowed = ", ".join(sorted(key for key, limit in limits[part].items() if limit is not None))
                raise Failure(f"{said}: {plain(key, 40)}; there is {allowed}.", hidden=f"{said}.")
    return chosen


def _judge(function: str, key: str, value: object, limit: Limit) -> None:
    """Raise Failure unless `value` is what `limit` allows."""
    said = ""
    if limit is None:
        said = "" if value is None else "which this model does not have; leave it out"
    elif isinstance(limit, tuple):
        low, high = limit
        if not _is_number(value) or value != int(value):  # type: ignore[call-overload]
            said = "which is no whole number"
        elif not low <= value <= high:  # type: ignore[operator]
            said = f"which is above its cap of {high}" if value > high else f"which is below {low}"  # type: ignore[operator]
    elif limit is float:
        said = "" if _is_number(value) else "which is no finite number"
    elif not isinstance(value, limit):
        said = f"which is not {_KINDS[limit]}"
    if said:
        shown = plain(repr(value) if isinstance(value, (int, float, str, type(None))) else kind_of(value), 40)
        raise Failure(f"{function}: {key} is {shown}, {said}.", hidden=f"{function}: {key} has a value {said}.")


def _is_number(value: object) -> bool:
    if type(value).__module__ == "numpy" and not getattr(value, "shape", None):
        value = value.item()  # type: ignore[attr-defined]
    return isinstance(value, (int, float)) and not isinstance(value, bool) and math.isfinite(value)
