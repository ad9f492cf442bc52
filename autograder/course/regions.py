"""Solution regions: where they begin and end in a text, and what a student gets in their place.

In Python `# BEGIN SOLUTION <note>` … `# END SOLUTION`, with any number of #; in Markdown `<!-- BEGIN SOLUTION -->` …
`<!-- END SOLUTION -->`. Inside a function a region becomes `# TODO: <note>` and a raise of NotImplementedError with the
note; without a note it is the function's dotted name. At module or class level nothing is raised, because importing
the skeleton must not fail: only the comment stays. `# BEGIN SOLUTION NO PROMPT` (Otter's spelling) leaves nothing.
"""

from __future__ import annotations

import ast
import json
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from difflib import SequenceMatcher

from autograder.course.toml import CourseError

ANSWER_HERE = "*Your answer here.*"
SILENT = "NO PROMPT"
Definition = ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef

# A comment that may be meant as a marker: indent, BEGIN or END, and what follows.
PYTHON = re.compile(r"^([ \t]*)#+[ \t]*(BEGIN|END)\b(?:[ \t]+(.*?))?[ \t]*$", re.IGNORECASE)
MARKDOWN = re.compile(r"^([ \t]*)<!--[ \t]*(BEGIN|END)\b(?:[ \t]+(.*?))?[ \t]*-->[ \t]*$", re.IGNORECASE)
# The same, behind something else on the line, or Otter's one-line form, which would stay in the handout unnoticed.
TRAILING = re.compile(r"\S.*(#|<!--)[ \t]*(BEGIN[ \t]+|END[ \t]+)?SOLUTION\b")
MAGIC = re.compile(r"^([ \t]*)[%!]")


@dataclass(frozen=True)
class Region:
    """Lines `first` to `last` of a text (from 0), the markers' own; `inside` is what a student must not see."""

    first: int
    last: int
    indent: str
    note: str
    inside: tuple[str, ...]


def find(text: str, name: str, pattern: re.Pattern[str] = PYTHON) -> list[Region]:
    """The regions of `text` in order; raises CourseError with `name` and line for nested, unclosed or odd markers."""
    regions: list[Region] = []
    lines = text.split("\n")
    begun: tuple[int, str, str] | None = None
    for number, word, indent, note in _markers(lines, name, pattern):
        if word == "BEGIN" and begun is not None:
            raise _wrong(name, number, f"BEGIN SOLUTION inside the region that begins on line {begun[0] + 1}")
        if word == "BEGIN":
            begun = number, indent, note
        elif begun is None:
            raise _wrong(name, number, "END SOLUTION without a BEGIN SOLUTION before it")
        else:
            first, outer, note = begun
            if indent != outer:
                raise _wrong(name, number, f"END SOLUTION must be indented as BEGIN SOLUTION on line {first + 1} is")
            inside = tuple(line.rstrip("\r") for line in lines[first + 1 : number])
            if not any(line.strip() for line in inside):
                raise _wrong(name, first, "the solution region is empty")
            regions.append(Region(first, number, indent, note, inside))
            begun = None
    if begun is not None:
        raise _wrong(name, begun[0], "BEGIN SOLUTION is never closed; write END SOLUTION after the region")
    return regions


def cut(text: str, name: str = "<text>", *, magics: bool = False) -> str:
    """The skeleton of a Python solution; a text without markers comes back as it is. Raises CourseError.

    What is left is checked here: it parses, and every function and class that is left has its signature and docstring.
    `magics` allows IPython's lines that begin with % or !.
    """
    regions = find(text, name)
    if not regions:
        return text
    tree = _parse(text, name, magics)
    skeleton = _replaced(text, regions, lambda region: _prompt(region, tree, name))
    try:
        left = _parse(skeleton, name, magics)
    except CourseError as error:
        raise CourseError(f"{error} once the solution is cut out; a region must hold whole statements") from None
    _intact(tree, left, regions, name)
    return skeleton


def cut_markdown(text: str, name: str = "<text>") -> str:
    """The handout's side of a Markdown text: each region becomes one line that asks for the answer."""
    regions = find(text, name, MARKDOWN)
    return _replaced(text, regions, lambda region: [f"{region.indent}{ANSWER_HERE}"])


def definitions(tree: ast.AST, outer: str = "") -> Iterator[tuple[str, Definition]]:
    """Functions and classes with their dotted names, in source order, those inside others too."""
    for node in ast.iter_child_nodes(tree):
        if isinstance(node, Definition):
            yield outer + node.name, node
            yield from definitions(node, f"{outer}{node.name}.")
        else:
            yield from definitions(node, outer)


def promises(node: Definition) -> tuple[str, str | None]:
    """What a caller may rely on: the signature (or the bases) with decorators, as text, and the docstring."""
    if isinstance(node, ast.ClassDef):
        parts: list[ast.AST] = [*node.bases, *node.keywords, *node.decorator_list]
    else:
        parts = [node.args, *([node.returns] if node.returns else []), *node.decorator_list]
    return f"{type(node).__name__} {' '.join(ast.unparse(part) for part in parts)}", ast.get_docstring(node)


