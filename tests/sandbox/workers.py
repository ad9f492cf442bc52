"""Workers for tests: a real one in a process of its own without walls, and a peer whose every reply a test writes."""

from __future__ import annotations

import json
import os
import select
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import IO, Any

from autograder.model import Limits
from autograder.sandbox import wire
from autograder.sandbox.student import Student
from autograder.sandbox.transport import Stopped

SERVE = """
import os
from pathlib import Path
from autograder.sandbox.dispatch import serve
os.write({up}, b"!")
serve({down}, {up}, Path({folder!r}), {cap})
"""


class Process:
    """`dispatch.serve` in a process that is killed when its seconds are over. Nothing confines it."""

    def __init__(self, folder: Path, cap: int = 1 << 20) -> None:
        down, self._write = os.pipe()
        self._read, up = os.pipe()
        code = SERVE.format(down=down, up=up, folder=str(folder), cap=cap)
        command = [sys.executable, "-c", code]
        self._process = subprocess.Popen(command, pass_fds=(down, up), stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        os.close(down)
        os.close(up)
        self._said = ""
        os.read(self._read, 1)  # it is up: its seconds begin now

    def exchange(self, frame: bytes, seconds: float) -> tuple[bytes, memoryview]:
        until = time.monotonic() + seconds + 60 * (seconds >= 1)  # only a test that means it runs out of time
        try:
            os.write(self._write, frame)
            header, body = wire.unpack_prefix(self._take(wire.PREFIX.size, until))
            return self._take(header, until), memoryview(self._take(body, until))
        except BrokenPipeError:
            raise Stopped("died") from None

    def _take(self, size: int, until: float) -> bytes:
        data = b""
        while len(data) < size:
            if not select.select([self._read], [], [], max(0.0, until - time.monotonic()))[0]:
                raise Stopped("timed_out")
            got = os.read(self._read, size - len(data))
            if not got:
                raise Stopped("died")
            data += got
        return data

    def printed(self) -> str:
        if self._process.stdout is not None and not self._process.stdout.closed:
            os.set_blocking(self._process.stdout.fileno(), False)
            self._said += (self._process.stdout.read() or b"").decode()
        return self._said

    def spent(self) -> float:
        return 0.0

    def close(self) -> None:
        if self._process.poll() is None:
            self._process.send_signal(signal.SIGKILL)
        self._process.wait()
        self.printed()
        for pipe in (self._process.stdin, self._process.stdout):
            if pipe is not None:
                pipe.close()
        for fd in (self._write, self._read):
            if fd >= 0:
                os.close(fd)
        self._write = self._read = -1


Answer = Callable[[dict[str, Any]], bytes]
"""A request's header → the bytes of a reply frame."""


class Peer:
    """A worker that says whatever `answer` makes of a request; what it says goes through a pipe."""

    def __init__(self, answer: Answer) -> None:
        self._answer = answer
        self.asked: list[dict[str, Any]] = []
        self.cpu = 0.0
        self.closed = False

    def exchange(self, frame: bytes, seconds: float) -> tuple[bytes, memoryview]:
        assert not self.closed
        head, _ = wire.split(frame)
        self.asked.append({**json.loads(head), "granted": seconds})
        reply = self._answer(self.asked[-1])
        reader, writer = os.pipe()
        with open(reader, "rb") as pipe, open(writer, "wb") as mouth:
            speaker = threading.Thread(target=self._speak, args=(mouth, reply))
            speaker.start()
            header, body = wire.unpack_prefix(pipe.read(wire.PREFIX.size))
            answer = pipe.read(header), memoryview(pipe.read(body))
            speaker.join()
            return answer

    def _speak(self, mouth: IO[bytes], reply: bytes) -> None:
        mouth.write(reply)
        mouth.close()

    def printed(self) -> str:
        return ""

    def spent(self) -> float:
        return self.cpu

    def close(self) -> None:
        self.closed = True


def says(answer: Callable[[dict[str, Any]], dict[str, Any]], body: bytes = b"") -> Answer:
    """A peer's answer with the right token and, to the import of a module, the usual silence."""

    def reply(request: dict[str, Any]) -> bytes:
        if request["op"] == "load":
            return wire.pack({"token": request["token"], "ok": None})
        return wire.pack({"token": request["token"], **answer(request)}, [body])

    return reply


def student_of(answer: Answer, limits: Limits | None = None) -> tuple[Student, list[Peer]]:
    """A Student whose workers are peers, and the list of the peers opened so far."""
    peers: list[Peer] = []

    def connect() -> Peer:
        peers.append(Peer(answer))
        return peers[-1]

    return Student(connect, limits or Limits(), ["layers.py"]), peers


def after_the_first(lie: Answer) -> Answer:
    """A peer that behaves until `layers.f` has been found, and then lies."""

    def answer(request: dict[str, Any]) -> bytes:
        if request["op"] == "load":
            return wire.pack({"token": request["token"], "ok": None})
        if request["op"] == "get":
            found = {"h": {"self": True, "type": "function", "callable": True}}
            return wire.pack({"token": request["token"], "ok": found})
        return lie(request)

    return answer
