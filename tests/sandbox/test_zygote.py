"""The zygote is started clean, imports once, and refuses to fork what a fork would break."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
from talk import SMALL, ask, is_root, release

from autograder.model import Limits
from autograder.sandbox.box import PRELOAD, SERVE, Zygote
from autograder.sandbox.isolation import Isolation, SandboxError
from autograder.sandbox.launch import Started
from autograder.sandbox.transport import Stopped

CAN_COLLAPSE = Path("/sys/kernel/mm/transparent_hugepage").exists() and release() >= (6, 1)


def test_what_there_is_not_is_left_out(isolation: Isolation) -> None:
    with Zygote(isolation, preload=("json", "no_such_library", "csv")) as zygote:
        assert zygote.loaded == ("json", "csv")


def test_libraries_are_there_and_work_in_a_fork(isolation: Isolation, submission: Path) -> None:
    with Zygote(isolation) as zygote, zygote.open(submission, Limits()) as box:
        assert zygote.loaded == PRELOAD
        there = set(ask(box, "modules_at_the_start"))
        assert {"numpy", "torch", "torchvision", "IPython"} <= there
        assert {"sympy", "autograder.data.given"} <= there  # what first calls would import
        assert not {"triton", "torch._dynamo.config", "rehearsal"} & there  # torch's compiler; what was rehearsed with
        assert ask(box, "use_torch") == 2 * 200**3
        if CAN_COLLAPSE:
            rollup = Path(f"/proc/{zygote.pid}/smaps_rollup").read_text()
            told = dict(re.findall(r"^(\w+): +(\d+) kB", rollup, re.M))
            assert int(told["AnonHugePages"]) > int(told["Anonymous"]) / 2


def test_a_zygote_that_has_threads_does_not_fork(tmp_path: Path) -> None:
    (tmp_path / "starts_threads.py").write_text(
        "import threading, time\nthreading.Thread(target=time.sleep, args=(5,), daemon=True).start()\n"
    )
    code = (
        f"import sys; sys.path.insert(0, {str(tmp_path)!r})\n"
        "from autograder.sandbox import birth, zygote\n"
        "try:\n    list(zygote._preload(['starts_threads']))\nexcept RuntimeError as error:\n    print(error)\n"
        "try:\n    birth._assert_one_task()\nexcept OSError as error:\n    print(error)\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    first, second = done.stdout.splitlines()
    assert "importing starts_threads starts threads" in first
    assert re.search(r"has [2-9]\d* threads", second)  # a library on the path may have started one of its own


def test_one_that_cannot_start_says_why(isolation: Isolation) -> None:
    with pytest.raises(SandboxError, match=r"did not start.*no_such_module"):
        Zygote(isolation, preload=(), serve="autograder.no_such_module:serve")


def test_a_layer_that_fails_opens_no_box(zygote: Zygote, submission: Path) -> None:
    """The fork gives up and says at which step; nothing of the submission has been read by then."""
    with pytest.raises(SandboxError, match="Invalid argument, tmpfs on tmp"):
        zygote.open(submission, replace(SMALL, scratch_mb=-1))
    with zygote.open(submission, SMALL) as box:
        assert ask(box, "double", 1) == 2


def test_its_environment_and_arguments_are_its_own(isolation: Isolation, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ANSWER", "forty-two")
    with Zygote(isolation, preload=()) as zygote:
        if is_root():  # it is not dumpable, so others may not look
            environment = Path(f"/proc/{zygote.pid}/environ").read_bytes()
            assert b"forty-two" not in environment
            assert b"OMP_NUM_THREADS=1" in environment
            assert len(os.listdir(f"/proc/{zygote.pid}/task")) == 1
        assert Path(f"/proc/{zygote.pid}/cmdline").read_bytes().count(b"boot.py") == 1
        assert os.getsid(zygote.pid) == zygote.pid


def test_closing_waits_for_its_end(isolation: Isolation) -> None:
    zygote = Zygote(isolation, preload=())
    zygote.close()
    assert not Path(f"/proc/{zygote.pid}").exists()
    zygote.close()


def test_a_twin_has_imported_the_same_and_knows_nobody_of_the_first_ones(
    isolation: Isolation, submission: Path
) -> None:
    first = Started(("json", "csv"), SERVE)
    try:
        twin = first.twin()
        with Zygote(isolation, preload=("json", "csv"), twin=twin) as zygote, zygote.open(submission, SMALL) as box:
            assert (zygote.loaded, zygote.pid) == (("json", "csv"), twin.pid)
            assert zygote.pid != first.pid
            assert ask(box, "double", 1) == 2
            sockets = [os.readlink(f"/proc/{zygote.pid}/fd/{fd}") for fd in os.listdir(f"/proc/{zygote.pid}/fd")]
            assert len([name for name in sockets if name.startswith("socket:")]) == 1
        assert first.is_alive, "one of several ended"
    finally:
        first.close()


def test_a_twin_ends_with_its_first_one_and_is_replaced(isolation: Isolation, submission: Path) -> None:
    first = Started((), SERVE)
    with Zygote(isolation, preload=(), twin=first.twin()) as zygote:
        with zygote.open(submission, SMALL) as box:
            before = zygote.pid
            first.close()
            with pytest.raises(Stopped):
                ask(box, "double", 1)
        with zygote.open(submission, SMALL) as box:
            assert ask(box, "double", 1) == 2
        assert zygote.pid != before
    assert not Path(f"/proc/{before}").exists()
