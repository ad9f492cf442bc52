"""`make siege`: a class under fire, its grader killed again and again, and every grade as if nothing had happened."""

from __future__ import annotations

import argparse
import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console

from autograder import pipeline
from autograder.gradebook import Gradebook
from autograder.model import Assignment, Grade
from benchmarks import hostile, quiz
from benchmarks.machine import Machine, memory_mb, watched

SUBMISSIONS, KILLS = 300, 5
HOSTILE_EVERY = 6
SEED = 7
ROOT = Path(__file__).parent.parent
_SECONDS = 1800.0
_FUNCTIONS = quiz.NAMES[:-1]
_MB_OF_NOISE = 64
"""How far shared memory may differ afterwards: others are at work on this machine too."""


@dataclass(frozen=True)
class Siege:
    """A siege that is over: its figures, and as sentences what was not as it should be."""

    grades: tuple[Grade, ...]
    hostile: tuple[str, ...]
    seconds: float
    killed_at: tuple[int, ...]
    memory: tuple[int, int, int]
    """MB available before, at the least during, and after."""
    problems: tuple[str, ...]


def main(arguments: Sequence[str] = ()) -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks siege", description=__doc__)
    parser.add_argument("--submissions", type=int, default=SUBMISSIONS)
    parser.add_argument("--kills", type=int, default=KILLS)
    asked = parser.parse_args(arguments)
    say = Console(highlight=False, soft_wrap=True).print
    with tempfile.TemporaryDirectory(prefix="siege-") as place:
        siege = run(Path(place).resolve(), asked.submissions, asked.kills)
    honest = len(siege.grades) - len(siege.hostile)
    say(f"class     {len(siege.grades)} submissions, {honest} honest, {len(siege.hostile)} hostile")
    say(f"grader    {pipeline.cores()} workers, killed when {', '.join(map(str, siege.killed_at))} were graded")
    say(f"time      {siege.seconds:.0f} s, {siege.seconds / len(siege.grades):.2f} s a submission, restarts included")
    say("memory    {} MB available before, {} at the least, {} after".format(*siege.memory))
    by_status = {s: sum(g.status == s for g in siege.grades) for s in ("graded", "partial", "rejected")}
    say(f"records   {', '.join(f'{count} {status}' for status, count in by_status.items())}")
    for problem in siege.problems:
        say(f"problem   {problem}")
    if siege.problems:
        sys.exit(1)
    say("verdict   every honest grade as undisturbed, no hostile one above the wrong answer alone, nothing left behind")


