"""`make demo`: build the handouts, grade the example classes in the sandbox, print the tables and name the page."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Iterable, Iterator, Mapping
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
    largest = assignments[LARGEST]
    with ThreadPoolExecutor(1) as aside:  # while the nursery imports what takes seconds
        handouts = aside.submit(prepared, assignments)
        nursery = Nursery(list(dict.fromkeys(name for a in assignments.values() for name in a.preload)))
    with closing(nursery):
        for path in handouts.result():
            say(f"handout   {path.relative_to(ROOT)}  {path.stat().st_size / 1024:.0f} KiB")
        with progress.shown() as tell:
            roster = course.load_roster(OUT / LARGEST / "roster.csv")
            handed_in, out = OUT / LARGEST / "submissions", OUT / LARGEST / "graded"
            grades = pipeline.grade(largest, handed_in, out, roster=roster, tell=tell, nursery=nursery)
        confined = next((g.isolation for g in grades if g.isolation), ())
        say(f"sandbox   {', '.join(confined)}\n")
        progress.table(grades)
        for id, small in others([a for a in assignments.values() if a.id != LARGEST], nursery):
            say(f"\n{id}")
            progress.table(small)
    say(f"\nclass     {(OUT / LARGEST / 'graded' / 'summary.html').relative_to(ROOT)}")
    say(f"feedback  {(OUT / LARGEST / 'graded' / 'feedback').relative_to(ROOT)}/<submission>.html")
    say(f"CSV       {(OUT / LARGEST / 'graded' / 'grades.csv').relative_to(ROOT)}")
    return 0


def prepared(assignments: Mapping[str, Assignment]) -> list[Path]:
    """The handouts; the classes' submissions lie in their folders then."""
    for assignment in assignments.values():
        write = submissions.write if assignment.id == LARGEST else submissions.write_small
        write(assignment, OUT / assignment.id)
    return pipeline.student(list(assignments.values()), ROOT / "dist" / "student")


def others(assignments: Iterable[Assignment], nursery: Nursery) -> Iterator[tuple[str, list[Grade]]]:
    """The grades of the other assignments' small classes: each on a core of its own."""

    def graded(assignment: Assignment) -> tuple[str, list[Grade]]:
        handed_in, out = OUT / assignment.id / "submissions", OUT / assignment.id / "graded"
        return assignment.id, pipeline.grade(assignment, handed_in, out, workers=1, nursery=nursery)

    with ThreadPoolExecutor(pipeline.cores()) as pool:
        longest_first = reversed(list(assignments))
        begun = {assignment.id: pool.submit(graded, assignment) for assignment in longest_first}
        for id in sorted(begun):
            yield begun[id].result()


if __name__ == "__main__":
    sys.exit(main())
