"""grades.csv: one row a submission, one column a question, safe to open in a spreadsheet, the same bytes every time."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence

from autograder.model import Assignment, Grade
from autograder.reports.text import cell, number

COLUMNS = (
    "assignment", "submission", "students", "score", "max_score", "pending", "status", "reason", "late", "flags",
)  # fmt: skip


def grades_csv(grades: Sequence[Grade], assignment: Assignment) -> str:
    """RFC 4180 with a header line; texts as `text.cell` leaves them, figures as figures, no times.

    Write it with newline="" so that its CRLF stay.
    """
    file = io.StringIO()
    writer = csv.writer(file, lineterminator="\r\n")
    ids = [question.id for question in assignment.questions]
    writer.writerow([*COLUMNS, *map(cell, ids)])
    for grade in sorted(grades, key=lambda g: g.submission):
        writer.writerow([*_facts(grade), *(number(grade.questions.get(id, 0.0)) for id in ids)])
    return file.getvalue()


def _facts(grade: Grade) -> list[str]:
    return [
        cell(grade.assignment),
        cell(grade.submission),
        cell(_joined(grade.students)),
        number(grade.score),
        number(grade.max_score),
        number(grade.pending),
        grade.status,
        cell(grade.reason),
        cell(grade.late),
        cell(_joined(grade.flags)),
    ]


def _joined(texts: Sequence[str]) -> str:
    return ";".join(text.replace(";", ",") for text in texts)
