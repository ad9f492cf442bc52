"""What is tried on machines that grant less, and which layer holds it back there."""

from __future__ import annotations

import contextlib
import json
import os
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final
from unittest.mock import patch

from house import House, discoveries
from rows import NEEDED, Outside, Row, Trial, outside
from talk import SMALL, RemoteError, ask, hostile

from autograder.course.assignment import FOR_NOTEBOOKS
from autograder.model import Assignment, Limits
from autograder.sandbox import attempts, landlock, watchdog
from autograder.sandbox import probe as prober
from autograder.sandbox.box import Box, Zygote, shield
from autograder.sandbox.isolation import Isolation, of
from autograder.sandbox.probe import probe
from autograder.sandbox.student import Student
from autograder.sandbox.transport import Stopped


def _secret(o: Outside) -> tuple[object, ...]:
    return (str(o.secret),)


def _names(o: Outside) -> tuple[object, ...]:
    return (str(o.secret.parent), [o.secret.name])


def _victim(o: Outside) -> tuple[object, ...]:
    return (o.victim,)


def _found(value: Any, o: Outside) -> bool:
    return bool(value)


_NETWORK: Final = (
    Row("seccomp", "connect_tcp", lambda o: (o.tcp,), ("landlock",)),
    Row("seccomp", "send_udp", lambda o: (o.udp,)),
    Row("seccomp", "connect_abstract", lambda o: (o.name,), ("landlock",)),
    Row("seccomp", "shared_segment", lambda o: (o.key,)),
    Row("seccomp", "leave_the_session", lambda o: (), through=_found),
)
_EXCESS: Final = (
    Row("rlimits", "fork_quietly", lambda o: (60,), through=lambda count, o: count == 60),
    Row("watchdog", "hoard", lambda o: (SMALL.memory_mb + 40, 0.5)),
    Row("quota", "fill_scratch", lambda o: (3 * SMALL.scratch_mb, False, 0.5)),
    Row("quota", "fill_scratch", lambda o: (3 * SMALL.scratch_mb, True, 0.5)),
    Row("quota", "many_small_files", lambda o: (10_500, 0.5)),
)
_OWN_UID: Final = (
    Row("uid", "read", lambda o: (str(o.private),), ("jail", "landlock")),
    Row("uid", "write", lambda o: (str(o.private.with_name("new")),), ("jail", "landlock")),
    Row("uid", "change_mode", _secret, ("jail", "seccomp")),
    Row("uid", "send_signal", _victim, ("landlock", "seccomp")),
    Row("capabilities", "read", lambda o: (str(o.foreign),), ("uid", "jail", "landlock")),
)
_LANDLOCK: Final = (
    Row("landlock", "read", _secret, ("jail",)),
    Row("landlock", "seek", _names, ("jail",), _found),
    Row("landlock", "send_signal", _victim, ("uid", "seccomp")),
    Row("landlock", "connect_abstract", lambda o: (o.name,), ("seccomp",)),
)
_JAIL: Final = (
    Row("jail", "read", _secret, ("landlock",)),
    Row("jail", "seek", _names, ("landlock",), _found),
    Row("jail", "size_of", _secret),
)
_SAME_UID: Final = (
    Row("seccomp", "change_mode", _secret),
    Row("seccomp", "change_times", _secret),
    Row("seccomp", "send_signal", _victim, ("landlock",)),
)
ROWS: Final[dict[tuple[str, bool, bool], tuple[Row, ...]]] = {
    ("container", False, True): (*_OWN_UID, *_LANDLOCK, *_NETWORK, *_EXCESS),
    ("container", True, False): (*_OWN_UID, *_JAIL, *_NETWORK[:1]),
    ("container", True, True): (*_JAIL, *_LANDLOCK),
    ("landlock", False, True): (*_SAME_UID, *_LANDLOCK, *_NETWORK, *_EXCESS),
}
"""(level, has it a root of copies, has it Landlock) → what to try."""


def rows(full: Isolation) -> dict[str, tuple[bool, bool]]:
    """Row → (held back by the layer alone, succeeds without it)."""
    with outside() as found, contextlib.closing(Trial(full, found)) as trial:
        kind = full.level, "jail" in full.parts, "landlock" in full.parts
        return {f"{row.name}-{n}": trial.run(row) for n, row in enumerate(ROWS[kind])}


def levels() -> dict[str, object]:
    found = probe()
    return {"uid": os.getuid(), "level": found.level, "layers": found.layers, "missing": found.missing}


def secrets(full: Isolation) -> dict[str, object]:
    """What a worker finds out with all layers, and with none."""
    with tempfile.TemporaryDirectory(prefix="autograder-test-") as place:
        Path(place).chmod(0o755)
        house = House(Path(place))
        submission = house.build()
        bare = full.of([part for part in full.parts if part in ("seccomp", "rlimits")])
        with Zygote(full, NEEDED) as zygote:
            sizes = [_value(zygote.open(submission, SMALL), "size_of", str(path)) for path in house.secrets.values()]
        return {
            "sizes": sizes,
            "all": sorted(discoveries(house, submission, full)),
            "none": sorted(discoveries(house, submission, bare)),
        }


