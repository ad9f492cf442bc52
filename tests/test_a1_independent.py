"""Two solutions of a1 that share no line with ours earn every point; one of them has the original course's notebook."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from autograder import course, data
from autograder.grading import runner
from autograder.model import Outcome, Submission
from autograder.sandbox import local

ROOT = Path(__file__).parent.parent
HANDOUT, SOLUTION = ROOT / "assignments" / "a1_graphs", ROOT / "solutions" / "a1_graphs"
INDEPENDENT = ROOT / "tests" / "independent"


def graded(folder: Path, only: tuple[str, ...] = ()) -> tuple[dict[str, Outcome], tuple[str, ...]]:
    """Outcomes by name, and what there was to say of the notebook. Without the notebook in the folder it is quick."""
    files = tuple(sorted(path.name for path in folder.iterdir() if path.is_file()))
    found: list[runner.Ran] = []
    runner.serve(
        course.load(HANDOUT, SOLUTION),
        3,
        data.load,
        [Submission(folder.name, "", folder=folder, files=files)],
        lambda place: lambda: local.connect(place),
        lambda submission, ran: found.append(ran),
        only=only,
    )
    return {outcome.name: outcome for outcome in found[0].outcomes}, found[0].notes


@pytest.mark.parametrize("name", ["a1_rows", "a1_autograd"])
def test_another_right_solution_earns_every_point(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    for stand_in in [name for name in sys.modules if name.startswith("google.colab")]:
        del sys.modules[stand_in]  # noted when it is imported, which another test may have done in this process
    outcomes, notes = graded(INDEPENDENT / name)
    lost = [(o.name, o.outcome, o.why, o.detail[-300:]) for o in outcomes.values() if o.outcome != "passed"]
    assert lost == [], notes
    full = sum(question.auto for question in course.load(HANDOUT, SOLUTION).questions)
    assert sum(outcome.score for outcome in outcomes.values()) == full
    if name == "a1_rows":  # the original's notebook: two of its cells run nowhere any more, and cost nothing
        assert any("google.colab" in note or "No module named" in note for note in notes)
        assert any("next" in note for note in notes)
        assert "better than 95 %" in outcomes["check_network_of_the_diagram"].why
