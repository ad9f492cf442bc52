"""Two implementations of a2, one of them in the shape of the course's own notebook, earn every automatic point."""

from __future__ import annotations

import functools
from pathlib import Path

import pytest

from autograder import course, data
from autograder.grading import runner
from autograder.model import Outcome, Submission
from autograder.sandbox import local

ROOT = Path(__file__).parent.parent
HANDOUT, SOLUTION = ROOT / "assignments" / "a2_first_lab", ROOT / "solutions" / "a2_first_lab"
INDEPENDENT = ROOT / "tests" / "independent"


@functools.cache
def graded(name: str, seed: int) -> dict[str, Outcome]:
    """Graded once for all tests here: a run trains a model twice."""
    assignment, folder = course.load(HANDOUT, SOLUTION), INDEPENDENT / name
    files = tuple(sorted(path.name for path in folder.iterdir() if path.is_file()))
    found: list[Outcome] = []
    runner.serve(
        assignment,
        seed,
        data.load,
        [Submission(name, "", folder=folder, files=files)],
        lambda place: lambda: local.connect(place, files),
        lambda submission, ran: found.extend(ran.outcomes),
    )
    return {outcome.name: outcome for outcome in found}


@pytest.mark.parametrize("name", ["a2_course", "a2_loops"])
def test_another_right_implementation_earns_every_point(name: str) -> None:
    outcomes = graded(name, 3)
    lost = [(o.name, o.outcome, o.why, o.detail[-300:]) for o in outcomes.values() if o.outcome != "passed"]
    assert lost == []
    assignment = course.load(HANDOUT, SOLUTION)
    assert sum(o.score for o in outcomes.values()) == sum(question.auto for question in assignment.questions)


FORMS = {
    "a2_course": {
        "check_f_true_is_one_in_the_middle": "returns (N,)",
        "check_variance_of_y": "σ read as a standard deviation",
        "check_smoothed_gap_is_where_the_slope_vanishes": "the slope is 0",
        "check_smoothed_minimum": "ε/d for every class",
        "check_multiplications_training": "the usual count",
        "check_memory_training": "2 L K² + L n K, and n K for an output or a gradient",
        "check_scale_for_sigmoid": "no good factor",
    },
    "a2_loops": {
        "check_f_true_is_one_in_the_middle": "returns (N, 1)",
        "check_variance_of_y": "σ read as a variance",
        "check_smoothed_gap_is_where_the_slope_vanishes": "with ε/(d − 1)",
        "check_smoothed_minimum": "ε/(d − 1)",
        "check_multiplications_training": "exact",
        "check_memory_training": "and 2 n K for two gradients, and 2 L K² of the optimiser",
        "check_scale_for_sigmoid": "very large weights",
    },
}


@pytest.mark.parametrize("name", FORMS)
def test_the_form_that_was_met_is_named(name: str) -> None:
    outcomes = graded(name, 3)
    for check, says in FORMS[name].items():
        assert says in outcomes[check].why, check
