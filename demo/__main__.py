"""`make demo`: build the handouts, grade the example classes in the sandbox, print the tables and name the page."""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from rich.console import Console

from autograder import course, pipeline, progress
from autograder.model import Assignment
from demo import submissions

ROOT = Path(__file__).parent.parent
OUT = ROOT / "out" / "demo"
LARGEST = "a5_layers"

say = Console(highlight=False, soft_wrap=True).print


def main() -> int:
    shutil.rmtree(OUT, ignore_errors=True)
    assignments = course.find(ROOT)
    for path in pipeline.student(list(assignments.values()), ROOT / "dist" / "student"):
        say(f"handout   {path.relative_to(ROOT)}  {path.stat().st_size / 1024:.0f} KiB")
    largest = assignments.pop(LARGEST)
    handed_in = submissions.write(largest, OUT / LARGEST)
    roster = course.load_roster(OUT / LARGEST / "roster.csv")
    with progress.shown() as tell:
        grades = pipeline.grade(largest, handed_in, OUT / LARGEST / "graded", roster=roster, tell=tell)
    confined = next((g.isolation for g in grades if g.isolation), ())
    say(f"sandbox   {', '.join(confined)}\n")
    progress.table(grades)
    for table in others(assignments.values()):
        say(f"\n{table}")
    say(f"\nclass     {(OUT / LARGEST / 'graded' / 'summary.html').relative_to(ROOT)}")
    say(f"feedback  {(OUT / LARGEST / 'graded' / 'feedback').relative_to(ROOT)}/<submission>.html")
    say(f"CSV       {(OUT / LARGEST / 'graded' / 'grades.csv').relative_to(ROOT)}")
    return 0


def others(assignments: Iterable[Assignment]) -> Iterable[str]:
    """The tables of the other assignments' small classes: each in a process of its own, on every core."""

    def graded(assignment: Assignment) -> str:
        folder = OUT / assignment.id
        handed_in = submissions.write_small(assignment, folder)
        words = ["grade", assignment.id, str(handed_in), "--out", str(folder / "graded"), "--workers", "1"]
        command = [sys.executable, "-m", "autograder.cli", *words]
        done = subprocess.run(command, cwd=ROOT, stdout=subprocess.PIPE, text=True, check=True)
        return f"{assignment.id}\n" + done.stdout.split("\n\n")[0].rstrip()

    with ThreadPoolExecutor(pipeline.cores()) as pool:
        yield from pool.map(graded, assignments)


if __name__ == "__main__":
    sys.exit(main())
