"""What a notebook finds around it in Jupyter or Colab, as far as it can be had where nobody watches: the rest is noted.

`get_ipython`, magics, `!commands`, `display`, `input` and `google.colab` are here, so that a notebook written for a
browser runs as it is. What does nothing here says so in `Surroundings.notes`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from importlib.abc import Loader
from importlib.machinery import ModuleSpec, PathFinder
from types import ModuleType
from typing import Any, Final, NoReturn

from autograder.sandbox import figures

NOTES: Final = 12
_SILENT: Final = re.compile(
    "matplotlib|load_ext|reload_ext|autoreload|config|pip|conda|cd|pwd|ls|env|who|whos|precision|pinfo2?|tensorboard|xmode"
)
"""Magics whose absence changes nothing."""
_RUN_THE_CELL: Final = frozenset(("time", "timeit", "capture", "prun", "memit", "debug"))
_MAGIC: Final = re.compile(r"\s*%%(\w+)[ \t]*(.*)")


def cell_magic(source: str) -> tuple[str, str, str]:
    """(name, rest of the line, body) of a cell that begins with %%name; ("", "", source) of any other."""
    first, _, body = source.lstrip().partition("\n")
    found = _MAGIC.match(first)
    return (found[1], found[2].strip(), body) if found else ("", "", source)


def runs_the_cell(magic: str) -> bool:
    """Whether %%magic runs the cell as it is, and only says more about it."""
    return magic in _RUN_THE_CELL


class Surroundings:
    """One notebook's: `run` executes a statement in its namespace."""

    def __init__(self, run: Callable[[str], object]) -> None:
        self.notes: list[str] = []
        self._run = run

    def names(self) -> dict[str, object]:
        """What is there without an import."""
        return {"get_ipython": lambda: _Shell(self, self._run), "display": self.display, "input": self.input}

    def note(self, what: str) -> None:
        """Say once that something did nothing here."""
        place = f"cell {figures.cell}: " if figures.cell else ""
        if len(self.notes) < NOTES and not any(note.endswith(what) for note in self.notes):
            self.notes.append(place + what)

    def display(self, *things: object, **_options: object) -> None:
        """Show figures and images, print the rest."""
        for thing in things:
            if not figures.show(thing):
                print(thing)

    def input(self, prompt: object = "") -> NoReturn:
        """Nobody is there to answer."""
        raise EOFError("input() asks a person, and nobody is there when this is graded: write the value into the cell")


class _Shell:
    """As much of IPython's shell as notebooks use."""

    def __init__(self, around: Surroundings, run: Callable[[str], object]) -> None:
        self._around, self._run = around, run
        self.user_ns: dict[str, object] = {}

    def run_line_magic(self, name: str, line: str = "", *_more: object, **_options: object) -> object:
        """%time and %timeit run their statement once; others do nothing here."""
        if name in ("time", "timeit") and line:
            return self._run(re.sub(r"^(?:-\w+(?: \d+)? )+", "", line))
        if not _SILENT.fullmatch(name):
            self._around.note(f"%{name[:40]} does nothing here.")
        return None

    def magic(self, line: str) -> object:
        """The old spelling."""
        name, _, rest = line.lstrip("%").partition(" ")
        return self.run_line_magic(name, rest)

    def run_cell_magic(self, name: str, line: str = "", cell: str = "") -> object:
        """%%time and its like run the cell."""
        if runs_the_cell(name):
            return self._run(cell)
        self._around.note(f"%%{name[:40]} does nothing here.")
        return None

    def system(self, command: str) -> None:
        """`!command`: there is nothing to install into and no network to install from."""
        self._around.note(f"!{command.strip()[:60]} was not run; nothing can be installed or fetched here.")

    def getoutput(self, command: str, *_more: object, **_options: object) -> list[str]:
        """`x = !command`."""
        self.system(command)
        return []

    def __getattr__(self, name: str) -> Callable[..., None]:
        if name.startswith("_"):
            raise AttributeError(name)
        return lambda *args, **kwargs: None


class StandIns:
    """The import system's finder of `google.colab` and `otter`: modules whose functions do nothing.

    A notebook's own `grader.check` is for its author; here the grader asks.
    """

    def __init__(self, note: Callable[[str], None]) -> None:
        self._note = note

    def find_spec(
        self, name: str, path: Sequence[str] | None = None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        """Answers for these and what is below them, and for `google` where nothing else is called so."""
        if name == "google" and PathFinder.find_spec("google") is None:
            return ModuleSpec(name, _StandIn(), is_package=True)
        if name == "otter" or name.startswith("otter."):
            return ModuleSpec(name, _StandIn(), is_package=True)
        if name == "google.colab" or name.startswith("google.colab."):
            self._note("google.colab is Colab's own: what is called of it does nothing here.")
            return ModuleSpec(name, _StandIn(), is_package=True)
        return None


class _StandIn(Loader):
    """Makes the modules of `StandIns`."""

    def create_module(self, spec: ModuleSpec) -> ModuleType:
        return ModuleType(spec.name)

    def exec_module(self, module: ModuleType) -> None:
        if module.__name__ != "google":
            module.__getattr__ = _nothing  # type: ignore[method-assign]


def _nothing(name: str) -> Any:
    if name.startswith("__"):
        raise AttributeError(name)
    return _Nothing()


class _Nothing:
    """Whatever is asked of it is there and does nothing; `files.upload()` gives an empty dict."""

    def __call__(self, *args: object, **kwargs: object) -> dict[str, bytes]:
        return {}

    def __getattr__(self, name: str) -> _Nothing:
        if name.startswith("__"):
            raise AttributeError(name)
        return _Nothing()
