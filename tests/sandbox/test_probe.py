"""The probe believes what it has seen, and nothing else."""

from __future__ import annotations

import os
import platform
import subprocess
import sys
from collections.abc import Iterator

import pytest

from autograder.sandbox import attempts
from autograder.sandbox import probe as prober
from autograder.sandbox.attempts import ATTEMPTS, EXCESSES, ON_FILES
from autograder.sandbox.isolation import Isolation, of
from autograder.sandbox.probe import probe


@pytest.fixture(scope="module")
def facts() -> Iterator[prober.Facts]:
    with prober._surroundings() as found:
        yield found


@pytest.fixture(scope="module")
def unconfined(facts: prober.Facts) -> set[str]:
    return prober._achieved(of("none", ()), facts)


def test_here_all_layers_hold(isolation: Isolation) -> None:
    assert isolation.level == "ns"
    assert isolation.missing == ()
    expected = {"user namespace", "mount namespace", "pid namespace", "network namespace", "seccomp", "rlimits"}
    assert expected <= set(isolation.layers)
    assert ("own uid" in isolation.layers) == (os.geteuid() == 0)
    assert {"cgroup memory", "memory watchdog"} & set(isolation.layers)


def test_the_same_words_every_time(isolation: Isolation) -> None:
    probe.cache_clear()
    assert probe() == isolation
    assert probe() is probe()


def test_the_attempts_succeed_where_nothing_confines(unconfined: set[str]) -> None:
    assert unconfined >= set(ON_FILES)
    # tracing and making namespaces are what a machine may forbid a plain user in any case
    assert {*ATTEMPTS, *EXCESSES} - unconfined <= {"trace another process", "make a namespace"}


@pytest.mark.parametrize(
    ("taken_off", "then"),
    [
        (("mount", "landlock", "uid"), "read a file"),
        (("network", "seccomp", "landlock"), "connect over TCP"),
        (("network", "landlock"), "connect to a local socket"),
        (("pid", "mount", "landlock", "uid"), "see another process"),
        (("pid", "landlock", "uid"), "signal another process"),
        (("rlimits",), "start too many processes"),
        (("cgroup", "watchdog", "rlimits"), "hold too much memory"),
        (("seccomp", "network"), "send over UDP"),
        (("mount", "landlock", "uid"), "change what is known of a file"),
    ],
)
def test_a_level_with_a_hole_does_not_hold(
    isolation: Isolation,
    facts: prober.Facts,
    unconfined: set[str],
    taken_off: tuple[str, ...],
    then: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    # each of the others would cost a worker and seconds
    monkeypatch.setattr(attempts, "EXCESSES", {name: tried for name, tried in EXCESSES.items() if name == then})
    judged = prober._judge(isolation.without(*taken_off), facts, unconfined)
    assert isinstance(judged, str)
    assert then in judged


def test_without_a_control_nothing_is_believed(isolation: Isolation, facts: prober.Facts) -> None:
    judged = prober._judge(isolation, facts, set())
    assert isinstance(judged, str)
    assert "nothing is shown" in judged


def test_a_sandbox_that_can_not_be_made_does_not_hold(
    isolation: Isolation, facts: prober.Facts, unconfined: set[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """As where user namespaces are forbidden: the worker is never opened, whatever the attempts would say."""
    monkeypatch.setitem(facts, "folder", facts["folder"] / "gone")
    assert isinstance(prober._judge(isolation, facts, unconfined), str)


def test_elsewhere_there_is_none(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "platform", "darwin")
    probe.cache_clear()
    try:
        assert probe() == Isolation("none", (), ("Linux",))
    finally:
        probe.cache_clear()


def test_the_grader_imports_on_other_systems() -> None:
    """What only Linux has is hidden from a fresh interpreter, which then imports the door of the sandbox."""
    code = """
import sys
for name in ("fcntl", "resource", "pwd", "grp", "termios"):
    sys.modules[name] = None
import ctypes
def refuse(*args, **kwargs):
    raise OSError("no such library")
ctypes.CDLL = ctypes.PyDLL = refuse
import autograder.sandbox, autograder.sandbox.box, autograder.sandbox.probe, autograder.sandbox.transport
sys.platform = "win32"
print(autograder.sandbox.probe.probe().level)
"""
    done = subprocess.run([sys.executable, "-S", "-c", code], capture_output=True, text=True, env=_with_path())
    assert (done.stdout, done.stderr) == ("none\n", "")
    assert platform.system() == "Linux"


def _with_path() -> dict[str, str]:
    return {**os.environ, "PYTHONPATH": os.pathsep.join(path for path in sys.path if path)}
