"""Every declaration is read as written, and every wrong one is refused in one line that says where and what."""

from __future__ import annotations

import shutil
import subprocess
import sys
from datetime import datetime, timedelta
from pathlib import Path

import courses
import pytest
from hypothesis import given
from hypothesis import strategies as st

from autograder.course import CourseError, find, load
from autograder.course.toml import Table
from autograder.model import Limits, Question


def declared(folder: Path, text: str) -> str:
    """The error line for a wrong assignment.toml, without its path."""
    path = folder / "assignment.toml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(CourseError) as caught:
        load(folder, None)
    line = str(caught.value)
    assert "\n" not in line
    assert line.startswith(path.as_posix() + ": ")
    return line.removeprefix(path.as_posix() + ": ")


def test_everything_declared_arrives(tmp_path: Path) -> None:
    a = courses.write(tmp_path)
    assert (a.id, a.title, a.source, a.data) == ("a1_mean", "Means", "made up for the tests", ("digits",))
    assert (a.files, a.optional) == (("stats.py", "answers.md"), ("book.ipynb",))
    assert a.questions == (Question("q1", "The mean", 6.0), Question("q2", "Why", 4.0, 3.0))
    assert a.limits == Limits(memory_mb=512)
    assert a.lateness.due is not None
    assert a.lateness.due.utcoffset() == timedelta(hours=1)
    assert (a.lateness.per_day, a.lateness.days, a.lateness.grace_minutes) == (0.1, 3, 0.0)
    assert a.max_score == 10


def test_what_a_file_is_to_do_without_arrives(tmp_path: Path) -> None:
    a = courses.write(tmp_path)
    assert a.forbidden == {}
    text = courses.DECLARED.replace("[limits]", '[forbidden]\n"stats.py" = ["torch", "jax"]\n\n[limits]')
    (a.handout / "assignment.toml").write_text(text)
    assert load(a.handout, None).forbidden == {"stats.py": ("torch", "jax")}


def test_little_is_enough(tmp_path: Path) -> None:
    small = 'id="a"\ntitle="A"\nsource="s"\nfiles=["a.py"]\n[[questions]]\nid="q"\ntitle="Q"\npoints=1\n'
    (tmp_path / "assignment.toml").write_bytes(b"\xef\xbb\xbf" + small.encode())
    a = load(tmp_path, None)
    assert (a.limits, a.optional, a.data, a.bonus, a.lateness.due) == (Limits(), (), (), 0.0, None)


def test_a_toml_date_is_a_due_date(tmp_path: Path) -> None:
    text = courses.DECLARED.replace('"2026-11-03T23:59:00+01:00"', "2026-11-03T23:59:00+01:00")
    (tmp_path / "assignment.toml").write_text(text)
    assert load(tmp_path, None).lateness.due == datetime.fromisoformat("2026-11-03T23:59:00+01:00")


