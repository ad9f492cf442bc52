"""A notebook's run from top to bottom: a cell that fails is kept in mind, and the cells after it are run all the same.

What the cells define is one module's. Whoever misses a name in it hears which cell failed before making it, and a name
that is used above the cell that makes it is said to be out of order.
"""

from __future__ import annotations
import __future__

import ast
import contextlib
import linecache
import os
import re
import symtable
import sys
import warnings
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import ModuleType
from typing import Any, Final

from autograder.cells import LARGEST, Cell, NotebookError, cells
from autograder.sandbox import figures
from autograder.sandbox.jupyter import Surroundings, cell_magic, runs_the_cell

_FUTURES: Final = sum(getattr(__future__, name).compiler_flag for name in __future__.all_feature_names)
_MADE: Final = re.compile(r"^(?:(?:async )?def|class)\s+(\w+)|^(\w+)\s*=(?!=)", re.MULTILINE)
_EXITS: Final = ("SystemExit", "KeyboardInterrupt", "GeneratorExit")


class StoppedError(BaseException):
    """The time of the notebook is used up; no `except Exception` of a training loop holds it back."""


@dataclass
class Notebook:
    """One notebook, its namespace and what became of its cells. `through` are exceptions that end the run."""

    path: Path
    through: tuple[type[BaseException], ...] = ()
    guard: Callable[[], contextlib.AbstractContextManager[None]] = contextlib.nullcontext
    """Surrounds each cell; raises StoppedError in it."""
    cells: Sequence[Cell] = ()
    failures: dict[int, BaseException] = field(default_factory=dict)
    """Cell → what it raised."""
    pictures: list[tuple[int, figures.Picture]] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    def run(self, module: ModuleType) -> None:
        """Run all cells in `module`. Raises NotebookError where there is nothing to run, and what goes `through`."""
        self.cells = cells(_content(self.path))
        self._namespace, self._flags = vars(module), 0
        self._transform = _transformer()
        around = Surroundings(self._statement)
        self._namespace.update(around.names(), __name__="__main__")
        sys.modules["__main__"] = module  # where pickle and dataclasses look up what a notebook defines
        self._around, self.notes, figures.shown[:] = around, around.notes, []
        try:
            with _drawing():
                for cell in self.cells:
                    self._run(cell)
        finally:
            figures.cell, self.pictures, figures.shown[:] = 0, list(figures.shown), []

    def _run(self, cell: Cell) -> None:
        figures.cell = cell.number
        name = self.name_of(cell)
        # without a time of change nothing makes linecache look for such a file
        linecache.cache[name] = (len(cell.source), None, cell.source.splitlines(True), name)
        try:
            with self.guard():
                self._execute(cell.source, name)
                figures.show_open()
        except self.through:
            raise
        except BaseException as error:
            self.failures[cell.number] = self._plainly(error, cell)

    def _execute(self, source: str, name: str) -> None:
        magic, rest, body = cell_magic(source)
        if magic and not runs_the_cell(magic):
            if magic == "writefile" and rest:
                Path(rest.removeprefix("-a").strip()).write_text(body, encoding="utf-8")
            else:
                self._around.note(f"%%{magic[:40]} is not run here.")
            return
        tree = self._parse("\n" + body if magic else source, name)
        last = tree.body[-1] if tree.body else None
        shows = isinstance(last, ast.Expr) and not source.rstrip().endswith(";")
        value = tree.body.pop() if shows else None
        self._code(tree, name, "exec")
        if isinstance(value, ast.Expr):
            figures.show(self._code(ast.Expression(value.value), name, "eval"))

    def _statement(self, source: str) -> object:
        """What %time and the like are given; the value of an expression."""
        tree = self._parse(source, "<magic>")
        if len(tree.body) == 1 and isinstance(only := tree.body[0], ast.Expr):
            return self._code(ast.Expression(only.value), "<magic>", "eval")
        return self._code(tree, "<magic>", "exec")

    def _parse(self, source: str, name: str) -> ast.Module:
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore", SyntaxWarning)
                plain = self._transform(source)
                tree: ast.Module = compile(plain, name, "exec", ast.PyCF_ONLY_AST | self._flags, dont_inherit=True)
                return tree
        except SyntaxError as error:
            error.filename = name
            raise

    def _code(self, tree: ast.AST, name: str, mode: str) -> object:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", SyntaxWarning)
            code = compile(tree, name, mode, self._flags, dont_inherit=True)  # type: ignore[call-overload]
        self._flags |= code.co_flags & _FUTURES  # what one cell takes from __future__ holds for those below
        return eval(code, self._namespace)

    def name_of(self, cell: Cell) -> str:
        """How tracebacks call it."""
        return f"{self.path}, cell {cell.number}"

    def _makers(self, name: str) -> list[int]:
        """The cells that define a name."""
        return [cell.number for cell in self.cells if name in _made(cell.source, self._transform)]

    def cause(self, name: str) -> BaseException | None:
        """Why the notebook has no `name`, where that is because a cell failed."""
        failed = [number for number in self._makers(name) if number in self.failures]
        return self.failures[failed[-1]] if failed else None

    def _plainly(self, error: BaseException, cell: Cell) -> BaseException:
        if type(error) is StoppedError:
            return TimeoutError("the computing time of the notebook was used up here").with_traceback(
                error.__traceback__
            )
        if type(error).__name__ in _EXITS:
            said = f"{type(error).__name__} would end Jupyter's kernel; the cells below were run all the same"
            return RuntimeError(said).with_traceback(error.__traceback__)
        return self.explained(error, cell.number)

    def explained(self, error: BaseException, number: int = 0) -> BaseException:
        """`error`, or for a name that is missing an error that says which cell should have made it.

        `number` is the cell that uses the name; 0 for a function that is called after the run.
        """
        name = getattr(error, "name", None) if type(error) is NameError else None
        if not isinstance(name, str):
            return error
        makers = self._makers(name)
        failed = [maker for maker in makers if maker in self.failures]
        later = [maker for maker in makers if maker > number > 0]
        if failed and (not number or failed[0] < number):
            said = f"{name} is not there, because cell {failed[0]}, which makes it, failed"
        elif later and len(later) == len(makers):
            said = f"{name} is used in cell {number} but made in cell {later[0]}: put them in the order they run in"
        else:
            return error
        return NameError(said).with_traceback(error.__traceback__)


