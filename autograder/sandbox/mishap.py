"""What a worker says went wrong: an error reply read as untrusted data, its text made fit to be shown."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass

from autograder.sandbox.wire import WireError

KINDS = frozenset(("raised", "missing_module", "missing_name", "import_failed", "not_plain"))
FRAMES = 16
NAMES = 1_000

_ESCAPES = re.compile(r"\x1b(?:\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b]*(?:\x07|\x1b\\)?|[@-_])")
_INVISIBLE = frozenset(("Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"))


@dataclass(frozen=True)
class Frame:
    """One line of the submission that an exception passed through."""

    file: str
    line: int
    function: str
    text: str

    @property
    def place(self) -> str:
        """Where it is, in words: of a notebook's cell too."""
        return f"{self.file}{',' if ', cell ' in self.file else ''} line {self.line}"


@dataclass(frozen=True)
class Mishap:
    """`kind` is one of KINDS; `type` and `message` are the exception's; `names` are what could have been meant."""

    kind: str
    type: str
    message: str
    frames: tuple[Frame, ...]
    names: tuple[str, ...]


def clean(text: object, cap: int = 300) -> str:
    """One line of visible text: no terminal escapes, control, format or bidirectional characters, capped in length."""
    visible = _ESCAPES.sub("", str(text)[: 4 * cap])
    line = " ".join("".join(" " if unicodedata.category(c) in _INVISIBLE else c for c in visible).split())
    return line if len(line) <= cap else line[: cap - 1] + "…"


def read(tree: object) -> Mishap:
    """The content of an error reply. Raises WireError where it has not the form of one."""
    if not isinstance(tree, dict) or tree.keys() != {"kind", "type", "message", "frames", "names"}:
        raise WireError("an error without its five parts")
    frames, names = tree["frames"], tree["names"]
    if not isinstance(frames, list) or len(frames) > FRAMES or not isinstance(names, list) or len(names) > NAMES:
        raise WireError("an error with too many frames or names")
    if (kind := _text(tree["kind"], 20)) not in KINDS:
        raise WireError("an error of an unknown kind")
    return Mishap(
        kind,
        _text(tree["type"], 80),
        _text(tree["message"], 300),
        tuple(_frame(frame) for frame in frames),
        tuple(_text(name, 80) for name in names),
    )


def _frame(tree: object) -> Frame:
    if not isinstance(tree, dict) or tree.keys() != {"file", "line", "function", "text"}:
        raise WireError("a frame without its four parts")
    line = tree["line"]
    if type(line) is not int or not 0 <= line < 1 << 31:
        raise WireError("a frame without a line")
    return Frame(_text(tree["file"], 200), line, _text(tree["function"], 80), _text(tree["text"], 200))


def _text(tree: object, cap: int) -> str:
    if not isinstance(tree, str):
        raise WireError("an error whose text is none")
    return clean(tree, cap)
