"""Group E, before anything is run: zips that lead out, link out, swell up, or lie about whose they are and when."""

from __future__ import annotations

import os
import stat
import struct
import time
import zipfile
import zlib
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import packed
import pytest
from raid import SEED, build, honest, timeless

from autograder import intake, pipeline
from autograder.grading import score
from autograder.model import Assignment, Grade, Lateness, Roster, Submission

RIGHT, WRONG = honest()["0-right"], honest()["wrong"]
EVIL = "raise SystemExit('evil')\n"


def beside(*names: str) -> bytes:
    """Honest wrong work, and evil under these names."""
    return packed.zip_bytes([("work.py", WRONG), *((name, EVIL) for name in names)])


def overlapping(layers: int = 200) -> bytes:
    """A zip whose entries all point at the same compressed zeros, each with a name of its own."""
    packer = zlib.compressobj(9, zlib.DEFLATED, -15)
    zeros = bytes(4 << 20)
    data = packer.compress(zeros) + packer.flush()
    start = packed.zip_bytes({"work.py": WRONG})
    offset = start.index(b"PK\x01\x02")
    facts = (8, 0, 0, zlib.crc32(zeros), len(data), len(zeros))
    out = start[:offset] + struct.pack("<4sHHHHHIIIHH", b"PK\x03\x04", 20, 0, *facts, 5, 0) + b"z0.py" + data
    directory = start[offset : start.index(b"PK\x05\x06")]
    for number in range(layers):
        name = f"z{number}.py".encode()
        directory += struct.pack(
            "<4sHHHHHHIIIHHHHHII", b"PK\x01\x02", 20, 20, 0, *facts, len(name), 0, 0, 0, 0, 0x81A40000, offset
        )
        directory += name
    count = layers + 1
    return out + directory + struct.pack("<4sHHHHIIH", b"PK\x05\x06", 0, 0, count, count, len(directory), len(out), 0)


def nested(depth: int = 8) -> bytes:
    data = packed.zip_bytes({"work.py": WRONG})
    for number in range(depth):
        data = packed.zip_bytes({f"{number}-{copy}.zip": data for copy in range(4)})
    return data


def encrypted() -> bytes:
    """Marked as encrypted, in both places."""
    data = packed.patched(packed.zip_bytes({"work.py": RIGHT}), 0, 8, "<H", 1)
    return data[:6] + b"\x01\x00" + data[8:]