def _markers(lines: list[str], name: str, pattern: re.Pattern[str]) -> Iterator[tuple[int, str, str, str]]:
    """Line, BEGIN or END, indent and note of each marker; whatever only resembles one is refused, for it would leak."""
    other = PYTHON if pattern is MARKDOWN else MARKDOWN
    for number, line in enumerate(lines):
        if found := pattern.match(line.rstrip("\r")):
            indent, word, rest = found.group(1), found.group(2), found.group(3) or ""
            kind, _, note = rest.partition(" ")
            note = note.strip().strip(":").strip()
            if word.isupper() and kind.rstrip(":") == "SOLUTION" and not (word == "END" and note):
                yield number, word, indent, note
            elif word.isupper() and kind.rstrip(":").isupper() and len(kind) > 1:
                raise _wrong(
                    name, number, f"{word} {rest} is no marker here; there are BEGIN SOLUTION and END SOLUTION"
                )
            elif _alike(kind, "SOLUTION"):
                raise _wrong(name, number, f"{word} {rest} is misspelled; write {word.upper()} SOLUTION")
        elif (found := other.match(line.rstrip("\r"))) and _alike((found.group(3) or "").partition(" ")[0], "SOLUTION"):
            form = "<!-- BEGIN SOLUTION -->" if pattern is MARKDOWN else "# BEGIN SOLUTION"
            raise _wrong(name, number, f"a marker is written {form} here")
        elif TRAILING.search(line):
            raise _wrong(name, number, "SOLUTION behind something else; a marker stands alone on its line")
        elif _glued(line):
            raise _wrong(name, number, f"{line.strip()} is misspelled; write # BEGIN SOLUTION or # END SOLUTION")


def _glued(line: str) -> bool:
    """A comment like #BEGIN_SOLUTION."""
    if not line.lstrip().startswith(("#", "<!--")):
        return False
    return re.sub(r"[^a-z]", "", line.lower()).startswith(("beginsolution", "endsolution"))


def _alike(word: str, known: str) -> bool:
    return SequenceMatcher(None, word.upper().strip(":."), known).ratio() >= 0.75


def _replaced(text: str, regions: list[Region], prompt: Callable[[Region], list[str]]) -> str:
    lines = text.split("\n")
    for region in reversed(regions):
        ending = "\r" if lines[region.first].endswith("\r") else ""
        lines[region.first : region.last + 1] = [line + ending for line in prompt(region)]
    return "\n".join(lines)


def _prompt(region: Region, tree: ast.Module, name: str) -> list[str]:
    """What a student reads in place of a region of Python."""
    if region.note == SILENT:
        return []
    scopes = list(_scopes(region, tree, name))
    note = region.note or (scopes[-1][0] if scopes else "your code here")
    lines = [f"{region.indent}# TODO: {note}"]
    if scopes and not isinstance(scopes[-1][1], ast.ClassDef):
        lines.append(f"{region.indent}raise NotImplementedError({json.dumps(note, ensure_ascii=False)})")
    return lines


def _scopes(region: Region, tree: ast.Module, name: str) -> Iterator[tuple[str, Definition]]:
    """The functions and classes around a region, outermost first."""
    starts = [node.lineno for node in ast.walk(tree) if isinstance(node, ast.stmt)]
    within = [line for line in starts if region.first + 1 < line <= region.last]
    if not within:
        raise _wrong(name, region.first, "the solution region holds no statement")
    for dotted, node in definitions(tree):
        if node.lineno <= region.first and min(within) <= (node.end_lineno or 0):
            yield dotted, node


def _parse(text: str, name: str, magics: bool) -> ast.Module:
    """The syntax tree; in a notebook's cell lines for IPython count as statements."""
    if magics:
        text = "\n".join(MAGIC.sub(r"\1pass #", line) for line in text.split("\n"))
    try:
        return ast.parse(text)
    except (SyntaxError, ValueError, RecursionError) as error:
        line = getattr(error, "lineno", None) or 1
        raise _wrong(name, line - 1, f"is not Python: {getattr(error, 'msg', error)}") from None


def _intact(tree: ast.Module, skeleton: ast.Module, regions: list[Region], name: str) -> None:
    """Nothing that a caller or a student relies on went with the regions."""
    hidden = {line + 1 for region in regions for line in range(region.first, region.last + 1)}
    left = [(dotted, *promises(node)) for dotted, node in definitions(skeleton)]
    for dotted, node in definitions(tree):
        if node.lineno in hidden:
            continue
        signature, docstring = promises(node)
        found = left.pop(0) if left else ("", "", None)
        if found[:2] != (dotted, signature):
            raise _wrong(name, node.lineno - 1, f"a solution region takes part of the signature of {dotted}")
        if found[2] != docstring:
            raise _wrong(name, node.lineno - 1, f"a solution region takes the docstring of {dotted}; begin it below")


def _wrong(name: str, number: int, judgement: str) -> CourseError:
    return CourseError(f"{name}:{number + 1}: {judgement}")
