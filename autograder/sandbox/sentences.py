"""What a student reads when their code could not do what a check asked: three exceptions and how they are worded.

Each has an `outcome`, `why` and `hint`, and `why_hidden` for hidden checks: that one holds nothing the submission chose
but a file of its own, a line number and the name of a well-known exception.
"""

from __future__ import annotations

import builtins
import difflib
import re
from collections.abc import Sequence
from typing import Literal

from autograder.model import Limits
from autograder.sandbox.mishap import Frame, Mishap, clean
from autograder.sandbox.places import Place
from autograder.sandbox.transport import Kind

KNOWN = frozenset(
    name for name, kind in vars(builtins).items() if isinstance(kind, type) and issubclass(kind, BaseException)
) | {"LinAlgError", "AxisError", "OutOfMemoryError", "UFuncTypeError"}
"""Names of exceptions that may be told of a hidden check; any other name could be a message."""
LAST_LINE = 20_000
_MEMORY = frozenset(("MemoryError", "_ArrayMemoryError", "OutOfMemoryError"))
_ALLOCATOR = "DefaultCPUAllocator: can't allocate memory"
"""What torch says, in a RuntimeError."""
_CELL = re.compile(r"(?<=\.ipynb), cell \d{1,4}\Z")
_OFFLINE = re.compile("URLError|gaierror|ConnectionError|ConnectTimeout|MaxRetryError|NewConnectionError|SSLError")
WHOLE = 500
"""Characters a sentence may have."""


class TroubleError(Exception):
    outcome: Literal["failed", "timed_out"] = "failed"

    def __init__(self, why: str, hint: str = "", why_hidden: str = "") -> None:
        super().__init__(why)
        self.why, self.hint, self.why_hidden = clean(why, WHOLE), hint, clean(why_hidden or why, WHOLE)


class StudentError(TroubleError):
    """The submission's code raised. `type`, `message` and `frames` are its own words, cleaned and capped."""

    type: str = ""
    message: str = ""
    frames: tuple[Frame, ...] = ()


class Unavailable(TroubleError):  # noqa: N818 a state, told to a student like the other two
    """What a check wants to use is not there, or cannot be used any more."""


class MissingNameError(Unavailable, AttributeError):
    """A file, module or object without the name asked for; `hasattr` and `getattr` with a default understand it."""


class ImportFailedError(Unavailable):
    """A module whose own code raised while it was imported."""


class Interrupted(TroubleError):  # noqa: N818
    """The worker was stopped in the middle of a request; `kind` says why, `granted` the seconds that it had."""

    kind: Kind = "died"
    granted: float = 0.0


def trouble(mishap: Mishap, place: Place, files: Sequence[str]) -> TroubleError:
    """The exception for an error reply to a request about `place`, by a submission of `files`."""
    if mishap.kind == "missing_module":
        return _missing_module(place.file, files)
    if mishap.kind == "missing_name":
        owner, safe = place.owner
        name = place.path[-1] if place.path else "attribute"
        if mishap.frames:  # a notebook's, of the cell that should have made it
            hidden = f"{safe} has no {name}, because a cell failed: {_name(mishap)}{_seen(mishap, files)}."
            cell = mishap.frames[0].place.removeprefix(f"{owner}, ")
            failed = f"{cell}, `{mishap.frames[0].text}`, failed: {_what(mishap).rstrip('.')}"
            return MissingNameError(f"{owner} has no {name}, because {failed}.", _advice(mishap), hidden)
        return MissingNameError(f"{owner} has no {name}{_near(name, mishap.names)}", "", f"{safe} has no {name}.")
    if mishap.kind == "import_failed":
        return _import_failed(mishap, place, files)
    if mishap.kind == "not_plain":
        return StudentError(f"{place.label} returned {mishap.message}.", "", f"{place.safe} returned too much.")
    error = _raised(mishap, place, files)
    error.type, error.message, error.frames = mishap.type, mishap.message, mishap.frames
    return error


def _raised(mishap: Mishap, place: Place, files: Sequence[str]) -> StudentError:
    last = mishap.frames[-1] if mishap.frames else None
    where = f"{last.place}, in {last.function}" if last else place.label
    if mishap.type == "NotImplementedError":
        inner = last.function if last else place.label
        same = inner == place.label
        hidden = f"{place.safe} is not written yet." if same else f"{place.safe} needs a part that is not written yet."
        return StudentError(f"{inner} is not written yet.", "", hidden)
    if mishap.type in _MEMORY or (mishap.type == "RuntimeError" and _ALLOCATOR in mishap.message):
        asked = "asked for more memory than a submission may have."
        hint = "Look for a huge array, or for a broadcast that builds one in between."
        return StudentError(f"{where}: {asked}", hint, f"{place.safe} {asked}")
    hidden = f"{place.safe} raised {_name(mishap)}{_seen(mishap, files)}."
    if mishap.type in ("SystemExit", "KeyboardInterrupt", "GeneratorExit"):
        hint = "A function returns its result; it never ends the program."
        return StudentError(f"{where}: ended with {mishap.type}.", hint, hidden)
    hint = (
        "Keep the parameters that the handout declares."
        if mishap.type == "TypeError" and not last and "argument" in mishap.message
        else _advice(mishap)
    )
    return StudentError(f"{where}: {_what(mishap)}", hint, hidden)


