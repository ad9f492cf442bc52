"""The handout follows from the solution: written once, found fresh, and every drift is named."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import courses
import pytest

from autograder.course import CourseError, find, skeletons


def test_everything_with_a_skeleton_is_written_and_fresh(tmp_path: Path) -> None:
    a = courses.write(tmp_path)
    assert sorted(path.name for path in a.handout.iterdir()) == [
        "README.md",
        "answers.md",
        "assignment.toml",
        "book.ipynb",
        "checks_mean.py",
        "stats.py",
    ]
    assert (a.handout / "stats.py").read_text() == courses.STATS_SKELETON
    assert "vanishes" not in (a.handout / "answers.md").read_text()
    assert json.loads((a.handout / "book.ipynb").read_text())["cells"][0]["outputs"] == []
    assert skeletons.stale(a) == []
    assert skeletons.write(a) == []


def test_drift_is_named_and_mended(tmp_path: Path) -> None:
    a = courses.write(tmp_path)
    stats, book = a.handout / "stats.py", a.handout / "book.ipynb"
    stats.write_text(courses.STATS_SKELETON + "\n")
    book.unlink()
    assert skeletons.stale(a) == [
        f"{book.as_posix()}: is missing; run autograder skeletons.",
        f"{stats.as_posix()}: is not what {tmp_path.as_posix()}/solutions/a1_mean/stats.py gives;"
        " change it there and run autograder skeletons.",
    ]
    assert skeletons.write(a) == [book, stats]
    assert skeletons.stale(a) == []


def test_what_is_kept_back_stays_back(tmp_path: Path) -> None:
    a = courses.write(tmp_path)
    assert a.solution is not None
    courses.put(a.solution, {"train.py": "x = 1\n", "notes.txt": "secret"})
    (a.solution / "__pycache__").mkdir()
    courses.put(a.solution / "__pycache__", {"stats.py": "x = 1\n"})
    assert list(skeletons.derive(a)) == ["answers.md", "book.ipynb", "stats.py"]


def test_an_unmarked_helper_does_not_slip_out(tmp_path: Path) -> None:
    a = courses.write(tmp_path)
    assert a.solution is not None
    courses.put(a.solution, {"helper.py": "trick = 1\n"})
    with pytest.raises(CourseError, match=r"helper\.py: has no solution region and is not among the files"):
        skeletons.write(a)
    courses.put(a.handout, {"helper.py": ""})
    assert skeletons.write(a) == [a.handout / "helper.py"]
    assert (a.handout / "helper.py").read_text() == "trick = 1\n"


def test_files_in_folders_and_windows_line_endings(tmp_path: Path) -> None:
    a = courses.write(tmp_path)
    assert a.solution is not None
    (a.solution / "sub").mkdir()
    (a.solution / "sub" / "more.py").write_bytes(b"\xef\xbb\xbf" + courses.STATS.replace("\n", "\r\n").encode())
    assert skeletons.write(a) == [a.handout / "sub" / "more.py"]
    assert (a.handout / "sub" / "more.py").read_bytes() == courses.STATS_SKELETON.encode()


def test_what_cannot_be_derived_is_refused(tmp_path: Path) -> None:
    a = courses.write(tmp_path)
    assert a.solution is not None
    with pytest.raises(CourseError, match="a1_mean: has no solution here"):
        skeletons.derive(replace(a, solution=None))
    with pytest.raises(
        CourseError, match=r"solutions/a1_mean: has no more\.py, which assignment\.toml asks students for"
    ):
        skeletons.derive(replace(a, files=(*a.files, "more.py")))
    (a.solution / "stats.py").write_bytes(b"# \xff")
    with pytest.raises(CourseError, match=r"stats\.py: is not UTF-8 at byte 2"):
        skeletons.derive(a)
    courses.put(a.solution, {"stats.py": "# END SOLUTION\n"})
    with pytest.raises(CourseError, match=r"solutions/a1_mean/stats\.py:1: END SOLUTION without"):
        skeletons.write(a)
    assert (a.handout / "stats.py").read_text() == courses.STATS_SKELETON


def test_the_course_s_own_skeletons_are_fresh() -> None:
    for assignment in find(Path(__file__).parent.parent).values():
        assert skeletons.stale(assignment) == []
