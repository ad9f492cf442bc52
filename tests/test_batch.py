"""Grading processes: they share a class, die, are replaced, and leave nothing running."""

from __future__ import annotations

import multiprocessing
import os
import subprocess
import sys
import time
from collections.abc import Mapping
from contextlib import closing
from multiprocessing import forkserver
from pathlib import Path

import pytest
from means import HIDDEN, RIGHT, WRONG, hand_in, write

from autograder import data, intake
from autograder.grading import ChecksError, Nursery, Setup, batch, run
from autograder.model import Grade
from autograder.pipeline import confine, versions
from autograder.sandbox.watchdog import tree

# A check that looks at what the submission calls itself: what follows is our own code going wrong.
STAGED = (
    HIDDEN
    + '''

@points(1, "q2")
def check_staged(student):
    """this check is at fault for some submissions."""
    import os

    name = student.means.NAME
    if name == "kills the grader":
        os._exit(9)
    if name == "confuses the check":
        raise RuntimeError(name)
'''
)


def graded(folder: Path, submissions: Mapping[str, str], workers: int = 2, hidden: str = STAGED) -> dict[str, Grade]:
    assignment = write(folder / "course", {"solutions/means/checks_means_hidden.py": hidden})
    inbox = hand_in(folder / "inbox", submissions)
    received = [intake.receive(a, assignment, folder / "read") for a in intake.discover(inbox, assignment)]
    setup = Setup(assignment, 5, versions(assignment), confine("best"), data.load)
    return {grade.submission: grade for grade in run(setup, received, workers)}


def named(name: str) -> str:
    return f"{RIGHT}\n\nNAME = {name!r}\n"


def children() -> set[int]:
    """All processes below this one, but for multiprocessing's own tracker and server, which stay."""
    forkserver.ensure_running()
    own = ("resource_tracker", "from multiprocessing.forkserver")
    found = {pid: Path(f"/proc/{pid}/cmdline").read_text() for pid in set(tree(os.getpid())) - {os.getpid()}}
    served = {pid for pid, said in found.items() if own[1] in said}
    kept = {min(served)} if served else set()
    return {pid for pid, said in found.items() if own[0] not in said and pid not in kept}


def test_a_grading_process_that_dies_costs_its_submission_alone(tmp_path: Path) -> None:
    names = {"a": "honest", "b": "kills the grader", "c": "honest", "d": "honest"}
    grades = graded(tmp_path, {key: named(name) for key, name in names.items()})

    assert {key: (g.status, g.score) for key, g in grades.items() if key != "b"} == dict.fromkeys(
        "acd", ("graded", 4.0)
    )
    assert grades["b"].status == "partial"
    assert grades["b"].reason.startswith("the grading process ended 2 times")
    assert grades["b"].flags[0].startswith("provisional: ")


def test_a_check_that_goes_wrong_is_told_to_staff_and_earns_nothing(tmp_path: Path) -> None:
    grades = graded(tmp_path, {"ada": named("confuses the check"), "bob": named("honest")}, workers=1)

    wrong = next(o for o in grades["ada"].outcomes if o.name == "check_staged")
    assert (wrong.outcome, wrong.score) == ("errored", 0.0)
    assert "RuntimeError" in wrong.detail
    assert "RuntimeError" not in wrong.why
    assert grades["ada"].status == "partial"
    assert grades["bob"].status == "graded"


def test_an_attribute_that_is_missing_is_the_submissions_fault(tmp_path: Path) -> None:
    grades = graded(tmp_path, {"ada": RIGHT}, workers=1)
    missing = next(o for o in grades["ada"].outcomes if o.name == "check_staged")
    assert (missing.outcome, grades["ada"].status) == ("failed", "graded")
    assert "NAME" in missing.why


def test_checks_that_cannot_be_collected_end_the_run_with_one_line(tmp_path: Path) -> None:
    silent, before = HIDDEN.replace('    """mean of one number is that number."""\n', ""), children()
    with pytest.raises(ChecksError, match=r"^means: .*check_mean_of_one has no docstring[^\n]*$"):
        graded(tmp_path, {"ada": RIGHT}, hidden=silent)
    assert children() <= before  # what the server had under way when it started may have ended


