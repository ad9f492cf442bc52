"""`verify` finds what is wrong with an assignment, and says nothing of one that holds."""

from __future__ import annotations

from pathlib import Path

import pytest
from means import DECLARED, HIDDEN, SLIPS, SOLUTION, VISIBLE, write

from autograder import course
from autograder.course import slips
from autograder.pipeline import UsageError
from autograder.verify import Verified, verify

TOML, HIDDEN_FILE = "assignments/means/assignment.toml", "solutions/means/checks_means_hidden.py"
SLIPS_FILE, SOLUTION_FILE = "solutions/means/slips.toml", "solutions/means/means.py"


def verified(folder: Path, changes: dict[str, str] | None = None) -> Verified:
    return verify(write(folder, changes), workers=1)


def test_an_assignment_that_holds_prints_its_counts(tmp_path: Path) -> None:
    report = verified(tmp_path)
    assert report.problems == ()
    assert report.says == (
        "means: 3 checks (1 visible, 2 hidden); 2 questions; 5 points (4 automatic, 1 manual); "
        "solution 4 of 4; handout 0; slips caught by exactly the checks they name: 3 of 3"
    )


@pytest.mark.parametrize(
    ("path", "text", "problem"),
    [
        (TOML, DECLARED.replace("points = 3", "points = 4"), "@points add up to 3"),
        (SLIPS_FILE, SLIPS.replace('"check_spread"', '"check_spraed"'), "check_spraed, which is no check"),
        (SLIPS_FILE, SLIPS.partition('[[slips]]\nid = "variance"')[0], "check_spread: no slip names it"),
        ("solutions/means/rubric.md", "# Rubric\n", "no heading names q2"),
        ("assignments/means/notes.md", "    return np.add.reduce(x) / len(x)\n", "notes.md"),
    ],
    ids=["points", "slip names no check", "check without slip", "rubric", "leak"],
)
def test_what_does_not_hold_together_is_said_before_anything_is_graded(
    tmp_path: Path, path: str, text: str, problem: str
) -> None:
    report = verified(tmp_path, {path: text})
    assert report.says == "means: not graded, since it does not hold together"
    assert problem in " ".join(report.problems)


def test_every_so_many_th_slip_can_be_tried_alone(tmp_path: Path) -> None:
    report = verify(write(tmp_path), every=2, workers=1)
    assert report.says.endswith("slips caught by exactly the checks they name: 2 of 2, every 2th one tried")


def test_one_slip_can_be_tried_by_its_name(tmp_path: Path) -> None:
    assignment = write(tmp_path)
    first = slips.load(assignment)[0].id
    report = verify(assignment, only=[first], workers=1)
    assert report.says.endswith("slips caught by exactly the checks they name: 1 of 1 that were named")
    with pytest.raises(UsageError, match=f"no slip is called {first}x; did you mean {first}\\?$"):
        verify(assignment, only=[f"{first}x"], workers=1)


def test_the_layers_assignment_holds() -> None:
    """A few of its slips; `autograder verify a5_layers` tries all of them."""
    assignment = course.find(Path(__file__).parent.parent)["a5_layers"]
    report = verify(assignment, every=31)
    assert report.problems == ()
    assert "; handout 0; " in report.says


def test_a_stale_skeleton_is_said(tmp_path: Path) -> None:
    assignment = write(tmp_path)
    skeleton = assignment.handout / "means.py"
    skeleton.write_text(skeleton.read_text().replace("The mean of x", "The mean of all x"))
    assert "means.py" in " ".join(verify(assignment, workers=1).problems)


UNCAUGHT = SLIPS.replace('fails = ["check_mean_of_numbers"]', 'fails = ["check_mean_of_one"]')
IMPRECISE = SOLUTION.replace("np.std(x)", "np.std(x) + 1e-3")
LENIENT = HIDDEN.replace("close(student.means.mean(x), x[0], ", "student.has('means') and print(")


@pytest.mark.parametrize(
    ("path", "text", "problems"),
    [
        (SLIPS_FILE, UNCAUGHT, ("slip sum: check_mean_of_one passes", "slip sum: check_mean_of_numbers does not pass")),
        (SOLUTION_FILE, IMPRECISE, ("solution: check_spread failed",)),
        (HIDDEN_FILE, LENIENT, ("handout: earns 2 from check_mean_of_one",)),
    ],
    ids=["slip caught by others", "solution fails", "handout earns"],
)
def test_what_grading_shows_is_said(tmp_path: Path, path: str, text: str, problems: tuple[str, ...]) -> None:
    changes = {path: text}
    if path == SOLUTION_FILE:
        reference = HIDDEN.replace("once(lambda: ref.means.spread(x))", "x.std()")
        slips = SLIPS.replace('replace = "np.var"', 'replace = "2 * np.std"')
        changes |= {HIDDEN_FILE: reference, SLIPS_FILE: slips}
    found = " ".join(verified(tmp_path, changes).problems)
    for sentence in problems:
        assert sentence in found


def test_a_visible_check_may_not_ask_for_the_reference(tmp_path: Path) -> None:
    asks = VISIBLE.replace("(student, rng)", "(student, rng, ref)")
    found = " ".join(verified(tmp_path, {"assignments/means/checks_means.py": asks}).problems)
    assert "check_mean_of_numbers errored" in found
