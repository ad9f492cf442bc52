"""The bulk downloads of Gradescope, Moodle, Canvas and OLAT, as folders and as zips, become one arrival a student."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path

import pytest
from packed import CODE, write, zip_bytes

from autograder.intake import Arrival, discover
from autograder.intake.reader import open_upload

ZIP = zip_bytes(CODE)
Files = Mapping[str, str | bytes]
Put = Callable[[Files], Path]


@pytest.fixture(params=["folder", "zip", "wrapped folder", "wrapped zip", "zip in a folder"])
def put(request: pytest.FixtureRequest, tmp_path: Path) -> Put:
    """Lay out a bulk download in each of the ways that it reaches the grader."""

    def as_asked(files: Files) -> Path:
        if "wrapped" in request.param:
            files = {f"bulk download/{name}": content for name, content in files.items()}
        if "folder" in request.param and "in a" not in request.param:
            return write(tmp_path / "bulk", files)
        path = tmp_path / "got" / "submissions.zip"
        path.parent.mkdir()
        path.write_bytes(zip_bytes(files))
        return path.parent if "in a" in request.param else path

    return as_asked


def names_in(arrival: Arrival) -> list[str]:
    with ExitStack() as stack:
        return sorted(
            e.name for e in open_upload(stack, arrival.path, arrival.members).source.entries if e.kind == "file"
        )


def found(path: Path) -> dict[str, tuple[str, ...]]:
    return {arrival.name: arrival.students for arrival in discover(path)}


def test_canvas(put: Put) -> None:
    path = put(
        {
            "lovelaceada_12345_67890_a5.zip": ZIP,
            "hoppergrace_LATE_12346_67891_a5-1.zip": ZIP,
            "turingalan_12347_67892_layers.py": "x",
            "turingalan_12347_67893_optim-2.py": "x",
        }
    )
    assert found(path) == {
        "hoppergrace_LATE_12346_67891_a5-1": ("hoppergrace",),
        "lovelaceada_12345_67890_a5": ("lovelaceada",),
        "turingalan_12347": ("turingalan",),
    }
    late, ada, loose = discover(path)
    assert late.notes == ("Canvas calls this upload late.",)
    assert ada.notes == ()
    assert names_in(ada) == sorted(CODE)
    assert names_in(loose) == ["layers.py", "optim-2.py"]


def test_canvas_two_zips_of_one_student_stay_two_arrivals_with_a_note(put: Put) -> None:
    one, two = discover(put({"lovelaceada_12345_67890_a5.zip": ZIP, "lovelaceada_12345_67999_new.zip": ZIP}))
    assert one.students == two.students == ("lovelaceada",)
    assert "handed in 2 zips, and each is graded" in one.notes[0]
    assert one.notes == two.notes


def test_moodle(put: Put) -> None:
    path = put(
        {
            "Ada Lovelace_1234567_assignsubmission_file_/a5.zip": ZIP,
            "Grace Hopper_1234568_assignsubmission_file_/layers.py": "x",
            "Grace Hopper_1234568_assignsubmission_onlinetext_/onlinetext.html": "hello",
            "Alan Turing_1234569_assignsubmission_file_a5.zip": ZIP,
            "Emmy Noether_1234570_assignsubmission_onlinetext_/onlinetext.html": "see mail",
        }
    )
    assert found(path) == {
        "Ada Lovelace_1234567_assignsubmission_file_": ("Ada Lovelace",),
        "Alan Turing_1234569_assignsubmission_file_a5": ("Alan Turing",),
        "Emmy Noether_1234570_assignsubmission_onlinetext_": ("Emmy Noether",),
        "Grace Hopper_1234568_assignsubmission_file_": ("Grace Hopper",),
    }
    ada, alan, _, grace = discover(path)
    assert names_in(ada) == names_in(alan) == sorted(CODE)
    assert names_in(grace) == ["layers.py"]


def test_olat(put: Put) -> None:
    path = put(
        {
            "lovelace_ada_s1/1_task/sheet.pdf": "x",
            "lovelace_ada_s1/2_submissions/a5.zip": ZIP,
            "hopper_grace_s2/2_submissions/old.zip": zip_bytes({"layers.py": "old"}),
            "hopper_grace_s2/3_corrections/notes.pdf": "x",
            "hopper_grace_s2/4_revisions/new.zip": ZIP,
            "results.xlsx": "x",
            "solutions/layers.py": "secret",
        }
    )
    assert found(path) == {"hopper_grace_s2": ("hopper_grace_s2",), "lovelace_ada_s1": ("lovelace_ada_s1",)}
    grace, ada = discover(path)
    assert grace.notes == ("4_revisions is graded, not 2_submissions.",)
    assert ada.notes == ()
    assert names_in(grace) == names_in(ada) == sorted(CODE)


def test_gradescope(put: Put) -> None:
    meta = (
        "submission_1:\n  :submitters:\n  - :name: Ada\n    :sid: s1\n  :created_at: 2026-04-26 17:34:00.8 Z\n"
        "submission_3:\n  :submitters:\n  - :name: Grace\n    :sid: s3\n"
    )
    path = put(
        {
            "submission_metadata.yml": meta,
            **{f"submission_1/{name}": content for name, content in CODE.items()},
            "submission_2/a5.zip": ZIP,
            "submission_3/a5.zip": ZIP,
        }
    )
    assert found(path) == {"submission_1": ("s1",), "submission_2": (), "submission_3": ("s3",)}
    one, two, _ = discover(path)
    assert one.received == datetime(2026, 4, 26, 17, 34, tzinfo=UTC)
    assert two.received is None
    assert names_in(one) == names_in(two) == sorted(CODE)


def test_mail_attachments_carry_their_senders_address(put: Put) -> None:
    path = put(
        {
            "Ada Lovelace <ada@uni.example>/a5.zip": ZIP,
            "grace.hopper@uni.example_a5.zip": ZIP,
            "bob@uni.example.zip": ZIP,
        }
    )
    assert sorted(found(path).values()) == [("ada@uni.example",), ("bob@uni.example",), ("grace.hopper@uni.example",)]


def test_what_a_platform_did_not_put_there_arrives_too(put: Put) -> None:
    path = put({"lovelaceada_12345_67890_a5.zip": ZIP, "hoppergrace_12346_67891_a5.zip": ZIP, "late by mail.zip": ZIP})
    assert found(path) == {
        "hoppergrace_12346_67891_a5": ("hoppergrace",),
        "late by mail": (),
        "lovelaceada_12345_67890_a5": ("lovelaceada",),
    }


def test_e17_no_time_is_believed_that_a_student_could_have_written(put: Put) -> None:
    path = put({"lovelaceada_12345_67890_a5.zip": zip_bytes({**CODE, "timestamp.txt": "2020-01-01 00:00:00 UTC"})})
    assert [arrival.received for arrival in discover(path)] == [None]
