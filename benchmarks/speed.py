"""Seconds a submission, on the same twenty submissions and the same checks: ours, bare pytest, Otter, and the floor."""

from __future__ import annotations

import contextlib
import io
import itertools
import os
import platform
import statistics
import sys
import time
import warnings
from collections.abc import Iterator, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

from rich.console import Console
from rich.table import Table

from autograder import course, data, intake, pipeline
from autograder.course import slips
from autograder.grading import Setup, declared, run
from autograder.model import Assignment, Submission
from benchmarks import beside, peers
from demo import submissions

HOW_MANY = 20
PEER_ROUNDS = 5
WHOLE = 5
"""So many are graded with every check, those that train included."""


def main(arguments: Sequence[str] = ()) -> None:
    if arguments:
        sys.exit(f"python -m benchmarks speed takes no options, so not {arguments[0]}")
    with _one_core():
        _compare()


@contextlib.contextmanager
def _one_core() -> Iterator[None]:
    """All that is measured runs on one core, in turn: none of the tools gains by a second one."""
    import torch

    cores, threads = os.sched_getaffinity(0), torch.get_num_threads()
    os.sched_setaffinity(0, {min(cores)})
    torch.set_num_threads(1)
    try:
        yield
    finally:
        os.sched_setaffinity(0, cores)
        torch.set_num_threads(threads)


def _compare() -> None:
    assignment = course.find(beside.ROOT)["a5_layers"]
    say = Console(highlight=False, width=110).print
    names = _quick_checks(assignment)
    python = platform.python_version()
    say(f"{len(names)} checks that train nothing, {HOW_MANY} submissions of {assignment.id}, one core, Python {python}")
    with TemporaryDirectory() as scratch:
        folders = _class(assignment, Path(scratch) / "class")
        floor = _floor(assignment, folders, names)
        ours, passed, start = _ours(assignment, folders, names, Path(scratch))
        pytest_costs, otter_costs = [], []
        autograder = peers.otter_zip(assignment, names, Path(scratch) / "autograder.zip")
        for folder in folders[:PEER_ROUNDS]:  # interleaved, so that other load falls on both
            pytest_costs.append(peers.by_pytest(assignment, folder, names))
            out = Path(scratch) / f"otter-{folder.name}"
            out.mkdir()
            otter_costs.append(peers.by_otter(autograder, peers.notebook(folder, out / "work.ipynb"), out))
        every = [check.name for check in declared(assignment, data.load)]
        whole_floor = _floor(assignment, folders[:WHOLE], every)
        whole, *_ = _ours(assignment, folders[:WHOLE], every, Path(scratch))
    _agree(passed, [c.passed for c in pytest_costs], [c.passed for c in otter_costs])
    table = Table(box=None, header_style="bold")
    for head in ("", "wall s (median)", "fastest", "slowest", "CPU s", "ours is faster by"):
        table.add_column(head, justify="left" if not head else "right")
    mid = statistics.median(ours)
    table.add_row("ours, in the sandbox", *_figures(ours), "", "")
    table.add_row("one warm process, no sandbox", *_figures(floor), "", f"{statistics.median(floor) / mid:.2f} ×")
    for label, costs in (("pytest, a process each", pytest_costs), ("otter run", otter_costs)):
        walls = [c.wall for c in costs]
        cpu = statistics.median(c.cpu for c in costs)
        table.add_row(label, *_figures(walls), f"{cpu:.2f}", f"{statistics.median(walls) / mid:.0f} ×")
    Console(width=110).print(table)
    for what, took, base in (
        ("these", mid, statistics.median(floor)),
        (f"all {len(every)}", statistics.median(whole), statistics.median(whole_floor)),
    ):
        say(f"{what} checks: ours may cost 1.5 × {base:.2f} + 0.1 = {1.5 * base + 0.1:.2f} s, and costs {took:.2f} s")
    say(f"until the first grade it takes {start:.1f} s, once a run; a class has a grading process on every core")


def _quick_checks(assignment: Assignment) -> list[str]:
    """The checks without a time budget of their own: training for seconds is the student's computing, not a tool's."""
    return [check.name for check in declared(assignment, data.load) if check.seconds is None]


def _class(assignment: Assignment, folder: Path) -> list[Path]:
    """Honest submissions: the solution, and solutions with a slip."""
    known = slips.load(assignment)
    made = [("solution", submissions.solution(assignment))]
    made += [(slip.id, submissions.slipped(assignment, slip)) for slip in known[: HOW_MANY - 1]]
    for name, files in made:
        (folder / name).mkdir(parents=True)
        for file, text in files.items():
            (folder / name / file).write_bytes(text)
    return [folder / name for name, _ in made]


def _floor(assignment: Assignment, folders: list[Path], names: list[str]) -> list[float]:
    """Seconds a folder in one warm process; the first folder warms it. What submissions print is not for here."""
    with contextlib.redirect_stdout(io.StringIO()), warnings.catch_warnings(action="ignore"):
        return beside.warm(assignment, [folders[0], *folders], names)[1:]


def _ours(
    assignment: Assignment, folders: list[Path], names: list[str], scratch: Path
) -> tuple[list[float], list[int], float]:
    """(seconds from grade to grade, checks passed by each, seconds until the first grade), all of `run` included."""
    arrivals = {arrival.name: arrival for arrival in intake.discover(folders[0].parent)}
    read = scratch / f"read-{len(names)}"
    received: list[Submission] = [intake.receive(arrivals[folder.name], assignment, read) for folder in folders]
    setup = Setup(
        assignment,
        beside.SEED,
        pipeline.versions(assignment),
        pipeline.confine("best"),
        data.load,
        only=frozenset(names),
    )
    ended, passed = [time.perf_counter()], []
    for grade in run(setup, [received[0], *received], workers=1):
        ended.append(time.perf_counter())
        passed.append(len(grade.outcomes) - len(grade.lost))
    first, *others = (after - before for before, after in itertools.pairwise(ended))
    return others, passed[1:], first


def _figures(seconds: list[float]) -> tuple[str, str, str]:
    return f"{statistics.median(seconds):.3f}", f"{min(seconds):.3f}", f"{max(seconds):.3f}"


def _agree(ours: list[int], *others: list[int]) -> None:
    """A faster tool that finds something else has not been compared."""
    for theirs in others:
        if theirs != ours[: len(theirs)]:
            sys.exit(f"the tools disagree on how many checks pass: {ours} against {theirs}")


if __name__ == "__main__":
    main()
