"""Starting a zygote from the grader, by exec or as the twin of one, and speaking with it over one socket."""

from __future__ import annotations

import contextlib
import json
import os
import select
import signal
import socket
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from autograder.sandbox.isolation import SandboxError
from autograder.sandbox.sources import site_folders

PACKAGE: Final = Path(__file__).parent.parent
_BOOT: Final = PACKAGE / "sandbox" / "boot.py"
_MESSAGE: Final = 1 << 16
_START_SECONDS: Final = 300
_ANSWER_SECONDS: Final = 60
_ENVIRONMENT: Final = {
    "PATH": "/usr/local/bin:/usr/bin:/bin",
    "LANG": "C.UTF-8",
    "OMP_NUM_THREADS": "1",
    "OPENBLAS_NUM_THREADS": "1",
    "MKL_NUM_THREADS": "1",
    "PYTHONHASHSEED": "0",  # sets must iterate alike in every run; that is why the flags are -P -s -B and not -I -B
}


class Running:
    """A zygote at work, and the one socket to it. `loaded` is what it found to import of `preload`."""

    def __init__(self, control: socket.socket, pid: int, loaded: Sequence[str]) -> None:
        self._control = control
        self._control.settimeout(_ANSWER_SECONDS)
        self.pid = pid
        self._pidfd = os.pidfd_open(pid)
        self.loaded = tuple(loaded)

    @property
    def is_alive(self) -> bool:
        return not self._has_ended(0)

    def ask(self, request: Mapping[str, object], fds: Sequence[int] = ()) -> tuple[dict[str, Any], list[int]]:
        """One request, its answer and the descriptors that came with it. Raises SandboxError."""
        try:
            return _ask(self._control, request, fds)
        except TimeoutError:
            self._kill()  # late, it would answer the next request with this one's answer
            raise SandboxError("the zygote does not answer") from None

    def twin(self) -> Twin:
        """One more zygote that has imported the same, forked from this one and ended with it. Raises SandboxError."""
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        with theirs:
            try:
                answer, _ = self.ask({"twin": True}, [theirs.fileno()])
            except BaseException:
                ours.close()
                raise
        return Twin(ours, answer["pid"], self.loaded)

    def close(self) -> None:
        """End it, and with it every worker that is still there."""
        self._control.close()
        if self._pidfd < 0:
            return
        if not self._has_ended(_ANSWER_SECONDS):
            self._kill()
            self._has_ended(_ANSWER_SECONDS)
        os.close(self._pidfd)
        self._pidfd = -1
        self._forget()

    def _has_ended(self, seconds: float) -> bool:
        return self._pidfd < 0 or bool(select.select([self._pidfd], [], [], seconds)[0])

    def _kill(self) -> None:
        with contextlib.suppress(ProcessLookupError):
            signal.pidfd_send_signal(self._pidfd, signal.SIGKILL)

    def _forget(self) -> None:
        """A twin is its first one's to wait for."""


@dataclass(frozen=True)
class Twin:
    """A zygote on its way to the process that will speak with it: multiprocessing can hand its socket over."""

    control: socket.socket
    pid: int
    loaded: tuple[str, ...]

    def taken(self) -> Running:
        """By the process that will speak with it. Raises SandboxError where it has died meanwhile."""
        try:
            return Running(self.control, self.pid, self.loaded)
        except ProcessLookupError:
            self.control.close()
            raise SandboxError("the zygote is gone") from None


class Started(Running):
    """A zygote that is this process's own child, started by exec."""

    def __init__(self, preload: Sequence[str], serve: str) -> None:
        """Exec it and wait until it has imported everything. Raises SandboxError with what it said."""
        control, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        with theirs, tempfile.TemporaryFile() as errors:
            self._process = subprocess.Popen(
                [sys.executable, "-P", "-s", "-B", str(_BOOT), str(theirs.fileno()), *site_folders(sys.path)],
                cwd="/",
                env=_ENVIRONMENT,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=errors,
                pass_fds=[theirs.fileno()],
                start_new_session=True,  # a Ctrl-C at the terminal is for the grader
            )
            theirs.close()
            super().__init__(control, self._process.pid, ())
            settings = {"package": str(PACKAGE), "preload": list(preload), "serve": serve}
            control.settimeout(_START_SECONDS)
            try:
                answer, _ = self.ask(settings)
            except BaseException as error:
                self._kill()  # it may be importing for seconds yet, and has no worker
                self.close()
                if not isinstance(error, SandboxError):
                    raise
                errors.seek(0)
                said = errors.read()[-2000:].decode(errors="replace").strip()
                raise SandboxError(f"the zygote did not start: {error} {said}".strip()) from None
        self.loaded = tuple(answer["loaded"])
        control.settimeout(_ANSWER_SECONDS)

    def _forget(self) -> None:
        self._process.wait()


def _ask(control: socket.socket, request: Mapping[str, object], fds: Sequence[int]) -> tuple[dict[str, Any], list[int]]:
    try:
        socket.send_fds(control, [json.dumps(request).encode()], list(fds))
        message, received, _, _ = socket.recv_fds(control, _MESSAGE, 1)
    except TimeoutError:
        raise
    except OSError as error:
        raise SandboxError(f"the zygote is gone: {error}") from None
    if not message:
        raise SandboxError("the zygote is gone")
    answer = json.loads(message)
    if "error" in answer:
        for fd in received:
            os.close(fd)
        raise SandboxError(answer["error"])
    return answer, received
