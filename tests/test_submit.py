"""At home: what the grader will see, said by the grader's own code, and the zip to hand in."""

from __future__ import annotations

import os
import zipfile
from pathlib import Path

import pytest
from packed import CODE, FILES, an_assignment, write

from autograder.intake import Arrival, IntakeError, bundle, preview, receive


def test_preview_and_grader_say_the_same(tmp_path: Path) -> None:
    folder = write(tmp_path / "a9", {"layers.py": "x", "solvr.py": "x", "numpy.py": "x", "Optim.py": "x"})
    seen = preview(folder, an_assignment())
    graded = receive(Arrival("ada", folder), an_assignment(), tmp_path / "into")
    assert (seen.files, seen.missing, seen.notes, seen.sha256) == (
        graded.files,
        graded.missing,
        graded.notes,
        graded.sha256,
    )
    assert seen.folder == folder
    assert seen.name == "a9"
    assert seen.students == ()


def test_preview_names_the_authors(tmp_path: Path) -> None:
    folder = write(tmp_path / "a9", {**CODE, "authors.toml": 'students = ["ada", "grace"]'})
    assert preview(folder, an_assignment()).students == ("ada", "grace")


def test_the_zip_holds_what_the_grader_keeps_and_nothing_else(tmp_path: Path) -> None:
    folder = write(
        tmp_path / "a9", {**CODE, "answers.md": "# q1\n", "helper.py": "", "big.bin": b"x", "conftest.py": ""}
    )
    path = bundle(folder, an_assignment(handout=folder), folder / "a9.zip")
    graded = receive(Arrival("ada", path), an_assignment(), tmp_path / "into")
    assert graded.files == ("answers.md", "helper.py", *FILES)
    assert graded.notes == ()
    assert graded.missing == ()
    assert sorted(os.listdir(folder)) == sorted([*CODE, "answers.md", "helper.py", "big.bin", "conftest.py", "a9.zip"])


def test_the_zip_is_the_same_bytes_every_time(tmp_path: Path) -> None:
    one = bundle(write(tmp_path / "a", CODE), an_assignment(), tmp_path / "one.zip")
    two = bundle(write(tmp_path / "b", dict(reversed(CODE.items()))), an_assignment(), tmp_path / "out" / "two.zip")
    os.utime(tmp_path / "b" / "layers.py", (0, 0))
    assert one.read_bytes() == two.read_bytes()
    with zipfile.ZipFile(one) as archive:
        assert {info.date_time for info in archive.infolist()} == {(1980, 1, 1, 0, 0, 0)}
    assert bundle(tmp_path / "a", an_assignment(), one).read_bytes() == two.read_bytes()


def test_what_the_grader_would_reject_is_not_built(tmp_path: Path) -> None:
    folder = write(tmp_path / "a9", {"notes.txt": "x"})
    assert preview(folder, an_assignment()).rejected.startswith("None of the files asked for is in the folder")
    with pytest.raises(IntakeError, match=r"None of the files asked for is in the folder; it holds notes\.txt"):
        bundle(folder, an_assignment(), tmp_path / "a9.zip")
    assert not (tmp_path / "a9.zip").exists()


def test_e5_an_honest_file_of_zeros_is_not_zipped_into_a_bomb(tmp_path: Path) -> None:
    folder = write(tmp_path / "a9", {**CODE, "weights.pt": bytes(2 << 20)})
    assignment = an_assignment([*FILES, "*.pt"])
    path = bundle(folder, assignment, tmp_path / "a9.zip")
    assert "weights.pt" in receive(Arrival("ada", path), assignment, tmp_path / "into").files
