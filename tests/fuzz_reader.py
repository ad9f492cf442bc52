"""Feeds mutated archives to the intake room: `python -m tests.fuzz_reader 50000 [SEED]` runs as many as it is told."""

from __future__ import annotations

import io
import random
import sys
import tempfile
import time
import zipfile
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

from autograder.intake import discover, receive
from autograder.model import Assignment, Question

ASSIGNMENT = Assignment(
    "fuzz", "Fuzz", "", (Question("q", "Q", 1.0),), ("layers.py", "optim.py", "*.pt"), Path("none"), ("answers.md",)
)
_NUMBERS = (0, 1, 2, 0x7F, 0x80, 0xFF, 0x100, 0x7FFF, 0xFFFF, 0x10000, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFE, 0xFFFFFFFF)
SECONDS = 5.0
"""Of CPU, and the most that an archive may cost: they are small, so a twentieth would be much."""
_NAMES = (b"../evil.py", b"/etc/evil", b"layers.py", b"C:\\a.py", b"a\0b.py", b"\xff\xfe.py", b"optim.py/", b"*.pt")


def seeds() -> list[bytes]:
    """Honest and less honest archives to start from."""
    code = b"import numpy as np\n\n\ndef relu(x):\n    return np.maximum(x, 0)\n" * 4
    flat = _zipped([("layers.py", code), ("optim.py", code), ("answers.md", b"# q1\n"), ("w.pt", bytes(2048))])
    deep = _zipped([("hw/", b""), ("hw/layers.py", code), ("hw/optim (1).py", code), ("__MACOSX/._layers.py", b"x")])
    odd = _zipped([("layers.py", code), ("layers.py", b"x"), ("../up.py", code), ("é.py", code), ("utils.py", code)])
    bulk = _zipped([("lovelaceada_12345_67890_a.zip", flat), ("hoppergrace_LATE_222_333_layers.py", code)])
    wide = io.BytesIO()
    with zipfile.ZipFile(wide, "w") as archive, archive.open("layers.py", "w", force_zip64=True) as file:
        file.write(code)
    nested, bomb = _zipped([("inner.zip", flat)]), _zipped([("layers.py", bytes(3 << 20))])
    return [flat, deep, odd, bulk, nested, wide.getvalue(), bomb]


def _zipped(files: list[tuple[str, bytes]]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files:
            # Python warns of a name that is there twice, which here is the point.
            archive.NameToInfo.pop(name, None)
            archive.writestr(zipfile.ZipInfo(name), content, zipfile.ZIP_DEFLATED)
    return out.getvalue()


def _flip(data: bytearray, rng: random.Random) -> None:
    for _ in range(rng.randint(1, 8)):
        data[rng.randrange(len(data))] = rng.randrange(256)


def _overwrite_number(data: bytearray, rng: random.Random) -> None:
    """Set a field where the format keeps its fields: just behind a signature."""
    starts = [i for i in range(len(data) - 3) if data[i : i + 2] == b"PK"]
    at = rng.choice(starts or [0]) + rng.randrange(4, 56)
    size = rng.choice((2, 4, 8))
    data[at : at + size] = rng.choice(_NUMBERS).to_bytes(8, "little")[:size]


def _rename(data: bytearray, rng: random.Random) -> None:
    old, new = rng.choice((b"layers.py", b"optim.py", b"utils.py", b"w.pt")), rng.choice(_NAMES)
    at = data.find(old, rng.randrange(len(data)))
    if at >= 0:
        data[at : at + len(new)] = new


def _cut(data: bytearray, rng: random.Random) -> None:
    del data[rng.randrange(len(data)) :]


def _remove(data: bytearray, rng: random.Random) -> None:
    start = rng.randrange(len(data))
    del data[start : start + rng.randint(1, 64)]


def _repeat(data: bytearray, rng: random.Random) -> None:
    start = rng.randrange(len(data))
    data[start:start] = data[start : start + rng.randint(1, 256)]


_MUTATIONS: tuple[Callable[[bytearray, random.Random], None], ...] = (
    _flip,
    _overwrite_number,
    _overwrite_number,
    _overwrite_number,
    _rename,
    _cut,
    _remove,
    _repeat,
)


def mutants(count: int, seed: int) -> Iterator[bytes]:
    rng = random.Random(seed)
    originals = seeds()
    for _ in range(count):
        data = bytearray(rng.choice(originals))
        for _ in range(rng.randint(1, 3)):
            if data:
                rng.choice(_MUTATIONS)(data, rng)
        yield bytes(data)


def run(count: int, seed: int, scratch: Path) -> Counter[str]:
    """Receive `count` mutants under `scratch` and assert of each that it ends in a record and stays in its folder.

    Returns how many submissions were kept and rejected, and what the dearest archive cost in milliseconds of CPU.
    """
    outside, into = scratch / "outside", scratch / "into"
    outside.mkdir()
    upload = outside / "ada.zip"
    ends: Counter[str] = Counter()
    for data in mutants(count, seed):
        upload.write_bytes(data)
        began = time.process_time()
        arrivals = discover(upload, ASSIGNMENT)
        assert arrivals
        for arrival in arrivals:
            submission = receive(arrival, ASSIGNMENT, into)
            assert bool(submission.rejected) == (submission.folder is None), submission
            kept = [path for path in into.rglob("*") if not path.is_dir()]
            assert all(path.is_file() and not path.is_symlink() for path in kept), kept
            # Only the 64 MB cap and the ratio of 200 bound a file; what little there is here bounds it further.
            assert sum(path.stat().st_size for path in kept) <= 200 * len(data) + (4 << 20)
            names = {path.relative_to(submission.folder).as_posix() for path in kept} if submission.folder else set()
            assert names == set(submission.files), (names, submission)
            ends["rejected" if submission.rejected else "kept"] += 1
            _empty(into)
        cost = time.process_time() - began
        assert cost < SECONDS
        ends["dearest"] = max(ends["dearest"], round(1000 * cost))
        assert sorted(p.name for p in scratch.rglob("*")) == ["ada.zip", "into", "outside"]
    return ends


def _empty(folder: Path) -> None:
    for path in sorted(folder.rglob("*"), reverse=True):
        path.rmdir() if path.is_dir() else path.unlink()


if __name__ == "__main__":
    wanted = int(sys.argv[1]) if len(sys.argv) > 1 else 5000
    with tempfile.TemporaryDirectory() as folder:
        print(run(wanted, int(sys.argv[2]) if len(sys.argv) > 2 else 0, Path(folder)))
