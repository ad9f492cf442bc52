"""What must hold of an assignment before it goes out; each guard returns its problems, a sentence each."""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Collection, Iterable, Mapping
from pathlib import Path

from autograder.course import notebooks, skeletons, slips
from autograder.course.assignment import checks, solution_of
from autograder.course.leaks import nothing_leaks
from autograder.course.regions import definitions, promises
from autograder.course.toml import CourseError, near
from autograder.model import Assignment, Question

__all__ = [
    "all",
    "answers_have_headings",
    "checks_of",
    "everything_is_caught",
    "fails_exactly",
    "nothing_leaks",
    "points_add_up",
    "promises_kept",
    "rubric_covers",
    "skeletons_fresh",
    "sums",
]

Checks = Mapping[str, tuple[str, float]]
"""Name of a check → its question and its points."""


def all(assignment: Assignment, zip: Path, declared: Checks | None = None) -> list[str]:
    """Every guard that runs no code. `declared` is what pytest collected; without it the check files are only read."""
    problems: list[str] = []

    def collected() -> Checks:
        return checks_of(assignment) if declared is None else declared

    every: tuple[Callable[[], list[str]], ...] = (
        lambda: skeletons_fresh(assignment),
        lambda: promises_kept(assignment),
        lambda: nothing_leaks(assignment, zip),
        lambda: points_add_up(assignment, sums(collected())),
        lambda: everything_is_caught(slips.load(assignment), collected()),
        lambda: answers_have_headings(assignment),
        lambda: rubric_covers(assignment),
    )
    for guard in every:
        try:
            problems += guard()
        except CourseError as error:
            problems.append(str(error) if str(error).endswith("?") else f"{error}.")
    return list(dict.fromkeys(problems))


def skeletons_fresh(assignment: Assignment) -> list[str]:
    """Every skeleton is what the solution gives."""
    return skeletons.stale(assignment)


def promises_kept(assignment: Assignment) -> list[str]:
    """Every function and class of a skeleton has the signature and the docstring that it has in the solution."""
    problems = []
    for name in skeletons.masters(solution_of(assignment)):
        if not name.endswith(".py") or not (assignment.handout / name).is_file():
            continue
        path = assignment.handout / name
        try:
            master = _promises(solution_of(assignment) / name)
            for dotted, found in _promises(path).items():
                if dotted not in master:
                    problems.append(f"{path.as_posix()}: {dotted} is not in the solution.")
                elif found[0] != master[dotted][0]:
                    problems.append(f"{path.as_posix()}: {dotted} has another signature than in the solution.")
                elif found[1] != master[dotted][1]:
                    problems.append(f"{path.as_posix()}: {dotted} has another docstring than in the solution.")
        except SyntaxError as error:
            problems.append(f"{error.filename}:{error.lineno}: is not Python: {error.msg}.")
    return problems


def sums(declared: Checks) -> dict[str, float]:
    """Question → what its checks' points add up to."""
    total: dict[str, float] = {}
    for question, points in declared.values():
        total[question] = total.get(question, 0.0) + points
    return total


def points_add_up(assignment: Assignment, declared: Mapping[str, float]) -> list[str]:
    """Double entry: what a question's checks give in all is what assignment.toml says that checks decide."""
    problems = []
    for question in assignment.questions:
        given = declared.get(question.id, 0.0)
        if abs(given - question.auto) > 1e-9:
            manual = f" ({question.points:g} less {question.manual:g} manual)" if question.manual else ""
            said = f"assignment.toml leaves {question.auto:g} points{manual} to the checks of {question.id}"
            problems.append(f"{assignment.id}: {said}, but their @points add up to {given:g}.")
    known = [question.id for question in assignment.questions]
    for id in declared:
        if id not in known:
            problems.append(
                f"{assignment.id}: checks give points to {id}, which is no question{near(id, known) or '.'}"
            )
    return problems


def everything_is_caught(made: Iterable[slips.Slip], declared: Collection[str]) -> list[str]:
    """Every slip names checks that exist, and every check is named by a slip: a check nobody fails proves nothing."""
    problems: list[str] = []
    named: set[str] = set()
    for slip in made:
        named.update(slip.fails)
        for key, names in (("fails", slip.fails), ("may", slip.may)):
            for check in names:
                if check not in declared:
                    said = f"slip {slip.id}: {key} names {check}, which is no check"
                    problems.append(f"{said}{near(check, declared) or '.'}")
                elif key == "may" and check in slip.fails:
                    problems.append(f"slip {slip.id}: fails and may both name {check}.")
    unnamed = [check for check in declared if check not in named]
    return problems + [f"{check}: no slip names it, so nothing shows that it can fail." for check in unnamed]


