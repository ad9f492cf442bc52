"""A submission's own modules: found by file name in its folder, compiled from source, apart from what is installed.

A notebook `ex08.ipynb` is the module `ex08`, ahead of an `ex08.py` that somebody exported from it.
"""

from __future__ import annotations

import contextlib
import importlib
import importlib.util
import random
import sys
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from importlib.abc import Loader
from importlib.machinery import ModuleSpec, SourceFileLoader
from pathlib import Path
from types import CodeType, ModuleType
from typing import Any

import numpy as np

from autograder.sandbox import offline
from autograder.sandbox.jupyter import StandIns
from autograder.sandbox.notebook import Notebook

Guarding = Callable[[], contextlib.AbstractContextManager[None]]
RESERVED = frozenset(
    [
        "autograder",
        "numpy",
        "torch",
        "torchvision",
        "scipy",
        "sklearn",
        "pandas",
        "matplotlib",
        "mpl_toolkits",
        "PIL",
        "IPython",
        "mlxtend",
        "pytest",
        "_pytest",
        "safetensors",
        "sympy",
        "networkx",
        "jinja2",
        "typing_extensions",
    ]
)
"""Names that no submission's file takes over, whether or not they are loaded yet. So are the standard library's."""

LIBRARIES = ("builtins", "numpy", "torch")
"""Reached under these names beside the submission's modules: `student.torch.optim.Adam(net.parameters(), lr=1e-3)`."""


class MissingModuleError(Exception):
    """The submission has no file for the module called `name`."""

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self.name = name


class Modules:
    """The modules of one folder, and the import hook by which they find each other before anything installed."""

    def __init__(
        self,
        folder: Path,
        through: tuple[type[BaseException], ...] = (),
        guard: Guarding = contextlib.nullcontext,
        notebooks: Collection[str] | None = None,
        live: Mapping[str, dict[str, Any]] | None = None,
    ) -> None:
        """`through` and `guard` are for notebooks: exceptions that end a run, and what surrounds each cell.

        `notebooks` are the files that count as modules; every one unless said. `live` are namespaces, by name, of
        notebooks that a person is running, which are asked as they are.
        """
        self.folder = folder.resolve()
        self.notebooks: dict[str, Notebook] = {}
        """Those that have been run, or are running."""
        self.notes: list[str] = []
        """What did nothing here, for want of a network or a GPU."""
        self._through, self._guard = through, guard
        self._main: ModuleType | None = None
        found = [path for path in self.folder.glob("*.ipynb") if notebooks is None or path.name in notebooks]
        self._books = {path.stem: path for path in found}
        self._stand_ins = [StandIns(self._note)] if found else []
        names = {path.stem for path in self.folder.glob("*.py")} | self._books.keys()
        names |= {path.parent.name for path in self.folder.glob("*/*.py")}
        self.names = frozenset(filter(_may_take, names))
        self._loaded: dict[str, ModuleType] = {}
        self._apart: dict[str, ModuleType] = {name: _Live(name, space) for name, space in (live or {}).items()}
        self.names -= self._apart.keys()
        self._prepared = bool(live)  # what a person's own session has is not to be changed

    def load(self, name: str) -> ModuleType:
        """The module in `<name>.ipynb`, `<name>.py` or `<name>/`, run once; of LIBRARIES always the installed one.

        Raises MissingModuleError, NotebookError for what is no notebook, or what the module's own code raises.
        """
        if not self._prepared:
            self._prepared = True
            offline.prepare(self.folder, self._note)
        if name in self.names or name in LIBRARIES:
            if name in sys.modules:
                return sys.modules[name]
            with same_draws():
                return importlib.import_module(name)
        if name not in self._apart:
            # `random.py` and its like can be asked for, while `import random` goes on meaning the library.
            spec = self._spec(name, name, self.folder)
            if spec is None or spec.loader is None:
                raise MissingModuleError(name)
            module = importlib.util.module_from_spec(spec)
            with same_draws():
                spec.loader.exec_module(module)
            self._apart[name] = module
        return self._apart[name]

    @contextlib.contextmanager
    def installed(self) -> Iterator[None]:
        """While it lasts `import` finds this folder's modules; afterwards `sys.modules` is as before."""
        namesakes = self._take()
        main = sys.modules["__main__"]
        sys.modules.update(self._loaded)
        sys.modules["__main__"] = self._main or main
        finders: list[Any] = [self, *self._stand_ins]
        sys.meta_path[:0] = finders
        try:
            yield
        finally:
            for finder in finders:
                with contextlib.suppress(ValueError):  # the submission may have taken it out
                    sys.meta_path.remove(finder)
            self._loaded = self._take()
            if self.notebooks:
                self._main = sys.modules["__main__"]
            sys.modules.update(namesakes)
            sys.modules["__main__"] = main

    def _note(self, what: str) -> None:
        if what not in self.notes:
            self.notes.append(what)

    def _take(self) -> dict[str, ModuleType]:
        """Remove what `sys.modules` holds under our names, and return it."""
        found = [name for name in self.names if name in sys.modules]
        if any(hasattr(sys.modules[name], "__path__") for name in found):
            found = [name for name in sys.modules if name.partition(".")[0] in found]
        return {name: sys.modules.pop(name) for name in found}

    def find_spec(self, fullname: str, path: Sequence[str] | None = None, target: object = None) -> ModuleSpec | None:
        """The import system's question; only names that belong to the folder are answered."""
        top, _, tail = fullname.rpartition(".")
        if fullname.partition(".")[0] not in self.names or (top and not path):
            return None
        return self._spec(fullname, tail, Path(next(iter(path))) if path else self.folder)

    def _spec(self, fullname: str, tail: str, folder: Path) -> ModuleSpec | None:
        book = self._books.get(tail) if folder == self.folder else None
        if book is not None and book.is_file():
            cells = _Cells(self.notebooks, tail, Notebook(book, self._through, self._guard))
            return importlib.util.spec_from_file_location(fullname, book, loader=cells)
        for place, package in ((folder / tail / "__init__.py", True), (folder / f"{tail}.py", False)):
            if _spelt(place if not package else place.parent) and place.is_file():
                loader = _Loader(fullname, str(place))
                return importlib.util.spec_from_file_location(
                    fullname, place, loader=loader, submodule_search_locations=[str(place.parent)] if package else None
                )
        if _spelt(folder / tail) and any((folder / tail).glob("*.py")):
            spec = ModuleSpec(fullname, None, is_package=True)
            spec.submodule_search_locations = [str(folder / tail)]
            return spec
        return None


