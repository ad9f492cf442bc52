"""What is seen while a class is graded: a bar on a terminal, plain lines elsewhere, JSON events for a program."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final

from rich.console import Console
from rich.markup import escape
from rich.progress import (
    BarColumn,
    DownloadColumn,
    MofNCompleteColumn,
    Progress,
    TaskID,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
    TransferSpeedColumn,
)
from rich.table import Table

from autograder.model import SAME_WEIGHTS, TRAINING
from autograder.reports.text import line

if TYPE_CHECKING:
    from autograder.grading import Underway
    from autograder.model import Contest, Grade, Standing
    from autograder.pipeline import Event, Tell


_WIDTH: Final = 140
"""Columns of the table where there is no terminal to ask."""
_NAME: Final = 28


@contextmanager
def shown(as_json: bool = False) -> Iterator[Tell]:
    """Give the pipeline something to tell its events to."""
    if as_json:
        yield _json
    elif sys.stderr.isatty():
        with _bar() as tell:
            yield tell
    else:
        yield _line


@contextmanager
def fetching() -> Iterator[Callable[[str, int, int | None], None]]:
    """Give a download something to tell its bytes to: a bar for each file on a terminal, elsewhere nothing."""
    if not sys.stderr.isatty():
        yield lambda file, done, total: None
        return
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        DownloadColumn(),
        TransferSpeedColumn(),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=Console(stderr=True)) as bar:
        files: dict[str, TaskID] = {}

        def seen(file: str, done: int, total: int | None) -> None:
            if file not in files:
                files[file] = bar.add_task(file, total=total)
            bar.update(files[file], completed=done, total=total)

        yield seen


def table(grades: Sequence[Grade]) -> None:
    """The class at a glance: one line a submission, in the order of the CSV, and what was odd about trained weights."""
    console = Console(width=None if sys.stdout.isatty() else _WIDTH)
    shown = Table(box=None, pad_edge=False, header_style="bold")
    for name in ("submission", "score", "of", "pending", "status", "reason"):
        figure = name in ("score", "of", "pending")
        shown.add_column(name, justify="right" if figure else "left", no_wrap=True)
    for g in grades:
        cells = (g.submission, f"{g.score:g}", f"{g.max_score:g}", f"{g.pending:g}", g.status, g.reason)
        room = (_NAME, 8, 8, 8, 8, max(_NAME, console.width - _NAME - 50))
        shown.add_row(*(escape(_short(cell, most)) for cell, most in zip(cells, room, strict=True)))
    console.print(shown)
    for g in grades:
        for flag in g.flags:
            if flag.startswith((TRAINING, SAME_WEIGHTS)):
                console.print(f"⚑ {escape(_short(g.submission, _NAME))}: {escape(line(flag, 300))}", soft_wrap=True)


def board(contest: Contest, standings: Sequence[Standing], *, final: bool = False) -> None:
    """A leaderboard at a glance, for staff: both accuracies, and why the last file could not be read."""
    console = Console(width=None if sys.stdout.isatty() else _WIDTH)
    shown = Table(box=None, pad_edge=False, header_style="bold", title=contest.title, title_justify="left")
    for name in ("rank", "submission", "public", "private", "entries", "over", "unread"):
        shown.add_column(name, justify="left" if name == "submission" else "right", no_wrap=True)
    shown.add_column("last file that cannot be read", no_wrap=True)
    for s in sorted(standings, key=lambda s: s.private_rank if final else s.public_rank):
        rank = str(s.private_rank if final else s.public_rank) if s.counted else "–"
        cells = (rank, s.submission, f"{s.public:.2%}", f"{s.private:.2%}", f"{s.counted}", f"{s.over}", f"{s.unread}")
        shown.add_row(*(escape(_short(cell, _NAME)) for cell in cells), escape(_short(s.why, 60)))
    console.print(shown)


def verified(rows: Sequence[Sequence[str]]) -> None:
    """What assignments are worth, and how many of their slips are caught."""
    console = Console(width=None if sys.stdout.isatty() else _WIDTH)
    shown = Table(box=None, pad_edge=False, header_style="bold")
    for name in ("assignment", "questions", "checks", "points", "automatic", "by hand", "slips caught"):
        shown.add_column(name, justify="left" if name == "assignment" else "right", no_wrap=True)
    for row in filter(None, rows):
        shown.add_row(*map(escape, row))
    console.print(shown)


def _short(text: str, most: int) -> str:
    clean = line(text, 300)
    return clean if len(clean) <= most else f"{clean[: most - 1]}…"


def _json(event: Event) -> None:
    facts: dict[str, object] = {"event": event.event, "done": event.done, "total": event.total}
    if event.grade is not None:
        g = event.grade
        facts |= {
            "submission": g.submission,
            "status": g.status,
            "score": g.score,
            "max_score": g.max_score,
            "reason": g.reason,
        }
    if event.training is not None:
        facts |= {"submission": event.training.submission, **event.training.facts}
    print(json.dumps(facts, default=str), flush=True)


def _line(event: Event) -> None:
    if event.grade is not None:
        g = event.grade
        print(
            f"{event.done}/{event.total} {line(g.submission, 60)}: {g.status}, {g.score:g} of {g.max_score:g}",
            file=sys.stderr,
            flush=True,
        )
    elif event.training is not None:
        if event.training.facts.get("measured"):
            print(f"  {_training(event.training)}", file=sys.stderr, flush=True)
    elif event.event == "started" and event.done:
        print(f"{event.done}/{event.total} were graded before and are kept", file=sys.stderr, flush=True)


def _training(progress: Underway) -> str:
    """One line on a training run: "ada, check_mlp_is_trained, seed 1: step 1,200, epoch 2.0, loss 0.083, 97.4 %"."""
    facts = progress.facts
    forms = (("step", "step {:,}"), ("epoch", "epoch {:.1f}"), ("loss", "loss {:.3g}"), ("accuracy", "{:.1%} right"))
    said = [form.format(facts[name]) for name, form in forms if isinstance(facts.get(name), int | float)]
    ended = ["measured"] if facts.get("measured") else []
    what = f"{line(progress.submission, 30)}, {facts.get('check')}, seed {facts.get('seed')}"
    return f"{what}: {', '.join([*said, *ended])}"


@contextmanager
def _bar() -> Iterator[Tell]:
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        TextColumn("left"),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        running = bar.add_task("grading", total=None)

        def tell(event: Event) -> None:
            said = f"grading · {escape(line(event.grade.submission, 30))}" if event.grade else "grading"
            if event.training is not None:
                said = f"training · {escape(_training(event.training))}"
            bar.update(running, completed=event.done, total=event.total, description=said)

        yield tell