WRONG = [
    ('title = "Means"\n', "", "title: is missing"),
    ('title = "Means"', "title = 3", "title = 3: must be one line of text"),
    ('title = "Means"', 'title = "a\\nb"', 'title = "a\\nb": must be one line of text'),
    ('title = "Means"', 'titel = "Means"', 'titel = "Means": no such key; did you mean title?'),
    ("[limits]\n", "zzz = 1\n[limits]\n", "zzz = 1: no such key; there are id, title, source, files, optional,"),
    ('id = "a1_mean"', 'id = "A1"', 'id = "A1": must be small letters, digits and _'),
    ('["stats.py", "answers.md"]', "[]", "files = []: must name at least one file"),
    ('["stats.py", "answers.md"]', '"stats.py"', 'files = "stats.py": must be a list of texts'),
    ('["stats.py", "answers.md"]', "[1]", "files = [1]: must be a list of texts"),
    ('"stats.py", "answers.md"', '"a.py", "a.py"', 'files = ["a.py", "a.py"]: names a.py twice'),
    ('"stats.py", "answers.md"', '"a.py", "A.py"', "a.py differs from another name only in upper and lower case"),
    ('"stats.py", "answers.md"', '"../a.py"', "../a.py must be a plain path inside the folder"),
    ('"stats.py", "answers.md"', '"/a.py"', "/a.py must be a plain path inside the folder"),
    ('"stats.py", "answers.md"', '"a\\\\b.py"', "must be a plain path inside the folder"),
    ('"stats.py", "answers.md"', '"C:a.py"', "C:a.py must be a plain path inside the folder"),
    ('"stats.py", "answers.md"', '"./a.py"', "./a.py must be a plain path inside the folder"),
    ('["book.ipynb"]', '["Stats.py"]', 'optional = ["Stats.py"]: Stats.py is in files too'),
    ("[limits]\n", '[forbidden]\n"stat.py" = ["torch"]\n[limits]\n', "no such key; did you mean stats.py?"),
    ("[limits]\n", '[forbidden]\n"answers.md" = ["torch"]\n[limits]\n', "no such key"),
    ("[limits]\n", '[forbidden]\n"stats.py" = "torch"\n[limits]\n', "must be a list of texts"),
    (
        "[limits]\n",
        '[forbidden]\n"stats.py" = ["torch nn"]\n[limits]\n',
        "torch nn is no module and no name in one",
    ),
    ("[limits]\n", "bonus = 10\n[limits]\n", "bonus = 10: must be less than the 10 points"),
    ("[limits]\n", "bonus = -1\n[limits]\n", "bonus = -1: must be at least 0"),
    ("memory_mb = 512", "memory = 512", "limits.memory = 512: no such key; did you mean memory_mb?"),
    ("memory_mb = 512", 'memory_mb = "2GB"', 'limits.memory_mb = "2GB": must be a whole number'),
    ("memory_mb = 512", "memory_mb = 0.5", "limits.memory_mb = 0.5: must be a whole number"),
    ("memory_mb = 512", "memory_mb = 0", "limits.memory_mb = 0: must be above 0"),
    ("memory_mb = 512", "memory_mb = true", "limits.memory_mb = true: must be a whole number"),
    ("memory_mb = 512", "check_seconds = -1", "limits.check_seconds = -1: must be at least 0"),
    ("memory_mb = 512", "check_seconds = nan", "limits.check_seconds = NaN: must be a number"),
    (
        "memory_mb = 512",
        "call_seconds = 99",
        "limits.call_seconds = 99: call_seconds (99) must not exceed check_seconds (30)",
    ),
    ("memory_mb = 512", "submission_seconds = 9", "must not exceed submission_seconds (9)"),
    ("[limits]\nmemory_mb = 512", "limits = 3", "limits = 3: must be a table, written [limits]"),
    ('"2026-11-03T23:59:00+01:00"', '"Tuesday"', 'lateness.due = "Tuesday": is no date and time'),
    ('"2026-11-03T23:59:00+01:00"', '"2026-11-03T23:59:00"', "has no time zone; write 2026-11-03T23:59:00+01:00"),
    ('"2026-11-03T23:59:00+01:00"', "2026-11-03", "lateness.due = 2026-11-03: must be a date and a time"),
    ('due = "2026-11-03T23:59:00+01:00"\n', "", "lateness.due: is missing"),
    ("per_day = 0.1", "per_day = 10", "lateness.per_day = 10: must be between 0 and 1"),
    ("days = 3", "days = 1.5", "lateness.days = 1.5: must be a whole number"),
    ("days = 3", "day = 3", "lateness.day = 3: no such key; did you mean days?"),
    ('id = "q2"', 'id = "q1"', 'question q1.id = "q1": is already the id of another question'),
    ('id = "q2"', 'id = "score"', 'question score.id = "score": is a column of grades.csv'),
    ('id = "q2"\n', "", "questions[2].id: is missing"),
    ("points = 6", "points = 0", "question q1.points = 0: must be above 0"),
    ("points = 6", "points = inf", "question q1.points = Infinity: must be a number"),
    ("points = 6", 'points = "6"', 'question q1.points = "6": must be a number'),
    ("manual = 3", "manual = 5", "question q2.manual = 5: must not be more than the question's 4 points"),
    ("manual = 3", "manuel = 3", "question q2.manuel = 3: no such key; did you mean manual?"),
    (courses.DECLARED, "id = ", "is not TOML: Invalid value (at"),
]


@pytest.mark.parametrize(("right", "wrong", "line"), WRONG, ids=[line for _, _, line in WRONG])
def test_a_wrong_declaration_is_named(tmp_path: Path, right: str, wrong: str, line: str) -> None:
    assert right in courses.DECLARED
    assert line in declared(tmp_path, courses.DECLARED.replace(right, wrong))


