"""Slips are tried on the solution when they are read, and applied as written."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path

import courses
import pytest

from autograder.course import CourseError, find, slips
from autograder.course.slips import Edit, Slip


def test_slips_are_read_in_order(tmp_path: Path) -> None:
    assert slips.load(courses.write(tmp_path)) == (
        Slip(
            "sum",
            "forgets to divide",
            (Edit("stats.py", "np.add.reduce(x) / len(x)", "np.add.reduce(x)"),),
            ("check_mean_of_ones", "check_mean_is_linear"),
        ),
        Slip(
            "stuck",
            "never moves, and counts wrong",
            (
                Edit("stats.py", "(x - self.value) / self.count", "0"),
                Edit("stats.py", "self.count += 1", "self.count += 2"),
            ),
            ("check_running_follows",),
        ),
    )


def test_a_slip_edits_a_copy(tmp_path: Path) -> None:
    a = courses.write(tmp_path)
    assert a.solution is not None
    copy = Path(shutil.copytree(a.solution, tmp_path / "copy"))
    for slip in slips.load(a):
        slips.apply(slip, copy)
    wanted = (
        courses.STATS.replace(" / len(x)", "").replace("(x - self.value) / self.count", "0").replace("+= 1", "+= 2")
    )
    assert (copy / "stats.py").read_text() == wanted
    assert (a.solution / "stats.py").read_text() == courses.STATS
    with pytest.raises(CourseError, match=r"copy/stats\.py: slip stuck: is not in stats\.py"):
        slips.apply(slip, copy)
    with pytest.raises(CourseError, match=r"stats\.py: cannot be read"):
        slips.apply(slip, tmp_path)


def test_verdicts_can_be_left_open(tmp_path: Path) -> None:
    a = courses.write(tmp_path)
    assert a.solution is not None
    text = "[[slips]]\nid='a'\nsays='b'\nfile='stats.py'\nfind='+= 1'\nreplace='+= 2'\nfails=['c']\nmay=['d']\n"
    (a.solution / "slips.toml").write_text(text)
    assert [(slip.fails, slip.may) for slip in slips.load(a)] == [(("c",), ("d",))]


def test_several_lines_keep_their_indentation(tmp_path: Path) -> None:
    a = courses.write(tmp_path)
    lines = "'''\n    total = np.add.reduce(x) / len(x)\n    return total\n'''"
    text = f"[[slips]]\nid='a'\nsays='b'\nfile='stats.py'\nfind={lines}\nreplace='''\n    return 0\n'''\nfails=['c']\n"
    assert a.solution is not None
    (a.solution / "slips.toml").write_text(text)
    (slip,) = slips.load(a)
    assert slip.edits == (
        Edit("stats.py", "    total = np.add.reduce(x) / len(x)\n    return total\n", "    return 0\n"),
    )


def test_a_count_replaces_every_place(tmp_path: Path) -> None:
    a = courses.write(tmp_path)
    assert a.solution is not None
    text = courses.SLIPS.replace('find = "np.add.reduce(x) / len(x)"', 'find = "total"\ncount = 2')
    (a.solution / "slips.toml").write_text(text.replace('replace = "np.add.reduce(x)"', 'replace = "sum_"'))
    slip = slips.load(a)[0]
    slips.apply(slip, a.solution)
    assert (a.solution / "stats.py").read_text() == courses.STATS.replace("total", "sum_")


@pytest.mark.parametrize(
    ("right", "wrong", "line"),
    [
        ('id = "stuck"', 'id = "sum"', 'slip sum.id = "sum": is already the id of another slip'),
        ('says = "forgets to divide"\n', "", "slip sum.says: is missing"),
        ('says = "forgets', 'say = "forgets', 'slip sum.say = "forgets to divide": no such key; did you mean says?'),
        (
            'file = "stats.py"\nfind = "np',
            'file = "stat.py"\nfind = "np',
            "file = stat.py: students hand in no such file; did you mean stats.py?",
        ),
        ('file = "stats.py"\nfind = "np', 'file = "checks_more.py"\nfind = "np', "students hand in no such file"),
        (
            '"np.add.reduce(x) / len(x)"',
            '"np.add.reduce(x) / len(y)"',
            "is not in stats.py; nearest is line 9: total = np.add.reduce(x)",
        ),
        (
            '"np.add.reduce(x) / len(x)"',
            '"total"',
            "slip sum: find: is 2 times in stats.py, not 1; make it longer, or write count = 2",
        ),
        (
            '"np.add.reduce(x) / len(x)"',
            '"  return total\\n\\n"',
            "only its first line, on line 10; compare indentation and what follows",
        ),
        ('"np.add.reduce(x) / len(x)"', '"zzzzzzzz"', "slip sum: find: is not in stats.py"),
        ('"np.add.reduce(x) / len(x)"', '" "', 'slip sum.find = " ": must not be empty'),
        ('"np.add.reduce(x) / len(x)"', "3", "slip sum.find = 3: must be text"),
        (
            '"np.add.reduce(x) / len(x)"',
            '"np.add.reduce(x)"',
            'slip sum.replace = "np.add.reduce(x)": is the same as find',
        ),
        (
            'replace = "np.add.reduce(x)"',
            'replace = "(("',
            "slip sum: leaves stats.py broken on line 9: '(' was never closed; a slip must still be Python",
        ),
        ('replace = "np.add.reduce(x)"', 'replace = "1"\ncount = 0', "slip sum.count = 0: must be at least 1"),
        ('["check_running_follows"]', "[]", "slip stuck.fails = []: must name at least one check"),
        ('says = "never', 'count = 2\nsays = "never', "slip stuck.count = 2: belongs into [[slips.edits]]"),
        (
            'replace = "self.count += 2"',
            'replase = "x"',
            'slip stuck.edits[2].replase = "x": no such key; did you mean replace?',
        ),
        ("[[slips]]", "[[slip]]", "slip = [{"),
        (courses.SLIPS, "", "slips: is missing"),
        (courses.SLIPS, "[", "is not TOML: "),
    ],
)
def test_a_wrong_slip_is_named(tmp_path: Path, right: str, wrong: str, line: str) -> None:
    a = courses.write(tmp_path)
    assert a.solution is not None
    assert right in courses.SLIPS
    path = a.solution / "slips.toml"
    path.write_text(courses.SLIPS.replace(right, wrong))
    with pytest.raises(CourseError) as caught:
        slips.load(a)
    assert str(caught.value).startswith(f"{path.as_posix()}: ")
    assert line in str(caught.value)
    assert "\n" not in str(caught.value)


def test_edits_that_undo_each_other_are_refused(tmp_path: Path) -> None:
    a = courses.write(tmp_path)
    assert a.solution is not None
    back = '[[slips.edits]]\nfile = "stats.py"\nfind = "+= 2"\nreplace = "+= 1"\n'
    text = courses.SLIPS.replace(
        'find = "(x - self.value) / self.count"\nreplace = "0"', 'find = "+= 1"\nreplace = "+= 2"'
    )
    (a.solution / "slips.toml").write_text(text.rpartition("[[slips.edits]]")[0] + back)
    with pytest.raises(CourseError, match=r"slip stuck: its edits undo each other in stats\.py"):
        slips.load(a)


def test_without_a_solution_there_are_none(tmp_path: Path) -> None:
    with pytest.raises(CourseError, match="has no solution here"):
        slips.load(replace(courses.write(tmp_path), solution=None))


def test_the_course_s_own_slips_load() -> None:
    for assignment in find(Path(__file__).parent.parent).values():
        if assignment.solution is not None and (assignment.solution / "slips.toml").is_file():
            assert slips.load(assignment)
