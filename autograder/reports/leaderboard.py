"""A class leaderboard as a page, as a table, and as the field that Gradescope shows; nothing private before the end."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from autograder.model import Contest, Standing
from autograder.reports.pages import render
from autograder.reports.text import cell, line

COLUMNS = ("rank", "submission", "public", "entries", "over", "unread", "entered")


@dataclass(frozen=True)
class Row:
    """One line of the board; a baseline has no rank. `moved` is by how many places the private rows changed it."""

    name: str
    value: float
    rank: int = 0
    public: float = 0.0
    moved: int = 0
    entries: int = 0
    over: int = 0
    entered: str = ""


def page(standings: Sequence[Standing], contest: Contest, *, final: bool = False, fingerprints: bool = False) -> str:
    """leaderboard.html, which may be shown to the class; with `final` by the private rows.

    With `fingerprints` a submission is called by the first letters of its sha256, which stand on its feedback page.
    """
    ranked = [s for s in standings if s.counted]
    rows = [_row(s, contest, final, fingerprints) for s in ranked]
    rows += [Row(line(name), value) for name, value in contest.baselines.items()]
    # A baseline stands below whoever is as good.
    rows.sort(key=lambda row: (-row.value, row.rank == 0, row.rank))
    return render(
        "leaderboard.html",
        title=contest.title,
        file=contest.file,
        final=final,
        rows=rows,
        public=f"{100 * contest.public:g}",
        private=f"{100 - 100 * contest.public:g}",
        images=len(contest.truth),
        a_day=contest.entries_a_day,
        zone=contest.zone,
        unread=sum(not s.counted for s in standings),
        fingerprints=fingerprints,
    )


def table(standings: Sequence[Standing], *, final: bool = False) -> str:
    """leaderboard.csv, for staff: by public rank, or by the private one when the contest is over. RFC 4180."""
    file = io.StringIO()
    writer = csv.writer(file, lineterminator="\r\n")
    writer.writerow([*COLUMNS, *(("private", "public_rank") if final else ())])
    for s in _ordered(standings, final):
        entered = s.entered.isoformat(timespec="seconds") if s.entered else ""
        row: list[object] = [s.private_rank if final else s.public_rank, cell(s.submission), f"{s.public:.6f}"]
        row += [s.counted, s.over, s.unread, entered]
        writer.writerow([*row, *((f"{s.private:.6f}", s.public_rank) if final else ())])
    return file.getvalue()


def gradescope(standing: Standing, *, final: bool = False) -> list[dict[str, object]]:
    """The `leaderboard` of a results.json: Gradescope sorts a class by its columns, and each has a name and an order.

    A submission without an entry that can be read stands at 0.
    """
    board: list[dict[str, object]] = [{"name": "accuracy", "value": round(standing.public, 6), "order": "desc"}]
    if final:
        board.insert(0, {"name": "final accuracy", "value": round(standing.private, 6), "order": "desc"})
    return [*board, {"name": "entries", "value": standing.counted, "order": "asc"}]


def fields(standings: Sequence[Standing], *, final: bool = False) -> Mapping[str, list[dict[str, object]]]:
    """leaderboard.json: submission → its `leaderboard`."""
    return {s.submission: gradescope(s, final=final) for s in _ordered(standings, final)}


def _ordered(standings: Sequence[Standing], final: bool) -> list[Standing]:
    return sorted(standings, key=lambda s: s.private_rank if final else s.public_rank)


def _row(standing: Standing, contest: Contest, final: bool, fingerprints: bool) -> Row:
    entered = standing.entered.astimezone(ZoneInfo(contest.zone)) if standing.entered else None
    return Row(
        name=standing.sha256[:12] if fingerprints else line(standing.submission),
        value=standing.private if final else standing.public,
        rank=standing.private_rank if final else standing.public_rank,
        public=standing.public,
        moved=standing.public_rank - standing.private_rank if final else 0,
        entries=standing.counted,
        over=standing.over,
        entered=f"{entered:%Y-%m-%d %H:%M}" if entered else "",
    )
