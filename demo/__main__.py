"""`make demo`: build the handouts, grade the example classes in the sandbox, print the tables and name the page."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path

from rich.console import Console

from autograder import course, pipeline, progress
from autograder.grading import Nursery
from autograder.model import Assignment, Grade
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
    for assignment in assignments.values():
        submissions.write_small(assignment, OUT / assignment.id)
    with closing(Nursery(largest.preload)) as nursery:
        with progress.shown() as tell:
            grades = pipeline.grade(
                largest, handed_in, OUT / LARGEST / "graded", roster=roster, tell=tell, nursery=nursery
            )
        confined = next((g.isolation for g in grades if g.isolation), ())
        say(f"sandbox   {', '.join(confined)}\n")
        progress.table(grades)
        for id, small in others(assignments.values(), nursery):
            say(f"\n{id}")
            progress.table(small)
    say(f"\nclass     {(OUT / LARGEST / 'graded' / 'summary.html').relative_to(ROOT)}")
    say(f"feedback  {(OUT / LARGEST / 'graded' / 'feedback').relative_to(ROOT)}/<submission>.html")
    say(f"CSV       {(OUT / LARGEST / 'graded' / 'grades.csv').relative_to(ROOT)}")
    return 0


def others(assignments: Iterable[Assignment], nursery: Nursery) -> Iterator[tuple[str, list[Grade]]]:
    """The grades of the other assignments' small classes: each on a core of its own."""

    def graded(assignment: Assignment) -> tuple[str, list[Grade]]:
        handed_in, out = OUT / assignment.id / "submissions", OUT / assignment.id / "graded"
        return assignment.id, pipeline.grade(assignment, handed_in, out, workers=1, nursery=nursery)

    with ThreadPoolExecutor(pipeline.cores()) as pool:
        yield from pool.map(graded, assignments)


if __name__ == "__main__":
    sys.exit(main())
