"""Who stands where on a class leaderboard: pure, from the entries, the truth and the rules."""

from __future__ import annotations

import csv
import io
import math
import random
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from zoneinfo import ZoneInfo

from autograder.model import Contest, Entry, Standing

LARGEST = 1 << 20
"""Bytes of a file of predictions that are looked at."""


class EntryError(ValueError):
    """A file is no predictions for this contest; one sentence for who handed it in."""


@dataclass(frozen=True)
class Judged:
    """How many of an entry's public and private rows are right; None where it could not be read, and then `why`."""

    entry: Entry
    right: tuple[int, int] | None
    why: str = ""


def split(contest: Contest) -> frozenset[str]:
    """The ids of the public rows: of every label the same share, drawn from the contest's seed alone.

    With two rows or more of a label, both sides have at least one.
    """
    by_label: dict[str, list[str]] = defaultdict(list)
    for id, label in contest.truth.items():
        by_label[label].append(id)
    chosen: set[str] = set()
    for label in sorted(by_label):
        ids = sorted(by_label[label])
        random.Random(f"{contest.seed} {label}").shuffle(ids)
        count = round(contest.public * len(ids))
        chosen |= set(ids[: min(max(count, 1), len(ids) - 1) if len(ids) > 1 else count])
    return frozenset(chosen)


def predictions(contest: Contest, content: bytes) -> dict[str, str]:
    """id → label as handed in, one for each row of the truth, in any order; raises EntryError for anything else."""
    name = contest.file
    if len(content) > LARGEST:
        raise EntryError(f"{name} is larger than {LARGEST >> 20} MB.")
    try:
        rows = [row for row in csv.reader(io.StringIO(content.decode("utf-8-sig")), strict=True) if row]
    except UnicodeDecodeError:
        raise EntryError(f"{name} is not UTF-8 text.") from None
    except csv.Error:
        raise EntryError(f"{name} cannot be read as CSV.") from None
    if not rows or tuple(cell.strip() for cell in rows[0]) != contest.columns:
        raise EntryError(f"{name} should begin with the line {','.join(contest.columns)}.")
    found: dict[str, str] = {}
    for number, row in enumerate(rows[1:], 2):
        if len(row) != 2:
            raise EntryError(f"{name} has {len(row)} cells in row {number}, where two are asked for.")
        id = _plain(row[0])
        if id not in contest.truth:
            raise EntryError(f"{name}, row {number}: there is no such {contest.columns[0]}.")
        if id in found:
            raise EntryError(f"{name}, row {number}: this {contest.columns[0]} was there before.")
        found[id] = _plain(row[1])
    if missing := len(contest.truth) - len(found):
        raise EntryError(f"{name} lacks {missing} of {len(contest.truth)} rows.")
    return found


def standings(contest: Contest, entries: Sequence[Entry]) -> list[Standing]:
    """Each submission's place, the public board's first at the top; `entries` come in the order of their time.

    Of a day the first `entries_a_day` count that can be read. A submission stands by the counted one with the best
    public accuracy, the earlier of equal ones, on both boards: a private accuracy is never chosen. Equal accuracies are
    ranked by time.
    """
    public = split(contest)
    by_submission: dict[str, list[Judged]] = defaultdict(list)
    for entry in entries:
        by_submission[entry.submission].append(_judged(contest, entry, public))
    sizes = len(public), len(contest.truth) - len(public)
    board = [_standing(contest, judged, sizes) for judged in by_submission.values()]
    board.sort(key=lambda s: (-s.private, _moment(s), s.submission))
    board = [replace(s, private_rank=place) for place, s in enumerate(board, 1)]
    board.sort(key=lambda s: (-s.public, _moment(s), s.submission))
    return [replace(s, public_rank=place) for place, s in enumerate(board, 1)]


def _moment(standing: Standing) -> float:
    return standing.entered.timestamp() if standing.entered else math.inf


def _judged(contest: Contest, entry: Entry, public: frozenset[str]) -> Judged:
    try:
        found = predictions(contest, entry.content)
    except EntryError as error:
        return Judged(entry, None, str(error))
    return Judged(entry, _right(found, contest.truth, public))


def _right(found: Mapping[str, str], truth: Mapping[str, str], public: frozenset[str]) -> tuple[int, int]:
    right = Counter(id in public for id, label in truth.items() if found[id] == label)
    return right[True], right[False]


def _standing(contest: Contest, judged: Sequence[Judged], sizes: tuple[int, int]) -> Standing:
    """Without ranks yet. `judged` are one submission's, by time."""
    zone, days = ZoneInfo(contest.zone), Counter[object]()
    best: tuple[Entry, tuple[int, int]] | None = None
    counted = over = 0
    unread = [j for j in judged if j.right is None]
    for one in judged:
        if one.right is None:
            continue
        day = one.entry.entered.astimezone(zone).date()
        days[day] += 1
        if days[day] > contest.entries_a_day:
            over += 1
            continue
        counted += 1
        if best is None or one.right[0] > best[1][0]:
            best = one.entry, one.right
    newest = judged[-1].entry
    entry, right = best or (newest, (0, 0))
    return Standing(
        submission=newest.submission,
        students=newest.students,
        sha256=entry.sha256,
        entered=entry.entered if best else None,
        public=right[0] / max(1, sizes[0]),
        private=right[1] / max(1, sizes[1]),
        public_rank=0,
        private_rank=0,
        counted=counted,
        over=over,
        unread=len(unread),
        why=unread[-1].why if unread else "",
    )


def _plain(cell: str) -> str:
    """A cell as it is compared: 1, 1.0 and "1 " are the same label, and so are Cat and cat."""
    text = cell.strip().casefold()
    return text[:-2] if text.endswith(".0") and text[:-2].isdigit() else text
