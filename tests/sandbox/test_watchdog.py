"""CPU seconds and memory of a whole tree, read from outside."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator

import pytest
from talk import eventually

from autograder.sandbox import watchdog
from autograder.sandbox.transport import Stopped
from autograder.sandbox.watchdog import Budget

MB = 1 << 20
Starter = Callable[[str], int]


@pytest.fixture
def start() -> Iterator[Starter]:
    """Starts Python processes that say "ready" when they have done what they should, and then wait."""
    running = []

    def run(code: str) -> int:
        process = subprocess.Popen(
            [sys.executable, "-S", "-c", f"import os\n{code}\nprint('ready', flush=True)\ninput()"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        )
        running.append(process)
        assert process.stdout is not None
        assert process.stdout.readline() == b"ready\n"
        return process.pid

    yield run
    for process in running:
        for pid in watchdog.tree(process.pid):
            os.kill(pid, signal.SIGKILL)
        process.communicate()


FORK = """
r, w = os.pipe()
if os.fork() == 0:
{}
    os.write(w, b"1")
    import signal; signal.pause()
os.read(r, 1)
"""


def test_a_tree_has_all_generations(start: Starter) -> None:
    assert len(watchdog.tree(start("pass"))) == 1
    child = "    if os.fork() == 0:\n        import signal; signal.pause()\n"
    pid = start(FORK.format(child))
    assert eventually(lambda: len(watchdog.tree(pid)) == 3)


def metered(pid: int) -> float:
    """By the files that stay open. Asked twice: it must not be a matter of what it saw first."""
    meter = watchdog.Meter(pid)
    try:
        assert meter.seconds() <= meter.seconds()
        return meter.seconds()
    finally:
        meter.close()


ways = pytest.mark.parametrize("seconds", [watchdog.cpu_seconds, metered])


@ways
def test_the_time_of_children_counts(start: Starter, seconds: Callable[[int], float]) -> None:
    spin = "    import time\n    while time.process_time() < 0.3: pass"
    assert seconds(start("pass")) < 0.3
    assert 0.25 <= seconds(start(FORK.format(spin))) < 2


@ways
def test_the_time_of_threads_and_of_their_children_counts(start: Starter, seconds: Callable[[int], float]) -> None:
    pid = start(
        "import threading, time\ndef fork():\n    pid = os.fork()\n    while pid == 0: time.sleep(0)\n"
        "    time.sleep(60)\n"
        "threading.Thread(target=fork, daemon=True).start()"
    )
    assert eventually(lambda: seconds(pid) > 0.1 and len(watchdog.tree(pid)) == 2)


@ways
def test_the_time_of_the_dead_counts_once_they_are_waited_for(start: Starter, seconds: Callable[[int], float]) -> None:
    pid = start(
        "if os.fork() == 0:\n    import time\n    while time.process_time() < 0.3: pass\n    os._exit(0)\nos.wait()"
    )
    assert watchdog.tree(pid) == [pid]
    assert 0.25 <= seconds(pid) < 2


def test_memory_counts_what_is_written_to(start: Starter) -> None:
    plain, large = start("pass"), start(f"held = b'x' * {60 * MB}")
    assert 55 * MB < watchdog.memory(large) - watchdog.memory(plain) < 80 * MB
    assert watchdog.over(large, 50, 0)
    assert not watchdog.over(plain, 50, 0)


def test_memory_shared_with_a_child_counts_once_where_the_kernel_tells(start: Starter) -> None:
    pid = start(f"held = b'x' * {60 * MB}\n" + FORK.format("    pass"))
    assert watchdog.memory(pid) > 110 * MB
    exact = watchdog.proportional(pid)
    assert exact is None or exact < 100 * MB


def test_a_baseline_is_taken_off_each_process(start: Starter) -> None:
    pid = start(f"held = b'x' * {60 * MB}\n" + FORK.format("    pass"))
    assert watchdog.memory(pid, baseline=60 * MB) < 30 * MB


def test_what_is_gone_counts_nothing() -> None:
    none = 2**22 + 1
    assert watchdog.cpu_seconds(none) == metered(none) == 0
    assert watchdog.memory(none) == 0
    assert watchdog.proportional(none) == 0


def test_a_budget_is_measured_from_its_beginning() -> None:
    spent = [5.0]
    budget = Budget(lambda: spent[0], 1.0)
    assert 0 < budget.pause() <= 0.25
    spent[0] = 5.9
    assert eventually(lambda: budget.pause() <= 0.1)
    spent[0] = 6.1
    with pytest.raises(Stopped) as caught:
        eventually(lambda: budget.pause() < 0)
    assert (caught.value.kind, caught.value.seconds) == ("timed_out", 1.0)


def test_a_budget_ends_by_the_clock_when_nothing_is_spent() -> None:
    budget = Budget(lambda: 0.0, 0.01)
    with pytest.raises(Stopped, match="three times"):
        eventually(lambda: budget.pause() < 0)


def test_a_tree_that_wants_a_cpu_and_gets_none_is_not_ended_for_it() -> None:
    budget = Budget(lambda: 0.0, 0.01, lambda: False)
    start = time.monotonic()
    assert eventually(lambda: budget.pause() > 0 and time.monotonic() - start > 1.5)
    assert budget.slept == 0
    budget._end = start
    with pytest.raises(Stopped, match="three times"):
        eventually(lambda: budget.pause() < 0)


def test_time_in_which_the_grader_itself_got_no_cpu_is_not_the_submissions(monkeypatch: pytest.MonkeyPatch) -> None:
    budget = Budget(lambda: 0.0, 1.0)
    later = time.monotonic() + 10
    monkeypatch.setattr(watchdog.time, "monotonic", lambda: later)
    assert budget.pause() > 0
    assert budget.slept == 0.5


def test_a_tree_sleeps_while_no_thread_of_it_wants_to_run(start: Starter) -> None:
    assert eventually(lambda: watchdog.is_asleep(start("pass")))
    endless = "lambda: any(x for x in iter(int, 1))"  # zeros for ever, looked at by Python, so that others get a turn
    spin = f"    import threading\n    threading.Thread(target={endless}, daemon=True).start()"
    pid = start(FORK.format(spin))
    assert eventually(lambda: not watchdog.is_asleep(pid))
    assert watchdog.is_asleep(2**22 + 1)


def test_when_a_process_was_started_and_that_the_dead_were_never() -> None:
    with subprocess.Popen([sys.executable, "-S", "-c", "input()"], stdin=subprocess.PIPE) as process:
        assert watchdog.started(process.pid) >= watchdog.started(os.getpid()) > 0
        process.kill()
        assert eventually(lambda: watchdog.started(process.pid) == -1), "dead, though nobody has waited for it"
        assert os.path.exists(f"/proc/{process.pid}")
    assert watchdog.started(process.pid) == -1
