"""What a request is about: a module and names below it, or an object that the worker holds and names below it."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass


@dataclass(eq=False)
class Slot:
    """An object that the worker holds for us, let go when nothing here refers to it any more."""

    number: int
    generation: int
    freed: list[int]
    """Numbers that the next request tells the worker to forget."""

    def __del__(self) -> None:
        self.freed.append(self.number)


@dataclass(frozen=True, eq=False)
class Place:
    """`label` is what a student knows it by; `safe` is the same without a word that the submission chose."""

    path: tuple[str, ...]
    label: str
    safe: str
    slot: Slot | None = None
    file: str = ""
    """The file of the module that a path begins with."""

    @property
    def is_notebook(self) -> bool:
        return self.file.endswith(".ipynb")

    @property
    def module(self) -> str:
        """The module a path begins with, or "" for an object that the worker holds."""
        return self.path[0] if self.slot is None else ""

    @property
    def owner(self) -> tuple[str, str]:
        """(label, safe) of what the last name belongs to."""
        if self.slot is None:
            owner = self.path[-2] if len(self.path) > 2 else self.file
            return owner, owner
        return self.label.rpartition(".")[0] or self.label, "the object"

    def target(self) -> dict[str, object]:
        """The place as a request's header has it."""
        where: dict[str, object] = {"path": list(self.path)}
        return where if self.slot is None else where | {"handle": self.slot.number}

    def below(self, name: str) -> Place:
        """The attribute `name` of what is here."""
        path = (*self.path, name)
        if self.slot is not None:
            return Place(path, f"{self.label}.{name}", name, self.slot)
        label = ".".join(path[1:])
        return Place(path, label, label, file=self.file)


def module(name: str, files: Collection[str] = ()) -> Place:
    """A module of the submission: a notebook where `files` have one of that name."""
    file = f"{name}.ipynb" if f"{name}.ipynb" in files else f"{name}.py"
    return Place((name,), file, file, file=file)


def held(number: int, generation: int, freed: list[int], label: str) -> Place:
    """An object that the worker holds."""
    return Place((), label, "the object", Slot(number, generation, freed))
