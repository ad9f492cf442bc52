"""Whose fault an exception in a check is: the check's own, or that of what the student returned to it.

`out, cache = student.layers.fc_forward(x, w, b)` raises TypeError in the check when the student returned None. A check
that the solution passes only ever meets such a thing in a submission, so it is for the student to mend, not for staff.
"""

from __future__ import annotations

import re
from types import CodeType

from .failure import Failure, kind_of

_UNPACK = re.compile(r"(cannot unpack non-iterable|not enough values to unpack|too many values to unpack)")
_FOREIGN = re.compile(r"'(NoneType|Handle)'|\b(NoneType|Handle) object|not '?(NoneType|Handle)'?")
_PLAIN = (type(None), bool, int, float, complex, str, bytes, list, tuple, dict)
_RETURN = "Does the function return everything that its docstring names, in that order?"
_CALL = re.compile(r"\bstudent\.([\w.]+?)(?:\.watch|\.many)?\(")


def blame(error: BaseException, check: CodeType, statement: str) -> Failure | None:
    """A Failure for the student, or None where the check itself is at fault.

    Only for exceptions that came up in the check's own lines, of kinds that a wrong return value causes: unpacking it,
    an attribute of a plain value, a missing key or index, None or a handle in the place of a number. `statement` is
    the source of the line, from which the sentence takes the name of the function.
    """
    if not _is_own(error, check):
        return None
    called = _CALL.search(statement)
    who, start = (called[1], called[1]) if called else ("a function", "A function")
    hidden = f"{start} does not return what its docstring names."
    text = str(error)
    if isinstance(error, (TypeError, ValueError)) and _UNPACK.match(text):
        what = "None" if "NoneType" in text else "one value" if "non-iterable" in text else "another number of values"
        return Failure(f"{start} returned {what} where several values were expected.", _RETURN, hidden)
    if isinstance(error, AttributeError) and error.name and _is_plain(error.obj):
        return Failure(f"{start} returned {kind_of(error.obj)} where .{error.name} was expected.", _RETURN, hidden)
    if isinstance(error, KeyError) and error.args and isinstance(error.args[0], (str, int)):
        return Failure(f"What {who} returned has no {error.args[0]!r}.", _RETURN, hidden)
    if isinstance(error, IndexError) and text in ("list index out of range", "tuple index out of range"):
        return Failure(f"What {who} returned has too few parts.", _RETURN, hidden)
    if isinstance(error, TypeError) and (found := _FOREIGN.search(text)):
        what = "None" if "NoneType" in found[0] else "an object"
        return Failure(f"{start} returned {what} where a value was expected.", _RETURN, hidden)
    return None


def _is_plain(value: object) -> bool:
    return isinstance(value, _PLAIN) or type(value).__module__ in ("numpy", "torch")


def _is_own(error: BaseException, check: CodeType) -> bool:
    """Whether the innermost frame of the traceback is the check's, or a comprehension's or lambda's inside it."""
    trace = error.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    code = trace.tb_frame.f_code if trace is not None else None
    return code is check or (code is not None and code in check.co_consts)
