"""Attacks as data, and one graded run over many of them beside honest work.

Every attack is the honest wrong submission with something added, so whatever it earns above that one it has stolen.
"""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Literal

import leftovers

from autograder import course, pipeline
from autograder.intake.names import label
from autograder.model import Assignment, Grade

HERE = Path(__file__).parent
TRAP = HERE / "trap"
SEED = 4_815_162_342_108_314_159
"""Long enough to be found wherever it leaks to."""

LAYERS = {
    "process": "checks, expected values, scores and results are in a process that runs nothing of a submission",
    "data": "what a submission returns is rebuilt as plain data before anything looks at it",
    "wire": "one reply to one request, read with caps; anything else ends the worker",
    "walls": "mounts, pids, users and system calls of a worker are its own",
    "budget": "CPU seconds, processes and output are counted from outside",
    "intake": "only the files asked for and modules beside them are taken out of a zip",
    "reports": "every text of a submission is made harmless where it is written",
    "records": "a record belongs to the bytes that were graded, and names are made different",
}
"""What can stop an attack → why."""
Layer = Literal["process", "data", "wire", "walls", "budget", "intake", "reports", "records"]

BAIT = ("run_autograder", "sitecustomize.py", "zz.pth", ".bashrc", "results.json", "gradebook.db")
"""Files in a place that everybody may write to, which only the walls keep a worker from."""

ATTEMPT = '''
def attempt(what, act):
    """Say whether something that should be impossible was possible."""
    try:
        act()
    except BaseException as error:
        print("held:", what, type(error).__name__, flush=True)
    else:
        print("GOT THROUGH:", what, flush=True)
'''


@dataclass(frozen=True)
class Attack:
    """What is added to the honest wrong submission, and how that has to end."""

    id: str
    name: str
    layer: Layer
    code: str = ""
    says: Mapping[str, str] = field(default_factory=dict)
    """Check → a part of what its outcome says; "*" is every other one. A check not named ends as the wrong one's."""
    prints: Sequence[str] = ()
    """What it prints where it was really tried."""
    files: Mapping[str, str | bytes] = field(default_factory=dict)
    """More files in its zip."""
    upload: str = ""
    """The name of its zip, where that is the attack."""
    notes: Sequence[str] = ()
    """Parts of what the record's notes and flags say."""
    fools: Literal["", "file", "status", "output"] = ""
    """Which word of a grader that runs the submission in its own process (bare.py) this attack forges."""

    @property
    def key(self) -> str:
        return f"{self.id}-{self.name}"

    @property
    def submission(self) -> str:
        """What its record is called."""
        return label(f"{self.upload or self.key}.zip", is_folder=False)

    def source(self, told: Told) -> str:
        """work.py of this submission."""
        wrong = (TRAP / "wrong.py").read_text("utf-8")
        return f'{wrong}\n\nprint("{self.key} begins", flush=True)\n{ATTEMPT}\n{told.fill(self.code)}'

    def write(self, told: Told, folder: Path) -> None:
        """Its files, unzipped."""
        folder.mkdir(parents=True)
        for name, content in {"work.py": self.source(told), **self.files}.items():
            (folder / name).write_bytes(told.fill(content).encode() if isinstance(content, str) else content)


@dataclass(frozen=True)
class Told:
    """What an attacker is told: `__OUT__`, `__BAIT__`, `__GRADER__` and `__VICTIM__` in its code stand for these."""

    out: Path
    bait: Path
    process: subprocess.Popen[bytes]

    def fill(self, code: str) -> str:
        known = {"OUT": self.out, "BAIT": self.bait, "GRADER": os.getpid(), "VICTIM": self.process.pid}
        for name, value in known.items():
            code = code.replace(f"__{name}__", str(value))
        return code

    def harmed(self) -> list[str]:
        """What of the bait was written to, and whether the process is gone."""
        changed = {name for name in BAIT if not _is_bait(self.bait / name)}
        changed |= {path.name for path in self.bait.iterdir()} - {*BAIT}
        return sorted(changed | ({"victim"} if self.process.poll() is not None else set()))


@dataclass(frozen=True)
class Raid:
    """A run that is over. `left` is, by kind, what of it is still there."""

    assignment: Assignment
    inbox: Path
    out: Path
    grades: Mapping[str, Grade]
    left: Mapping[str, list[str]]
    harmed: Sequence[str]
    """What of the bait was written to or ended."""

    def grade(self, attack: Attack) -> Grade:
        return self.grades[attack.submission]


def honest() -> dict[str, str]:
    """Name → work.py. The first and the last of a class in the order of names, so that one comes after all attacks."""
    right, wrong = (TRAP / "solution" / "work.py").read_text("utf-8"), (TRAP / "wrong.py").read_text("utf-8")
    return {"0-right": right, "wrong": wrong, "zz-right": right + "\n# the last one\n"}


def build(root: Path) -> Assignment:
    """The assignment, in a course of its own."""
    for kind in ("handout", "solution"):
        shutil.copytree(TRAP / kind, root / kind)
    return course.load(root / "handout", root / "solution")


def grade(root: Path, attacks: Sequence[Attack], workers: int = 2, isolation: pipeline.Wanted = "best") -> Raid:
    """Grade the honest and the attackers in one run below `root`."""
    assignment, inbox, out = build(root / "course"), root / "inbox", root / "out"
    inbox.mkdir()
    with surroundings(out) as told, leftovers.watched(out, root / "scratch") as watched:
        for name, text in honest().items():
            zipped(inbox / f"{name}.zip", {"work.py": text})
        for attack in attacks:
            files = {name: told.fill(text) if isinstance(text, str) else text for name, text in attack.files.items()}
            zipped(inbox / f"{attack.upload or attack.key}.zip", {"work.py": attack.source(told), **files})
        grades = pipeline.grade(
            assignment, inbox, out, workers=workers, seed=SEED, isolation=isolation, tell=watched.tell
        )
        harmed = told.harmed()
    return Raid(assignment, inbox, out, {g.submission: g for g in grades}, watched.left(), harmed)


def _is_bait(path: Path) -> bool:
    return path.is_file() and path.read_bytes() == b"bait\n"


def zipped(path: Path, files: Mapping[str, str | bytes]) -> None:
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in files.items():
            archive.writestr(zipfile.ZipInfo(name), content)


@contextmanager
def surroundings(out: Path) -> Iterator[Told]:
    """Something to write to and a process to kill, both within reach of whoever has no walls around."""
    with tempfile.TemporaryDirectory(prefix="autograder-bait-") as place:
        bait = Path(place)
        bait.chmod(0o777)
        for name in BAIT:
            (bait / name).write_text("bait\n")
            (bait / name).chmod(0o666)
        victim = subprocess.Popen([sys.executable, "-S", "-c", "import signal; signal.pause()"], cwd="/")
        try:
            yield Told(out, bait, victim)
        finally:
            victim.send_signal(signal.SIGKILL)
            victim.wait()


def timeless(grade: Grade) -> Grade:
    """A grade without the seconds it took."""
    return replace(grade, seconds=0.0, outcomes=tuple(replace(o, seconds=0.0) for o in grade.outcomes))
