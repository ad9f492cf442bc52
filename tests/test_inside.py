"""Functions that run beside the student's code, and tables that lie there."""

from __future__ import annotations

import math
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from autograder.checks import Failure
from autograder.checks.inside import LARGEST, inside, table
from autograder.model import Limits
from autograder.sandbox import local
from autograder.sandbox.student import Student

COLUMNS = ("id", "label")


@pytest.fixture
def student(tmp_path: Path) -> Student:
    (tmp_path / "work.py").write_text("FACTOR = 7\n")
    return Student(lambda: local.connect(tmp_path), Limits(), ["work.py"])


def read(student: Student, folder: Path, text: str) -> dict[str, list[float]]:
    (folder / "table.csv").write_text(text, encoding="utf-8")
    return table(student, student.work, "table.csv", COLUMNS)


def test_a_function_of_ours_meets_the_students_module(student: Student) -> None:
    source = "import math\ndef times(module, x):\n    return math.floor(module.FACTOR * x)\n"
    assert inside(student, source, "times")(student.work, 1.5) == 10


@pytest.mark.parametrize(
    "text", ["id,label\n0,1\n1,0\n", "\ufeffid,label\r\n0,1\r\n1,0\r\n", 'id , label\n"0",1.0\n\n1,0e3\n\n']
)
def test_a_table_in_every_spelling(student: Student, tmp_path: Path, text: str) -> None:
    assert read(student, tmp_path, text) == {"id": [0, 1], "label": [1, 0]}


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "should begin with the line id,label"),
        ("label,id\n", "should begin with the line id,label"),
        ("id,label\n0\n", "has 1 cells in row 2, where 2 are asked for"),
        ("id,label\n0,1\n1,cat\n", "has no finite number as label in row 3"),
        ("id,label\n0,nan\n", "has no finite number as label in row 2"),
        ("id,label\n0,inf\n", "has no finite number as label in row 2"),
        ('id,label\n0,"1', "cannot be read"),
        ("id,label\n" + "0,1\n" * LARGEST, "is longer than 200,000 characters"),
    ],
)
def test_what_is_wrong_with_a_table_is_said(student: Student, tmp_path: Path, text: str, says: str) -> None:
    with pytest.raises(Failure, match=says) as caught:
        read(student, tmp_path, text)
    assert caught.value.why_hidden == "table.csv is not as the handout describes it."


def test_a_missing_table_is_missing(student: Student) -> None:
    with pytest.raises(Failure, match=r"none\.csv is missing"):
        table(student, student.work, "none.csv", COLUMNS)


@given(text=st.text(max_size=60))
@settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60)
def test_nothing_but_finite_numbers_or_a_sentence_comes_of_a_table(student: Student, tmp_path: Path, text: str) -> None:
    try:
        found = read(student, tmp_path, "id,label\n" + text.encode("utf-8", "replace").decode())
    except Failure:
        return
    assert len(found["id"]) == len(found["label"])
    assert all(math.isfinite(value) for column in found.values() for value in column)
