"""Group A, a wall taken off: each attack on results, processes and gradebook works as soon as its layer is gone."""

from __future__ import annotations

import contextlib
import os
import signal
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from attacks_a import BLOCKED, ENTRY, FORGED_FILE, GRADEBOOK, KILLER, LATE_CHILD, PARENT_KILLED, RACE
from raid import Attack, Told, surroundings

from autograder.model import Limits
from autograder.sandbox.box import Box, Zygote
from autograder.sandbox.isolation import Isolation
from autograder.sandbox.probe import probe
from autograder.sandbox.student import Interrupted, Student, StudentError, Unavailable

LIMITS = Limits(call_seconds=2, memory_mb=160, processes=16, scratch_mb=8)
NEEDED = ("numpy", "ctypes", "json", "resource", "sqlite3", "subprocess", "threading")
"""What the attacks import: without mounts an interpreter in a closed folder is out of a worker's reach."""
FILES = ("mount", "landlock")
PROCESSES = ("pid", "uid", "landlock")

# attack → the layers that hold it back, one of its attempts, what it does to the bait
OFF: list[tuple[Attack, tuple[str, ...], str, str]] = [
    (FORGED_FILE, FILES, "write to what everybody may", "results.json"),
    (RACE, FILES, "watch what everybody may", ""),
    (ENTRY, FILES, "change run_autograder", ""),
    (BLOCKED, FILES, "put a link there", "link"),
    (GRADEBOOK, FILES, "write a gradebook that all may", "gradebook.db"),
    (KILLER, PROCESSES, "kill another process", "victim"),
]


@pytest.fixture(scope="module")
def full() -> Isolation:
    """All layers but those on memory, which a zygote is born into."""
    return probe().without("cgroup", "watchdog")


@pytest.fixture(scope="module")
def zygote(full: Isolation) -> Iterator[Zygote]:
    with Zygote(full, preload=NEEDED) as shared:
        yield shared


@pytest.fixture
def told(tmp_path: Path) -> Iterator[Told]:
    with surroundings(tmp_path / "out") as found:
        (tmp_path / "out").mkdir()
        yield found


@contextlib.contextmanager
def opened(
    zygote: Zygote, isolation: Isolation, attack: Attack, told: Told, folder: Path, boxes: list[Box] | None = None
) -> Iterator[Student]:
    """The attack's submission behind these layers, imported; `boxes` gets the workers."""
    attack.write(told, folder)
    zygote.isolation = isolation

    def connect() -> Box:
        box = zygote.open(folder, LIMITS)
        if boxes is not None:
            boxes.append(box)
        return box

    student = Student(connect, LIMITS, ["work.py"])
    try:
        student.begin("check_it", 1)
        with contextlib.suppress(StudentError, Unavailable):
            student.has("work")
        yield student
    finally:
        student.close()


@pytest.mark.parametrize(("attack", "layers", "attempt", "harm"), OFF, ids=[row[0].key for row in OFF])
def test_with_its_walls_off_it_gets_through(
    attack: Attack,
    layers: tuple[str, ...],
    attempt: str,
    harm: str,
    full: Isolation,
    zygote: Zygote,
    told: Told,
    tmp_path: Path,
) -> None:
    with opened(zygote, full, attack, told, tmp_path / "behind") as student:
        assert f"held: {attempt}" in student.printed
    assert told.harmed() == []
    with opened(zygote, full.without(*layers), attack, told, tmp_path / "open") as student:
        assert f"GOT THROUGH: {attempt}" in student.printed
    if harm:
        told.process.poll() if harm != "victim" else told.process.wait(10)
        assert harm in told.harmed()


@pytest.mark.parametrize("layers", [FILES, (*FILES, "pid")], ids=["in a pid namespace", "in none"])
def test_a_daemon_outlives_its_worker_only_without_a_pid_namespace(
    layers: tuple[str, ...], full: Isolation, zygote: Zygote, told: Told, tmp_path: Path
) -> None:
    late, boxes = told.bait / "late", list[Box]()
    with opened(zygote, full.without(*layers), LATE_CHILD, told, tmp_path / "work", boxes) as student:
        assert "a daemon was started" in student.printed
        assert eventually(late.exists), "the daemon is not even at work while its worker lives"
        os.kill(boxes[0].pid, signal.SIGKILL)
        assert eventually(lambda: not is_alive(boxes[0].pid))
        late.unlink()
        assert eventually(late.exists, 0.5 if "pid" not in layers else 10.0) == ("pid" in layers)
    # whatever is left of a worker that has been ended, its zygote ends too
    late.unlink(missing_ok=True)
    assert not eventually(late.exists, 0.5)


def test_a_worker_kills_its_zygote_only_without_a_pid_namespace(full: Isolation, told: Told, tmp_path: Path) -> None:
    with Zygote(full, preload=NEEDED) as own:
        before = own.pid
        with opened(own, full, PARENT_KILLED, told, tmp_path / "behind") as student:
            assert student.work.double(2.0) == 2.0
        assert own.pid == before
        assert is_alive(before)
        less = full.without(*PROCESSES)
        with (
            opened(own, less, PARENT_KILLED, told, tmp_path / "open") as student,
            contextlib.suppress(Interrupted),  # it dies with its parent, perhaps after it has answered
        ):
            student.work.double(2.0)
        assert eventually(lambda: not is_alive(before))
        # and even then the next submission gets a worker, from a new zygote
        with opened(own, full, PARENT_KILLED, told, tmp_path / "after") as student:
            assert student.work.double(2.0) == 2.0


def eventually(condition: Callable[[], bool], seconds: float = 10.0) -> bool:
    end = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > end:
            return False
        time.sleep(0.02)
    return True


def is_alive(pid: int) -> bool:
    with contextlib.suppress(OSError):
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] not in "ZX"
    return False
