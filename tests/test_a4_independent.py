"""Two implementations of a4 that share no line with the solution earn every point."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from autograder import course, data
from autograder.grading import runner
from autograder.model import Outcome, Submission
from autograder.sandbox import local

ROOT = Path(__file__).parent.parent
HANDOUT, SOLUTION = ROOT / "assignments" / "a4_numpy_mlp", ROOT / "solutions" / "a4_numpy_mlp"
TABLES = ("predictions.csv", "validation.csv")


def graded(folder: Path, only: tuple[str, ...] = ()) -> dict[str, Outcome]:
    files = tuple(sorted(path.name for path in folder.iterdir() if path.is_file()))
    found: list[Outcome] = []
    runner.serve(
        course.load(HANDOUT, SOLUTION),
        3,
        data.load,
        [Submission(folder.name, "", folder=folder, files=files)],
        lambda place: lambda: local.connect(place),
        lambda submission, ran: found.extend(ran.outcomes),
        only=only,
    )
    return {outcome.name: outcome for outcome in found}


@pytest.mark.parametrize("name", ["a4_columns", "a4_flat"])
def test_another_right_implementation_earns_every_point(name: str, tmp_path: Path) -> None:
    folder = Path(shutil.copytree(ROOT / "tests" / "independent" / name, tmp_path / name))
    for table in TABLES:
        shutil.copy(SOLUTION / table, folder / table)
    outcomes = graded(folder)
    lost = [(o.name, o.outcome, o.why, o.detail[-300:]) for o in outcomes.values() if o.outcome != "passed"]
    assert lost == []
    questions = course.load(HANDOUT, SOLUTION).questions
    assert sum(outcome.score for outcome in outcomes.values()) == sum(question.auto for question in questions)
    reading = outcomes["check_differences_are_those_of_central_differences"].why
    layer = "first" if name == "a4_columns" else "second"
    assert reading.startswith(f"θ begins the {layer} layer's weights")


EDITS = {
    "an adapter that returns nothing": (
        "return [[g",
        "return [[0 * g",
        "check_gradients_of_a_batch",
        "every entry is zero",
    ),
    "a backward of autograd": (
        "    return [[g",
        "    import importlib\n    t = importlib.import_module('torch')\n    v = t.ones(1, requires_grad=True)\n"
        "    t.autograd.backward(v.sum())\n    return [[g",
        "check_numpy_does_the_work",
        "adapter.gradients has PyTorch differentiate.",
    ),
    "probabilities by columns": (
        "return np.exp(model(X)[-1])",
        "return np.exp(model(X)[-1]).T",
        "check_probabilities_follow_from_the_parameters",
        "predict does not give the probabilities",
    ),
    "parameters in a dict": (
        "return ((p",
        "return p\n    return ((p",
        "check_parameter_count_is_in_range",
        "adapter.parameters should return a list with a pair for each of the three layers; it returned a dict.",
    ),
}


@pytest.mark.parametrize("edit", EDITS)
def test_a_mistake_in_another_style_is_named(edit: str, tmp_path: Path) -> None:
    old, new, check, says = EDITS[edit]
    folder = Path(shutil.copytree(ROOT / "tests" / "independent" / "a4_flat", tmp_path / "edited"))
    path = folder / "adapter.py"
    assert path.read_text().count(old) == 1
    path.write_text(path.read_text().replace(old, new))
    outcome = graded(folder, (check,))[check]
    assert (outcome.outcome, says in outcome.why) == ("failed", True), outcome.why