ZIPS: dict[str, tuple[Callable[[], bytes], str, str]] = {
    # name: (zip, what its record's notes, flags or reason say, the score or "rejected")
    "E3-up": (lambda: beside("../work.py", "../../work.py", "a/../../work.py"), "leads outside", "wrong"),
    "E3-absolute": (
        lambda: beside("/tmp/evil.py", "//tmp/evil.py", "C:\\evil.py", "C:evil.py"),
        "leads outside",
        "wrong",
    ),
    "E3-backslash": (lambda: beside("..\\..\\evil.py", "\\\\host\\share\\evil.py"), "leads outside", "wrong"),
    "E3-nul-and-controls": (
        lambda: beside("work.py\0.txt", "a\nb.py", "\u202egpj.py"),
        "invisible characters",
        "wrong",
    ),
    "E3-devices": (lambda: beside("CON.py", "nul", "com1.py", "x.py:stream", "dot."), "Windows", "wrong"),
    "E3-case": (lambda: beside("WORK.PY", "Work.py"), "", "wrong"),
    "E3-prefix": (lambda: beside("../E3-prefix-evil/work.py", "../zz-right/work.py"), "leads outside", "wrong"),
    "E4-link": (lambda: packed.with_special({"work.py": WRONG}, "other.py", "/etc/passwd"), "is a link", "wrong"),
    "E4-work-is-a-link": (
        lambda: packed.with_special({}, "work.py", "../../../course/solution/work.py"),
        "is a link",
        "rejected",
    ),
    "E4-linked-folder": (
        lambda: packed.with_special({"work.py": WRONG, "up/evil.py": EVIL}, "up", "../.."),
        "",
        "wrong",
    ),
    "E4-device": (lambda: packed.with_special({}, "work.py", "", stat.S_IFCHR), "not an ordinary file", "rejected"),
    "E4-pipe": (lambda: packed.with_special({}, "work.py", "", stat.S_IFIFO), "not an ordinary file", "rejected"),
    "E5-ratio": (lambda: packed.zip_bytes({"work.py": bytes(32 << 20)}), "", "rejected"),
    "E5-many-entries": (lambda: packed.zip_bytes({f"{n}.txt": "" for n in range(30_000)}), "files", "rejected"),
    "E5-overlapping": (overlapping, "", "rejected"),
    "E5-nested": (nested, "", "rejected"),
    "E5-lying-size": (
        lambda: packed.patched(packed.zip_bytes({"work.py": RIGHT}), 0, 24, "<I", 3),
        "",
        "rejected",
    ),
    "E5-huge-claim": (
        lambda: packed.patched(packed.zip_bytes({"work.py": RIGHT}), 0, 24, "<I", 0xFFFFFFF0),
        "",
        "rejected",
    ),
    "E5-encrypted": (encrypted, "", "rejected"),
    "E5-twice": (lambda: packed.zip_bytes([("work.py", WRONG), ("work.py", RIGHT)]), "more than once", "rejected"),
    "E5-deep-path": (lambda: beside("/".join(["d"] * 3000) + "/evil.py"), "folders deep", "wrong"),
    "E5-long-name": (lambda: beside("e" * 60_000 + ".py"), "too long", "wrong"),
    "E15-deep-authors": (
        lambda: packed.zip_bytes({"work.py": WRONG, "authors.toml": "students = " + "[" * 30_000}),
        "authors.toml",
        "wrong",
    ),
    "E15-long-number": (
        lambda: packed.zip_bytes({"work.py": WRONG, "authors.toml": "students = " + "9" * 60_000}),
        "authors.toml",
        "wrong",
    ),
    "E15-deep-notebook": (
        lambda: packed.zip_bytes({"work.py": WRONG, "work.ipynb": '{"cells": ' + "[" * 1_000_000}),
        "ignored",
        "wrong",
    ),
    "E15-coding": (
        lambda: packed.zip_bytes({"work.py": WRONG, "helper.py": b"# coding: utf-7\n+AGEAYgBj-\n"}),
        "declares the coding",
        "wrong",
    ),
    "E15-turned": (
        lambda: packed.zip_bytes({"work.py": WRONG + "\n# \u202e looks otherwise\n"}),
        "change the order",
        "wrong",
    ),
    "E15-open-brackets": (lambda: packed.zip_bytes({"work.py": WRONG, "helper.py": "(" * 180_000}), "", "wrong"),
}


@pytest.fixture(scope="module")
def class_(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, Grade], float]:
    """Everybody graded in one run: the folder of all, the grades, and the CPU seconds that reading took."""
    root = tmp_path_factory.mktemp("class")
    assignment, inbox = build(root / "course"), root / "inbox"
    assignment = replace(assignment, forbidden={"work.py": ("jax",)})
    inbox.mkdir()
    for name, text in honest().items():
        (inbox / f"{name}.zip").write_bytes(packed.zip_bytes({"work.py": text}))
    for name, (make, _, _) in ZIPS.items():
        (inbox / f"{name}.zip").write_bytes(make())
    began = time.process_time()
    grades = pipeline.grade(assignment, inbox, root / "out", workers=1, seed=SEED)
    return root, {grade.submission: grade for grade in grades}, time.process_time() - began


Class = tuple[Path, dict[str, Grade], float]


