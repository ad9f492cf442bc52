"""Rosters arrive as spreadsheets write them; what is wrong is named with its line."""

from __future__ import annotations

import csv
import io
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from autograder.course import CourseError, load_roster
from autograder.model import Roster

SHEET = "id,name,team,aliases\ns1,Ada Lovelace,red,lovelace_ada|1234\ns2,Köhler\xa0Ü,red,\ns3,Linus,,\n"
WANTED = Roster(
    {"s1": "Ada Lovelace", "s2": "Köhler\xa0Ü", "s3": "Linus"},
    {"red": ("s1", "s2")},
    {"lovelace_ada": ("s1",), "1234": ("s1",)},
)


def loaded(folder: Path, raw: bytes) -> Roster:
    (folder / "roster.csv").write_bytes(raw)
    return load_roster(folder / "roster.csv")


@pytest.mark.parametrize(
    "raw",
    [
        SHEET.encode(),
        SHEET.encode("utf-8-sig"),
        SHEET.encode("utf-16"),
        SHEET.encode("cp1252"),
        SHEET.replace("\n", "\r\n").encode(),
        SHEET.replace(",", ";").encode("utf-8-sig"),
        SHEET.replace(",", "\t").encode("utf-16"),
        ("sep=;\r\n" + SHEET.replace(",", ";")).encode(),
        SHEET.replace("id,name,team", "ID , Name,TEAM").encode(),
        SHEET.replace("Ada Lovelace", '"Ada Lovelace"').rstrip("\n").encode(),
        SHEET.replace("\ns3", "\n,,,\n\ns3").encode(),
        "\n".join(f"{line},x@y" if n else f"{line},Email" for n, line in enumerate(SHEET.split("\n")[:4])).encode(),
    ],
    ids=["utf8", "bom", "utf16", "ansi", "crlf", "semicolons", "tabs", "sep", "headers", "quotes", "blank", "more"],
)
def test_a_spreadsheet_is_read(tmp_path: Path, raw: bytes) -> None:
    assert loaded(tmp_path, raw) == WANTED


def test_two_columns_are_enough(tmp_path: Path) -> None:
    assert loaded(tmp_path, b"name,id\nAda,1\n") == Roster({"1": "Ada"})


def test_an_alias_may_stand_for_a_group(tmp_path: Path) -> None:
    roster = loaded(tmp_path, b'id;name;aliases\ns1;Ada;Group 7 | s1\ns2;Bob;"Group 7; bob"\n')
    assert roster.aliases == {"Group 7": ("s1", "s2"), "s1": ("s1",), "bob": ("s2",)}


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("", ":1: must name the columns id and name; id is missing, there is nothing"),
        ("id,email\n1,x\n", ":1: must name the columns id and name; name is missing, there is id, email"),
        ("id,nmae\n1,x\n", ':1: "nmae": no such column; did you mean name?'),
        ("id,name,teams\n", ':1: "teams": no such column; did you mean team?'),
        ("id,name,alias\n", ':1: "alias": no such column; did you mean aliases?'),
        ("id,name,id\n", ":1: names the column id twice"),
        ("id,name\n", ": names no students"),
        ("id,name\n1,Ada\n,Bob\n", ':3: id = "": must be there and hold none of'),
        ("id,name\n../x,Ada\n", ':2: id = "../x": must be there and hold none of'),
        ("id,name\n1,Ada\n\nA1,\n", ':4: name of "A1" is empty'),
        ("id,name\nA1,Ada\na1,Bob\n", ':3: id = "a1": is already on line 2'),
        ("id,name\n1,Ada,red\n", ":2: has 3 cells, but the first line names 2 columns"),
        ('id,name\n1,"Ada\n', ":2: is not CSV: unexpected end of data"),
        ('sep=,\nid,name\n1,"Ada"x\n', ":3: is not CSV: ',' expected after '\"'"),
        ("sep=;\nid;name\n1;\n", ':3: name of "1" is empty'),
        ("id,name,aliases\ns1,Ada,\ns2,Bob,s1\n", ':3: alias "s1" is the id of the student on line 2'),
    ],
)
def test_a_wrong_roster_is_named_with_its_line(tmp_path: Path, text: str, line: str) -> None:
    with pytest.raises(CourseError) as caught:
        loaded(tmp_path, text.encode())
    assert str(caught.value).startswith(f"{(tmp_path / 'roster.csv').as_posix()}{line}")
    assert "\n" not in str(caught.value)


def test_columns_that_merely_resemble_an_optional_one_are_others(tmp_path: Path) -> None:
    assert loaded(tmp_path, b"id,name,term,email\n1,Ada,fall,a@b\n") == Roster({"1": "Ada"})


def test_what_cannot_be_read_is_refused(tmp_path: Path) -> None:
    with pytest.raises(CourseError, match=r"roster\.csv: cannot be read: "):
        load_roster(tmp_path / "roster.csv")
    with pytest.raises(CourseError, match="cannot be read as text; save it as CSV UTF-8"):
        loaded(tmp_path, b"id,name\n1,\x81\n")


names = st.text(st.characters(categories=["L", "N", "P", "Zs"]), min_size=1).map(str.strip).filter(bool)


@given(st.dictionaries(st.from_regex(r"[a-z0-9]{1,6}", fullmatch=True), names, min_size=1), st.sampled_from(",;\t"))
def test_what_a_spreadsheet_writes_comes_back(
    tmp_path_factory: pytest.TempPathFactory, people: dict[str, str], by: str
) -> None:
    out = io.StringIO()
    csv.writer(out, delimiter=by).writerows([("id", "name"), *people.items()])
    path = tmp_path_factory.getbasetemp() / "drawn.csv"
    path.write_bytes(out.getvalue().encode("utf-8-sig"))
    assert load_roster(path).names == people


@given(st.binary())
def test_any_bytes_give_a_roster_or_a_line(tmp_path_factory: pytest.TempPathFactory, raw: bytes) -> None:
    path = tmp_path_factory.getbasetemp() / "bytes.csv"
    for start in (b"", b"id,name\n"):
        path.write_bytes(start + raw)
        line = ""
        try:
            assert load_roster(path).names
        except CourseError as error:
            line = str(error)
        assert "\n" not in line
