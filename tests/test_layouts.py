"""Every submission in a folder, a zip of zips or a single zip is found once, under a name of its own."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from packed import CODE, an_assignment, write, zip_bytes

from autograder.intake import Arrival, IntakeError, discover
from autograder.intake.layouts import _with_own_names
from autograder.intake.names import MAX_NAME, label

ZIP = zip_bytes(CODE)
LONG = "x" * MAX_NAME


def names(path: Path, with_assignment: bool = False) -> list[str]:
    return [arrival.name for arrival in discover(path, an_assignment() if with_assignment else None)]


def test_a_folder_of_zips_and_folders(tmp_path: Path) -> None:
    write(tmp_path, {"ada.zip": ZIP, "team7.zip": ZIP, "grace/layers.py": "x", "alan/hw/layers.py": "x"})
    assert names(tmp_path) == ["ada", "alan", "grace", "team7"]
    assert discover(tmp_path)[0] == Arrival("ada", tmp_path / "ada.zip")


def test_one_zip_and_one_folder_are_one_submission_each(tmp_path: Path) -> None:
    write(
        tmp_path,
        {"ada.zip": ZIP, "grace/layers.py": "x", "grace/data.zip": ZIP, "grace/optim.py": "x", "bob/play.ipynb": ""},
    )
    assert names(tmp_path / "ada.zip") == ["ada"]
    assert names(tmp_path / "grace", with_assignment=True) == ["grace"]
    assert names(tmp_path / "bob") == ["bob"]


def test_a_stray_module_does_not_make_a_class_one_submission(tmp_path: Path) -> None:
    write(tmp_path, {"layers.py": "x", **{f"{name}.zip": ZIP for name in ("ada", "bob", "eve")}})
    assert names(tmp_path, with_assignment=True) == ["ada", "bob", "eve", "layers"]


def test_a_zip_of_zips_is_a_class_and_a_zip_in_a_zip_is_one_student(tmp_path: Path) -> None:
    (tmp_path / "class.zip").write_bytes(zip_bytes({"x/ada.zip": ZIP, "x/bob.zip": ZIP}))
    (tmp_path / "ada.zip").write_bytes(zip_bytes({"inner.zip": ZIP}))
    assert names(tmp_path / "class.zip") == ["ada", "bob"]
    assert names(tmp_path / "ada.zip") == ["ada"]


def test_what_is_no_zip_is_still_a_submission(tmp_path: Path) -> None:
    write(tmp_path, {"ada.zip": b"%PDF", "notes.pdf": "x", "bob.tar.gz": "x", "empty.zip": b""})
    assert names(tmp_path) == ["ada", "bob", "empty", "notes"]


def test_hidden_files_and_what_staff_and_grading_put_there_are_not(tmp_path: Path) -> None:
    write(
        tmp_path,
        {"ada.zip": ZIP, "bob.zip": ZIP, ".hidden.zip": ZIP, "grades.csv": "", "roster.csv": "", "__MACOSX/x": ""},
    )
    assert names(tmp_path) == ["ada", "bob"]
    write(tmp_path, {"gradebook.db": "", "summary.html": "", "feedback/ada.html": "", "submissions/ada/layers.py": ""})
    assert names(tmp_path) == ["ada", "bob"]


def test_an_empty_folder_holds_nobody_and_a_path_that_is_not_there_is_refused(tmp_path: Path) -> None:
    assert discover(tmp_path) == []
    with pytest.raises(IntakeError, match=r"nowhere.*name a folder of zips or folders, or one zip"):
        discover(tmp_path / "nowhere")


def test_a_folder_that_holds_nothing_but_a_zip_is_named_after_the_folder(tmp_path: Path) -> None:
    write(tmp_path, {"ada/hw5 final.zip": ZIP, "bob/layers.py": "x"})
    assert [(a.name, a.path.name) for a in discover(tmp_path)] == [("ada", "hw5 final.zip"), ("bob", "bob")]


def test_names_that_collide_are_told_apart_also_where_case_does_not_count(tmp_path: Path) -> None:
    write(tmp_path, {"ada.zip": ZIP, "ada/layers.py": "x", "Ada.pdf": "x", "ada-2.zip": ZIP})
    assert names(tmp_path) == ["Ada", "ada-2", "ada-3", "ada-4"]


def test_names_that_no_page_or_terminal_should_see_are_made_plain(tmp_path: Path) -> None:
    write(tmp_path, {"a\x1b[31m\n.zip": ZIP, "b\u202egpj.zip": ZIP})
    (tmp_path / os.fsdecode(b"c\xff.zip")).write_bytes(ZIP)
    assert names(tmp_path) == ["a_[31m_", "b_gpj", "c\ufffd"]


def test_e4_links_and_pipes_are_arrivals_and_do_not_block(tmp_path: Path) -> None:
    (tmp_path / "ada.zip").symlink_to("/dev/zero")
    os.mkfifo(tmp_path / "bob.zip")
    assert names(tmp_path) == ["ada", "bob"]


def test_e4_a_lone_link_to_a_bulk_download_is_not_followed(tmp_path: Path) -> None:
    write(tmp_path, {"elsewhere/class.zip": zip_bytes({"ada.zip": ZIP, "bob.zip": ZIP})})
    (tmp_path / "here").mkdir()
    (tmp_path / "here" / "class.zip").symlink_to(tmp_path / "elsewhere" / "class.zip")
    assert names(tmp_path / "here") == ["class"]


def test_e3_names_in_a_bulk_zip_that_lead_outside_are_nobodys(tmp_path: Path) -> None:
    (tmp_path / "class.zip").write_bytes(
        zip_bytes({"ada.zip": ZIP, "bob.zip": ZIP, "../eve.zip": ZIP, "/eve.zip": ZIP})
    )
    assert names(tmp_path / "class.zip") == ["ada", "bob"]


@given(st.lists(st.sampled_from(["a", "A", "a-2", "a-3", "A-2", "b", LONG, f"{LONG[:-1]}é", f"{LONG[:-2]}-2"])))
def test_every_arrival_gets_a_name_of_its_own(called: list[str]) -> None:
    arrivals = [Arrival(label(name, is_folder=True), Path(str(i))) for i, name in enumerate(called)]
    own = [arrival.name for arrival in _with_own_names(arrivals)]
    assert len({name.casefold() for name in own}) == len(called)
    # Its files are kept in a folder called so: cut to length there, two would lie in one.
    assert [label(name, is_folder=True) for name in own] == own
