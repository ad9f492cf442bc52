"""What this machine grants, found out by really starting sandboxes and trying to get out of them."""

from __future__ import annotations

import contextlib
import functools
import json
import os
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Literal

from autograder.model import Limits
from autograder.sandbox.isolation import LAYERS, LEVELS, NEEDED, Isolation, Level, SandboxError, of
from autograder.sandbox.transport import Stopped

if TYPE_CHECKING:
    from autograder.sandbox.box import Box

__all__ = ["Isolation", "probe"]

Facts = dict[str, Any]

_SERVE: Final = "autograder.sandbox.attempts:serve"
_SECONDS: Final = 10.0
_LIMITS: Final = Limits(memory_mb=192, processes=24, scratch_mb=16)
_EXCESS: Final = {"megabytes": 384, "most": _LIMITS.processes, "scratch_mb": _LIMITS.scratch_mb}


@functools.cache
def probe(want: Literal["best", "strict"] | Level = "best") -> Isolation:
    """The strongest level that holds here; "strict" means "ns", and a level's name asks for that one alone.

    A level holds when a worker confined by all its layers fails at all that an unconfined one is seen to achieve. What
    can't be shown does not count: the level is then "none", which is the one that nothing is claimed of. The answer is
    kept for the life of the process.
    """
    if not sys.platform.startswith("linux"):
        return Isolation("none", (), ("Linux",))
    wanted: tuple[Level, ...] = ("ns",) if want == "strict" else tuple(LEVELS) if want == "best" else (want,)
    reasons: tuple[str, ...] = ()
    with _surroundings() as facts:
        unconfined = _achieved(of("none", ()), facts)
        for level in wanted:
            if level == "none":
                break
            judged = _needed(level) or _judge(_available(level), facts, unconfined)
            if isinstance(judged, Isolation):
                return judged
            reasons += (f"{level}: {judged}",)
    nothing = _available("none")
    return replace(nothing, missing=nothing.missing + reasons)


def _needed(level: Level) -> str:
    """Which of the layers that make the level one this machine has not; "" where it has them."""
    lacking = [group for group in NEEDED[level] if not any(_has(part) for part in group)]
    return f"no {' and no '.join(' or '.join(LAYERS[part] for part in group) for group in lacking)}" if lacking else ""


def _available(level: Level) -> Isolation:
    """A level as far as this machine has its layers. It misses what the strongest level would have besides.

    A plain user needs no uid of the worker's own in a user namespace, and of cgroup and watchdog one is enough.
    """
    from autograder.sandbox import landlock

    parts = tuple(part for part in LEVELS[level] if _has(part))
    spared = {"cgroup", "watchdog", *(("uid",) if level == "ns" or os.geteuid() else ())}
    missing = [LAYERS[part] for part in LEVELS["ns"] if part not in (*parts, *spared)]
    return of(level, parts, tuple(missing), landlock.abi())


def _has(part: str) -> bool:
    from autograder.sandbox import landlock, limits, syscalls

    if part == "uid":
        return os.geteuid() == 0
    if part == "landlock":
        return landlock.abi() > 0
    if part == "jail":
        return os.geteuid() == 0 and not (landlock.abi() and _interpreter_is_open())
    if part == "seccomp":
        return bool(syscalls.NUMBERS)
    if part in ("cgroup", "watchdog"):
        return limits.may_make_cgroup() == (part == "cgroup")
    return True


def _interpreter_is_open() -> bool:
    """Whether a worker with a user of its own can still read the interpreter and the packages."""
    from autograder.sandbox.launch import PACKAGE
    from autograder.sandbox.sources import site_folders, sources

    return sources(str(PACKAGE), site_folders(sys.path)).is_open()


def _judge(isolation: Isolation, facts: Facts, unconfined: set[str]) -> Isolation | str:
    """The isolation if it holds, or why it does not."""
    from autograder.sandbox.attempts import ON_FILES

    if not unconfined.issuperset(ON_FILES):
        return "an unconfined worker could not reach the files either, so nothing is shown"
    try:
        through = sorted(_achieved(isolation, facts) & unconfined)
    except (SandboxError, Stopped) as error:
        return str(error)
    return f"a worker could {', '.join(through)}" if through else isolation


def _achieved(isolation: Isolation, facts: Facts) -> set[str]:
    """What workers under this isolation get done. Raises SandboxError or Stopped where they can't even try."""
    from autograder.sandbox.attempts import EXCESSES
    from autograder.sandbox.box import Zygote

    patience = 3.0 if isolation.parts else 0.0  # what only a watchdog holds back needs to be noticed
    with Zygote(isolation, preload=(), serve=_SERVE) as zygote:
        with zygote.open(facts["folder"], _LIMITS) as box:
            through = set(_ask(box, {name: value for name, value in facts.items() if name != "folder"}))
        for name in EXCESSES:  # each ends its worker where it is held back
            with zygote.open(facts["folder"], _LIMITS) as box, contextlib.suppress(Stopped):
                through |= set(_ask(box, {"excess": name, "patience": patience, **_EXCESS}))
    return through


def _ask(box: Box, facts: Facts) -> list[str]:
    from autograder.sandbox.pipes import PREFIX

    request = json.dumps(facts).encode()
    try:
        header, _ = box.exchange(PREFIX.pack(len(request), 0) + request, _SECONDS)
    except Stopped as stop:
        last = box.printed().strip().rpartition("\n")[2]
        raise Stopped(stop.kind, f"{stop.detail} {last}".strip()) from None
    return [str(name) for name in json.loads(header)]


@contextlib.contextmanager
def _surroundings() -> Iterator[Facts]:
    """What there is to reach for: a file that all may read, a process of our own, and two sockets that listen."""
    from autograder.sandbox import ground

    with contextlib.ExitStack() as stack:
        place = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix=ground.prefix())))
        place.chmod(0o755)
        secret = place / "secret"
        secret.write_text("an answer")
        secret.chmod(0o644)
        folder = place / "submission"
        folder.mkdir()
        victim = subprocess.Popen(
            [sys.executable, "-I", "-S", "-c", "import signal; signal.pause()"], stdin=subprocess.DEVNULL, cwd="/"
        )
        stack.callback(victim.wait)
        stack.callback(victim.kill)
        tcp = stack.enter_context(socket.create_server(("127.0.0.1", 0)))
        udp = stack.enter_context(socket.socket(socket.AF_INET, socket.SOCK_DGRAM))
        udp.bind(("127.0.0.1", 0))
        local = stack.enter_context(socket.socket(socket.AF_UNIX))
        name = f"autograder-probe-{os.getpid()}"
        local.bind("\0" + name)
        local.listen()
        yield {
            "folder": folder,
            "secret": str(secret),
            "victim": victim.pid,
            "port": tcp.getsockname()[1],
            "udp": udp.getsockname()[1],
            "name": name,
        }
