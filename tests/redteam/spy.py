"""A submission that looks everywhere for what it must not see, says what it found, and calls it out over every line.

What it is to look for is told it with each letter moved by one, so that looking leaves no copy of it.
"""

import os
import re
import socket
import sys

import numpy as np

TOLD = None  # a dict in the place of this
found = []


def note(what, text):
    if "canary" in str(text):
        found.append(what)


def read(path):
    try:
        with open(path, "rb") as file:
            return file.read(1 << 20).decode(errors="replace")
    except OSError:
        return ""


def look_at_files():
    for name, path in TOLD["files"].items():
        note(name, read(path))


def look_at_environments():
    note("environment", dict(os.environ))
    for process in ("self", "1", os.getppid(), TOLD["grader"]):
        note("environment", read(f"/proc/{process}/environ") + read(f"/proc/{process}/cmdline"))


def look_at_descriptors():
    for fd in os.listdir("/proc/self/fd"):
        if int(fd) > 4:
            note("descriptor", read(f"/proc/self/fd/{fd}"))


def look_at_memory():
    """Every readable page of this process."""
    wanted = [[ord(letter) for letter in text] for text in TOLD["shifted"]]
    spans = [line.split() for line in read("/proc/self/maps").splitlines()]
    with open("/proc/self/mem", "rb", 0) as memory:
        for span, rights, *_, name in spans:
            if "w" not in rights or name in ("[vvar]", "[vsyscall]"):
                continue
            low, high = (int(edge, 16) for edge in span.split("-"))
            for start in range(low, high, 1 << 22):
                try:
                    memory.seek(start)
                    seen = np.frombuffer(memory.read(min(1 << 22, high - start)), np.uint8)
                except (OSError, ValueError, OverflowError):
                    continue
                for text in wanted:
                    at = np.flatnonzero(seen[: -len(text)] == text[0] - 1)
                    for offset in range(1, len(text)):
                        at = at[seen[at + offset] == text[offset] - 1]
                    if len(at):
                        found.append("memory")


def call_out():
    """Tell somebody outside, by every family of sockets that a machine has."""
    words = b"an input of a hidden check"
    for name, family, kind, address in (
        ("tcp", socket.AF_INET, socket.SOCK_STREAM, ("127.0.0.1", TOLD["tcp"])),
        ("tcp6", socket.AF_INET6, socket.SOCK_STREAM, ("::1", TOLD["tcp"])),
        ("udp", socket.AF_INET, socket.SOCK_DGRAM, ("127.0.0.1", TOLD["udp"])),
        ("abstract", socket.AF_UNIX, socket.SOCK_STREAM, "\0" + TOLD["name"]),
        ("path", socket.AF_UNIX, socket.SOCK_STREAM, TOLD["socket"]),
        ("raw", socket.AF_INET, socket.SOCK_RAW, ("127.0.0.1", 0)),
        ("packet", socket.AF_PACKET, socket.SOCK_RAW, ("lo", 0)),
        ("vsock", socket.AF_VSOCK, socket.SOCK_STREAM, (2, TOLD["tcp"])),
        ("netlink", socket.AF_NETLINK, socket.SOCK_RAW, (0, 0)),
    ):
        try:
            with socket.socket(family, kind) as out:
                out.settimeout(0.5)
                out.connect(address)
                out.send(words)
                found.append(name)
        except (OSError, ValueError):
            continue
    try:
        socket.getaddrinfo("localhost", TOLD["tcp"])
        socket.create_connection(("localhost", TOLD["tcp"]), 0.5).close()
        found.append("name")
    except OSError:
        pass


def look():
    for search in (look_at_memory, look_at_files, look_at_environments, look_at_descriptors, call_out):
        search()
    return re.sub(r"\s+", " ", " ".join(["looked", TOLD["mark"], *sorted(set(found))]))


def double(x):
    raise RuntimeError(look())


def greet(name):
    return "hello " + name


if __name__ == "__main__":
    if "remember" in sys.argv:
        remembered = bytearray(ord(letter) - 1 for letter in TOLD["shifted"][0])
    print(look())
