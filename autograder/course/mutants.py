"""Mutants: the solution with one automatic change inside its solution regions, to measure how much the checks see."""

from __future__ import annotations

import ast
import copy
import hashlib
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from autograder.course import regions
from autograder.course.assignment import solution_of
from autograder.course.toml import read
from autograder.model import Assignment

NAME = "mutants.toml"
Node = TypeVar("Node", bound=ast.AST)
OPPOSITES = [(ast.Add, ast.Sub), (ast.Mult, ast.Div), (ast.Lt, ast.GtE), (ast.LtE, ast.Gt), (ast.Eq, ast.NotEq)]
OPPOSITES += [(ast.And, ast.Or), (ast.Is, ast.IsNot)]
SWAPPED = dict(OPPOSITES) | {b: a for a, b in OPPOSITES} | {ast.FloorDiv: ast.Mult, ast.Pow: ast.Mult}
NEIGHBOURS = {ast.Lt: ast.LtE, ast.LtE: ast.Lt, ast.Gt: ast.GtE, ast.GtE: ast.Gt}
PAIRS = [("sum", "mean"), ("max", "min"), ("argmax", "argmin"), ("maximum", "minimum"), ("var", "std"), ("sin", "cos")]
PAIRS += [("zeros", "ones"), ("zeros_like", "ones_like")]
RENAMED = dict(PAIRS) | {b: a for a, b in PAIRS} | {"log": "log1p", "exp": "expm1", "sqrt": "square"}
DROPPED = frozenset({"transpose", "copy", "clip", "detach", "zero_grad", "step", "eval", "train", "t"})
"""Methods that are undone where they are called: what they were called on stays."""


@dataclass(frozen=True)
class Mutant:
    """`text` is the whole of `file` after `line`, a stripped line of its solution, was changed as `says` tells.

    `within` is the dotted name of the function or class around the line.
    """

    file: str
    number: int
    within: str
    line: str
    says: str
    text: str

    @property
    def id(self) -> str:
        return f"{Path(self.file).stem}-{self.number}-{hashlib.sha256(self.text.encode()).hexdigest()[:6]}"


@dataclass(frozen=True)
class Equivalent:
    """A change that no check can or should see, and why. Without the optional keys it stands for a whole file."""

    file: str
    why: str
    within: str = ""
    line: str = ""
    says: str = ""

    def covers(self, mutant: Mutant) -> bool:
        inside = f"{mutant.within}.".startswith(f"{self.within}.") if self.within else True
        return inside and self.file == mutant.file and self.line in ("", mutant.line) and self.says in ("", mutant.says)


def of(assignment: Assignment) -> list[Mutant]:
    """Every mutant of the files that students hand in, in an order that is shuffled and always the same."""
    folder = solution_of(assignment)
    found: dict[str, Mutant] = {}
    for name in [*assignment.files, *assignment.optional]:
        if (folder / name).is_file() and Path(name).suffix in (".py", ".ipynb"):
            text = (folder / name).read_text("utf-8")
            make = of_notebook if name.endswith(".ipynb") else of_python
            found |= {mutant.text: mutant for mutant in make(name, text)}
    return sorted(found.values(), key=lambda m: hashlib.sha256(f"{m.file}\n{m.number}\n{m.says}".encode()).digest())


def equivalents(assignment: Assignment) -> tuple[Equivalent, ...]:
    """What mutants.toml lists; raises CourseError. No such file means none."""
    path = solution_of(assignment) / NAME
    if not path.is_file():
        return ()
    top = read(path)
    top.only(("equivalent",))
    found = []
    for table in top.tables("equivalent"):
        table.only(("file", "within", "line", "says", "why"))
        optional = {key: table.text(key) for key in ("within", "line", "says") if key in table.values}
        found.append(Equivalent(table.text("file"), table.text("why"), **optional))
    return tuple(found)


def of_notebook(name: str, text: str) -> Iterator[Mutant]:
    """Mutants of a notebook's code cells; `number` counts cells and lines as cell · 1000 + line."""
    book = json.loads(text)
    for index, cell in enumerate(book["cells"]):
        if cell["cell_type"] != "code":
            continue
        source = "".join(cell["source"])
        for mutant in of_python(f"{name}, cell {index + 1}", source):
            changed = copy.deepcopy(book)
            changed["cells"][index]["source"] = mutant.text.splitlines(keepends=True)
            number = (index + 1) * 1000 + mutant.number
            yield Mutant(name, number, mutant.within, mutant.line, mutant.says, json.dumps(changed))


