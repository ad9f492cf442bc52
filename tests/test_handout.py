"""The student zip is the same bits wherever it is built, and a student can install from it."""

from __future__ import annotations

import os
import subprocess
import sys
import time
import zipfile
from pathlib import Path

import courses
import pytest

from autograder.course import CourseError, handout
from autograder.model import Assignment

HOUSE = Path(__file__).parent.parent


def built(root: Path) -> tuple[Assignment, Path]:
    a = courses.write(root)
    return a, handout.build(a, courses.wheel(root), root / "dist")


def test_it_holds_what_a_student_needs(tmp_path: Path) -> None:
    path = built(tmp_path)[1]
    assert path == tmp_path / "dist" / "a1_mean.zip"
    with zipfile.ZipFile(path) as archive:
        assert archive.testzip() is None
        assert archive.namelist() == [
            f"a1_mean/{name}"
            for name in [
                "README.md",
                "START.md",
                "answers.md",
                "assignment.toml",
                "autograder-0.1.0-py3-none-any.whl",
                "book.ipynb",
                "checks_mean.py",
                "pytest.ini",
                "requirements.txt",
                "stats.py",
            ]
        ]
        assert archive.read("a1_mean/requirements.txt").decode() == (
            "./autograder-0.1.0-py3-none-any.whl\n"
            "ipykernel==7.4.0\n"
            "ipython==9.18.1\n"
            "matplotlib==3.11.2\n"
            "mlxtend==0.25.0\n"
            "numpy==2.4.6 ; python_full_version < '3.12'\n"
            "numpy==2.5.5 ; python_full_version >= '3.12'\n"
            "otter-grader==7.0.0\n"
        )
        start = archive.read("a1_mean/START.md").decode()
    assert "This is “Means”. You need Python" in start
    assert "`cd a1_mean`" in start
    assert "--question q1" in start
    assert "You hand in `stats.py`, `answers.md`, and if you like `book.ipynb`." in start


BUILD = """
import os, sys, time
from pathlib import Path
os.umask(int(sys.argv[2]))
from autograder import course
from autograder.course import handout
root = Path(sys.argv[1])
a = course.find(root)["a1_mean"]
print(handout.build(a, root / "autograder-0.1.0-py3-none-any.whl", Path(sys.argv[3])))
"""


def test_the_bits_do_not_depend_on_where_when_and_who(tmp_path: Path) -> None:
    results = []
    for n, (zone, umask, seed) in enumerate([("UTC", 0o22, "0"), ("Asia/Kathmandu", 0o77, "1")]):
        root = tmp_path / f"copy{n}"
        courses.write(root)
        courses.wheel(root)
        for path in root.rglob("*"):
            os.utime(path, (n * 1e8, n * 1e8))
            if path.is_file():
                path.chmod([0o755, 0o600][n])
        env = {**os.environ, "TZ": zone, "PYTHONHASHSEED": seed, "PYTHONPATH": str(HOUSE)}
        call = [sys.executable, "-c", BUILD, str(root), str(umask), str(tmp_path / f"out{n}")]
        subprocess.run(call, cwd=root if n else tmp_path, env=env, check=True, capture_output=True)
        results.append((tmp_path / f"out{n}" / "a1_mean.zip").read_bytes())
    assert results[0] == results[1]


def test_building_twice_gives_the_same_bits(tmp_path: Path) -> None:
    a, path = built(tmp_path)
    first = path.read_bytes()
    time.sleep(0.01)
    assert handout.build(a, tmp_path / "autograder-0.1.0-py3-none-any.whl", tmp_path / "dist").read_bytes() == first
    assert [p.name for p in path.parent.iterdir()] == ["a1_mean.zip"]


def test_what_is_lying_about_stays_out(tmp_path: Path) -> None:
    a, path = built(tmp_path)
    first = path.read_bytes()
    for junk in (
        "__pycache__/stats.pyc",
        ".ipynb_checkpoints/stats.py",
        ".DS_Store",
        "stats.py~",
        "x.egg-info/PKG-INFO",
    ):
        (a.handout / junk).parent.mkdir(exist_ok=True)
        (a.handout / junk).write_bytes(b"junk")
    assert handout.build(a, tmp_path / "autograder-0.1.0-py3-none-any.whl", tmp_path / "dist").read_bytes() == first


def test_pip_takes_the_requirements_from_the_folder(tmp_path: Path) -> None:
    """With the lock's own versions, which this environment has: pip needs no network to agree."""
    a = courses.write(tmp_path)
    path = handout.build(a, courses.wheel(tmp_path), tmp_path / "dist", lock=HOUSE / "requirements.lock")
    with zipfile.ZipFile(path) as archive:
        archive.extractall(tmp_path)
    call = [sys.executable, "-m", "pip", "install", "--dry-run", "--no-index", "--disable-pip-version-check"]
    done = subprocess.run([*call, "-r", "requirements.txt"], cwd=tmp_path / "a1_mean", capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert "Processing ./autograder-0.1.0-py3-none-any.whl" in done.stdout


def test_what_is_missing_is_named(tmp_path: Path) -> None:
    a, _ = built(tmp_path)
    wheel = tmp_path / "autograder-0.1.0-py3-none-any.whl"
    with pytest.raises(CourseError, match=r"nowhere\.lock: cannot be read: "):
        handout.build(a, wheel, tmp_path, lock=tmp_path / "nowhere.lock")
    (tmp_path / "other.lock").write_text("numpy==1.0\n")
    with pytest.raises(CourseError, match=r"other\.lock: has no version of mlxtend, which autograder-0\.1\.0"):
        handout.build(a, wheel, tmp_path, lock=tmp_path / "other.lock")
    (a.handout / "README.md").unlink()
    with pytest.raises(CourseError, match=r"has no README\.md"):
        handout.build(a, wheel, tmp_path)
    courses.put(a.handout, {"README.md": "x", "pytest.ini": ""})
    with pytest.raises(CourseError, match=r"pytest\.ini: is written into the student zip by itself"):
        handout.build(a, wheel, tmp_path)


@pytest.mark.skipif(sys.platform == "win32", reason="links need rights there")
def test_a_link_is_refused(tmp_path: Path) -> None:
    a, _ = built(tmp_path)
    (a.handout / "more.py").symlink_to(tmp_path / "solutions" / "a1_mean" / "stats.py")
    with pytest.raises(CourseError, match=r"more\.py: is a link"):
        handout.build(a, tmp_path / "autograder-0.1.0-py3-none-any.whl", tmp_path)
