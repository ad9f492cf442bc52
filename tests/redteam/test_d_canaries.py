"""Secrets with a name on each, planted wherever a course has them: none reaches a student's eyes or a worker's."""

from __future__ import annotations

import io
import json
import os
import secrets
import socket
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from raid import HERE, SEED, TRAP, honest

from autograder import course, pipeline
from autograder.pipeline import UsageError

ROOT = HERE.parent.parent
EXPECTED = 58173.61947
PLACES = (
    "constant",
    "comment",
    "why",
    "assertion",
    "raised",
    "printed",
    "written",
    "solution",
    "rubric",
    "slips",
    "environment",
    "other",
)

CHECKS = '''

# {comment}
CONSTANT = "{constant}"
print("on import {printed}")


@points(1, "greet")
def check_canary_in_why(student):
    """A text that the author of a check wrote for visible ones."""
    require(student.work.greet("x") == CONSTANT, "{why} " + CONSTANT)


@points(1, "greet")
def check_canary_in_assertion(student):
    """A plain assertion."""
    assert student.work.greet("x") == CONSTANT, "{assertion} " + CONSTANT


@points(1, "greet")
def check_canary_in_prints(student):
    """A check whose author looks at something."""
    print("{printed}", student.work.greet("x"), flush=True)
    __import__("os").write(1, b"{written}\\n")
    require(student.work.greet("x") == CONSTANT, "")


@points(1, "greet")
def check_canary_in_exception(student):
    """A check that goes wrong by itself."""
    raise ValueError("{raised} " + CONSTANT)


@points(1, "greet")
def check_canary_in_numbers(student):
    """A number."""
    close(student.work.count(np.ones(3)), {expected}, "count(x)")


@points(1, "greet")
def check_canary_in_an_exact_value(student):
    """A text."""
    equal(student.work.greet("x"), CONSTANT, "greet(name)")
'''


@dataclass(frozen=True)
class House:
    """A course and a class with secrets, and who listens outside."""

    root: Path
    canary: dict[str, str] = field(
        default_factory=lambda: {place: f"canary-{place}-{secrets.token_hex(8)}" for place in PLACES}
    )

    @property
    def out(self) -> Path:
        return self.root / "out"

    @property
    def handout(self) -> Path:
        return self.root / "assignments" / "trap"

    @property
    def files(self) -> dict[str, Path]:
        """What a spy is told to read."""
        solution = self.root / "solutions" / "trap"
        return {
            "hidden check": solution / "checks_more.py",
            "solution": solution / "work.py",
            "rubric": solution / "rubric.md",
            "slips": solution / "slips.toml",
            "other submission": self.root / "inbox" / "bob" / "work.py",
            "other as read": self.out / "submissions" / "bob" / "work.py",
        }

    def build(self, told: dict[str, object]) -> None:
        """Write all of it."""
        self.root.chmod(0o755)
        solution, inbox = self.root / "solutions" / "trap", self.root / "inbox"
        for folder, kind in ((self.handout, "handout"), (solution, "solution")):
            folder.mkdir(parents=True)
            for path in (TRAP / kind).glob("*.*"):
                (folder / path.name).write_bytes(path.read_bytes())
        _add(solution / "checks_more.py", CHECKS.format(expected=EXPECTED, **self.canary))
        _add(solution / "work.py", f"# {self.canary['solution']}\n")
        (solution / "rubric.md").write_text(f"# Rubric\n\n## greet\n\n{self.canary['rubric']}\n")
        (solution / "slips.toml").write_text(SLIP.format(self.canary["slips"]))
        _replace(self.handout / "assignment.toml", "call_seconds = 1\ncheck_seconds = 2", "check_seconds = 10")
        _replace(self.handout / "assignment.toml", '["numpy", "torch"]', '["numpy"]')
        told |= {
            "files": {name: str(path) for name, path in self.files.items()},
            "shifted": ["".join(chr(ord(letter) + 1) for letter in text) for text in self.canary.values()],
            "mark": "mark-of-mallory",
            "grader": os.getpid(),
        }
        spy = (HERE / "spy.py").read_text("utf-8").replace("TOLD = None", f"TOLD = {told!r}", 1)
        for name, text in {**honest(), "bob": f"# {self.canary['other']}\n", "mallory": spy}.items():
            (inbox / name).mkdir(parents=True)
            (inbox / name / "work.py").write_text(text)

    def grade(self) -> tuple[str, str]:
        """Grade the class and return all that was printed: (standard output, standard error)."""
        (self.out / "..").resolve().chmod(0o755)
        command = [sys.executable, "-m", "autograder.cli", "grade", "trap", "inbox", "--out", "out", "--workers", "1"]
        environment = {
            **os.environ,
            "PYTHONPATH": str(ROOT),
            "OMP_NUM_THREADS": "1",
            "GRADESCOPE_TOKEN": self.canary["environment"],
            "PYTHONDONTWRITEBYTECODE": "1",
        }
        done = subprocess.run(
            [*command, "--seed", str(SEED), "--json"], cwd=self.root, env=environment, capture_output=True, text=True
        )
        assert done.returncode == 0, done.stderr
        return done.stdout, done.stderr


