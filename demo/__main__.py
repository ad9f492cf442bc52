"""`make demo`: build the handouts, grade the example class in the sandbox, print the table and name the page."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

from rich.console import Console

from autograder import course, pipeline, progress
from demo import submissions

ROOT = Path(__file__).parent.parent
OUT = ROOT / "out" / "demo"


def main() -> int:
    say = Console(highlight=False, soft_wrap=True).print
    shutil.rmtree(OUT, ignore_errors=True)
    assignments = course.find(ROOT)
    for path in pipeline.student(list(assignments.values()), ROOT / "dist" / "student"):
        say(f"handout   {path.relative_to(ROOT)}  {path.stat().st_size / 1024:.0f} KiB")
    assignment = assignments["a5_layers"]
    handed_in = submissions.write(assignment, OUT)
    roster = course.load_roster(OUT / "roster.csv")
    with progress.shown() as tell:
        grades = pipeline.grade(assignment, handed_in, OUT / "graded", roster=roster, tell=tell)
    confined = next((g.isolation for g in grades if g.isolation), ())
    say(f"sandbox   {', '.join(confined)}\n")
    progress.table(grades)
    say(f"\nclass     {(OUT / 'graded' / 'summary.html').relative_to(ROOT)}")
    say(f"feedback  {(OUT / 'graded' / 'feedback').relative_to(ROOT)}/<submission>.html")
    say(f"CSV       {(OUT / 'graded' / 'grades.csv').relative_to(ROOT)}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
