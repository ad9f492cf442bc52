"""What a machine grants: the levels and their layers as data, and the value that is recorded with every grade."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Literal

Level = Literal["ns", "container", "landlock", "none"]

LAYERS: Final[dict[str, str]] = {
    "uid": "own uid",
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
}
"""Key of a layer → how a person reads it. The keys are what `Isolation.parts` holds."""

NAMESPACES: Final = ("user", "mount", "pid", "network", "ipc", "uts")
_EVERYWHERE: Final = ("seccomp", "capabilities", "rlimits", "cgroup", "watchdog")

LEVELS: Final[dict[Level, tuple[str, ...]]] = {
    "ns": ("uid", *NAMESPACES, "landlock", *_EVERYWHERE),
    "container": ("uid", "landlock", *_EVERYWHERE),
    "landlock": ("landlock", *_EVERYWHERE),
    "none": _EVERYWHERE,
}
"""Level → its layers, strongest level first. `uid` needs root, `cgroup` a writable hierarchy; both may be missing."""


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

    def of(self, parts: Sequence[str]) -> Isolation:
        """The same level made of these layers instead, to show what each of them holds back."""
        abi = next((int(name.split()[-1]) for name in self.layers if name.startswith("Landlock ABI")), 0)
        return of(self.level, parts, self.missing, abi)

    def without(self, *keys: str) -> Isolation:
        """The same with layers taken off. Raises ValueError for one that there is not."""
        if unknown := set(keys) - set(LAYERS):
            raise ValueError(f"no such layer: {', '.join(sorted(unknown))}; there are {', '.join(LAYERS)}")
        return self.of([part for part in self.parts if part not in keys])


def of(level: Level, parts: Sequence[str], missing: tuple[str, ...] = (), landlock_abi: int = 0) -> Isolation:
    """The isolation made of these layers."""
    abi = f"Landlock ABI {landlock_abi}" if landlock_abi else LAYERS["landlock"]
    return Isolation(level, tuple(abi if part == "landlock" else LAYERS[part] for part in parts), missing, tuple(parts))