def run(place: Path, submissions: int, kills: int) -> Siege:
    """Besiege the grader in `place`, an empty folder."""
    assignment = quiz.as_ours(place / "course")
    calm = _undisturbed(assignment, place / "calm")
    inbox, out = place / "inbox", place / "out"
    expected, enemies = _class(inbox, submissions)
    with watched(place / "tmp") as machine:
        before, shared = memory_mb("MemAvailable"), memory_mb("Shmem")
        began, lowest, killed = time.monotonic(), before, []
        for n in range(kills):
            done, low = _grade(assignment, inbox, out, machine, kill_at=(n + 1) * submissions // (kills + 1))
            killed.append(done)
            lowest = min(lowest, low)
        _, low = _grade(assignment, inbox, out, machine)
        seconds, left = time.monotonic() - began, machine.left()
        after, more = memory_mb("MemAvailable"), memory_mb("Shmem") - shared
    with Gradebook(out / "gradebook.db") as book:
        grades = {grade.submission: grade for grade in book.grades(assignment.id)}
        twice = [name for name in grades if len(book.history(assignment.id, name)) != 1]
    problems = [f"{name} has more than one record" for name in twice] + judge(grades, calm, expected, enemies)
    problems += [f"left behind, {kind}: {what}" for kind, found in left.items() for what in found]
    problems += [f"{more} MB of shared memory are not given back"] if more > _MB_OF_NOISE else []
    memory = before, min(lowest, low), after
    return Siege(tuple(grades.values()), enemies, seconds, tuple(killed), memory, tuple(problems))


def judge(
    grades: Mapping[str, Grade], calm: Mapping[str, Grade], expected: Mapping[str, str], enemies: Sequence[str]
) -> list[str]:
    """What is wrong with the grades, as sentences. `expected` says which of the calm grades an honest one equals."""
    problems = [f"{name} has no record" for name in sorted({*expected, *enemies} - {*grades})]
    problems += [
        f"{name} was graded otherwise than undisturbed: {grades[name].score:g} for {calm[kind].score:g}"
        for name, kind in expected.items()
        if name in grades and _timeless(grades[name]) != _timeless(calm[kind])
    ]
    problems += [
        f"{name} has {grades[name].score:g}, more than its wrong answers earn"
        for name in enemies
        if name in grades and grades[name].score > quiz.EARNED
    ]
    return problems


def _undisturbed(assignment: Assignment, place: Path) -> Mapping[str, Grade]:
    """Each kind of honest submission, graded alone with the same seed."""
    for kind in range(1 << len(_FUNCTIONS)):
        folder = place / "inbox" / str(kind)
        folder.mkdir(parents=True)
        (folder / "work.py").write_text(_honest(kind))
    grades = pipeline.grade(assignment, place / "inbox", place / "out", workers=1, seed=SEED)
    return {grade.submission: grade for grade in grades}


def _class(inbox: Path, submissions: int) -> tuple[dict[str, str], tuple[str, ...]]:
    """Hand in. (honest submission → its kind, the hostile ones); no two honest ones have the same bytes."""
    enemies = list(hostile.uploads().items())
    expected: dict[str, str] = {}
    names: list[str] = []
    inbox.mkdir()
    for n in range(submissions):
        if n % HOSTILE_EVERY == HOSTILE_EVERY // 2:
            name, content = enemies[len(names) % len(enemies)]
            names.append(f"s{n:03}-{name}")
            (inbox / f"{names[-1]}.zip").write_bytes(content)
        else:
            kind = ~(n * 7) % (1 << len(_FUNCTIONS))
            expected[f"s{n:03}"] = str(kind)
            (inbox / f"s{n:03}").mkdir()
            (inbox / f"s{n:03}" / "work.py").write_text(f"{_honest(kind)}\n# student {n}\n")
    return expected, tuple(names)


def _honest(kind: int) -> str:
    """Somebody who has some functions right: one bit each."""
    source = quiz.WRONG
    for bit, name in enumerate(_FUNCTIONS):
        if kind >> bit & 1:
            source = source.replace(_function(quiz.WRONG, name), _function(quiz.RIGHT, name))
    return source


def _function(source: str, name: str) -> str:
    return f"def {name}(" + source.partition(f"def {name}(")[2].partition("\n\n\n")[0]


def _grade(
    assignment: Assignment, inbox: Path, out: Path, machine: Machine, kill_at: int | None = None
) -> tuple[int, int]:
    """The command in a process of its own, killed when so many are graded. (how many were, least memory in MB)."""
    command = [sys.executable, "-m", "autograder.cli", "grade", assignment.id, str(inbox), "--out", str(out)]
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    course = assignment.handout.parent.parent
    process = subprocess.Popen(
        [*command, "--seed", str(SEED), "--json"], cwd=course, env=environment, stdout=subprocess.PIPE, text=True
    )
    end, done, lowest = time.monotonic() + _SECONDS, 0, memory_mb("MemAvailable")
    assert process.stdout is not None
    with process.stdout:
        for line in process.stdout:
            machine.notice()
            lowest = min(lowest, memory_mb("MemAvailable"))
            done = json.loads(line)["done"]
            if (kill_at is not None and done >= kill_at) or time.monotonic() > end:
                process.send_signal(signal.SIGKILL)
                break
        else:
            if kill_at is not None or process.wait() != 0:
                raise RuntimeError(f"the grader ended with {process.wait()} when {done} were graded")
    process.wait()
    return done, lowest


def _timeless(grade: Grade) -> tuple[object, ...]:
    """A grade without names and seconds."""
    outcomes = [(o.name, o.outcome, o.score, o.why, o.hint) for o in grade.outcomes]
    return grade.status, grade.reason, grade.score, dict(grade.questions), outcomes
