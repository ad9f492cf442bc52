"""What the filter answers, by running its instructions for both machines; the kernel's answer is in test_isolation."""

from __future__ import annotations

import struct

import pytest

from autograder.model import Limits
from autograder.sandbox import confine, seccomp, syscalls
from autograder.sandbox.orders import Orders

ALLOW, KILL, EPERM, ENOSYS, NO_FAMILY = 0x7FFF0000, 0x80000000, 0x00050001, 0x00050026, 0x00050061
ARCHITECTURES = {"x86_64": (1, 0xC000003E), "aarch64": (2, 0xC00000B7)}
COMMON = {"x86_64": {"read": 0, "execve": 59, "exit": 60}, "aarch64": {"read": 63, "execve": 221, "exit": 93}}
AF_INET, AF_UNIX, AF_NETLINK = 2, 1, 16


def verdict(program: bytes, number: int, *args: int, arch: int | None = None) -> int:
    """Run the filter as the kernel does: an accumulator, and jumps that go forward."""
    data = struct.pack("iIQ6Q", number, arch or syscalls.AUDIT_ARCH, 0, *args, *[0] * (6 - len(args)))
    code = list(struct.iter_unpack("HBBI", program))
    at = accumulator = 0
    while True:
        operation, if_true, if_false, value = code[at]
        at += 1
        if operation == 0x06:
            return value
        if operation == 0x20:
            accumulator = struct.unpack_from("I", data, value)[0]
            continue
        holds = {0x15: accumulator == value, 0x35: accumulator >= value, 0x45: bool(accumulator & value)}[operation]
        at += if_true if holds else if_false


@pytest.fixture(params=list(ARCHITECTURES))
def machine(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """The tables of one machine, whichever this is."""
    column, audit = ARCHITECTURES[request.param]
    rows = (row.split() for row in syscalls._TABLE.split(";"))
    monkeypatch.setattr(syscalls, "NUMBERS", {row[0]: int(row[column]) for row in rows if row[column] != "-"})
    monkeypatch.setattr(syscalls, "AUDIT_ARCH", audit)
    return str(request.param)


def number(name: str) -> int:
    return syscalls.NUMBERS[name]


@pytest.mark.parametrize("namespaces", [True, False])
def test_ordinary_calls_are_allowed(machine: str, namespaces: bool) -> None:
    program = seccomp.assemble(namespaces, 7)
    for name in COMMON[machine]:
        assert verdict(program, COMMON[machine][name]) == ALLOW


@pytest.mark.parametrize("namespaces", [True, False])
def test_everything_on_the_list_is_denied(machine: str, namespaces: bool) -> None:
    program = seccomp.assemble(namespaces, 7)
    listed = (seccomp.ALWAYS + ("" if namespaces else seccomp.WITHOUT_NAMESPACES + seccomp.WITHOUT_AN_OWN_UID)).split()
    assert len(listed) > 60
    for name in listed:
        if name in syscalls.NUMBERS:
            assert verdict(program, number(name)) == EPERM, name


def test_every_name_on_the_lists_is_in_the_table() -> None:
    listed = set((seccomp.ALWAYS + seccomp.WITHOUT_NAMESPACES + seccomp.WITHOUT_AN_OWN_UID).split())
    assert listed <= {row.split()[0] for row in syscalls._TABLE.split(";")}


def test_namespaces_need_the_shorter_list_only(machine: str) -> None:
    program = seccomp.assemble(True)
    assert verdict(program, number("setsid")) == ALLOW
    assert verdict(program, number("fchmod")) == ALLOW


def test_calls_that_nobody_has_judged_do_not_exist(machine: str) -> None:
    program = seccomp.assemble(True)
    assert verdict(program, syscalls.FIRST_UNKNOWN) == ENOSYS
    assert verdict(program, 0x40000000 | 39) == ENOSYS, "x32 has the same calls under other numbers"
    assert verdict(program, -1) == ENOSYS


def test_another_machines_calls_kill(machine: str) -> None:
    i386 = 0x40000003
    assert verdict(seccomp.assemble(True), 20, arch=i386) == KILL


@pytest.mark.parametrize("name", ["socket", "socketpair"])
def test_sockets_are_local(machine: str, name: str) -> None:
    program = seccomp.assemble(True)
    assert verdict(program, number(name), AF_UNIX) == ALLOW
    for family in (AF_INET, AF_NETLINK, 10, 17, 38, 40):
        assert verdict(program, number(name), family) == NO_FAMILY


def test_threads_may_be_made_and_namespaces_not(machine: str) -> None:
    program = seccomp.assemble(True)
    thread, new_user, new_network = 0x3D0F00, 0x10000000, 0x40000000
    assert verdict(program, number("clone"), thread) == ALLOW
    assert verdict(program, number("clone"), 17) == ALLOW
    assert verdict(program, number("clone"), new_user | 17) == EPERM
    assert verdict(program, number("clone"), new_network | 17) == EPERM
    assert verdict(program, number("clone3")) == ENOSYS


def test_only_ones_own_limits(machine: str) -> None:
    program = seccomp.assemble(True)
    assert verdict(program, number("prlimit64"), 0, 7) == ALLOW
    assert verdict(program, number("prlimit64"), 1, 7) == EPERM


def test_no_typing_into_terminals(machine: str) -> None:
    program = seccomp.assemble(True)
    assert verdict(program, number("ioctl"), 0, 0x5412) == EPERM
    assert verdict(program, number("ioctl"), 0, 0x5413) == ALLOW


def test_who_has_an_own_uid_may_signal_and_change_what_is_its_own(machine: str) -> None:
    program = seccomp.assemble(False, 77, own_uid=True)
    for name in ("kill", "tgkill"):
        assert verdict(program, number(name), 78, 9) == ALLOW
    assert verdict(program, number("fchmod")) == ALLOW
    for name in ("setsid", "setpgid", "connect", "setxattr", "truncate"):
        assert verdict(program, number(name)) == EPERM


def test_without_namespaces_signals_stay_at_home(machine: str) -> None:
    program = seccomp.assemble(False, 77)
    for name in ("kill", "tgkill"):
        assert verdict(program, number(name), 77, 9) == ALLOW
        assert verdict(program, number(name), 78, 9) == EPERM
        assert verdict(program, number(name), 0xFFFFFFFF, 9) == EPERM
    subreaper = 36
    assert verdict(program, number("prctl"), subreaper) == EPERM
    assert verdict(program, number("prctl"), 15) == ALLOW


@pytest.mark.parametrize(("level", "uid", "own"), [("ns", 0, False), ("landlock", 0, True), ("landlock", 65534, False)])
def test_a_worker_gets_the_filter_of_its_level_with_its_own_number_where_that_counts(
    level: str, uid: int, own: bool
) -> None:
    orders = Orders(level, ("seccomp",), Limits(), "", "", uid)  # type: ignore[arg-type]

    first, second = confine.filter_for(orders, 77), confine.filter_for(orders, 78)

    assert first == seccomp.assemble(level == "ns", 77 if own else 0, bool(uid))
    assert (first != second) == own
