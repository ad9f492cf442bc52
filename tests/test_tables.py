"""grades.csv has the fixed columns, is RFC 4180, begins no formula, and is the same on every run."""

import csv
import io
import re
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from samples import ASSIGNMENT, KINDS, everyone, grade, outcomes
from test_text import any_text, begins_a_formula

from autograder.reports.tables import grades_csv

HEADER = "assignment,submission,students,score,max_score,pending,status,reason,late,flags,"
IDS = [question.id for question in ASSIGNMENT.questions]


def rows(text):
    return list(csv.DictReader(io.StringIO(text, newline=""), strict=True))


def test_the_header_is_the_fixed_columns_then_the_questions():
    assert grades_csv([], ASSIGNMENT) == HEADER + ",".join(IDS) + "\r\n"


def test_a_row_holds_the_grade():
    text = grades_csv([KINDS["late"]()], ASSIGNMENT)
    facts = "a5_layers,maya,maya,44.1,66,17,graded,all 14 checks passed,1 day late: 90 % of the score counts,"
    assert text.splitlines()[1] == facts + ",5,3,11,11,6,4,9,0"


def test_every_line_ends_in_crlf_and_has_every_column():
    text = grades_csv(everyone(), ASSIGNMENT)
    assert text.endswith("\r\n")
    assert not re.search(r"[^\r]\n|\r[^\n]", text)
    assert {len(row) for row in csv.reader(io.StringIO(text, newline=""))} == {10 + len(IDS)}


def test_rows_are_sorted_whatever_the_order_and_the_times():
    slow = [replace(g, seconds=99.0) for g in reversed(everyone())]
    assert grades_csv(slow, ASSIGNMENT) == grades_csv(everyone(), ASSIGNMENT)


def test_students_and_flags_are_joined_by_semicolons():
    [row] = rows(grades_csv([grade("g", (), students=("emil", "fa;tma"), flags=("same weights", "late"))], ASSIGNMENT))
    assert row["students"] == "emil;fa,tma"
    assert row["flags"] == "same weights;late"


def test_rejected_submissions_have_a_row_with_their_reason():
    [row] = rows(grades_csv([KINDS["not a zip"]()], ASSIGNMENT))
    assert (row["status"], row["score"], row["pending"]) == ("rejected", "0", "0")
    assert row["reason"].startswith("otto.zip is not a zip file")


def test_hostile_text_begins_no_formula():
    [row] = rows(grades_csv([KINDS["hostile text"]()], ASSIGNMENT))
    assert row["submission"] == '\'=HYPERLINK("http://evil")<script>alert(1)</script>'
    assert row["students"] == "'@SUM(1+1)*cmd|' /C calc'!A0;</td><td>+1;'-2+3;evil"
    assert not any(begins_a_formula(value) for value in row.values())


@given(any_text, any_text, st.lists(any_text, max_size=3))
def test_no_text_begins_a_formula_or_a_new_row(name, reason, students):
    made = grade(name, (), reason=reason, students=tuple(students), late=reason, flags=tuple(students))
    [row] = rows(grades_csv([made], ASSIGNMENT))
    assert not any(begins_a_formula(value) for value in row.values())
    assert row["q7_1"] == "0"


def test_figures_stay_figures():
    third = tuple(replace(o, score=o.points / 3) for o in outcomes())
    [row] = rows(grades_csv([grade("ada", third)], ASSIGNMENT))
    assert row["q1_fc"] == "1.6667"
    assert float(row["score"]) == pytest.approx(49 / 3, abs=1e-4)


def test_a_name_of_ten_million_letters_is_cut():
    [row] = rows(grades_csv([grade("x" * 10_000_000)], ASSIGNMENT))
    assert len(row["submission"]) < 1100
    assert row["submission"].endswith("… (cut, 10,000,000 characters)")


def test_a_question_without_a_score_is_zero():
    [row] = rows(grades_csv([grade("ada", (), questions={})], ASSIGNMENT))
    assert [row[id] for id in IDS] == ["0"] * len(IDS)