def fails_exactly(slip: slips.Slip, failed: Collection[str]) -> list[str]:
    """A graded slip fails the checks that it names and no other; `failed` are the checks that did not pass."""
    missed = [check for check in slip.fails if check not in failed]
    extra = [check for check in failed if check not in (*slip.fails, *slip.may)]
    return [
        *(f"slip {slip.id}: {check} passes, but should catch it." for check in missed),
        *(f"slip {slip.id}: {check} does not pass, but fails does not name it." for check in extra),
    ]


def answers_have_headings(assignment: Assignment) -> list[str]:
    """Whatever a person reads has its place: a heading in answers.md or in a notebook for each manual question."""
    headings: list[str] = []
    for name in skeletons.masters(solution_of(assignment)):
        path = solution_of(assignment) / name
        if path.name == "answers.md":
            headings += _headings(path.read_text(encoding="utf-8-sig"))
        elif path.suffix == ".ipynb":
            for cell in notebooks.read(path.read_text(encoding="utf-8-sig"), path.as_posix())["cells"]:
                headings += _headings(cell["source"]) if cell["cell_type"] == "markdown" else []
    return [
        f"{assignment.id}: {q.id} has manual points, but no heading in answers.md names {q.id} or “{q.title}”."
        for q in assignment.questions
        if q.manual and not _covered(q, headings)
    ]


def rubric_covers(assignment: Assignment) -> list[str]:
    """rubric.md says under a heading of its own what earns what in each manual question."""
    path = solution_of(assignment) / "rubric.md"
    manual = [question for question in assignment.questions if question.manual]
    if manual and not path.is_file():
        return [f"{path.as_posix()}: is missing, but {len(manual)} questions have manual points."]
    headings = _headings(path.read_text(encoding="utf-8-sig")) if manual else []
    return [f"{path.as_posix()}: no heading names {q.id} or “{q.title}”." for q in manual if not _covered(q, headings)]


def checks_of(assignment: Assignment) -> dict[str, tuple[str, float]]:
    """Checks as their files declare them, visible ones first, read and not run; raises CourseError.

    The figures of @points must be literal, so that they can be counted by eye as well.
    """
    found: dict[str, tuple[str, float]] = {}
    for folder in (assignment.handout, solution_of(assignment)):
        for path in (folder / name for name in checks(folder)):
            try:
                tree = ast.parse(path.read_bytes(), path.as_posix())
            except SyntaxError as error:
                raise CourseError(f"{path.as_posix()}:{error.lineno}: is not Python: {error.msg}") from None
            for node in tree.body:
                if isinstance(node, ast.FunctionDef) and node.name.startswith("check_"):
                    place = f"{path.as_posix()}:{node.lineno}: {node.name}"
                    if node.name in found:
                        raise CourseError(f"{place}: is already the name of another check")
                    found[node.name] = _declared(node, place)
    return found


def _declared(node: ast.FunctionDef, place: str) -> tuple[str, float]:
    for decorator in node.decorator_list:
        if isinstance(decorator, ast.Call) and ast.unparse(decorator.func).rpartition(".")[2] == "points":
            try:
                points, question = (ast.literal_eval(argument) for argument in decorator.args[:2])
                return str(question), float(points)
            except (ValueError, TypeError):
                break
    raise CourseError(f'{place}: must say @points(6, "q1_conv"), with a figure and a question written out')


def _promises(path: Path) -> dict[str, tuple[str, str | None]]:
    tree = ast.parse(path.read_bytes(), path.as_posix())
    return {dotted: promises(node) for dotted, node in definitions(tree)}


def _headings(text: str) -> list[str]:
    """Headings of a Markdown text, those inside fenced code left out."""
    text = re.sub(r"^(```|~~~).*?^\1", "", text, flags=re.MULTILINE | re.DOTALL)
    return [line.lstrip("# ").casefold() for line in text.split("\n") if re.match(r"#{1,6} ", line)]


def _covered(question: Question, headings: list[str]) -> bool:
    id = re.compile(rf"(?<!\w){re.escape(question.id.casefold())}(?!\w)")
    return any(id.search(heading) or question.title.casefold() in heading for heading in headings)
