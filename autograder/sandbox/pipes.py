"""The grader's ends of a worker's three pipes, used so that no worker can block, flood or trick the grader."""

from __future__ import annotations

import contextlib
import fcntl
import os
import struct
from typing import Final

from autograder.sandbox.transport import Stopped

PREFIX: Final = struct.Struct("<IQ")
HEADER_BYTES: Final = 1 << 20
_PIPE_BYTES: Final = 1 << 20
_FLOOD: Final = 256


class GoneError(Exception):
    """The worker closed its end: it died, or wants us to think so."""


class Ends:
    """Three pipes: requests to the worker, replies and output from it. Our ends never block."""

    def __init__(self, held: contextlib.ExitStack) -> None:
        self._theirs = held.enter_context(contextlib.ExitStack())
        request, self.request = os.pipe()
        self.reply, reply = os.pipe()
        self.output, output = os.pipe()
        self.theirs = {"request": request, "reply": reply, "output": output}
        for fd in self.theirs.values():
            self._theirs.callback(os.close, fd)
        for fd in (self.request, self.reply, self.output):
            held.callback(os.close, fd)
            os.set_blocking(fd, False)
            with contextlib.suppress(
                OSError
            ):  # a user's share of pipe memory may be used up; then it is slower, no more
                fcntl.fcntl(fd, fcntl.F_SETPIPE_SZ, _PIPE_BYTES)

    def let_go(self) -> None:
        """Close the worker's ends here, so that the last one to close them is the worker."""
        self._theirs.close()


def write(fd: int, rest: memoryview) -> memoryview:
    """Write what the pipe takes, return what is left. Raises GoneError."""
    while rest:
        try:
            rest = rest[os.write(fd, rest) :]
        except BlockingIOError:
            break
        except BrokenPipeError:
            raise GoneError from None
    return rest


class Output:
    """What a worker prints: the first `keep` bytes are kept, 256 times as many end it."""

    def __init__(self, fd: int, keep: int) -> None:
        self.fd = fd
        self._keep = keep
        self._kept = bytearray()
        self._seen = 0
        self.is_open = True

    def drain(self) -> None:
        """Take what is there. Raises Stopped("flood") when it is too much."""
        while self.is_open:
            try:
                chunk = os.read(self.fd, 1 << 16)
            except BlockingIOError:
                return
            if not chunk:
                self.is_open = False
                return
            self._seen += len(chunk)
            self._kept += chunk[: max(0, self._keep - len(self._kept))]
            if self._seen > _FLOOD * self._keep:
                raise Stopped("flood", f"more than {_FLOOD * self._keep >> 10} KiB printed")

    def text(self) -> str:
        return self._kept.decode(errors="replace")


class Reply:
    """One reply frame as it comes in: prefix, header, body. Sizes are checked before anything is allocated."""

    def __init__(self, fd: int, body_cap: int) -> None:
        self._fd = fd
        self._body_cap = body_cap
        self._whole: list[bytearray] = []
        self._current = bytearray(PREFIX.size)
        self._got = 0
        self._body_bytes = 0

    def read(self) -> bool:
        """Take what is there; True when the frame is whole. Raises GoneError or Stopped("oversized")."""
        while True:
            while self._got < len(self._current):
                try:
                    got = os.readv(self._fd, [memoryview(self._current)[self._got :]])
                except BlockingIOError:
                    return False
                if not got:
                    raise GoneError
                self._got += got
            self._whole.append(self._current)
            if len(self._whole) == 3:
                return True
            self._current, self._got = bytearray(self._next_size()), 0

    def has_begun(self) -> bool:
        """Did the worker speak already? Asked before the request is sent. Raises GoneError."""
        self.read()
        return self._got > 0 or bool(self._whole)

    def _next_size(self) -> int:
        if len(self._whole) == 2:
            return self._body_bytes
        header, self._body_bytes = PREFIX.unpack(self._whole[0])
        if header > HEADER_BYTES or self._body_bytes > self._body_cap:
            raise Stopped("oversized", f"a reply of {header} + {self._body_bytes} bytes")
        return int(header)

    def parts(self) -> tuple[bytes, memoryview]:
        """(header, body) of a whole frame."""
        return bytes(self._whole[1]), memoryview(self._whole[2])
