"""Whatever of the solution is put into a student zip, in whichever corner of it, is found and named."""

from __future__ import annotations

import io
import json
import py_compile
import zipfile
from pathlib import Path

import courses
import pytest

from autograder.course import handout
from autograder.course.archive import entry, pack
from autograder.course.leaks import nothing_leaks
from autograder.model import Assignment

SECRET = b"self.value = self.value + (x - self.value) / self.count"
SHOWN = f"shows “{SECRET.decode()}” of the solution at stats.py:24."


@pytest.fixture
def course(tmp_path: Path) -> tuple[Assignment, Path]:
    a = courses.write(tmp_path)
    return a, handout.build(a, courses.wheel(tmp_path), tmp_path / "dist")


def found(course: tuple[Assignment, Path], change: dict[str, bytes]) -> list[str]:
    return nothing_leaks(course[0], courses.repack(course[1], change))


def test_a_sound_handout_shows_nothing(course: tuple[Assignment, Path]) -> None:
    assert nothing_leaks(*course) == []


@pytest.mark.parametrize(
    "name",
    ["stats.py", "notes.txt", "requirements.txt", "pytest.ini", "data.npy", "answers.md"],
)
def test_one_line_is_found_in_any_file(course: tuple[Assignment, Path], name: str) -> None:
    assert found(course, {name: b"x\n\t# " + SECRET.replace(b" ", b"  ") + b"  # why\n"}) == [
        f"a1_mean.zip!a1_mean/{name}: {SHOWN}"
    ]


def test_bytes_around_it_do_not_hide_it(course: tuple[Assignment, Path]) -> None:
    assert found(course, {"weights.pt": b"\xff\x00\x93" + SECRET + b"\x00\xff"}) == [
        f"a1_mean.zip!a1_mean/weights.pt: {SHOWN}"
    ]
    assert found(course, {"weights.pt": b"", "notes.txt": SECRET.decode().encode("utf-16")}) == [
        f"a1_mean.zip!a1_mean/notes.txt: {SHOWN}"
    ]


def test_it_is_found_in_a_zip_within_the_zip(course: tuple[Assignment, Path], tmp_path: Path) -> None:
    inner = pack(tmp_path / "inner.zip", [("deep/a.py", SECRET)])
    outer = pack(tmp_path / "outer.zip", [("inner.zip", inner.read_bytes())])
    assert found(course, {"more.bin": outer.read_bytes()}) == [
        f"a1_mean.zip!a1_mean/more.bin!inner.zip!deep/a.py: {SHOWN}",
    ]


def test_the_wheel_is_looked_into(course: tuple[Assignment, Path], tmp_path: Path) -> None:
    wheel = tmp_path / "autograder-0.1.0-py3-none-any.whl"
    where = f"a1_mean.zip!a1_mean/{wheel.name}!autograder/stats.py"
    stats = courses.STATS.encode()
    courses.repack(wheel, {"stats.py": stats}, "autograder/")
    assert found(course, {wheel.name: wheel.read_bytes()}) == [f"{where}: is the file stats.py of the solution."]
    stats = stats.replace(b"    return total", b"    print(total, file=log)\n    return total")
    (tmp_path / "solutions" / "a1_mean" / "stats.py").write_bytes(stats)
    courses.repack(wheel, {"stats.py": stats + b"\n"}, "autograder/")
    assert found(course, {wheel.name: wheel.read_bytes()}) == [
        f"{where}: shows “print(total, file=log)” and 1 more of the solution at stats.py:8.",
    ], "but a line that may well be the kit's own is none"


@pytest.mark.parametrize("place", ["metadata", "cell", "outputs", "attachment"])
def test_a_notebook_s_corners_are_looked_into(course: tuple[Assignment, Path], place: str) -> None:
    line = "spread = np.square(x - total).mean()"
    book = json.loads((course[0].handout / "book.ipynb").read_text())
    if place == "metadata":
        book["metadata"]["history"] = [{line: 1}]
    elif place == "cell":
        book["cells"][0]["metadata"] = {"x": {"y": [f"  {line} # no"]}}
    elif place == "outputs":
        book["cells"][0]["outputs"] = [{"output_type": "stream", "name": "stdout", "text": f"a\n{line}\nb"}]
    else:
        book["cells"][1]["attachments"] = {"a.txt": {"text/plain": line}}
    where = "a1_mean.zip!a1_mean/book.ipynb"
    problems = found(course, {"book.ipynb": json.dumps(book).encode()})
    assert f"{where}: shows “{line}” of the solution at book.ipynb, cell 1:2." in problems
    odd = {"metadata": "has metadata history.", "attachment": ""}.get(place, "cell 1 has outputs, a count or metadata.")
    assert problems[: bool(odd)] == [f"{where}: {odd}"][: bool(odd)]


def test_a_notebook_that_was_run_is_refused_even_without_a_secret(course: tuple[Assignment, Path]) -> None:
    book = json.loads((course[0].handout / "book.ipynb").read_text())
    book["cells"][0]["execution_count"] = 3
    where = "a1_mean.zip!a1_mean/book.ipynb"
    assert found(course, {"book.ipynb": json.dumps(book).encode()}) == [
        f"{where}: cell 1 has outputs, a count or metadata."
    ]
    assert found(course, {"book.ipynb": b"{"})[0].startswith(f"{where}: is not a notebook")


