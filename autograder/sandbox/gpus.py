"""GPUs: which this machine has, told from its files alone, and who may use one at the moment.

Nothing here speaks to a driver: CUDA must not be initialised in a process that forks afterwards.
"""

from __future__ import annotations

import contextlib
import os
import re
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from autograder.sandbox.isolation import Isolation, SandboxError

_NODE: Final = re.compile(r"nvidia(\d+)")
_SHARED: Final = ("nvidiactl", "nvidia-uvm")
_RETRY: Final = 0.2
_SPARE: Final = 0.95
"""The share of a GPU's memory that its runs may have together; the rest is the driver's."""


class GpuError(SandboxError):
    """The GPU that was asked for is not there."""


@dataclass(frozen=True)
class Gpu:
    """One GPU: its number in /dev, the name that its driver gives it, and the nodes that a worker needs."""

    number: int
    name: str
    nodes: tuple[str, ...]


def found(root: Path = Path("/")) -> tuple[Gpu, ...]:
    """The GPUs whose device nodes this process may open, by number; `root` is the file system's."""
    dev = root / "dev"
    if not all((dev / name).exists() for name in _SHARED):
        return ()
    shared = tuple(str(dev / name) for name in _SHARED)
    numbers = sorted(int(m[1]) for entry in os.listdir(dev) if (m := _NODE.fullmatch(entry)))
    names = _names(root / "proc/driver/nvidia/gpus")
    nodes = {number: str(dev / f"nvidia{number}") for number in numbers}
    return tuple(
        Gpu(number, names.get(number, "a GPU"), (node, *shared))
        for number, node in nodes.items()
        if os.access(node, os.R_OK | os.W_OK)
    )


def chosen(asked: str, root: Path = Path("/")) -> tuple[Gpu, ...]:
    """The GPUs for `auto` (all there are, so none where there is none), `cpu` or `cuda:N`; raises GpuError."""
    if asked == "cpu":
        return ()
    there = found(root)
    if asked == "auto":
        return there
    match = re.fullmatch(r"cuda(?::(\d{1,3}))?", asked)
    if match is None:
        raise GpuError(f"--device {asked}: there is auto, cpu and cuda:N")
    fit = [gpu for gpu in there if match[1] is None or gpu.number == int(match[1])]
    if not fit:
        has = ", ".join(f"cuda:{gpu.number}" for gpu in there) or "none that this user may open"
        raise GpuError(f"--device {asked}: this machine has no such GPU; it has {has}")
    return tuple(fit)


def usable(asked: str, isolation: Isolation) -> tuple[Gpu, ...]:
    """As `chosen`, where workers can be given one: raises GpuError where they can't, and has none for `auto`."""
    gpus = chosen(asked)
    if gpus and "jail" in isolation.parts:
        if asked == "auto":
            return ()
        raise GpuError(f"--device {asked}: workers have a root of copies here, in which no GPU can be used")
    return gpus


def named(gpus: Sequence[Gpu]) -> dict[str, str]:
    """What a grade's versions say of the device: nothing where training runs on the CPU."""
    names = ", ".join(sorted({gpu.name for gpu in gpus}))
    return {"device": f"{names}, deterministic kernels"} if gpus else {}


def _names(folder: Path) -> dict[int, str]:
    """Number in /dev → model, as the driver's own files tell."""
    names: dict[int, str] = {}
    for path in folder.glob("*/information"):
        with contextlib.suppress(OSError, ValueError, KeyError):
            facts = dict(line.split(":", 1) for line in path.read_text().splitlines() if ":" in line)
            names[int(facts["Device Minor"])] = facts["Model"].strip()
    return names


class Lease:
    """The right to use one GPU, shared with `per_gpu` − 1 others; given back when closed, or by the kernel at our end.

    One file a place, locked by whoever has it: so all graders of this user on this machine agree.
    """

    def __init__(self, gpu: Gpu, fd: int) -> None:
        self.gpu, self._fd = gpu, fd

    def close(self) -> None:
        """May be called twice."""
        if self._fd >= 0:
            os.close(self._fd)
            self._fd = -1


def share(per_gpu: int) -> float:
    """The share of a GPU's memory that each of so many runs on it may have."""
    return _SPARE / per_gpu


def take(gpus: Sequence[Gpu], per_gpu: int, folder: Path | None = None) -> Lease:
    """Wait for a place on any of `gpus` and take it."""
    place = folder or Path(tempfile.gettempdir(), f"autograder-gpus-{os.getuid()}")
    place.mkdir(mode=0o700, exist_ok=True)
    if place.stat().st_uid != os.getuid() or place.is_symlink():
        raise SandboxError(f"{place} is another user's; remove it")
    while True:
        for turn in range(per_gpu):
            for gpu in gpus:
                if (fd := _locked(place / f"{gpu.number}-{turn}")) >= 0:
                    return Lease(gpu, fd)
        time.sleep(_RETRY)


def _locked(path: Path) -> int:
    """A descriptor that holds the file's lock, or −1 where somebody else does."""
    import fcntl

    fd = os.open(path, os.O_CREAT | os.O_RDWR | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
    try:
        fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(fd)
        return -1
    return fd
