"""A root of copies, for workers from whom nothing else can hide the machine's files: what Python may still import."""

from __future__ import annotations

import contextlib
import importlib
import os
import stat
import sys
import sysconfig
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from importlib.machinery import EXTENSION_SUFFIXES, ModuleSpec
from pathlib import Path
from types import ModuleType
from typing import Final

from autograder.sandbox.sources import DEVICES

_SKIPPED: Final = frozenset(("__pycache__", "test", "tests", "idlelib", "turtledemo", "ensurepip", "site-packages"))
_LEFT_BEHIND: Final = (".so", ".a", ".h", ".hpp", ".cuh", ".pyc", ".pyi")
_LARGEST: Final = 4 << 20
_OURS: Final = ("numpy",)  # what the worker's own side imports, whatever an assignment asks for
# these do something to a terminal, or are there to test the interpreter with
_NOT_FOR_WORKERS: Final = ("readline", "_curses", "_curses_panel", "_tkinter")


@dataclass(frozen=True)
class Jail:
    """`root` as seen from outside; `beyond` are modules that are installed here and can't be imported in there."""

    root: str
    beyond: frozenset[str]


def build(root: str, sites: Sequence[str], preloaded: Iterable[str]) -> Jail:
    """Fill `root` with the Python files of the standard library and of all packages imported so far, each in its place.

    Compiled modules can't be loaded in there, as the libraries they need are elsewhere: those of the standard library
    and of the packages `preloaded` are imported now. Raises OSError. Needs root for the devices, or does without them.
    """
    for name in (*_extensions(), *_compiled((*_OURS, *preloaded))):
        if "test" not in name and name not in _NOT_FOR_WORKERS:
            with contextlib.suppress(Exception):  # made for another system, or no module at all
                importlib.import_module(name)
    before = os.umask(0o022)
    try:
        return _fill(root, sites)
    finally:
        os.umask(before)


def _fill(root: str, sites: Sequence[str]) -> Jail:
    libraries = dict.fromkeys((sysconfig.get_path("stdlib"), sysconfig.get_path("platstdlib")))
    for library in libraries:
        _copy(library, root + library)
    provided = _provided(tuple(libraries))
    beyond = set(_tops(sites)) - provided.keys()
    for top, places in provided.items():
        for place in places:
            beyond |= set(_copy(place, root + place, f"{top}."))
    for site in sites:
        for about in Path(site).glob("*.dist-info/METADATA"):  # the version of a package is asked for by some
            _copy(str(about), root + str(about))
    _make_devices(root)
    return Jail(root, frozenset(beyond - sys.modules.keys()))


def _extensions() -> Iterator[str]:
    """The compiled modules of the standard library."""
    for path in sys.path:
        if os.path.basename(path) == "lib-dynload" and os.path.isdir(path):
            yield from sorted({file.split(".")[0] for file in os.listdir(path)})


def _compiled(packages: Iterable[str]) -> Iterator[str]:
    """The compiled modules of packages that have been imported."""
    for top in dict.fromkeys(name.partition(".")[0] for name in packages):
        for place in map(Path, getattr(sys.modules.get(top), "__path__", ())):
            for path in sorted(path for suffix in EXTENSION_SUFFIXES for path in place.rglob(f"*{suffix}")):
                yield ".".join((top, *path.relative_to(place).parent.parts, path.name.split(".")[0]))


def _provided(libraries: tuple[str, ...]) -> dict[str, list[str]]:
    """Top-level name → the folders or the file of each package imported so far that the standard library hasn't."""
    found: dict[str, list[str]] = {}
    for name, module in list(sys.modules.items()):
        if "." in name or name == "__main__" or name in sys.stdlib_module_names:
            continue
        places = [str(place) for place in getattr(module, "__path__", ())] or [getattr(module, "__file__", None) or ""]
        found[name] = [p for p in places if os.path.exists(p) and not p.endswith(tuple(EXTENSION_SUFFIXES))]
    return found


def _tops(sites: Iterable[str]) -> Iterator[str]:
    """What can be imported from these folders, by its first name."""
    for site in sites:
        for entry in os.scandir(site):
            name = entry.name.split(".")[0]
            if name.isidentifier() and (entry.is_dir() or entry.name.endswith((".py", *EXTENSION_SUFFIXES))):
                yield name


def _copy(source: str, target: str, package: str = "") -> Iterator[str]:
    """Copy what is not compiled and not large. Gives the compiled modules left behind, their names after `package`."""
    if os.path.isfile(source):
        os.makedirs(os.path.dirname(target), 0o755, exist_ok=True)
        _copy_file(source, target)
        return iter(())
    return iter([*_copy_folder(source, target, package)])


def _copy_folder(source: str, target: str, package: str) -> Iterator[str]:
    os.makedirs(target, 0o755, exist_ok=True)
    for entry in os.scandir(source):
        if entry.name in _SKIPPED:
            continue
        if entry.is_dir():
            yield from _copy_folder(entry.path, f"{target}/{entry.name}", f"{package}{entry.name}.")
        elif entry.name.endswith(tuple(EXTENSION_SUFFIXES)):
            yield package + entry.name.split(".")[0]
        elif not entry.name.endswith(_LEFT_BEHIND) and ".so." not in entry.name:
            about = entry.stat()
            if stat.S_ISREG(about.st_mode) and about.st_size <= _LARGEST:
                _copy_file(entry.path, f"{target}/{entry.name}")


def _copy_file(source: str, target: str) -> None:
    reader = os.open(source, os.O_RDONLY)
    try:
        writer = os.open(target, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o444)
        try:
            while os.sendfile(writer, reader, None, 1 << 24):
                pass
        finally:
            os.close(writer)
    finally:
        os.close(reader)


def _make_devices(root: str) -> None:
    os.makedirs(f"{root}/dev", 0o755, exist_ok=True)
    for path in DEVICES:
        with contextlib.suppress(OSError):  # a file system without devices; what reads or writes them fails then
            os.mknod(root + path, stat.S_IFCHR | 0o666, os.stat(path).st_rdev)
            os.chmod(root + path, 0o666)
            os.close(os.open(root + path, os.O_RDONLY))


def enter(root: str) -> None:
    """Make `root` this process's root for good: it will have neither the right to leave nor a way out in its hands."""
    os.chroot(root)
    os.chdir("/")


class Fence:
    """The last finder: says of a module that is out of reach why it is, where Python would say that there is none."""

    def __init__(self, beyond: frozenset[str]) -> None:
        self._beyond = beyond

    def find_spec(
        self, name: str, path: Sequence[str] | None = None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        """Never finds anything. Raises ModuleNotFoundError for what is installed and out of reach."""
        if name in self._beyond:
            raise ModuleNotFoundError(
                f"{name} is installed, but the assignment does not preload it and it can't be imported here",
                name=name,
            )
        return None