def _content(path: Path) -> bytes:
    with path.open("rb") as file:
        return file.read(LARGEST + 1)


def _transformer() -> Callable[[str], str]:
    """IPython's, which turns magics and !commands into Python."""
    try:
        from IPython.core import inputtransformer2
    except ImportError:
        raise NotebookError("cannot be run without IPython: pip install ipython") from None
    made: Any = inputtransformer2
    transform: Callable[[str], str] = made.TransformerManager().transform_cell
    return transform


def _made(source: str, transform: Callable[[str], str]) -> set[str]:
    """Names that a cell assigns, imports or defines at its top level."""
    magic, _, body = cell_magic(source)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", SyntaxWarning)
            table = symtable.symtable(transform(body if magic else source), "<cell>", "exec")
    except (SyntaxError, ValueError, RecursionError):
        return {name for pair in _MADE.findall(source) for name in pair if name}
    return {s.get_name() for s in table.get_symbols() if s.is_assigned() or s.is_imported() or s.is_namespace()}


@contextlib.contextmanager
def _drawing() -> Iterator[None]:
    """Figures come to us meanwhile, whether matplotlib is imported already or will be."""
    os.environ["MPLBACKEND"] = figures.BACKEND
    matplotlib: Any = sys.modules.get("matplotlib")
    if matplotlib is not None:
        before = matplotlib.get_backend()
        matplotlib.use(figures.BACKEND)
    try:
        yield
    finally:
        if matplotlib is not None and "ipykernel" in sys.modules:  # somebody's own notebook goes on drawing
            matplotlib.use(before)
