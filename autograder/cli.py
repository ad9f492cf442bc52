"""The command: parse, call the pipeline, print. Nothing is decided here."""

from __future__ import annotations

import sys
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from autograder import datasets
from autograder.datasets import Data

if TYPE_CHECKING:
    from autograder.model import Assignment

app = typer.Typer(no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False, help=__doc__)
app.add_typer(datasets.app, name="data")

Out = Annotated[Path, typer.Option("--out", help="the folder for everything that is written")]
Device = Annotated[str, typer.Option("--device", metavar="auto|cpu|cuda:N", help="where training runs")]
PerGpu = Annotated[int, typer.Option("--per-gpu", min=1, help="training runs that share a GPU and its memory")]
Question = Annotated[str, typer.Option("--question", help="only this question, e.g. q1_fc")]


class RefusedError(Exception):
    """The call cannot be carried out; the message is the one line that says why."""


class IsolationChoice(StrEnum):
    best = "best"
    strict = "strict"
    none = "none"


@app.command()
def student(
    ids: Annotated[list[str] | None, typer.Argument(metavar="[ID...]")] = None, out: Out = Path("dist/student")
) -> None:
    """Write the zips that students get."""
    from autograder import pipeline

    assignments = _house()
    chosen = [_pick(assignments, id) for id in ids or assignments]
    for path in pipeline.student(chosen, out):
        print(path)


@app.command()
def skeletons(
    check: Annotated[
        bool, typer.Option("--check", help="only say what has drifted; exit code 1 if anything has")
    ] = False,
) -> None:
    """Derive the skeletons in assignments/ from the solutions."""
    from autograder.course import skeletons as derive

    assignments = _house().values()
    if check:
        drift = [line for assignment in assignments for line in derive.stale(assignment)]
        print("\n".join(drift) or "every skeleton is what its solution gives")
        raise typer.Exit(1 if drift else 0)
    for assignment in assignments:
        for path in derive.write(assignment):
            print(_nearby(path))


@app.command()
def grade(
    id: Annotated[str, typer.Argument(metavar="ID")],
    submissions: Annotated[Path, typer.Argument(help="a folder of zips or folders, a bulk download, or one zip")],
    out: Out,
    workers: Annotated[int | None, typer.Option(min=1, help="grading processes; all cores unless said")] = None,
    seed: Annotated[
        int | None, typer.Option(help="the secret seed; drawn and kept in the gradebook unless said")
    ] = None,
    roster: Annotated[Path | None, typer.Option(help="roster.csv: id,name,team,aliases")] = None,
    isolation: Annotated[
        IsolationChoice, typer.Option(help="strict refuses less than every layer")
    ] = IsolationChoice.best,
    data: Data = None,
    device: Device = "auto",
    per_gpu: PerGpu = 1,
    json: Annotated[bool, typer.Option("--json", help="one JSON event a line, for programs")] = False,
) -> None:
    """Grade a class; a second run goes on where the first one stopped."""
    from autograder import course, pipeline, progress

    assignment = _pick(_house(), id)
    people = course.load_roster(roster) if roster else None
    with progress.shown(as_json=json) as tell:
        grades = pipeline.grade(
            assignment,
            submissions,
            out,
            workers=workers,
            seed=seed,
            roster=people,
            isolation=isolation.value,
            device=device,
            per_gpu=per_gpu,
            tell=tell,
        )
    if not json:
        progress.table(grades)
        print(f"\n{out / 'grades.csv'}\n{out / 'summary.html'}")


@app.command()
def regrade(
    id: Annotated[str, typer.Argument(metavar="ID")],
    out: Out,
    question: Question = "",
    workers: Annotated[int | None, typer.Option(min=1)] = None,
    isolation: Annotated[IsolationChoice, typer.Option()] = IsolationChoice.best,
    data: Data = None,
    device: Device = "auto",
    per_gpu: PerGpu = 1,
) -> None:
    """Run the checks again over a graded class; adds a row to the gradebook and overwrites none."""
    from autograder import pipeline, progress

    with progress.shown() as tell:
        grades = pipeline.regrade(
            _pick(_house(), id),
            out,
            question=question,
            workers=workers,
            isolation=isolation.value,
            device=device,
            per_gpu=per_gpu,
            tell=tell,
        )
    progress.table(grades)


@app.command()
def leaderboard(
    id: Annotated[str, typer.Argument(metavar="ID")],
    out: Out,
    final: Annotated[bool, typer.Option("--final", help="by the private rows, when the contest is over")] = False,
    fingerprints: Annotated[
        bool, typer.Option("--fingerprints", help="call submissions by the fingerprint on their feedback page")
    ] = False,
) -> None:
    """Rank a graded class by its predictions: a page for the class, a table, and Gradescope's field."""
    from autograder import contest, progress

    rules, standings, paths = contest.board(_pick(_house(), id), out, final=final, fingerprints=fingerprints)
    progress.board(rules, standings, final=final)
    print("\n" + "\n".join(map(str, paths)))


