"""The whole life of a box: what honest code can do in it, how a hostile one ends, and that nothing of it stays."""

from __future__ import annotations

import os
import select
import signal
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from talk import SMALL, RemoteError, ask, eventually, is_root, is_running, request, stopped

from autograder.model import Limits
from autograder.sandbox import watchdog
from autograder.sandbox.box import Box, Zygote
from autograder.sandbox.isolation import Isolation, SandboxError
from autograder.sandbox.transport import Stopped

Opener = Callable[..., Box]


class TestHonestCode:
    def test_a_call_crosses_and_comes_back(self, box: Box) -> None:
        x = np.arange(6.0).reshape(2, 3)
        assert np.array_equal(ask(box, "double", x), 2 * x)

    def test_large_arrays_cross_both_ways(self, opened: Opener) -> None:
        x = np.random.default_rng(0).normal(size=(1000, 1000))
        assert np.array_equal(ask(opened(Limits()), "double", x), 2 * x)

    @pytest.mark.parametrize(
        ("function", "value"),
        [
            ("use_threads", 4),
            ("use_processes", [1, 2, 3]),
            ("use_a_subprocess", "3\n"),
            ("use_files", 3),
            ("use_shared_memory", 4096),
        ],
    )
    def test_what_a_submission_may_need_works(self, opened: Opener, function: str, value: object) -> None:
        assert ask(opened(Limits()), function) == value

    def test_an_exception_does_not_end_the_worker(self, box: Box) -> None:
        with pytest.raises(RemoteError, match="FileNotFoundError"):
            ask(box, "read", "/nowhere")
        assert ask(box, "double", 2) == 4

    def test_what_is_printed_can_be_read(self, box: Box) -> None:
        ask(box, "say", "héllo")
        assert box.printed() == "héllo\nhéllo\n"

    def test_hashes_are_the_same_in_every_zygote(self, isolation: Isolation, tmp_path: Path) -> None:
        (tmp_path / "order.py").write_text("def order():\n    return list({'ada', 'bob', 'cleo', 'dan', 'eve'})\n")
        seen = []
        for _ in range(2):
            with Zygote(isolation, preload=()) as zygote, zygote.open(tmp_path, SMALL) as box:
                seen.append(ask(box, "order", module="order"))
        assert seen[0] == seen[1]

    def test_spent_counts_cpu_seconds_also_afterwards(self, box: Box) -> None:
        before = box.spent()
        assert stopped(box, "spin", seconds=0.3).kind == "timed_out"
        assert 0.3 <= box.spent() - before < 3
        box.close()
        assert 0.3 <= box.spent() - before < 3

    def test_calls_too_short_to_be_looked_at_add_up(self, box: Box) -> None:
        ask(box, "double", 1)
        before = box.spent()
        for _ in range(80):
            ask(box, "work", 0.005)
        assert 0.3 <= box.spent() - before < 3


class TestTime:
    def test_what_a_call_used_is_not_charged_to_the_next(self, box: Box) -> None:
        ask(box, "work", 0.6)
        for _ in range(3):
            assert ask(box, "work", 0.2, seconds=0.5) == 0.2

    @pytest.mark.parametrize("function", ["spin", "spin_in_threads", "spin_in_a_child"])
    def test_work_is_counted_in_cpu_seconds_of_the_whole_tree(self, box: Box, function: str) -> None:
        stop = stopped(box, function, seconds=0.4)
        assert (stop.kind, stop.seconds) == ("timed_out", 0.4)
        assert "CPU seconds used" in stop.detail

    @pytest.mark.parametrize("function", ["sleep", "ignore_signals", "pause_in_c"])
    def test_waiting_ends_at_the_wall_clock_limit(self, box: Box, function: str) -> None:
        stop = stopped(box, function, seconds=0.2)  # enough to begin with, on a busy machine too
        assert (stop.kind, stop.seconds) == ("timed_out", 0.2)
        assert "waited" in stop.detail

    def test_sleep_counts_a_third(self, box: Box) -> None:
        ask(box, "double", 1)
        before = box.spent()
        ask(box, "many_small_files", 1, 1.5)
        assert 0.3 <= box.spent() - before < 1.2

    def test_work_outside_a_request_is_not_charged_to_it(self, box: Box) -> None:
        for _ in range(3):
            ask(box, "double", 1, seconds=0.2)

    def test_an_ended_box_says_so(self, box: Box) -> None:
        stopped(box, "leave", 0)
        with pytest.raises(Stopped, match="ended already"):
            ask(box, "double", 1)