def _import_failed(mishap: Mishap, place: Place, files: Sequence[str]) -> ImportFailedError:
    file = place.file
    last = mishap.frames[-1] if mishap.frames else None
    if place.is_notebook and mishap.type == "NotebookError":
        return ImportFailedError(f"{file} {mishap.message}.", "", f"{file} could not be read as a notebook.")
    if last and last.file == file:
        why = f"{file} line {last.line} could not be imported: {_what(mishap)}"
    elif last:
        why = f"{file} could not be imported, because of {last.place}: {_what(mishap)}"
    else:
        why = f"{file} could not be imported: {_what(mishap)}"
    hint = "Check the imports: a file of the submission, numpy and what the handout names can be imported."
    hidden = f"{file} could not be imported: {_name(mishap)}{_seen(mishap, files)}."
    return ImportFailedError(why, hint if mishap.type in ("ModuleNotFoundError", "ImportError") else "", hidden)


def _missing_module(module: str, files: Sequence[str]) -> MissingNameError:
    missing = f"{module} is missing from the submission"
    near = _near(module, [file for file in files if file.endswith((".py", ".ipynb"))])
    return MissingNameError(missing + near, "", f"{missing}.")


def interrupted(kind: Kind, place: Place, granted: float, limits: Limits, left: bool = False) -> Interrupted:
    """A worker that was stopped on the way; `left`: it had what was left to the check, not a call's full seconds."""
    within = f"the {granted:.2g} seconds that were left to this check" if left else f"{granted:g} seconds"
    why, hidden, hint = {
        "timed_out": (
            f"did not finish within {within}.",
            "did not finish in time.",
            "Look for a loop that never ends, or for loops over single entries where one array operation does it.",
        ),
        "memory": (
            f"used more than {limits.memory_mb} MB of memory.",
            "used too much memory.",
            "Look for a list that keeps growing, or for a broadcast that builds a huge array in between.",
        ),
        "died": (
            "made Python crash or exit.",
            "made Python crash or exit.",
            "Calls such as os._exit, or a recursion that is far too deep, end the program.",
        ),
        "flood": (
            f"printed more than {limits.output_kb} KB.",
            "printed too much.",
            "Remove the print that runs in every iteration.",
        ),
        "garbled": ("gave an answer that could not be read.", "gave an answer that could not be read.", ""),
        "oversized": (
            f"returned more than {limits.reply_mb} MB.",
            "returned too much.",
            "Return only what the handout asks for.",
        ),
        "disk": (
            f"wrote more than {limits.scratch_mb} MB, or too many files.",
            "wrote too many files, or too large ones.",
            "Keep results in memory; a file is for what the handout asks to save.",
        ),
        "processes": (
            f"started more than {limits.processes} processes or threads.",
            "started too many processes.",
            "",
        ),
    }[kind]
    error = Interrupted(f"{place.label} {why}", hint, f"{place.safe} {hidden}")
    error.kind, error.granted = kind, granted
    if kind == "timed_out":
        error.outcome = "timed_out"
    return error


def _what(mishap: Mishap) -> str:
    return f"{mishap.type}: {mishap.message}" if mishap.message else mishap.type


def _name(mishap: Mishap) -> str:
    return mishap.type if mishap.type in KNOWN else "an exception"


def _seen(mishap: Mishap, files: Sequence[str]) -> str:
    """Where it was, if the submission really has such a file: a forged frame could carry a message."""
    last = mishap.frames[-1] if mishap.frames else None
    if last is None or _CELL.sub("", last.file) not in files or not 0 < last.line <= LAST_LINE:
        return ""
    return f" ({last.place})"


def _advice(mishap: Mishap) -> str:
    """What to do about what a grading machine has not got."""
    if "device-side assert" in mishap.message:
        return "On a GPU an index that is out of range ends so: a label of 10 where there are ten classes, 0 to 9."
    if _OFFLINE.fullmatch(mishap.type) or "urlopen error" in mishap.message:
        return "There is no network where this is graded: hand in the file, or use the data that the handout names."
    if mishap.type == "FileNotFoundError" and "/content" in mishap.message:
        return "/content is Colab's folder: put the file beside yours and name it without a folder."
    return ""


def _near(name: str, names: Sequence[str]) -> str:
    """The end of a sentence about a missing name: the one that comes close, if there is one."""
    lower = {known.lower(): known for known in names}
    found = difflib.get_close_matches(name.lower(), lower, 1)
    return f"; did you mean {lower[found[0]]}?" if found else "."
