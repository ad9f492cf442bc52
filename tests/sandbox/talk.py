"""How the sandbox's tests speak with a worker: one call, its value, or what went wrong."""

from __future__ import annotations

import json
import os
import re
import shutil
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from autograder.model import Limits
from autograder.sandbox import wire
from autograder.sandbox.box import Box
from autograder.sandbox.transport import Stopped

SMALL = Limits(memory_mb=160, processes=24, scratch_mb=8, output_kb=4, reply_mb=4)
"""Limits that are reached quickly."""


class RemoteError(Exception):
    """What student code raised, with the name of its type."""

    def __init__(self, name: str, message: str) -> None:
        super().__init__(f"{name}: {message}")
        self.name = name


def request(function: str, *args: object, module: str = "attacks", token: str = "t") -> bytes:
    tree, buffers = wire.encode((args, {}), lambda x: {"kept": True})
    header = {"token": token, "op": "call", "target": {"path": [module, function]}, "value": tree}
    return wire.pack(header, buffers)


def ask(box: Box, function: str, *args: object, seconds: float = 10.0, module: str = "attacks") -> Any:
    """The value of one call. Raises RemoteError for what it raised, Stopped as the box does."""
    header, body = box.exchange(request(function, *args, module=module), seconds)
    reply = json.loads(header)
    if "error" in reply:
        raise RemoteError(reply["error"]["type"], reply["error"]["message"])
    return wire.decode(reply["ok"], body, lambda about: about)


def stopped(box: Box, function: str, *args: object, seconds: float = 10.0) -> Stopped:
    """How the box was stopped by a call that must not come to an end."""
    try:
        value = ask(box, function, *args, seconds=seconds)
    except Stopped as stop:
        return stop
    raise AssertionError(f"{function} returned {value!r}")


def hostile(folder: Path) -> Path:
    """A submission that attacks."""
    folder.mkdir(parents=True, exist_ok=True)
    shutil.copy(Path(__file__).with_name("attacks.py"), folder)
    return folder


def shifted(text: str) -> list[int]:
    return [byte + 1 for byte in text.encode()]


def eventually(condition: Callable[[], bool], seconds: float = 20.0) -> bool:
    """Whether it becomes true. Waiting is for the kernel's sake: a machine may be slow, but not for ever."""
    end = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > end:
            return False
        time.sleep(0.01)
    return True


def is_running(pid: int) -> bool:
    try:
        with open(f"/proc/{pid}/stat") as stat:
            return stat.read().rpartition(")")[2].split()[0] not in "ZX"
    except (FileNotFoundError, ProcessLookupError):
        return False


def is_root() -> bool:
    return os.geteuid() == 0


def release() -> tuple[int, ...]:
    """The kernel's version, (6, 1) of 6.1.0-13-amd64."""
    return tuple(map(int, re.findall(r"\d+", os.uname().release)[:2]))