def abis(full: Isolation) -> dict[str, object]:
    """What the probe says of kernels with an older Landlock."""
    said: dict[str, object] = {}
    # processes, memory and disk are nothing that Landlock holds to a limit
    with prober._surroundings() as facts, patch.dict(attempts.EXCESSES, clear=True):
        unconfined = prober._achieved(of("none", ()), facts)
        for version in range(1, landlock.abi()):
            judged = prober._judge(of(full.level, full.parts, landlock_abi=version), facts, unconfined)
            said[str(version)] = judged.layers if isinstance(judged, Isolation) else judged
    return said


_HONEST: Final[dict[str, tuple[object, ...]]] = {
    "use_threads": (),
    "use_files": (),
    "use_shared_memory": (),
    "use_a_subprocess": (),
    "use_copies": (),
    "use_late_imports": (),
    "use_a_library": ("jinja2",),
    "use_processes": (),
}


def honest(full: Isolation) -> dict[str, object]:
    """What each thing that a submission may need comes to: its value or its exception."""
    with _over(full, ("numpy",)) as opened:
        return {name: _value(opened(), name, *args) for name, args in _HONEST.items()}


_BOOK: Final = (
    "%matplotlib inline\nimport matplotlib.pyplot as plt",
    "plt.plot([1, 2])\nplt.show()",
    "from torchvision.datasets import MNIST",
    "sizes = [len(MNIST('./data', train=part, download=True)) for part in (True, False)]",
    "import torch\nnet = torch.nn.Linear(2, 3).cuda()\nwhere = net.weight.device.type",
    "undefined",
    "while True: pass",
)


def notebook(full: Isolation) -> dict[str, object]:
    """A notebook's run: what its cells made, what it showed, which of them failed."""
    limits = Limits(notebook_seconds=4, memory_mb=2000)
    cells = [{"cell_type": "code", "source": source} for source in _BOOK]
    with tempfile.TemporaryDirectory() as place, Zygote(full, (*Assignment.preload, *FOR_NOTEBOOKS)) as zygote:
        Path(place).chmod(0o755)
        Path(place, "ex08.ipynb").write_text(json.dumps({"nbformat": 4, "cells": cells}))
        student = Student(lambda: zygote.open(Path(place), limits), limits, ["ex08.ipynb"])
        ran = student.notebook("ex08")
        said: dict[str, object] = {"sizes": student.ex08.sizes, "where": student.ex08.where}
        said["pictures"] = [list(picture.shape) for _, picture in ran.pictures]
        said["failures"] = [[number, wrong.type] for number, wrong in ran.failures]
        student.close()
    return said


def leftovers(full: Isolation) -> dict[str, object]:
    """Processes, files and folders that are there after a box, and after its zygote."""
    before = _traces()
    left: dict[str, object] = {}
    with _over(full, ()) as opened:
        for attack in ("leave_the_session", "many_small_files", "closed_folder", "fork_bomb"):
            box = opened()
            given = {"many_small_files": (50, 0.0), "closed_folder": (2.0,)}
            kind = _kind(box, attack, *given.get(attack, ()))
            family = watchdog.tree(box.pid)
            box.close()
            alive = [pid for pid in family if Path(f"/proc/{pid}").exists()]
            left[attack] = [kind, alive, len(_boxes())]
    left["after"] = sorted(_traces() - before)
    return left


def _traces() -> set[str]:
    ours = f"autograder-*-{os.getpid()}-*"
    here = {str(path) for folder in ("/tmp", "/var/tmp", "/dev/shm") for path in Path(folder).glob(ours)}
    return here | {f"process {pid}" for pid in watchdog.children(os.getpid())}


def _boxes() -> list[Path]:
    """The folders of open boxes of this process."""
    ours = f"/tmp/autograder-*-{os.getpid()}-*"
    return [path for kind in ("boxes", "jail/boxes") for path in Path("/").glob(f"{ours[1:]}/{kind}/*")]


def _kind(box: Box, attack: str, *args: object) -> str:
    try:
        ask(box, attack, *args, seconds=0.5)
        return "answered"
    except Stopped as stop:
        return stop.kind
    except RemoteError as error:
        return error.name


def _value(box: Box, name: str, *args: object) -> object:
    with box:
        try:
            return ask(box, name, *args)
        except (RemoteError, Stopped) as error:
            return str(error)


@contextlib.contextmanager
def _over(full: Isolation, preload: tuple[str, ...]) -> Any:
    with tempfile.TemporaryDirectory(prefix="autograder-test-") as place, Zygote(full, (*NEEDED, *preload)) as zygote:
        folder = hostile(Path(place))
        yield lambda: zygote.open(folder, SMALL)


TRIALS: Final[dict[str, Callable[[Isolation], dict[str, Any]]]] = {
    "rows": rows,
    "secrets": secrets,
    "abis": abis,
    "honest": honest,
    "notebook": notebook,
    "leftovers": leftovers,
}


def main(*wanted: str) -> dict[str, object]:
    """Each trial's result by its name, with what the probe says and how long all of it took."""
    shield()
    began = time.monotonic()
    said = levels()
    for name in wanted:
        said[name] = TRIALS[name](probe())
    return said | {"seconds": time.monotonic() - began}
