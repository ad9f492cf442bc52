"""Starting a zygote from the grader, by exec, and speaking with it over one socket."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
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
    """A zygote that has been started. `loaded` is what it found to import of `preload`."""

    def __init__(self, preload: Sequence[str], serve: str) -> None:
        """Exec it and wait until it has imported everything. Raises SandboxError with what it said."""
        self._control, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        with theirs, tempfile.TemporaryFile() as errors:
            self.process = subprocess.Popen(
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
            settings = {"package": str(PACKAGE), "preload": list(preload), "serve": serve}
            self._control.settimeout(_START_SECONDS)
            try:
                answer, _ = self.ask(settings)
            except BaseException as error:
                self.close()
                if not isinstance(error, SandboxError):
                    raise
                errors.seek(0)
                said = errors.read()[-2000:].decode(errors="replace").strip()
                raise SandboxError(f"the zygote did not start: {error} {said}".strip()) from None
        self.loaded: tuple[str, ...] = tuple(answer["loaded"])
        self._control.settimeout(_ANSWER_SECONDS)

    @property
    def is_alive(self) -> bool:
        return self.process.poll() is None

    def ask(self, request: Mapping[str, object], fds: Sequence[int] = ()) -> tuple[dict[str, Any], list[int]]:
        """One request, its answer and the descriptors that came with it. Raises SandboxError."""
        try:
            socket.send_fds(self._control, [json.dumps(request).encode()], list(fds))
            message, received, _, _ = socket.recv_fds(self._control, _MESSAGE, 1)
        except TimeoutError:
            self.process.kill()  # late, it would answer the next request with this one's answer
            raise SandboxError("the zygote does not answer") from None
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

    def close(self) -> None:
        """End it, and with it every worker that is still there."""
        self._control.close()
        try:
            self.process.wait(_ANSWER_SECONDS)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
