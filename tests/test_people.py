"""Whose a submission is: from the platform, the zip's name and authors.toml, and what staff should doubt."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from autograder.intake.people import People, doubles, who
from autograder.model import Roster, Submission

ROSTER = Roster(
    names={
        "ada": "Ada Lovelace",
        "grace": "Grace Hopper",
        "s123": "Jürgen Groß",
        "alan": "Alan Turing",
        "al2": "Alan Turing",
    },
    teams={"team7": ("ada", "grace")},
    aliases={"lovelacea": ("ada",), "a.turing@uni.example": ("alan",)},
)


def ids(name: str, *given: str, roster: Roster | None = ROSTER) -> tuple[str, ...]:
    return who(name, given, None, roster).students


def authors(*students: str) -> bytes:
    return f"students = {list(students)!r}\n".encode()


@pytest.mark.parametrize(
    ("name", "students"),
    [
        ("ada", ("ada",)),
        ("ADA", ("ada",)),
        ("ada+grace", ("ada", "grace")),
        ("ada & grace", ("ada", "grace")),
        ("team7", ("ada", "grace")),
        ("Team 7", ("ada", "grace")),
        ("lovelacea", ("ada",)),
        ("a5_ada_grace", ("ada", "grace")),
        ("Ada Lovelace", ("ada",)),
        ("lovelaceada", ("ada",)),
        ("Lovelace, Ada", ("ada",)),
        ("jurgengroß", ("s123",)),
    ],
)
def test_a_zips_name_is_found_on_the_roster(name: str, students: tuple[str, ...]) -> None:
    assert who(name, (), None, ROSTER) == People(students)


@pytest.mark.parametrize(
    ("given", "students"),
    [
        ("Ada Lovelace", ("ada",)),
        ("lovelaceada", ("ada",)),
        ("lovelace_ada_ada", ("ada",)),
        ("ada@uni.example", ("ada",)),
        ("a.turing@uni.example", ("alan",)),
    ],
)
def test_what_a_platform_calls_a_student_is_found_on_the_roster(given: str, students: tuple[str, ...]) -> None:
    assert ids("submission_1", given) == students


def test_a_name_that_two_people_share_is_nobodys() -> None:
    people = who("x", ("Alan Turing",), None, ROSTER)
    assert people.students == ()
    assert people.flags[0] == "Alan Turing fits several people on the roster"


def test_a_first_name_is_not_taken_for_somebody_elses_id() -> None:
    assert ids("x", "Grace Kelly") == ids("Grace Kelly") == ()


def test_without_a_roster_names_are_taken_as_they_are() -> None:
    assert ids("ada+grace", roster=None) == ("ada", "grace")
    assert ids("upload", "Ada Lovelace", roster=None) == ("Ada Lovelace",)
    assert who("ada", (), authors("ada", "grace"), None) == People(("ada", "grace"), ("only authors.toml adds grace",))
    assert who("hw5_final", (), authors("ada"), None).students == ("ada",)


def test_e18_somebody_not_on_the_roster_is_flagged_and_not_entered() -> None:
    people = who("ada", (), authors("ada", "mallory"), ROSTER)
    assert people == People(("ada",), ("authors.toml names mallory, who is not on the roster",))
    assert who("mallory", (), None, ROSTER) == People((), ("nobody on the roster goes by mallory",))


def test_e18_a_member_added_by_the_zip_alone_is_flagged() -> None:
    people = who("x", ("lovelaceada",), authors("ada", "alan"), ROSTER)
    assert people == People(("ada", "alan"), ("only authors.toml adds alan; the upload is ada's",))


def test_e18_a_submission_that_claims_to_be_anothers_is_flagged() -> None:
    people = who("x", ("lovelaceada",), authors("grace", "alan"), ROSTER)
    assert people.students == ("ada", "grace", "alan")
    assert people.flags[1] == "authors.toml leaves out ada, whose upload it is"
    assert who("ada", (), authors("grace"), None).flags == ("authors.toml names grace, but the upload is ada's",)


def test_e18_a_team_of_the_roster_needs_no_flag() -> None:
    assert who("x", ("lovelaceada",), authors("ada", "grace"), ROSTER) == People(("ada", "grace"))


def test_e18_when_only_the_zip_says_whose_it_is_staff_are_told() -> None:
    people = who("hw5", (), authors("ada"), ROSTER)
    assert people == People(("ada",), ("nobody on the roster goes by hw5: only authors.toml says whose it is",))


@pytest.mark.parametrize(
    "content",
    [
        b"students = ",
        b"\xff\xfe",
        b"students = 3",
        b"students = [1]",
        b"x = 1",
        b"students = [''] ",
        b"[" * 50000,
        b"#" * 70000,
        b"students = [" + b"'a'," * 21 + b"]",
        b"a = " + b"[" * 3000 + b"]" * 3000,
    ],
)
def test_e15_authors_that_cannot_be_read_are_said_to_be(content: bytes) -> None:
    people = who("ada", (), content, ROSTER)
    assert people.students == ("ada",)
    assert people.flags == ()
    assert 'write one line: students = ["your id", "your partner\'s id"]' in people.notes[0]


@given(st.binary(max_size=200) | st.text().map(lambda t: f"students = ['{t}']".encode()))
def test_any_authors_are_read(content: bytes) -> None:
    for roster in (ROSTER, None):
        people = who("ada", (), content, roster)
        assert "ada" in people.students or roster is None
        assert roster is None or set(people.students) <= set(ROSTER.names)


def test_e18_one_student_in_two_submissions_and_the_same_bytes_twice_are_flagged() -> None:
    one = Submission("ada", "f00", ("ada",))
    two = Submission("ada-2", "f01", ("ada", "grace"))
    three = Submission("alan", "f00", ("alan",))
    assert doubles([one, two, three]) == {
        "ada": ["ada is in another submission too: ada-2", "the same bytes as another submission: alan"],
        "ada-2": ["ada is in another submission too: ada"],
        "alan": ["the same bytes as another submission: ada"],
    }
    assert doubles([two, three]) == {}
