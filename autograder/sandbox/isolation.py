"""What a machine grants: the levels and their layers as data, and the value that is recorded with every grade."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Literal

Level = Literal["ns", "container", "landlock", "none"]

LAYERS: Final[dict[str, str]] = {
    "uid": "own uid",
    "jail": "root of copies",
    "user": "user namespace",
    "mount": "mount namespace",
    "pid": "pid namespace",
    "network": "network namespace",
    "ipc": "ipc namespace",
    "uts": "uts namespace",
    "landlock": "Landlock",
    "seccomp": "seccomp",
    "capabilities": "no capabilities",
    "rlimits": "rlimits",
    "cgroup": "cgroup memory",
    "watchdog": "memory watchdog",
    "quota": "disk watchdog",
}
"""Key of a layer → how a person reads it. The keys are what `Isolation.parts` holds."""

NAMESPACES: Final = ("user", "mount", "pid", "network", "ipc", "uts")
_EVERYWHERE: Final = ("seccomp", "capabilities", "rlimits", "cgroup", "watchdog")

LEVELS: Final[dict[Level, tuple[str, ...]]] = {
    "ns": ("uid", *NAMESPACES, "landlock", *_EVERYWHERE),
    "container": ("uid", "jail", "landlock", *_EVERYWHERE, "quota"),
    "landlock": ("landlock", *_EVERYWHERE, "quota"),
    "none": (*_EVERYWHERE, "quota"),
}
"""Level → its layers, strongest level first. Not every machine has all: `uid` needs root, `cgroup` the right to one.

`jail` is for a container that lacks Landlock, or whose interpreter lies where no other user may go: workers get a root
with copies of the Python files they may still import, and nothing else.
"""

NEEDED: Final[dict[Level, tuple[tuple[str, ...], ...]]] = {
    "ns": tuple((name,) for name in (*NAMESPACES, "seccomp", "rlimits")),
    "container": (("uid",), ("landlock", "jail"), ("seccomp",), ("rlimits",)),
    "landlock": (("landlock",), ("seccomp",), ("rlimits",)),
    "none": (),
}
"""Level → what makes it one: of each group at least one layer."""


class SandboxError(RuntimeError):
    """No worker was opened, as it could not be confined as asked. Never a submission's fault."""


@dataclass(frozen=True)
class Isolation:
    """A level, its layers as short readable strings, and what this machine would not give.

    `parts` are the layers' keys: what a zygote applies to each of its workers, and refuses to do without.
    """

    level: Level
    layers: tuple[str, ...]
    missing: tuple[str, ...]
    parts: tuple[str, ...] = ()
    landlock_abi: int = 0
    """The Landlock that was tried, and that each worker is to use."""

    @property
    def told(self) -> tuple[str, ...]:
        """For the record: the level, its layers, and what is missing, each a few words."""
        return (self.level, *self.layers, *(name if ":" in name else f"no {name}" for name in self.missing))

    def of(self, parts: Sequence[str]) -> Isolation:
        """The same level made of these layers instead, to show what each of them holds back."""
        return of(self.level, parts, self.missing, self.landlock_abi)

    def without(self, *keys: str) -> Isolation:
        """The same with layers taken off. Raises ValueError for one that there is not."""
        if unknown := set(keys) - set(LAYERS):
            raise ValueError(f"no such layer: {', '.join(sorted(unknown))}; there are {', '.join(LAYERS)}")
        return self.of([part for part in self.parts if part not in keys])


def of(level: Level, parts: Sequence[str], missing: tuple[str, ...] = (), landlock_abi: int = 0) -> Isolation:
    """The isolation made of these layers."""
    abi = f"Landlock ABI {landlock_abi}" if landlock_abi else LAYERS["landlock"]
    return Isolation(
        level, tuple(abi if part == "landlock" else LAYERS[part] for part in parts), missing, tuple(parts), landlock_abi
    )
