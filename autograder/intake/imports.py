"""What a submission's files import, read token by token and never run: advice for staff and students, never a score.

A numpy layer whose backward asks another library's autograd gives right numbers, so no check of values can object.
The assignment says which file is to do without which modules or which of their names, torch.optim.Adam; whoever breaks
that is told, and staff read it as a flag.
It is advice because it can be evaded: what a program imports is decided when it runs.
"""

from __future__ import annotations

import io
import tokenize
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from tokenize import TokenInfo

from autograder.intake.names import some
from autograder.intake.uses import Names, is_within

MOST = 192 << 10
"""Bytes of Python that are looked through for one submission; honest ones have a quarter of it."""

_EVASIVE = frozenset(("__import__", "import_module", "exec", "eval", "importlib", "ctypes", "runpy", "pkgutil"))


@dataclass
class Seen:
    """Of one file: module → line of its first import, evasive name → line, and backwards that differentiate."""

    imports: dict[str, int] = field(default_factory=dict)
    evasions: dict[str, int] = field(default_factory=dict)
    names: Names = field(default_factory=Names)
    numeric: list[str] = field(default_factory=list)
    """Functions called backward that seem to be numeric gradients of a forward."""


def advise(files: Mapping[str, bytes], forbidden: Mapping[str, Sequence[str]]) -> tuple[list[str], list[str]]:
    """Notes for the student and flags for staff about `files`, name → content; `forbidden` is the assignment's."""
    if not forbidden:
        return [], []
    python = {name: content for name, content in files.items() if name.endswith(".py")}
    if (size := sum(map(len, python.values()))) > MOST:
        return [], [f"holds {size >> 10:,} KB of Python, too much to be looked through for imports"]
    seen = {name: look(content) for name, content in python.items()}
    notes, flags = [], []
    for name in sorted(forbidden.keys() & seen.keys()):
        reached = _reached(name, seen)
        told = set[str]()
        for file, line in reached.items():
            way = f" by way of {file}" if file != name else ""
            for module, own in seen[file].imports.items():
                if module in forbidden[name] and module not in told:
                    told.add(module)
                    said = f"{name} line {line or own} imports {module}{way}"
                    notes.append(f"{said}: write {name} without {module}.")
                    flags.append(f"{said}, which the assignment forbids there")
            for word, row in _used(forbidden[name], seen[file]):
                said = f"{file} line {row} uses {word}"
                notes.append(f"{said}: write your own.")
                flags.append(f"{said}, which the assignment forbids there")
            for word, own in seen[file].evasions.items():
                flags.append(f"{file} line {own} uses {word}, so what {name} imports cannot be told by reading")
        if numeric := seen[name].numeric:
            flags.append(f"in {name} a backward seems to differentiate its forward numerically, as in {some(numeric)}")
    return notes, flags


def look(content: bytes) -> Seen:
    """What one file says. A file that is no Python is looked through up to where it stops being so."""
    seen, backwards = Seen(), _Backwards()
    depth, line = 0, list[TokenInfo]()
    for token in _tokens(content):
        kind = tokenize.tok_name[token.type]
        if kind in ("INDENT", "DEDENT"):
            depth += 1 if kind == "INDENT" else -1
        elif kind in ("NEWLINE", "ENDMARKER"):
            _read(line, seen)
            seen.names.read(line)
            backwards.read(line, depth, seen)
            line = []
        elif kind not in ("COMMENT", "NL", "ENCODING"):
            line.append(token)
    _read(line, seen)
    seen.names.read(line)
    backwards.leave(seen)
    return seen


def _tokens(content: bytes) -> Iterator[TokenInfo]:
    try:
        yield from tokenize.tokenize(io.BytesIO(content).readline)
    except (tokenize.TokenError, SyntaxError, ValueError, LookupError):
        return


