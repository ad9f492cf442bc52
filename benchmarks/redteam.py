"""`python -m benchmarks redteam`: the same wrong submissions with the same tricks, graded by five graders."""

from __future__ import annotations

import argparse
import shutil
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from importlib.metadata import version
from pathlib import Path

from rich.console import Console
from rich.table import Table

from benchmarks import graders, quiz
from benchmarks.graders import HANGS, Bench, Verdict
from benchmarks.tricks import HONEST, RIGHT, TRICKS, Trick

SECONDS = 60.0
"""Of CPU, after which a grader is ended: nbgrader's own limit is 30 seconds a cell, the others have none."""

COLUMNS = ("Otter", "nbgrader", "gradescope-utils", "pytest, JUnit", "pytest, exit status", "ours")
"""pytest is one grader that is read in two ways."""
VERSIONS = {"Otter": version("otter-grader"), **graders.pinned("nbgrader", "gradescope-utils")}

Row = tuple[Verdict, ...]
Grader = Callable[[Bench, Path, str, Mapping[str, bytes]], Sequence[Verdict]]

GRADERS: dict[str, Grader] = {
    "otter": graders.by_otter,
    "nbgrader": graders.by_nbgrader,
    "gradescope": graders.by_gradescope,
    "pytest": graders.by_pytest,
    "ours": graders.by_ours,
}


def main(arguments: Sequence[str] = ()) -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks redteam", description=__doc__)
    parser.add_argument("--markdown", action="store_true", help="print the README's table")
    parser.add_argument("--only", default="", help="only tricks whose name has this in it")
    parser.add_argument("--seconds", type=float, default=SECONDS, help="CPU seconds that a grader has")
    asked = parser.parse_args(arguments)
    chosen = [trick for trick in TRICKS if trick is HONEST or asked.only in trick.name]
    with tempfile.TemporaryDirectory(prefix="tricks-") as scratch:
        bench = graders.prepare(Path(scratch).resolve(), asked.seconds)
        rows = dict(_rows(bench, Path(scratch).resolve(), chosen))
    print(markdown(rows)) if asked.markdown else _print(rows)
    if sold := [name for name, row in rows.items() if _cells(row, rows[HONEST.name])[-1][1]]:
        raise SystemExit(f"our own grader gave points for: {', '.join(sold)}")


def markdown(rows: Mapping[str, Row]) -> str:
    """The README's table: what was bought is bold."""
    lines = ["| the wrong submission … | " + " | ".join(_heads()) + " |", "|---|" + "---|" * len(COLUMNS)]
    for name, row in rows.items():
        cells = [f"**{cell}**" if bought else cell for cell, bought in _cells(row, rows[HONEST.name])]
        lines.append(f"| {name} | " + " | ".join(cells) + " |")
    return "\n".join(lines)


def _print(rows: Mapping[str, Row]) -> None:
    table = Table(box=None, header_style="bold")
    for head in ("the wrong submission …", *_heads()):
        table.add_column(head)
    for name, row in rows.items():
        table.add_row(name, *(f"[bold red]{c}[/]" if bought else c for c, bought in _cells(row, rows[HONEST.name])))
    say = Console(highlight=False).print
    say(table)
    say(f"points of {quiz.TOTAL}; red is bought: more than the wrong submission alone earns")
    honest = rows[HONEST.name]
    for n, name in enumerate(COLUMNS):
        bought = sum(_cells(row, honest)[n][1] for row in rows.values())
        say(f"{name}: {bought} of {len(rows) - 1} tricks bought something")


def _rows(bench: Bench, scratch: Path, tricks: Sequence[Trick]) -> Iterator[tuple[str, Row]]:
    """The verdicts on each, after those on a right submission, which every grader has to give all points."""
    right = _row(bench, scratch / "right", RIGHT)
    if any(verdict.points != quiz.TOTAL for verdict in right):
        raise SystemExit(f"a right submission is to earn {quiz.TOTAL} everywhere, not {', '.join(map(str, right))}")
    for n, trick in enumerate(tricks):
        print(f"{n + 1}/{len(tricks)} {trick.name}", file=sys.stderr, flush=True)
        yield trick.name, _row(bench, scratch / f"trick-{n}", trick)


def _row(bench: Bench, root: Path, trick: Trick) -> Row:
    """Each grader's verdict, found in a folder of its own."""
    verdicts: list[Verdict] = []
    for name, grade in GRADERS.items():
        folder = root / name
        folder.mkdir(parents=True)
        verdicts += grade(bench, folder, trick.source(str(folder)), trick.files)
        shutil.rmtree(folder)
    return tuple(verdicts)


def _cells(row: Row, honest: Row) -> list[tuple[str, bool]]:
    """What a grader gave, and whether that is more than the wrong submission alone earns, for anybody."""
    return [
        ("hangs" if got is HANGS else str(got), (got.points or 0) > (fair.points or 0) or got.others)
        for got, fair in zip(row, honest, strict=True)
    ]


def _heads() -> list[str]:
    return [f"{name} {VERSIONS[name]}" if name in VERSIONS else name for name in COLUMNS]


if __name__ == "__main__":
    main()