class TestMemory:
    def test_one_process_that_takes_too_much(self, box: Box) -> None:
        assert stopped(box, "hoard", 2 * SMALL.memory_mb).kind == "memory"

    def test_many_processes_that_do_together(self, box: Box) -> None:
        assert stopped(box, "hoard_in_many", 10, 40).kind == "memory"

    def test_memory_of_no_process_is_refused(self, box: Box) -> None:
        with pytest.raises(RemoteError, match="PermissionError"):
            ask(box, "hoard_unseen", 2 * SMALL.memory_mb)

    def test_what_fits_is_given(self, box: Box) -> None:
        assert ask(box, "hoard", SMALL.memory_mb // 2) == SMALL.memory_mb // 2

    def test_the_next_box_starts_afresh(self, opened: Opener) -> None:
        stopped(opened(), "hoard", 2 * SMALL.memory_mb)
        assert ask(opened(), "hoard", SMALL.memory_mb // 2) == SMALL.memory_mb // 2

    @pytest.mark.parametrize(("function", "args"), [("hoard", (200, 5)), ("hoard_in_many", (10, 40))])
    def test_the_watchdog_does_it_without_a_cgroup(
        self, isolation: Isolation, submission: Path, function: str, args: tuple[int, ...]
    ) -> None:
        parts = [part for part in isolation.parts if part not in ("cgroup", "watchdog")]
        with Zygote(isolation.of([*parts, "watchdog"]), preload=()) as zygote, zygote.open(submission, SMALL) as box:
            assert stopped(box, function, *args).kind == "memory"


class TestBombs:
    def test_a_fork_bomb_stays_small_and_ends(self, box: Box) -> None:
        stop = stopped(box, "fork_bomb", seconds=0.3)
        assert stop.kind == "timed_out"

    def test_processes_are_limited(self, box: Box) -> None:
        assert ask(box, "fork_many", 200) <= SMALL.processes

    def test_scratch_space_is_limited(self, box: Box) -> None:
        assert ask(box, "fill_disk") <= 2 * SMALL.scratch_mb << 20

    def test_files_are_limited(self, box: Box) -> None:
        assert ask(box, "make_files", 50_000) < 20_000

    def test_limits_cannot_be_raised(self, box: Box) -> None:
        assert ask(box, "raise_limits") == []

    def test_output_is_kept_to_its_bound(self, box: Box) -> None:
        ask(box, "print_much", 1)
        assert box.printed() == "A" * (SMALL.output_kb << 10)

    def test_a_gigabyte_printed_is_a_flood(self, box: Box) -> None:
        assert stopped(box, "print_much", 1024).kind == "flood"
        assert len(box.printed()) == SMALL.output_kb << 10


class TestDeath:
    @pytest.mark.parametrize(
        ("function", "args", "detail"),
        [
            ("segfault", (), "SIGSEGV"),
            ("abort", (), "SIG"),
            ("leave", (0,), "exit status 0"),
            ("leave", (3,), "exit status 3"),
            ("close_pipes", (), "closed its pipes"),
        ],
    )
    def test_it_is_told_how(self, box: Box, function: str, args: tuple[int, ...], detail: str) -> None:
        stop = stopped(box, function, *args)
        assert stop.kind == "died"
        assert stop.detail.startswith(detail)

    def test_closing_twice_is_fine(self, box: Box) -> None:
        box.close()
        box.close()

    def test_the_zygote_is_replaced_when_it_died(self, isolation: Isolation, submission: Path) -> None:
        with Zygote(isolation, preload=()) as zygote:
            first = zygote.open(submission, SMALL)
            worker, old = first.pid, zygote.pid
            os.kill(old, signal.SIGKILL)
            assert stopped(first, "sleep", seconds=0.5).kind == "died"
            assert not is_running(worker)
            with zygote.open(submission, SMALL) as second:
                assert ask(second, "double", 2) == 4
            assert zygote.pid != old
            first.close()


class TestTheWire:
    def test_a_reply_nobody_asked_for(self, box: Box) -> None:
        ask(box, "double", 1)
        header, _ = box.exchange(request("speak_first"), 5)
        assert header == b"{}"  # the answer to this call is the worker's to give; it is the token that tells them apart
        assert select.select([box._ends.reply], [], [], 10)[0], "what it says besides is on its way"
        with pytest.raises(Stopped) as caught:
            ask(box, "double", 1)
        assert caught.value.kind == "garbled"

    @pytest.mark.parametrize(("header", "body"), [(1 << 31, 0), (2, 1 << 40), (2, (SMALL.reply_mb << 20) + 1)])
    def test_a_reply_larger_than_allowed_is_refused_before_it_comes(self, box: Box, header: int, body: int) -> None:
        assert stopped(box, "promise", header, body).kind == "oversized"

    def test_a_reply_that_does_not_come_to_an_end(self, box: Box) -> None:
        assert stopped(box, "drip", seconds=0.05).kind == "timed_out"

    def test_a_worker_that_does_not_read(self, box: Box) -> None:
        ask(box, "stop_reading")
        with pytest.raises(Stopped) as caught:
            ask(box, "double", np.zeros(1 << 20), seconds=0.05)
        assert caught.value.kind == "timed_out"


def traces() -> dict[str, object]:
    """What a box could leave on this machine. What other graders have there now is not counted."""
    groups = [
        path for root in ("", "/memory") for path in Path(f"/sys/fs/cgroup{root}").glob(f"autograder-{os.getpid()}-*")
    ]
    return {
        "descriptors": len(os.listdir("/proc/self/fd")),
        "mounts": len(Path("/proc/self/mountinfo").read_text().splitlines()),
        "data": [folder for folder in ("/tmp", "/dev/shm") if Path(folder, "left-behind").exists()],
        "temporary files": os.listdir(tempfile.gettempdir()),
        "cgroups": sorted(map(str, groups)),
    }


@pytest.fixture
def own_tmp(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))


@pytest.mark.usefixtures("own_tmp")
class TestNothingIsLeft:
    @pytest.mark.parametrize("function", ["stay_behind", "leave_data"])
    def test_after_closing(self, zygote: Zygote, submission: Path, function: str) -> None:
        before = traces()
        box = zygote.open(submission, SMALL)
        ask(box, function)
        family = watchdog.tree(box.pid)
        assert len(family) == (2 if function == "stay_behind" else 1)
        box.close()
        assert traces() == before
        assert not any(is_running(pid) for pid in family)

    @pytest.mark.parametrize("function", ["segfault", "spin", "fork_bomb"])
    def test_after_a_bad_end(self, zygote: Zygote, submission: Path, function: str) -> None:
        before = traces()
        with zygote.open(submission, SMALL) as box:
            stopped(box, function, seconds=0.1)
        assert traces() == before

    def test_nothing_is_passed_on_to_the_next_box(self, opened: Opener) -> None:
        ask(opened(), "leave_data")
        assert "left-behind" not in ask(opened(), "data_left")

    def test_a_box_that_could_not_be_opened_leaves_nothing(self, zygote: Zygote) -> None:
        before = traces()
        with pytest.raises(SandboxError):
            zygote.open(Path("/nowhere"), SMALL)
        assert traces() == before

    def test_a_killed_grader_takes_everything_along(self, submission: Path) -> None:
        grader = subprocess.Popen([sys.executable, __file__, str(submission)], stdout=subprocess.PIPE, text=True)
        assert grader.stdout is not None
        pids = [int(pid) for pid in grader.stdout.readline().split()]
        assert len(pids) == 3
        assert all(map(is_running, pids))
        grader.kill()
        grader.wait()
        grader.stdout.close()
        assert eventually(lambda: not any(map(is_running, pids)))


def test_two_zygotes_at_once_do_not_meet(isolation: Isolation, zygote: Zygote, submission: Path) -> None:
    with (
        Zygote(isolation, preload=()) as other,
        zygote.open(submission, SMALL) as one,
        other.open(submission, SMALL) as two,
    ):
        assert ask(one, "double", 1) == ask(two, "double", 1) == 2
        uids = {os.stat(f"/proc/{box.pid}").st_uid for box in (one, two)}
        assert len(uids) == (2 if is_root() else 1)


def grade_until_killed(folder: Path) -> None:
    """Another grader: a box with a daemon in it and a deaf worker. Names the zygote and both of them, and waits."""
    from autograder.sandbox.probe import probe

    with Zygote(probe(), preload=()) as zygote, zygote.open(folder, SMALL) as box:
        ask(box, "stay_behind")
        os.write(box._ends.request, request("ignore_signals"))  # so that it won't notice the closed pipe
        print(zygote.pid, *watchdog.tree(box.pid), flush=True)
        signal.pause()


if __name__ == "__main__":
    grade_until_killed(Path(sys.argv[1]))