def _read(line: Sequence[TokenInfo], seen: Seen) -> None:
    """Enter the imports and the evasive names of one logical line, which may hold several statements."""
    start = 0
    for i, token in enumerate(line):
        before = [t.string for t in line[max(0, i - 2) : i]]
        # model.eval() is what every network has; builtins.eval is not.
        method = token.string in ("eval", "exec") and before[-1:] == ["."] and before[0].strip("_") != "builtins"
        if token.string in _EVASIVE and token.type == tokenize.NAME and not method:
            seen.evasions.setdefault(token.string, token.start[0])
        elif token.string == "modules" and before == ["sys", "."]:
            seen.evasions.setdefault("sys.modules", token.start[0])
        elif token.string in (";", ":"):
            _note(line[start:i], seen)
            start = i + 1
    _note(line[start:], seen)


def _note(statement: Sequence[TokenInfo], seen: Seen) -> None:
    """Enter the modules of `import a.b as c, d`, `from a.b import c` or, of the own folder, `from . import c`."""
    words = [token.string for token in statement]
    if not words or words[0] not in ("import", "from"):
        return
    if words[0] == "import":
        modules = [word for before, word in pairwise(words) if before in ("import", ",")]
    else:
        modules = [word for word in words[1:] if word.strip(".")]
        modules = modules[1:] if modules[:1] == ["import"] else modules[:1]
    if modules[:1] == ["sys"] and "modules" in words:
        seen.evasions.setdefault("sys.modules", statement[0].start[0])
    for module in modules:
        if module.isidentifier():
            seen.imports.setdefault(module, statement[0].start[0])


def _used(forbidden: Sequence[str], seen: Seen) -> Iterator[tuple[str, int]]:
    """The forbidden names with a dot, torch.optim.Adam, that a file uses, each with the line of its first use."""
    for word in forbidden:
        rows = [row for path, row in seen.names.found.items() if "." in word and is_within(path, word)]
        if rows:
            yield word, min(rows)


def _reached(name: str, seen: Mapping[str, Seen]) -> dict[str, int]:
    """`name` and the submission's files that it imports, those that they import …, each with its line in `name`."""
    reached = {name: 0}
    waiting = [name]
    while waiting:
        file = waiting.pop(0)
        for module, line in seen[file].imports.items():
            for other in seen:
                if other not in reached and (other == f"{module}.py" or other.startswith(f"{module}/")):
                    reached[other] = reached[file] or line
                    waiting.append(other)
    return reached


class _Backwards:
    """Finds a `…backward…` that has a `…forward…` run again and again, which to do once is nothing to wonder at.

    That is: named in a loop, in a function of its own within, or not called but handed on.
    """

    def __init__(self) -> None:
        self.name, self.line = "", 0
        self.outer = -1
        """Depth at which the function's `def` stands; -1 outside of any."""
        self.repeats: list[int] = []
        """Depths of the loops and inner functions that are open."""
        self.forward = ""

    def read(self, line: Sequence[TokenInfo], depth: int, seen: Seen) -> None:
        """Take in one logical line."""
        if depth <= self.outer:
            self.leave(seen)
        words = [token.string for token in line]
        if self.outer < 0:
            at = words.index("def") if "def" in words[:2] else len(words)
            self.name = "".join(words[at + 1 : at + 2])
            if "backward" not in self.name:
                return
            self.line, self.outer, words[at] = line[0].start[0], depth, ""
        self.repeats = [outer for outer in self.repeats if outer < depth]
        again = bool(self.repeats) or any(word in ("for", "while", "lambda", "def") for word in words)
        for i, token in enumerate(line):
            if token.type == tokenize.NAME and "forward" in token.string and not self.forward:
                self.forward = token.string if again or words[i + 1 : i + 2] != ["("] else ""
        if again:
            self.repeats.append(depth)

    def leave(self, seen: Seen) -> None:
        """The function is over."""
        if self.outer >= 0 and self.forward:
            seen.numeric.append(f"{self.name[:60]} (line {self.line})")
        self.outer, self.repeats, self.forward = -1, [], ""