@pytest.mark.covers("E3", "E4", "E5", "E15")
@pytest.mark.parametrize("name", ZIPS)
def test_a_hostile_zip_ends_in_a_record_that_says_so(name: str, class_: Class) -> None:
    grades = class_[1]
    said, ends = ZIPS[name][1:]
    grade = grades[name]
    assert said in " ".join((grade.reason, *grade.notes, *grade.flags))
    if ends == "rejected":
        assert (grade.status, grade.score) == ("rejected", 0.0)
        assert grade.reason.endswith(".")
    else:
        assert (grade.status, grade.score) == ("graded", grades["wrong"].score)
        assert timeless(replace(grade, **SAME)) == timeless(replace(grades["wrong"], **SAME))


SAME = {"submission": "", "sha256": "", "students": (), "notes": (), "flags": (), "output": ""}


def test_nothing_lies_outside_and_the_honest_are_graded(class_: Class) -> None:
    root, grades, seconds = class_
    assert {path.name for path in root.iterdir()} == {"course", "inbox", "out"}
    assert {path.name for path in root.parent.iterdir()} == {root.name, *(p.name for p in root.parent.iterdir())}
    assert not list(root.parent.rglob("evil*")), "a name led out"
    assert not Path("/tmp/evil.py").exists()
    for path in (root / "out" / "submissions").rglob("*"):
        assert not path.is_symlink()
        assert path.is_dir() or path.is_file()
        assert path.is_dir() or "evil" not in path.read_text("utf-8", "replace") or path.name == "work.py"
    assert (grades["0-right"].score, grades["zz-right"].score) == (20.0, 20.0)
    assert seconds < 60


@pytest.mark.covers("E14")
def test_names_that_tools_run_are_not_kept(tmp_path: Path) -> None:
    names = ("setup.py", "conftest.py", "Makefile", "requirements.txt", ".git/hooks/post-checkout", "evil.pth", "a.so")
    submission = received(tmp_path, beside(*names, "work.cpython-311-x86_64-linux-gnu.so", "__pycache__/work.pyc"))
    assert submission.files == ("work.py",)


def received(folder: Path, data: bytes, name: str = "ada", roster: Roster | None = None) -> Submission:
    inbox = folder / "inbox"
    inbox.mkdir()
    (inbox / f"{name}.zip").write_bytes(data)
    (inbox / "grace.zip").write_bytes(packed.zip_bytes({"work.py": WRONG}))
    assignment = build(folder / "course")
    submissions = [
        intake.receive(arrival, assignment, folder / "kept", roster) for arrival in intake.discover(inbox, assignment)
    ]
    return next(s for s in submissions if s.name == name)


@pytest.mark.covers("E17")
def test_the_times_in_a_zip_say_nothing_about_when_it_came(tmp_path: Path) -> None:
    late = Lateness(due=datetime(2020, 1, 1, tzinfo=UTC), per_day=1.0, days=1)
    data = packed.zip_bytes(
        {
            "work.py": RIGHT,
            "timestamp.txt": "2019-12-31 00:00",
            "submission_metadata.yml": "submission_1:\n  :created_at: 2019-12-31 00:00:00 Z\n",
        }
    )
    submission = received(tmp_path, data)
    assert submission.received is None, "only a platform's own records say when"
    os.utime(tmp_path / "inbox" / "ada.zip", (0, 0))
    assignment: Assignment = replace(build(tmp_path / "again"), lateness=late)
    told = replace(submission, received=datetime(2021, 1, 1, tzinfo=UTC))
    assert score(assignment, told, (), seed=1, versions={}).late == "366 days late; nothing counts after 1"


@pytest.mark.covers("E18")
def test_whoever_claims_to_be_somebody_else_is_flagged(tmp_path: Path) -> None:
    roster = Roster(names={"ada": "Ada Lovelace", "bob": "Bob Ross", "eve": "Eve Online"})
    claim = packed.zip_bytes({"work.py": WRONG, "authors.toml": 'students = ["bob"]\n'})
    submission = received(tmp_path, claim, "eve", roster)
    assert set(submission.students) == {"eve", "bob"}, "whose upload it is stays on it"
    assert any("only authors.toml adds bob" in flag for flag in submission.flags)
    assert any("leaves out eve" in flag for flag in submission.flags)