SLIP = """
[[slips]]
id = "halves"
says = "{}"
file = "work.py"
find = "2.0 * x"
replace = "x"
fails = ["check_double_of_ones"]
"""


def _add(path: Path, text: str) -> None:
    path.write_text(path.read_text("utf-8") + text)


def _replace(path: Path, old: str, new: str) -> None:
    text = path.read_text("utf-8")
    assert old in text
    path.write_text(text.replace(old, new))


@dataclass(frozen=True)
class Visit:
    """A class that was graded with the spy in it."""

    house: House
    said: str
    staffs: str
    heard: list[str]
    control: str

    def pages(self) -> dict[str, str]:
        """Everything that students get back, and everything that the command said to a program."""
        pages = {path.name: path.read_text("utf-8") for path in (self.house.out / "feedback").iterdir()}
        return {**pages, "the command": self.said}


@pytest.fixture(scope="module")
def visit() -> Iterator[Visit]:
    with ExitStack() as stack:
        root = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="autograder-test-")))
        house = House(root)
        listeners = {
            "tcp": stack.enter_context(socket.create_server(("127.0.0.1", 0))),
            "udp": stack.enter_context(socket.socket(socket.AF_INET, socket.SOCK_DGRAM)),
            "abstract": stack.enter_context(socket.socket(socket.AF_UNIX)),
            "path": stack.enter_context(socket.socket(socket.AF_UNIX)),
        }
        listeners["udp"].bind(("127.0.0.1", 0))
        name, path = f"autograder-spy-{os.getpid()}", str(root / "open.sock")
        listeners["abstract"].bind("\0" + name)
        listeners["path"].bind(path)
        os.chmod(path, 0o777)
        for kind in ("abstract", "path"):
            listeners[kind].listen()
        ports = {kind: listeners[kind].getsockname()[1] for kind in ("tcp", "udp")}
        house.build({**ports, "name": name, "socket": path})
        said, staffs = house.grade()
        heard = [kind for kind, listener in listeners.items() if _heard(listener)]
        control = subprocess.run(
            [sys.executable, str(root / "inbox" / "mallory" / "work.py"), "remember"],
            env={"PATH": os.defpath, "GRADESCOPE_TOKEN": house.canary["environment"], "OMP_NUM_THREADS": "1"},
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        yield Visit(house, said, staffs, heard, control)


def _heard(listener: socket.socket) -> bool:
    listener.setblocking(False)
    try:
        if listener.type == socket.SOCK_DGRAM:
            return bool(listener.recv(100))
        listener.accept()[0].close()
    except BlockingIOError:
        return False
    return True


@pytest.mark.covers("D6", "D9", "D14")
def test_a_spy_finds_nothing_and_reaches_nobody(visit: Visit) -> None:
    page = json.loads((visit.house.out / "feedback" / "mallory.json").read_text("utf-8"))
    why = page["questions"][0]["checks"][0]["why"]
    assert why.endswith("RuntimeError: looked mark-of-mallory"), "it did not look, or it found something"
    assert visit.heard == []


def test_the_same_spy_without_walls_finds_it_all(visit: Visit) -> None:
    found = visit.control.strip()
    for what in ("environment", "memory", "tcp", "udp", "abstract", "path", "name", *visit.house.files):
        assert what in found.removeprefix("looked mark-of-mallory"), found


@pytest.mark.parametrize("place", PLACES)
def test_a_secret_is_on_no_page(place: str, visit: Visit) -> None:
    for name, page in visit.pages().items():
        assert visit.house.canary[place] not in page, name


@pytest.mark.covers("D7")
def test_what_is_printed_meanwhile_is_on_no_stream_that_a_program_reads(visit: Visit) -> None:
    events = [json.loads(line) for line in visit.said.splitlines()]
    assert {event["event"] for event in events} >= {"started", "graded"}
    assert len([event for event in events if "submission" in event]) == len(honest()) + 2
    assert f"on import {visit.house.canary['printed']}" in visit.staffs
    assert f"{visit.house.canary['printed']} hello x" in visit.staffs, "staff read what a check of theirs prints"
    assert visit.house.canary["written"] in visit.staffs
    assert "mark-of-mallory" not in visit.staffs, "but not what a submission prints"
    assert not [
        place for place in PLACES if place not in ("printed", "written") and visit.house.canary[place] in visit.staffs
    ]


def test_the_seed_and_an_expected_number_are_on_no_page(visit: Visit) -> None:
    for name, page in visit.pages().items():
        assert str(SEED) not in page, name
        assert f"{EXPECTED}"[:6] not in page, name


def test_the_pages_are_where_a_secret_would_be_seen(visit: Visit) -> None:
    pages = visit.pages()
    assert "mark-of-mallory" in pages["mallory.html"]
    assert "mark-of-mallory" in pages["the command"]
    assert sorted(pages) == sorted(
        ["the command", *(f"{name}.{kind}" for name in (*honest(), "bob", "mallory") for kind in ("html", "json"))]
    )
    book = (visit.house.out / "gradebook.db").read_bytes()
    assert visit.house.canary["raised"].encode() in book, "staff read what a check of theirs did"


LEFT = {
    ".git/objects/aa": "canary-leftover",
    "__pycache__/work.cpython-311.pyc": "canary-leftover",
    ".ipynb_checkpoints/work-checkpoint.ipynb": "canary-leftover",
    "work.py~": "canary-leftover",
    ".work.py.swp": "canary-leftover",
    "trap.egg-info/PKG-INFO": "canary-leftover",
    ".OTTER_LOG": "canary-leftover",
}


@pytest.mark.covers("D13")
def test_a_student_zip_holds_no_secret_and_no_leftover(visit: Visit, tmp_path: Path) -> None:
    for name, text in LEFT.items():
        path = visit.house.handout / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    assignment = course.find(visit.house.root)["trap"]
    [path] = pipeline.student([assignment], tmp_path)
    members = dict(unpacked(path.read_bytes()))
    assert any(name.endswith("checks_trap.py") for name in members)
    assert any(name.endswith("autograder/model.py") for name in members), "the wheel was not looked into"
    for name, content in members.items():
        assert b"canary" not in content, name
        assert "checks_more" not in name


def unpacked(data: bytes) -> Iterator[tuple[str, bytes]]:
    """Every member of a zip and of the zips in it, with comments and extra fields; all of one date."""
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        yield "comment", archive.comment
        for info in archive.infolist():
            assert info.date_time == (1980, 1, 1, 0, 0, 0), info
            content = archive.read(info)
            yield info.filename, content + info.extra + info.comment
            if zipfile.is_zipfile(io.BytesIO(content)):
                for name, inner in unpacked(content):
                    yield f"{info.filename}!{name}", inner


def test_a_handout_that_shows_an_answer_is_not_built(visit: Visit, tmp_path: Path) -> None:
    left = visit.house.handout / "work.py.orig"
    left.write_bytes((visit.house.root / "solutions" / "trap" / "work.py").read_bytes())
    try:
        with pytest.raises(UsageError, match=r"would give away answers: .*work\.py\.orig"):
            pipeline.student([course.find(visit.house.root)["trap"]], tmp_path)
    finally:
        left.unlink()
    assert list(tmp_path.iterdir()) == []