@app.command()
def verify(
    id: Annotated[str | None, typer.Argument(metavar="[ID]")] = None,
    every: Annotated[int, typer.Option(min=1, help="grade only every so many-th slip, for a quick look")] = 1,
    slip: Annotated[list[str] | None, typer.Option(help="grade only this slip; may be said several times")] = None,
    mutants: Annotated[int, typer.Option(min=0, help="grade so many automatic mutants of the solution instead")] = 0,
    seeds: Annotated[int, typer.Option(min=0, help="run the solution under so many seeds instead")] = 0,
    workers: Annotated[int | None, typer.Option(min=1)] = None,
    data: Data = None,
) -> None:
    """Prove an assignment: points add up, slips are caught, the solution earns all, the handout nothing.

    Without ID it proves all of them, and ends with a table.
    """
    from autograder import mutation, progress, steadiness
    from autograder.verify import verify as prove

    assignments = _house()
    problems, rows = 0, []
    for assignment in [_pick(assignments, id)] if id else assignments.values():
        with progress.shown() as tell:
            if mutants:
                report = mutation.measure(assignment, mutants, workers=workers, tell=tell)
            elif seeds:
                report = steadiness.sweep(assignment, seeds, tell=tell)
            else:
                report = prove(assignment, every=every, only=slip or (), workers=workers, tell=tell)
                rows.append(report.row)
        print(report.says)
        for problem in report.problems:
            print(f"  {problem}")
        problems += len(report.problems)
    if len(rows) > 1:
        progress.verified(rows)
    raise typer.Exit(2 if problems else 0)


@app.command()
def otter(
    ids: Annotated[list[str] | None, typer.Argument(metavar="[ID...]")] = None, out: Out = Path("dist/otter")
) -> None:
    """Write Otter's autograder.zip for notebook assignments; it holds the solution, so keep it to yourself."""
    from autograder import pipeline

    assignments = _house()
    for path in pipeline.bundle_otter([_pick(assignments, id) for id in ids or assignments], out):
        print(path)


@app.command()
def check(question: Question = "", data: Data = None) -> None:
    """Run the visible checks over this folder (a student's command)."""
    import pytest

    _here()
    asked = ["--question", question] if question else []
    raise typer.Exit(int(pytest.main([".", "-q", "--disable-warnings", *asked])))


@app.command()
def submit(
    out: Annotated[
        Path | None, typer.Option("--out", help="where the zip goes; beside this folder's files unless said")
    ] = None,
) -> None:
    """Build the zip to hand in, and say what the grader will see (a student's command)."""
    from autograder import intake

    assignment = _here()
    folder = Path.cwd()
    seen = intake.preview(folder, assignment)
    for note in seen.notes:
        print(note)
    if seen.rejected:
        raise RefusedError(f"not built: {seen.rejected}")
    path = intake.bundle(folder, assignment, out or folder / f"{assignment.id}.zip")
    print(f"{path} holds {', '.join(seen.files)}")
    print("Hand in this file. What it says of missing files is what the grader will say.")


def _nearby(path: Path) -> Path:
    """The path as it reads from here."""
    return path.relative_to(Path.cwd()) if path.is_relative_to(Path.cwd()) else path


def _here() -> Assignment:
    """The assignment whose handout this folder is."""
    from autograder import course

    folder = Path.cwd()
    if not (folder / "assignment.toml").is_file():
        raise RefusedError(f"{folder}: there is no assignment.toml here; go into the folder that you unpacked")
    return course.load(folder, None)


def _house() -> dict[str, Assignment]:
    """The assignments of the nearest folder upwards that holds assignments/."""
    from autograder import course

    for root in (Path.cwd(), *Path.cwd().parents):
        if (root / "assignments").is_dir():
            return course.find(root)
    raise RefusedError(f"{Path.cwd()}: there is no assignments/ here or above; run this in the course's folder")


def _pick(assignments: dict[str, Assignment], id: str) -> Assignment:
    if id in assignments:
        return assignments[id]
    from difflib import get_close_matches

    near = get_close_matches(id, assignments, n=1)
    raise RefusedError(
        f"{id}: no such assignment; " + (f"did you mean {near[0]}?" if near else f"there are {', '.join(assignments)}")
    )


def main() -> None:
    """The console script: a known error is one line and exit code 2, an interrupt 130, anything else a traceback."""
    try:
        code = app(standalone_mode=False)
    except (typer.Abort, KeyboardInterrupt):
        code = 130
    except Exception as error:
        if hasattr(error, "show") and hasattr(error, "exit_code"):  # a click error: wrong option, missing argument
            error.show()
        elif isinstance(error, RefusedError) or type(error).__module__.startswith("autograder"):
            print(error, file=sys.stderr)
        else:
            raise
        code = 2
    if code == 130:
        print("interrupted; the same command goes on where this one stopped", file=sys.stderr)
    sys.exit(code)


if __name__ == "__main__":
    main()
