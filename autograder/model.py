"""The nouns of the house: frozen values without disk, clock or numpy. Every room may import them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path
from typing import Literal

Kind = Literal["auto", "manual", "both"]
Verdict = Literal["passed", "failed", "timed_out", "skipped", "errored"]
Visibility = Literal["visible", "hidden"]
Status = Literal["graded", "partial", "rejected"]


TRAINING = "training: "
"""How a flag begins that a check has raised: what follows is for staff."""
SAME_WEIGHTS = "nearly the same weights as another submission: "
"""How a flag begins that the trained weights of a whole class have raised."""


@dataclass(frozen=True)
class Limits:
    """What a submission may use. Seconds are CPU seconds of its process tree; wall time gets a multiple of them."""

    call_seconds: float = 10.0
    check_seconds: float = 30.0
    submission_seconds: float = 600.0
    notebook_seconds: float = 120.0
    """For the run of a notebook from top to bottom, beside what its checks may use."""
    memory_mb: int = 2048
    processes: int = 64
    scratch_mb: int = 256
    output_kb: int = 64
    reply_mb: int = 64
    weights_mb: int = 256
    """A file of trained weights may be larger than any other."""

    def extended(self, memory_mb: int, seconds: float) -> Limits:
        """For a worker that trains: its own memory (0: as ever), and CPU seconds on top of the submission's."""
        more = self.submission_seconds + seconds
        return replace(self, memory_mb=memory_mb or self.memory_mb, submission_seconds=more)


@dataclass(frozen=True)
class Lateness:
    """`per_day` is the share of the score lost for each day begun after `due` plus `grace_minutes`.

    Nothing counts after `days`.
    """

    due: datetime | None = None
    grace_minutes: float = 0.0
    per_day: float = 0.0
    days: int = 0


@dataclass(frozen=True)
class Question:
    """`points` in all, of which `manual` are a person's to give."""

    id: str
    title: str
    points: float
    manual: float = 0.0

    @property
    def auto(self) -> float:
        """Points that checks decide."""
        return self.points - self.manual

    @property
    def kind(self) -> Kind:
        if self.manual == 0:
            return "auto"
        return "manual" if self.manual == self.points else "both"


@dataclass(frozen=True)
class Assignment:
    """One handout and its secrets.

    `handout` is assignments/<id>, `solution` is solutions/<id>, or None on a student's machine.
    """

    id: str
    title: str
    source: str
    questions: tuple[Question, ...]
    files: tuple[str, ...]
    handout: Path
    optional: tuple[str, ...] = ()
    solution: Path | None = None
    limits: Limits = field(default_factory=Limits)
    lateness: Lateness = field(default_factory=Lateness)
    bonus: float = 0.0
    data: tuple[str, ...] = ()
    preload: tuple[str, ...] = ("numpy", "torch", "torchvision", "IPython")
    """What a worker has imported before a submission: a start without torch is quicker, where none is needed."""
    forbidden: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """A file → the modules, and names in them, that it is to be written without; breaking it is a flag and no score."""
    version: str = ""
    checks_version: str = ""

    @property
    def max_score(self) -> float:
        """What full marks are: the questions' points without the bonus on top."""
        return sum(q.points for q in self.questions) - self.bonus

    def question(self, id: str) -> Question:
        for question in self.questions:
            if question.id == id:
                return question
        raise KeyError(f"{self.id} has no question {id!r}; it has {', '.join(q.id for q in self.questions)}")


@dataclass(frozen=True)
class Roster:
    """Who may submit: student id → name, team → student ids, the name that a platform gives a zip → student ids."""

    names: Mapping[str, str] = field(default_factory=dict)
    teams: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    aliases: Mapping[str, tuple[str, ...]] = field(default_factory=dict)


@dataclass(frozen=True)
class Contest:
    """A class leaderboard: who predicts best what only the grader knows.

    `truth` is id → label, in small letters, of every row that `file` must hold under `columns`, (id, label). The share
    `public` of them, drawn by `seed`, decides the board during the contest, the rest the final one.
    """

    title: str
    file: str
    columns: tuple[str, str]
    truth: Mapping[str, str]
    public: float
    seed: int
    entries_a_day: int
    zone: str = "UTC"
    """Where a day begins at midnight."""
    baselines: Mapping[str, float] = field(default_factory=dict)
    """What stands on the board for comparison → its accuracy."""


@dataclass(frozen=True)
class Entry:
    """A file of predictions as it was handed in; `sha256` is that of the submission it came in."""

    submission: str
    students: tuple[str, ...]
    sha256: str
    entered: datetime
    content: bytes


@dataclass(frozen=True)
class Standing:
    """A submission's place on a leaderboard, by the one of its entries that did best on the public rows.

    `public` and `private` are accuracies; `counted` entries are those within the limit of their day, `over` the others,
    and `unread` those that are no predictions, for the reason `why`.
    """

    submission: str
    students: tuple[str, ...]
    sha256: str
    entered: datetime | None
    public: float
    private: float
    public_rank: int
    private_rank: int
    counted: int
    over: int = 0
    unread: int = 0
    why: str = ""


@dataclass(frozen=True)
class Submission:
    """One zip or folder after safe reading.

    `folder` holds the files kept, or is None when `rejected` says why nothing could be read.
    """

    name: str
    sha256: str
    students: tuple[str, ...] = ()
    folder: Path | None = None
    files: tuple[str, ...] = ()
    missing: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    flags: tuple[str, ...] = ()
    received: datetime | None = None
    rejected: str = ""


@dataclass(frozen=True)
class Outcome:
    """What one check said of one submission. `says` is the check's docstring; `why` and `hint` are for the student."""

    name: str
    question: str
    says: str
    points: float
    score: float
    outcome: Verdict
    why: str = ""
    hint: str = ""
    visibility: Visibility = "visible"
    seconds: float = 0.0
    detail: str = ""
    """For staff only: the traceback of a check that itself went wrong."""
    drawing: str = ""
    """An SVG that the check drew of what it saw."""


@dataclass(frozen=True)
class Grade:
    """The one record a submission ends in.

    `score` counts what is decided, `pending` the manual points nobody has judged yet.
    """

    assignment: str
    submission: str
    sha256: str
    students: tuple[str, ...]
    status: Status
    reason: str
    score: float
    max_score: float
    pending: float
    questions: Mapping[str, float]
    outcomes: tuple[Outcome, ...]
    seed: int
    versions: Mapping[str, str]
    late: str = ""
    flags: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    isolation: tuple[str, ...] = ()
    output: str = ""
    """The first kilobytes that the submission printed; staff only."""
    weights: Mapping[str, str] = field(default_factory=dict)
    """File of trained weights → a sketch of what it holds, to be compared with those of a class."""
    pictures: tuple[bytes, ...] = field(default=(), compare=False, repr=False)
    """PNG files of what its notebooks showed when they were run; kept beside the page, not in the gradebook."""
    seconds: float = 0.0

    @property
    def lost(self) -> tuple[str, ...]:
        """The names of the checks that did not pass."""
        return tuple(o.name for o in self.outcomes if o.outcome != "passed")
