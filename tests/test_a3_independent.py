"""Two other implementations of a3 earn every automatic point, and feedback names the reading that was met."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
import torch

from autograder import course, data
from autograder.grading import runner
from autograder.model import Outcome, Submission
from autograder.sandbox import local
from autograder.sandbox.modules import Modules

ROOT = Path(__file__).parent.parent
HANDOUT, SOLUTION = ROOT / "assignments" / "a3_autodiff_vgg16", ROOT / "solutions" / "a3_autodiff_vgg16"

SAYS = {
    "a3_torchvision": {
        "check_vgg16_has_15245130_parameters": "with biases in all layers",
        "check_recipe_of_vgg": "a recipe of one's own",
        "check_train_monitors_a_loss_that_falls": "every batch",
        "check_regularized_has_batch_norm_everywhere": "without biases in the convolutions",
        "check_batch_norm_follows_every_convolution": "between convolution and ReLU",
        "check_dropout_follows_the_linear_layers": "the first two",
    },
    "a3_modules": {
        "check_recipe_of_vgg": "a recipe of one's own",
        "check_train_monitors_a_loss_that_falls": "every epoch",
        "check_regularized_has_batch_norm_everywhere": "with batch normalisation",
        "check_batch_norm_follows_every_convolution": "after the ReLU",
        "check_dropout_follows_the_linear_layers": "all three",
    },
}


def with_weights(name: str, folder: Path) -> Path:
    """A copy with the solution's trained weights under the names that its own network has for them."""
    shutil.copytree(ROOT / "tests" / "independent" / name, folder)
    modules = Modules(folder)
    with modules.installed():
        own = modules.load("mnist").mlp().state_dict()
    known = torch.load(SOLUTION / "mlp.pt", weights_only=True)
    torch.save(dict(zip(own, known.values(), strict=True)), folder / "mlp.pt")
    return folder


@pytest.mark.parametrize(("name", "seed"), [("a3_torchvision", 3), ("a3_modules", 4)])
def test_another_right_implementation_earns_every_point(name: str, seed: int, tmp_path: Path) -> None:
    assignment = course.load(HANDOUT, SOLUTION)
    folder = with_weights(name, tmp_path / name)
    files = tuple(sorted(path.name for path in folder.iterdir() if path.is_file()))
    found: list[Outcome] = []
    runner.serve(
        assignment,
        seed,
        data.load,
        [Submission(name, "", folder=folder, files=files)],
        lambda place: lambda need=None: local.connect(place, files),
        lambda submission, ran: found.extend(ran.outcomes),
    )
    assert [(o.name, o.outcome, o.why, o.detail[-300:]) for o in found if o.outcome != "passed"] == []
    assert sum(o.score for o in found) == sum(question.auto for question in assignment.questions)
    why = {outcome.name: outcome.why for outcome in found}
    for check, says in SAYS[name].items():
        assert says in why[check], check
