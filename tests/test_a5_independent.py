"""Two implementations of a5 that share no line with the solution earn every point, without an experiments.py."""

from __future__ import annotations

import importlib.util
import shutil
from pathlib import Path
from types import ModuleType

import pytest

from autograder import course, data
from autograder.grading import runner
from autograder.model import Outcome, Submission
from autograder.sandbox import local

ROOT = Path(__file__).parent.parent
HANDOUT, SOLUTION = ROOT / "assignments" / "a5_layers", ROOT / "solutions" / "a5_layers"
INDEPENDENT = ROOT / "tests" / "independent"


def graded(folder: Path, only: tuple[str, ...] = ()) -> tuple[Outcome, ...]:
    assignment = course.load(HANDOUT, SOLUTION)
    files = tuple(sorted(path.name for path in folder.glob("*.py")))
    found: list[Outcome] = []
    runner.serve(
        assignment,
        3,
        data.load,
        [Submission(folder.name, "", folder=folder, files=files)],
        lambda place: lambda: local.connect(place),
        lambda submission, ran: found.extend(ran.outcomes),
        only=only,
    )
    return tuple(found)


def imported(path: Path) -> ModuleType:
    spec = importlib.util.spec_from_file_location(f"{path.stem}_{path.parent.name}", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize("name", ["a5_loops", "a5_einsum"])
def test_another_right_implementation_earns_every_point(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    outcomes = graded(INDEPENDENT / name)
    lost = [(outcome.name, outcome.outcome, outcome.why, outcome.detail[-300:]) for outcome in outcomes]
    assert [what for what in lost if what[1] != "passed"] == []
    assignment = course.load(HANDOUT, SOLUTION)
    assert sum(outcome.score for outcome in outcomes) == sum(question.auto for question in assignment.questions)


def test_what_serves_without_experiments_is_what_the_solution_chose() -> None:
    own = imported(HANDOUT / "checks_training.py").OWN
    chosen = imported(SOLUTION / "experiments.py")
    assert own == {name: getattr(chosen, name)() for name in own}


NONE = "{'model': {}, 'solver': {}}"
BROKEN = {
    "logistic_linear": ("{'model': {'hidden_dim': 4}, 'solver': {}}", "hidden_dim is 4, which this model does not"),
    "logistic_hidden": (NONE, "The trained model has no hidden layer"),
    "svm_linear": ("[]", "svm_linear() should return a dict of 'model' and 'solver', each a dict"),
    "svm_hidden": ("{'model': {}, 'solver': {'num_epochs': 201}}", "num_epochs is 201, which is above its cap of 200"),
    "softmax_linear": ("{'model': {'width': 1}, 'solver': {}}", "there is reg, weight_scale."),
    "softmax_hidden": ("{'model': {'hidden_dim': 257}, 'solver': {}}", "hidden_dim is 257, which is above its cap"),
    "convnet": ("{'model': {'num_filters': 17}, 'solver': {}}", "num_filters is 17, which is above its cap of 16"),
    "regularized_convnet": (
        "{'model': {}, 'solver': {'batch_size': 501}}",
        "batch_size is 501, which is above its cap",
    ),
}
FUNCTIONS = {"convnet": "cnn", "regularized_convnet": "cnn_regularized"}


def test_every_experiment_is_held_to_its_limits(tmp_path: Path) -> None:
    folder = Path(shutil.copytree(SOLUTION, tmp_path / "limits"))
    text = "".join(f"def {FUNCTIONS.get(n, n)}():\n    return {given}\n\n\n" for n, (given, _) in BROKEN.items())
    (folder / "experiments.py").write_text(text)

    checks = {name: f"check_{name}_learns_{'binary' if name[:3] in ('log', 'svm') else 'digits'}" for name in BROKEN}
    renamed = {f"{check}_renamed" for check in checks.values()} - {"check_regularized_convnet_learns_digits_renamed"}
    outcomes = {outcome.name: outcome for outcome in graded(folder, (*checks.values(), *renamed))}

    assert outcomes.keys() == {*checks.values(), *renamed}
    for name, check in checks.items():
        assert BROKEN[name][1] in outcomes[check].why, check
    for check in outcomes:
        assert (check, outcomes[check].outcome, outcomes[check].score) == (check, "failed", 0)
    # Hidden checks name the cap, and nothing that the submission chose.
    assert not [check for check in renamed if any(word in outcomes[check].why for word in ("201", "257", "17", "501"))]
