"""What reading a reply costs the grader, measured: a worker chooses every byte, and no byte costs much."""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import sys
import time
from pathlib import Path

import pytest
from plain import HERE, HOUSE

from autograder.sandbox import mishap, wire
from autograder.sandbox.pipes import HEADER_BYTES
from autograder.sandbox.sources import site_folders

BODY = 16 << 20
MOST_BYTES = 2 * BODY + (64 << 20)
"""A header holds a megabyte, and an empty list is two of its bytes and 56 of ours."""
MOST_SECONDS = 3.0
"""Of CPU. The dearest of these takes a tenth of that."""
START, END = b'{"token":"t","ok":', b"}"


def filled(unit: bytes, joint: bytes = b",", before: bytes = b"[", after: bytes = b"]") -> bytes:
    """A header as large as one may be, of as many such parts as it holds."""
    room = HEADER_BYTES - len(START) - len(END) - len(before) - len(after)
    count = room // (len(unit) + len(joint))
    return START + before + joint.join([unit] * count) + after + END


def error(part: bytes) -> bytes:
    """The same as an error reply."""
    frame = b'{"file":"' + part + b'","line":1,"function":"f","text":"t"}'
    frames = b",".join([frame] * (HEADER_BYTES // (len(frame) + 2)))
    return b'{"token":"t","error":{"kind":"raised","type":"E","message":"m","frames":[' + frames + b'],"names":[]}}'


REPLIES: dict[str, tuple[bytes, bytes]] = {
    "empty lists": (filled(b"[]"), b""),
    "empty dicts": (filled(b"{}"), b""),
    "tagged dicts": (filled(b'{"d":[]}'), b""),
    "tuples of tuples": (filled(b'{"t":[{"t":[]}]}'), b""),
    "ones": (filled(b"1"), b""),
    "long numbers": (filled(b"9" * 4000), b""),
    "one number": (START + b"9" * (HEADER_BYTES - 100) + END, b""),
    "short texts": (filled(b'"\\u1234"'), b""),
    "one text": (START + b'"' + b"\\u1234" * (HEADER_BYTES // 6 - 20) + b'"' + END, b""),
    "a deep tree": (START + b"[" * (HEADER_BYTES - 100) + END, b""),
    "many keys": (filled(b'"k":1', before=b"{", after=b"}"), b""),
    "a dict of many": (filled(b'1,"x"', before=b'{"d":[', after=b"]}"), b""),
    "arrays of nothing": (filled(b'{"a":["|u1",[0,65535]]}'), b""),
    "arrays of one byte": (filled(b'{"a":["|u1",[1]]}'), bytes(BODY)),
    "many dimensions": (filled(b'{"a":["|u1",[1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1]]}'), bytes(BODY)),
    "one array": (START + b'{"a":["|u1",[%d]]}' % BODY + END, bytes(BODY)),
    "more than there is": (START + b'{"a":["<f8",[1099511627776]]}' + END, bytes(BODY)),
    "handles": (filled(b'{"h":{"id":1,"type":"X"}}'), b""),
    "frames": (error(b"f"), b""),
    "long frames": (error(b"f" * 5000), b""),
}


def read(head: bytes, body: bytes) -> None:
    """What the grader does with a reply, whatever comes of it."""
    try:
        reply = wire.parse(head)
        if "error" in reply:
            mishap.read(reply["error"])
        else:
            wire.decode(reply["ok"], memoryview(body), lambda about: about)
    except wire.WireError:
        pass


def main() -> dict[str, list[float]]:
    """Reply → CPU seconds, and by how many bytes all up to it have made this process grow at the most."""
    with contextlib.suppress(OSError):  # forget a peak that was there before
        Path("/proc/self/clear_refs").write_text("5")
    costs, before = {}, _status("VmRSS")
    for name, (head, body) in REPLIES.items():
        began = time.process_time()
        read(head, body)
        cost = time.process_time() - began
        costs[name] = [cost, float(_status("VmHWM") - before)]
    return costs


def _status(name: str) -> int:
    """Bytes that this process has resident now, or had at most."""
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) << 10 for line in lines if line.startswith(f"{name}:"))


@pytest.fixture(scope="module")
def costs() -> dict[str, list[float]]:
    """Measured in a process that has done nothing else."""
    path = os.pathsep.join([str(HOUSE), str(HERE), *site_folders(sys.path)])
    code = "import json, test_bounds; print(json.dumps(test_bounds.main()))"
    done = subprocess.run(
        [sys.executable, "-c", code], env=os.environ | {"PYTHONPATH": path}, capture_output=True, text=True, check=True
    )
    said: dict[str, list[float]] = json.loads(done.stdout)
    return said


@pytest.mark.parametrize("name", REPLIES)
def test_no_reply_costs_more_than_its_size_allows(name: str, costs: dict[str, list[float]]) -> None:
    head, _ = REPLIES[name]
    assert len(head) <= HEADER_BYTES
    seconds, most = costs[name]
    assert seconds < MOST_SECONDS
    assert most < MOST_BYTES
