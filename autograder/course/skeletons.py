"""Derives the skeletons in assignments/<id> from the solution, which is the master, and says which have drifted."""

from __future__ import annotations

from pathlib import Path, PurePosixPath

from autograder.course.assignment import contents, solution_of
from autograder.course.notebooks import cut_notebook
from autograder.course.regions import cut, cut_markdown
from autograder.course.toml import CourseError
from autograder.model import Assignment

__all__ = ["cut", "cut_markdown", "cut_notebook", "derive", "stale", "write"]

KEPT_BACK = ("train.py", "slips.toml", "rubric.md")


def derive(assignment: Assignment) -> dict[str, bytes]:
    """Name → contents of every file that follows from the solution; raises CourseError.

    That is every .py, every .ipynb and answers.md there, without the hidden checks, slips.toml, rubric.md and train.py.
    A file that has no region and is not asked for is given away only where it already has a counterpart in the handout,
    so that a secret helper does not slip out because nobody marked it.
    """
    solution = solution_of(assignment)
    skeletons = {}
    for name in masters(solution):
        path = solution / name
        try:
            text = path.read_bytes().decode("utf-8-sig").replace("\r\n", "\n")
        except UnicodeDecodeError as error:
            raise CourseError(f"{path.as_posix()}: is not UTF-8 at byte {error.start}; save it as UTF-8") from None
        skeleton = _cut(text, path)
        known = name in assignment.files + assignment.optional or (assignment.handout / name).exists()
        if skeleton == text and not known:
            raise CourseError(
                f"{path.as_posix()}: has no solution region and is not among the files of assignment.toml;"
                f" to hand it out as it is, put an empty {name} into {assignment.handout.as_posix()}"
            )
        skeletons[name] = skeleton.encode()
    for name in assignment.files + assignment.optional:
        if name not in skeletons and name.endswith((".py", ".ipynb", "answers.md")):
            raise CourseError(f"{solution.as_posix()}: has no {name}, which assignment.toml asks students for")
    return skeletons


def masters(solution: Path) -> list[str]:
    """Files of the solution that have a skeleton in the handout."""
    return [name for name in contents(solution) if _is_master(PurePosixPath(name))]


def write(assignment: Assignment) -> list[Path]:
    """Derive the skeletons into the handout; returns those that changed. Raises CourseError before it writes."""
    changed = []
    for name, skeleton in derive(assignment).items():
        path = assignment.handout / name
        if not path.is_file() or path.read_bytes() != skeleton:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(skeleton)
            changed.append(path)
    return changed


def stale(assignment: Assignment) -> list[str]:
    """One sentence for each skeleton that is not what the solution gives; raises CourseError when one can't be cut."""
    problems = []
    for name, skeleton in derive(assignment).items():
        path = assignment.handout / name
        if not path.is_file():
            problems.append(f"{path.as_posix()}: is missing; run autograder skeletons.")
        elif path.read_bytes() != skeleton:
            master = (solution_of(assignment) / name).as_posix()
            problems.append(
                f"{path.as_posix()}: is not what {master} gives; change it there and run autograder skeletons."
            )
    return problems


def _cut(text: str, path: Path) -> str:
    name = path.as_posix()
    if path.suffix == ".py":
        return cut(text, name)
    return cut_notebook(text, name) if path.suffix == ".ipynb" else cut_markdown(text, name)


def _is_master(path: PurePosixPath) -> bool:
    if path.name in KEPT_BACK or (path.name.startswith("checks_") and path.suffix == ".py"):
        return False
    return path.suffix in (".py", ".ipynb") or path.name == "answers.md"