def test_the_solution_s_own_files_are_known(course: tuple[Assignment, Path]) -> None:
    where = "a1_mean.zip!a1_mean"
    assert found(course, {"x.txt": courses.HIDDEN.encode()}) == [
        f"{where}/x.txt: is the file checks_more.py of the solution."
    ]
    assert found(course, {"x.txt": b"see check_mean_is_linear."}) == [
        f"{where}/x.txt: names the hidden check check_mean_is_linear."
    ]
    assert found(course, {"x.txt": b"", "rubric.md": b"x"}) == [
        f"{where}/rubric.md: rubric.md has no place in a handout."
    ]


def test_a_rubric_is_a_secret(course: tuple[Assignment, Path], tmp_path: Path) -> None:
    (tmp_path / "solutions" / "a1_mean" / "rubric.md").write_text(
        "## q2\n\nOne point for naming the sum of deviations.\n"
    )
    line = "One point for naming the sum of deviations."
    assert found(course, {"x.txt": line.encode()}) == [
        f"a1_mean.zip!a1_mean/x.txt: shows “{line}” of the solution at rubric.md."
    ]


@pytest.mark.parametrize("name", ["README.md", "checks_mean.py"])
def test_what_a_handout_writes_by_hand_may_meet_a_line(
    course: tuple[Assignment, Path], tmp_path: Path, name: str
) -> None:
    own = b"total = np.add.reduce(x) / len(x)"
    assert found(course, {name: own}) == []
    assert found(course, {name: own + b"\n" + SECRET}) == []
    stats = tmp_path / "solutions" / "a1_mean" / "stats.py"
    stats.write_text(courses.STATS.replace("    return total\n", "    first = x + 1 * 2\n    return total\n"))
    assert found(course, {name: own + b"\nfirst = x + 1 * 2"}) == [
        f"a1_mean.zip!a1_mean/{name}: shows “first = x + 1 * 2” and 1 more of the solution at stats.py:8.",
    ]


def test_a_line_that_the_skeleton_shows_is_no_secret(course: tuple[Assignment, Path], tmp_path: Path) -> None:
    shown = "self.count, self.value = 0, start"
    stats = tmp_path / "solutions" / "a1_mean" / "stats.py"
    stats.write_text(
        courses.STATS.replace(
            "        self.value = self.value +", f"        {shown}\n        self.value = self.value +"
        )
    )
    assert found(course, {"x.txt": shown.encode()}) == []


@pytest.mark.parametrize(
    ("name", "line"),
    [
        ("__pycache__/stats.cpython-311.pyc", "__pycache__ has no place in a handout."),
        ("stats.pyc", "stats.pyc has no place in a handout."),
        (".OTTER_LOG", ".OTTER_LOG has no place in a handout."),
        (".git/config", ".git has no place in a handout."),
        (".ipynb_checkpoints/book.txt", ".ipynb_checkpoints has no place in a handout."),
        ("__MACOSX/._stats.py", "__MACOSX has no place in a handout."),
        ("autograder.egg-info/PKG-INFO", "autograder.egg-info has no place in a handout."),
        ("model.pkl", "model.pkl has no place in a handout."),
        ("solutions/a.txt", "solutions has no place in a handout."),
        ("slips.toml", "slips.toml has no place in a handout."),
        ("more.tar.gz", "is an archive that cannot be looked into; put its files in."),
    ],
)
def test_leftovers_are_refused(course: tuple[Assignment, Path], name: str, line: str) -> None:
    assert f"a1_mean.zip!a1_mean/{name}: {line}" in found(course, {name: b"anything"})


def test_a_compiled_solution_is_refused(course: tuple[Assignment, Path], tmp_path: Path) -> None:
    compiled = Path(
        py_compile.compile(str(tmp_path / "solutions/a1_mean/stats.py"), cfile=str(tmp_path / "x.pyc")) or ""
    )
    assert found(course, {"x.pyc": compiled.read_bytes()}) == [
        "a1_mean.zip!a1_mean/x.pyc: x.pyc has no place in a handout."
    ]


def test_the_zip_s_own_pockets_are_empty(course: tuple[Assignment, Path]) -> None:
    a, path = course
    buffer = io.BytesIO(path.read_bytes())
    with zipfile.ZipFile(buffer, "a") as archive:
        archive.comment = b"total = 3"
        spoken, dated = entry("a1_mean/spoken.txt"), zipfile.ZipInfo("a1_mean/dated.txt", (2026, 1, 2, 3, 4, 6))
        spoken.comment = b"psst"
        archive.writestr(spoken, b"x")
        archive.writestr(dated, b"x")
        with pytest.warns(UserWarning, match="Duplicate name"):
            archive.writestr(entry("a1_mean/spoken.txt"), b"y")
    path.write_bytes(buffer.getvalue())
    assert nothing_leaks(a, path) == [
        "a1_mean.zip: carries a comment, “total = 3”.",
        "a1_mean.zip!a1_mean/spoken.txt: carries a comment or an extra field in the zip.",
        "a1_mean.zip!a1_mean/dated.txt: carries a time, so the zip is not the same on every run.",
        "a1_mean.zip: holds a1_mean/spoken.txt twice.",
    ]