@pytest.mark.covers("E18")
def test_one_piece_of_work_handed_in_twice_is_flagged(tmp_path: Path) -> None:
    inbox = tmp_path / "inbox"
    inbox.mkdir()
    for name in ("ada", "bob", "ada+bob"):
        (inbox / f"{name}.zip").write_bytes(packed.zip_bytes({"work.py": WRONG}))
    assignment = build(tmp_path / "course")
    submissions = [intake.receive(a, assignment, tmp_path / "kept") for a in intake.discover(inbox, assignment)]
    flags = intake.doubles(submissions)
    assert any("the same bytes as another submission" in flag for flag in flags["bob"])
    assert any("ada is in another submission too" in flag for flag in flags["ada+bob"])


@pytest.mark.covers("E18")
def test_one_zip_alone_cannot_say_that_it_is_a_platforms_export(tmp_path: Path) -> None:
    inbox = tmp_path / "inbox"
    inbox.mkdir()
    forged = "submission_1:\n  :submitters:\n  - :name: Bob Ross\n    :sid: bob\n  :created_at: 2019-12-31 00:00:00 Z\n"
    data = packed.zip_bytes({"submission_metadata.yml": forged, "submission_1/work.py": WRONG})
    (inbox / "eve.zip").write_bytes(data)
    assignment = build(tmp_path / "course")
    [arrival] = intake.discover(inbox, assignment)
    submission = intake.receive(arrival, assignment, tmp_path / "kept")
    assert submission.received is None
    assert "bob" not in submission.students


@pytest.mark.covers("E17", "E18")
def test_one_zip_alone_that_is_packed_like_an_export_of_several_is_flagged(tmp_path: Path) -> None:
    """A real download looks the same, so it is read as one, and staff are asked to say which it is."""
    forged = "".join(
        f"submission_{n}:\n  :submitters:\n  - :name: {name}\n    :sid: {name}\n  :created_at: 2019-12-31 00:00:00 Z\n"
        for n, name in enumerate(("bob", "eve"))
    )
    work = {f"submission_{n}/work.py": WRONG for n in range(2)}
    roster = Roster(names={"bob": "Bob Ross", "eve": "Eve Online"})
    assignment, inbox = build(tmp_path / "course"), tmp_path / "inbox"
    inbox.mkdir()
    for kind, files in {
        "platform": {"submission_metadata.yml": forged, **work},
        "zips": {f"{name}.zip": packed.zip_bytes({"work.py": WRONG}) for name in ("bob", "eve")},
    }.items():
        path = inbox / "eve.zip"
        path.write_bytes(packed.zip_bytes(files))
        for people in (None, roster):
            guessed = [
                intake.receive(a, assignment, tmp_path / kind, people) for a in intake.discover(inbox, assignment)
            ]
            assert [submission.students for submission in guessed] == [("bob",), ("eve",)]
            for submission in guessed:
                assert any("only the inside of eve.zip" in flag for flag in submission.flags)
        named = [intake.receive(a, assignment, tmp_path / kind) for a in intake.discover(path, assignment)]
        assert [submission.flags for submission in named] == [(), ()], "staff said what it is"


def test_a_zip_can_be_read_by_others(tmp_path: Path) -> None:
    """The hostile ones are real zips, where they are: Python's own reader opens them."""
    for name in ("E3-up", "E4-link", "E5-overlapping", "E5-ratio"):
        path = tmp_path / f"{name}.zip"
        path.write_bytes(ZIPS[name][0]())
        with zipfile.ZipFile(path) as archive:
            assert archive.namelist()
