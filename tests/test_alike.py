"""The same files are run once, and each who handed them in has a record with what is their own."""

from __future__ import annotations

import zipfile
from collections.abc import Iterable, Sequence
from dataclasses import replace
from pathlib import Path

from means import RIGHT, WRONG, hand_in, write

from autograder import alike, intake, pipeline
from autograder.model import Grade, Submission


def test_however_they_are_packed_the_same_files_are_run_once(tmp_path: Path) -> None:
    assignment = write(tmp_path / "course")
    inbox = hand_in(tmp_path / "inbox", {"ada": RIGHT, "bob": WRONG})
    with zipfile.ZipFile(inbox / "eve.zip", "w") as archive:
        archive.writestr("homework/means.py", RIGHT)
        archive.writestr("homework/notes.txt", "see page 3")
        archive.writestr("homework/authors.toml", 'students = ["eve"]\n')

    grades = {g.submission: g for g in pipeline.grade(assignment, inbox, tmp_path / "out", workers=1)}

    ada, bob, eve = grades["ada"], grades["bob"], grades["eve"]
    assert (eve.outcomes, eve.seconds) == (ada.outcomes, ada.seconds)  # to the microsecond: no second run
    assert bob.seconds != ada.seconds
    assert (ada.students, eve.students) == (("ada",), ("eve",))
    assert eve.sha256 != ada.sha256
    assert any("notes.txt" in note for note in eve.notes)
    assert not any("notes.txt" in note for note in ada.notes)


def test_what_went_wrong_by_itself_is_not_passed_on(tmp_path: Path) -> None:
    assignment = write(tmp_path / "course")
    inbox = hand_in(tmp_path / "inbox", {"ada": RIGHT, "eve": RIGHT})
    received = [intake.receive(a, assignment, tmp_path / "read") for a in intake.discover(inbox, assignment)]
    asked: list[list[str]] = []

    def run(some: Sequence[Submission]) -> Iterable[Grade]:
        asked.append([s.name for s in some])
        made = [alike.score(assignment, s, [], seed=1, versions={}) for s in some]
        return made if len(asked) > 1 else [replace(g, flags=("provisional: it ended 2 times",)) for g in made]

    grades = list(alike.once(assignment, received, run))

    assert asked == [["ada"], ["eve"]]
    assert [(g.submission, bool(g.flags)) for g in grades] == [("ada", True), ("eve", False)]


def test_a_name_is_part_of_the_content(tmp_path: Path) -> None:
    for place, name in (("one", "a.py"), ("two", "b.py"), ("three", "a.py")):
        (tmp_path / place).mkdir()
        (tmp_path / place / name).write_text("x = 1\n")
    one, two, three = (
        alike.content(Submission(place, "", folder=tmp_path / place, files=(name,)))
        for place, name in (("one", "a.py"), ("two", "b.py"), ("three", "a.py"))
    )
    assert one == three != two