class _Live(ModuleType):
    """A namespace as a module."""

    def __init__(self, name: str, space: dict[str, Any]) -> None:
        super().__init__(name)
        object.__setattr__(self, "_space", space)

    def __getattr__(self, name: str) -> Any:
        if name not in self._space:
            raise AttributeError(f"module {self.__name__!r} has no attribute {name!r}")
        return self._space[name]

    def __setattr__(self, name: str, value: object) -> None:
        self._space[name] = value

    def __dir__(self) -> list[str]:
        return list(self._space)


class _Cells(Loader):
    """Runs a notebook as a module."""

    def __init__(self, notebooks: dict[str, Notebook], name: str, notebook: Notebook) -> None:
        self._notebooks, self._name, self._notebook = notebooks, name, notebook

    def create_module(self, spec: ModuleSpec) -> ModuleType | None:
        return None

    def exec_module(self, module: ModuleType) -> None:
        self._notebooks[self._name] = self._notebook
        self._notebook.run(module)


class _Loader(SourceFileLoader):
    """Always compiles the file: a `.pyc` could be stale, or other code than the source that staff read."""

    def get_code(self, fullname: str) -> CodeType:
        code: CodeType = self.source_to_code(self.get_data(self.path), self.path)
        return code


def _may_take(name: str) -> bool:
    """Whether a submission's file may be what `import name` finds."""
    if name in sys.stdlib_module_names or name in RESERVED:
        return False
    origin = getattr(getattr(sys.modules.get(name), "__spec__", None), "origin", None) or ""
    return not {"site-packages", "dist-packages"} & set(Path(origin).parts)


def _spelt(place: Path) -> bool:
    """Whether the name is spelt so on disk: some machines find `Layers.py` as `layers.py`, the grader's doesn't."""
    return any(entry.name == place.name for entry in place.parent.iterdir())


def seed(number: int) -> None:
    """Seed what student code draws from; torch only where it is loaded."""
    random.seed(number)
    np.random.seed(number % 2**32)
    # torch.manual_seed also queues a call for every kind of device there might be, at ten times the cost.
    if (generator := getattr(sys.modules.get("torch"), "default_generator", None)) is not None:
        generator.manual_seed(number % 2**63)


@contextlib.contextmanager
def same_draws() -> Iterator[None]:
    """Draw from a stream of its own meanwhile: an import gives the same, and a call too, whichever came first."""
    torch = sys.modules.get("torch")
    state, numpy_state = random.getstate(), np.random.get_state()
    torch_state = torch.get_rng_state() if torch is not None else None
    seed(0)
    try:
        yield
    finally:
        random.setstate(state)
        np.random.set_state(numpy_state)
        if torch is not None:
            torch.set_rng_state(torch_state)