def test_no_questions_is_refused(tmp_path: Path) -> None:
    head = courses.DECLARED.partition("[limits]")[0]
    assert declared(tmp_path, head) == "questions: is missing"
    assert declared(tmp_path, head + "questions = []\n") == "questions = []: must be tables, written [[questions]]"


def test_what_cannot_be_read_is_refused(tmp_path: Path) -> None:
    with pytest.raises(CourseError, match=r"assignment\.toml: cannot be read: "):
        load(tmp_path / "nowhere", None)
    (tmp_path / "assignment.toml").write_bytes(b'title = "\xff"')
    with pytest.raises(CourseError, match="is not UTF-8 at byte 9; save it as UTF-8"):
        load(tmp_path, None)


def test_find_names_what_does_not_fit(tmp_path: Path) -> None:
    with pytest.raises(CourseError, match="has no folder assignments/"):
        find(tmp_path)
    courses.write(tmp_path)
    assert list(find(tmp_path)) == ["a1_mean"]
    assert find(tmp_path)["a1_mean"].solution == tmp_path / "solutions" / "a1_mean"
    (tmp_path / "solutions" / "a1_mean").rename(tmp_path / "solutions" / "a1_means")
    with pytest.raises(
        CourseError, match=r"a1_means: has no assignments/a1_means/assignment.toml; did you mean a1_mean\?"
    ):
        find(tmp_path)
    shutil.rmtree(tmp_path / "solutions")
    assert find(tmp_path)["a1_mean"].solution is None
    (tmp_path / "assignments" / "a1_mean").rename(tmp_path / "assignments" / "a2")
    with pytest.raises(CourseError, match='id = "a1_mean": must be the folder\'s name, a2'):
        find(tmp_path)


def test_versions_follow_what_decides_a_grade(tmp_path: Path) -> None:
    before = courses.write(tmp_path)

    def versions(change: Path) -> tuple[bool, bool]:
        """Whether either version changes when `change` is written to."""
        old = change.read_bytes()
        change.write_bytes(old + b"\n")
        after = load(before.handout, before.solution)
        change.write_bytes(old)
        return after.version != before.version, after.checks_version != before.checks_version

    handout, solution = tmp_path / "assignments/a1_mean", tmp_path / "solutions/a1_mean"
    assert versions(handout / "README.md") == (True, False)
    assert versions(handout / "checks_mean.py") == (True, True)
    assert versions(solution / "checks_more.py") == (False, True)
    assert versions(solution / "stats.py") == (False, True)
    assert versions(solution / "rubric.md") == (False, False)
    (handout / "__pycache__").mkdir()
    (handout / "__pycache__" / "x.pyc").write_bytes(b"x")
    (handout / ".DS_Store").write_bytes(b"x")
    assert load(before.handout, before.solution) == before


def test_a_course_moved_elsewhere_keeps_its_versions(tmp_path: Path) -> None:
    here = courses.write(tmp_path / "here")
    shutil.copytree(tmp_path / "here", tmp_path / "there")
    there = find(tmp_path / "there")["a1_mean"]
    assert (here.version, here.checks_version) == (there.version, there.checks_version)


values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5) | st.datetimes(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=6,
)


@given(values, st.sampled_from(["text", "raw", "number", "whole", "texts", "table", "tables"]))
def test_a_reader_gives_the_right_type_or_a_line(value: object, reader: str) -> None:
    line = "x.toml: key = "
    try:
        getattr(Table({"key": value}, Path("x.toml")), reader)("key")
    except CourseError as error:
        line = str(error)
    assert line.startswith("x.toml: key = ")
    assert "\n" not in line


def test_a_student_s_machine_needs_nothing_that_only_graders_have() -> None:
    hide = "import sys; sys.modules.update(dict.fromkeys(['nbformat', 'hatchling', 'numpy', 'fcntl', 'resource']))"
    subprocess.run([sys.executable, "-c", f"{hide}; import autograder.course"], check=True)


def test_the_course_s_own_assignments_load() -> None:
    root = Path(__file__).parent.parent
    for id, assignment in find(root).items():
        assert assignment.id == id
        assert assignment.solution is not None
        assert assignment.max_score > 0