def test_nothing_is_left_running_when_the_caller_stops_listening(tmp_path: Path) -> None:
    assignment = write(tmp_path / "course")
    inbox = hand_in(tmp_path / "inbox", dict.fromkeys("abcd", RIGHT))
    received = [intake.receive(a, assignment, tmp_path / "read") for a in intake.discover(inbox, assignment)]
    setup = Setup(assignment, 5, versions(assignment), confine("best"), data.load)
    before = children()

    grades = run(setup, received, 2)
    next(grades)
    during = children() - before
    grades.close()  # type: ignore[attr-defined]

    assert during
    assert children() <= before
    assert [pid for pid in during if Path(f"/proc/{pid}").exists()] == []


def test_a_killed_run_leaves_no_grading_process(tmp_path: Path) -> None:
    write(tmp_path / "course")
    hand_in(tmp_path / "inbox", dict.fromkeys(map(str, range(40)), RIGHT))
    words = [sys.executable, "-m", "autograder.cli", "grade", "means", "../inbox", "--out", "../out", "--workers", "2"]
    run = subprocess.Popen(words, cwd=tmp_path / "course", stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    while not list((tmp_path / "out" / "feedback").glob("*.html")):
        time.sleep(0.05)
    crew = sorted(set(tree(run.pid)) - {run.pid})
    run.kill()
    run.wait()

    deadline = time.monotonic() + 30
    while any(Path(f"/proc/{pid}").exists() for pid in crew) and time.monotonic() < deadline:
        time.sleep(0.05)

    assert len(crew) >= 2
    assert [pid for pid in crew if Path(f"/proc/{pid}").exists()] == []


def test_a_nursery_serves_whoever_asks_for_no_more_than_it_has(tmp_path: Path) -> None:
    assignment = write(tmp_path / "course")
    inbox = hand_in(tmp_path / "inbox", {"ada": RIGHT})
    received = [intake.receive(a, assignment, tmp_path / "read") for a in intake.discover(inbox, assignment)]
    setup = Setup(assignment, 5, versions(assignment), confine("best"), data.load)
    with closing(Nursery([*assignment.preload, "csv"])) as ample, closing(Nursery(())) as poor:
        assert (ample.suits(assignment.preload), poor.suits(assignment.preload)) == (True, False)
        for nursery in (ample, poor):
            (grade,) = run(setup, received, 1, nursery=nursery)
            assert (grade.status, grade.score) == ("graded", 4.0)
        twin = ample.twin()
        twin.control.close()
        assert twin.loaded[-1] == "csv", "whoever made it closes it"


def test_grading_processes_that_fill_the_machine_stay_on_a_core_each(tmp_path: Path) -> None:
    where = """

@points(1, "q2")
def check_where(student):
    '''goes wrong, with a word of where.'''
    import os

    seen = student.means.where()
    raise RuntimeError(f"{sorted(os.sched_getaffinity(0))} {seen}")
"""
    told = f"{RIGHT}\n\ndef where():\n    import os\n    return sorted(os.sched_getaffinity(0))\n"
    cores = sorted(os.sched_getaffinity(0))
    names = {f"{i:02}": told for i in range(3 * len(cores))}

    def places(workers: int) -> set[str]:
        grades = graded(tmp_path / str(workers), names, workers, HIDDEN + where).values()
        return {outcome.detail.splitlines()[-1] for grade in grades for outcome in grade.outcomes if outcome.detail}

    alone = {f"RuntimeError: [{core}] [{core}]" for core in cores}
    assert set() < places(len(cores)) <= alone
    if len(cores) > 1:
        assert places(len(cores) - 1) == {f"RuntimeError: {cores} {cores}"}


def test_no_submission_needs_no_process(tmp_path: Path) -> None:
    assignment = write(tmp_path / "course")
    setup = Setup(assignment, 5, versions(assignment), confine("best"), data.load)
    assert list(run(setup, [], 2)) == []


def test_only_some_checks_can_be_run(tmp_path: Path) -> None:
    assignment = write(tmp_path / "course")
    inbox = hand_in(tmp_path / "inbox", {"ada": WRONG})
    received = [intake.receive(a, assignment, tmp_path / "read") for a in intake.discover(inbox, assignment)]
    setup = Setup(assignment, 5, versions(assignment), confine("best"), data.load, only=frozenset({"check_spread"}))
    (grade,) = run(setup, received, os.cpu_count() or 1)
    assert [o.name for o in grade.outcomes] == ["check_spread"]


def test_a_grading_process_ends_quietly_when_its_parent_is_gone() -> None:
    theirs, ours = multiprocessing.Pipe()
    ours.send("a grade that nobody reads")  # the kernel then says that the connection was reset
    theirs.close()
    assert list(batch._jobs(ours)) == []
