"""The metadata of a Gradescope export is read for people and times, and nothing else of it is understood."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

from hypothesis import given
from hypothesis import strategies as st

from autograder.intake.gradescope import read_metadata

EXPORT = """\
---
submission_11:
  :submitters:
  - :name: Ada Lovelace
    :sid: '123'
    :email: ada@uni.example
  - :name: Grace O''Hopper
    :sid:
    :email: "grace@uni.example"
  :created_at: 2026-04-26 17:34:00.861687000 Z
  :score: 2.0
  :status: processed
  :results:
    output: |-
      submission_99:
        :created_at: 1999-01-01 00:00:00 Z
      :sid: 666
    tests:
    - :name: nobody
  :history:
  - :id: 3
    :created_at: 2026-04-20 10:00:00 Z
submission_12:
  :created_at: '2026-04-26 19:34:00 +02:00'
  :submitters:
  - :name: Alan
submission_13:
  :submitters: []
  :created_at: soon
"""


def test_people_and_times_are_read() -> None:
    records = read_metadata(EXPORT)
    assert list(records) == ["submission_11", "submission_12", "submission_13"]
    assert records["submission_11"].students == ("123", "grace@uni.example")
    assert records["submission_11"].received == datetime(2026, 4, 26, 17, 34, tzinfo=UTC)
    assert records["submission_12"].students == ("Alan",)
    assert records["submission_12"].received == datetime(2026, 4, 26, 19, 34, tzinfo=timezone(timedelta(hours=2)))
    assert records["submission_13"].students == ()
    assert records["submission_13"].received is None


@given(
    st.lists(
        st.sampled_from(
            [*EXPORT.splitlines(), "&a [*a, *a]", "  :created_at: 2026-13-45 99:99:99 +99:99", "\t", "- - -"]
        )
    )
)
def test_e15_any_lines_are_read(lines: list[str]) -> None:
    for record in read_metadata("\n".join(lines)).values():
        assert all(record.students)
        assert record.received is None or record.received.tzinfo is not None