def of_python(name: str, text: str) -> Iterator[Mutant]:
    """Mutants of Python source: one change each, on lines inside a solution region. Raises CourseError."""
    marked = regions.find(text, name)
    if not marked:
        return
    lines = text.splitlines(keepends=True)
    for node, place, within in _nodes(ast.parse(_without_magics(text))):
        if not any(region.first < node.lineno - 1 < region.last for region in marked):
            continue
        old = ast.get_source_segment(text, place)
        for new in changes(node):
            if old is None or new == old:
                continue
            changed = _spliced(lines, place, new)
            if _parses(changed):
                says = f"{_short(old)} → {_short(new)}"
                yield Mutant(name, node.lineno, within, lines[node.lineno - 1].strip(), says, changed)


def changes(node: ast.expr | ast.stmt) -> Iterator[str]:
    """What a node's source may become."""
    match node:
        case ast.BinOp(op=op) if type(op) in SWAPPED:
            yield f"({ast.unparse(_with(node, op=SWAPPED[type(op)]()))})"
        case ast.BinOp(left=left, op=ast.MatMult(), right=right):
            yield f"({ast.unparse(ast.BinOp(right, ast.MatMult(), left))})"
        case ast.BoolOp(op=op):
            yield f"({ast.unparse(_with(node, op=SWAPPED[type(op)]()))})"
        case ast.Compare(ops=[op]):
            for table in (SWAPPED, NEIGHBOURS):
                if type(op) in table:
                    yield f"({ast.unparse(_with(node, ops=[table[type(op)]()]))})"
        case ast.UnaryOp(op=ast.USub() | ast.Not(), operand=operand):
            yield f"({ast.unparse(operand)})"
        case ast.IfExp(body=body, orelse=orelse):
            yield f"({ast.unparse(orelse)})"
            yield f"({ast.unparse(body)})"
        case ast.Constant(value=bool(value)):
            yield repr(not value)
        case ast.Constant(value=int(value)):
            yield repr(value + 1)
        case ast.Constant(value=float(value)) if value:
            yield repr(1.5 * value)
        case ast.Attribute(value=inner, attr="T"):
            yield ast.unparse(inner)
        case ast.Call(func=ast.Attribute(value=inner, attr=name)) if name in DROPPED:
            yield ast.unparse(inner)
        case ast.Call(func=ast.Attribute(attr=name) as function) if name in RENAMED:
            yield ast.unparse(_with(node, func=_with(function, attr=RENAMED[name])))
        case ast.Call(func=ast.Name(id=name)) if name in RENAMED:
            yield ast.unparse(_with(node, func=ast.Name(RENAMED[name])))
        case ast.AugAssign(op=op):
            yield "pass"
            yield ast.unparse(ast.Assign([node.target], node.value, lineno=1))
            if type(op) in SWAPPED:
                yield ast.unparse(_with(node, op=SWAPPED[type(op)]()))
        case ast.Expr(value=ast.Call()) | ast.Assign(targets=[ast.Subscript() | ast.Attribute()]):
            yield "pass"
        case ast.If(test=test):
            yield f"not ({ast.unparse(test)})"


def _nodes(tree: ast.AST, within: str = "") -> Iterator[tuple[ast.expr | ast.stmt, ast.expr | ast.stmt, str]]:
    """(node, the node whose source is replaced, the dotted name around it): an `if` is changed in its condition."""
    for node in ast.iter_child_nodes(tree):
        if isinstance(node, ast.JoinedStr):
            continue  # places inside an f-string have no columns of their own
        if isinstance(node, ast.expr | ast.stmt):
            yield node, node.test if isinstance(node, ast.If) else node, within
        named = f".{node.name}" if isinstance(node, ast.FunctionDef | ast.ClassDef) else ""
        yield from _nodes(node, f"{within}{named}".lstrip("."))


def _with(node: Node, **fields: object) -> Node:
    changed = copy.copy(node)
    for name, value in fields.items():
        setattr(changed, name, value)
    return changed


def _spliced(lines: list[str], place: ast.expr | ast.stmt, new: str) -> str:
    """The text with the place's source replaced. Columns count bytes of UTF-8, as ast does."""
    first, last = place.lineno - 1, (place.end_lineno or place.lineno) - 1
    before = lines[first].encode()[: place.col_offset].decode()
    after = lines[last].encode()[place.end_col_offset :].decode()
    return "".join([*lines[:first], before + new + after, *lines[last + 1 :]])


def _without_magics(text: str) -> str:
    """Lines of IPython's own made comments, so that line numbers stay."""
    return re.sub(r"^([ \t]*)[%!]", r"\1#", text, flags=re.MULTILINE)


def _parses(text: str) -> bool:
    try:
        ast.parse(_without_magics(text))
    except (SyntaxError, ValueError):
        return False
    return True


def _short(source: str) -> str:
    flat = " ".join(source.split())
    return flat if len(flat) <= 60 else flat[:59] + "…"


def apply(mutant: Mutant, folder: Path) -> None:
    """Make the mutant in `folder`, a copy of the solution."""
    (folder / mutant.file).write_text(mutant.text, "utf-8")
