"""What the probe tries from inside a worker: an attempt returns if it got through and raises if it was held back."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import socket
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

from autograder.sandbox import syscalls
from autograder.sandbox.pipes import PREFIX

Facts = dict[str, Any]
"""`secret` a file, `victim` a process, `port`, `udp` and `name` of sockets of others; of an excess, its measure."""


class HeldBackError(Exception):
    """Not an error of the system, and yet it did not work."""


def _read_a_file(facts: Facts) -> None:
    Path(facts["secret"]).read_bytes()


def _list_a_folder(facts: Facts) -> None:
    os.listdir(Path(facts["secret"]).parent)


def _write_a_file(facts: Facts) -> None:
    Path(facts["secret"]).with_name("written").write_text("by the worker")


def _see_a_process(facts: Facts) -> None:
    Path(f"/proc/{facts['victim']}/cmdline").read_bytes()


def _signal_a_process(facts: Facts) -> None:
    os.kill(facts["victim"], signal.SIGCONT)


def _trace_a_process(facts: Facts) -> None:
    seize, detach = 0x4206, 17
    syscalls.call("ptrace", seize, facts["victim"], 0, 0)
    syscalls.call("ptrace", detach, facts["victim"], 0, 0)


def _connect_over_tcp(facts: Facts) -> None:
    socket.create_connection(("127.0.0.1", facts["port"]), 1).close()


def _connect_to_a_local_socket(facts: Facts) -> None:
    with socket.socket(socket.AF_UNIX) as client:
        client.connect("\0" + facts["name"])


def _make_a_namespace(facts: Facts) -> None:
    new_ipc = 0x08000000
    child = os.fork()
    if child == 0:
        with contextlib.suppress(OSError):
            syscalls.call("unshare", new_ipc)
            os._exit(0)
        os._exit(1)
    if os.waitpid(child, 0)[1]:
        raise HeldBackError


def _send_over_udp(facts: Facts) -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as out:
        out.connect(("127.0.0.1", facts["udp"]))
        out.send(b"an input")
        time.sleep(0.02)  # word that nobody is there comes with the next
        out.send(b"an input")


def _change_what_is_known_of_a_file(facts: Facts) -> None:
    os.utime(facts["secret"], (0, 0))


def _start_too_many_processes(facts: Facts) -> None:
    children: list[int] = []
    try:
        while len(children) < 2 * facts["most"]:
            child = os.fork()
            if child == 0:
                signal.pause()
            children.append(child)
        time.sleep(facts["patience"])
    finally:
        for child in children:
            os.kill(child, signal.SIGKILL)
            os.waitpid(child, 0)


ATTEMPTS: Final[dict[str, Callable[[Facts], None]]] = {
    "read a file": _read_a_file,
    "list a folder": _list_a_folder,
    "write a file": _write_a_file,
    "see another process": _see_a_process,
    "signal another process": _signal_a_process,
    "trace another process": _trace_a_process,
    "connect over TCP": _connect_over_tcp,
    "connect to a local socket": _connect_to_a_local_socket,
    "make a namespace": _make_a_namespace,
    "send over UDP": _send_over_udp,
    "change what is known of a file": _change_what_is_known_of_a_file,
}
ON_FILES: Final = ("read a file", "list a folder", "write a file")


def _hold_too_much_memory(facts: Facts) -> None:
    """Write to it a bit at a time, so that whoever watches may notice, and hold on to it."""
    held = [bytearray(os.urandom(1) * (1 << 20)) for _ in range(facts["megabytes"])]
    time.sleep(facts["patience"])
    del held


def _fill_the_disk(facts: Facts) -> None:
    """In files that have no name any more."""
    with contextlib.ExitStack() as held:
        for _ in range(4):
            file = held.enter_context(tempfile.TemporaryFile())
            for _ in range(facts["scratch_mb"]):
                file.write(bytes(1 << 19))
            file.flush()
        time.sleep(facts["patience"])


EXCESSES: Final[dict[str, Callable[[Facts], None]]] = {
    "start too many processes": _start_too_many_processes,
    "hold too much memory": _hold_too_much_memory,
    "fill the disk": _fill_the_disk,
}
"""What may end the worker that tries."""


def serve(read_fd: int, write_fd: int, folder: Path, reply_bytes: int) -> None:
    """Answer each frame of facts with a frame that says which attempts got through."""
    with open(read_fd, "rb", closefd=False) as requests:
        while prefix := requests.read(PREFIX.size):
            facts = json.loads(requests.read(PREFIX.unpack(prefix)[0]))
            wanted = {name: EXCESSES[name] for name in [facts["excess"]]} if "excess" in facts else ATTEMPTS
            through = [name for name, attempt in wanted.items() if _works(attempt, facts)]
            header = json.dumps(through).encode()
            os.write(write_fd, PREFIX.pack(len(header), 0) + header)


def _works(attempt: Callable[[Facts], None], facts: Facts) -> bool:
    try:
        attempt(facts)
    except (OSError, MemoryError, HeldBackError):
        return False
    return True
