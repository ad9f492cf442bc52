"""The first convolution of a network is fetched and drawn; a network without one, or one that lies, draws nothing."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pytest

from autograder import course, data
from autograder.checks import parameters_of
from autograder.checks.seeing import draw_first_layer, first_layer
from autograder.grading import runner
from autograder.model import Limits, Submission
from autograder.reports.drawings import inline
from autograder.sandbox import local
from autograder.sandbox.student import Student

ROOT = Path(__file__).parent.parent
HANDOUT, SOLUTION = ROOT / "assignments" / "a4_numpy_mlp", ROOT / "solutions" / "a4_numpy_mlp"
IMAGE = np.random.default_rng(1).random((3, 8, 8)).astype(np.float32)

WORK = """
import torch
from torch import nn

conv = nn.Sequential(nn.Conv2d(3, 20, 3, padding=1), nn.BatchNorm2d(20), nn.ReLU(), nn.Conv2d(20, 4, 3))
plain = nn.Sequential(nn.Flatten(), nn.Linear(192, 2))

class Idle(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv = nn.Conv2d(3, 2, 3)
    def forward(self, x):
        return x


class Fails(Idle):
    def forward(self, x):
        raise ValueError("no")

fails, idle, huge = Fails(), Idle(), nn.Conv2d(3, 2, 1, padding=200)
"""


@pytest.fixture(scope="module")
def student(tmp_path_factory: pytest.TempPathFactory) -> Student:
    folder = tmp_path_factory.mktemp("work")
    (folder / "work.py").write_text(WORK)
    return Student(lambda: local.connect(folder), Limits(), ["work.py"])


def test_the_first_convolutions_filters_and_maps_are_the_networks_own(student: Student) -> None:
    found = first_layer(student, student.work.conv, IMAGE)
    assert found is not None
    weight, maps = found
    assert (weight.shape, maps.shape) == ((20, 3, 3, 3), (16, 8, 8))
    own = parameters_of(student.work.conv)
    np.testing.assert_array_equal(weight, own["0.weight"])
    window = IMAGE[:, 2:5, 4:7]
    want = (own["0.weight"] * window).sum((1, 2, 3))[:16] + own["0.bias"][:16]
    np.testing.assert_allclose(maps[:, 3, 5], want, rtol=1e-4, atol=1e-6)
    assert student.work.conv.training  # as it was
    drawing = draw_first_layer(student, student.work.conv, IMAGE)
    assert inline(drawing)
    assert drawing.count("<image") == 16 + 1 + 16


@pytest.mark.parametrize("network", ["plain", "idle", "fails", "huge"])
def test_where_there_is_nothing_to_see_nothing_is_drawn(student: Student, network: str) -> None:
    assert draw_first_layer(student, getattr(student.work, network), IMAGE) == ""


def test_curves_and_pictures_of_cats_and_dogs_are_drawn(tmp_path: Path) -> None:
    names = ("report.toml", "validation.csv", "dogs.py")
    for name in names:
        shutil.copy(SOLUTION / name, tmp_path / name)
    drawings: dict[str, str] = {}
    runner.serve(
        course.load(HANDOUT, SOLUTION),
        5,
        data.load,
        [Submission("one", "", folder=tmp_path, files=names)],
        lambda place: lambda: local.connect(place, names),
        lambda submission, ran: drawings.update({o.name: o.drawing for o in ran.outcomes if o.outcome == "passed"}),
        only=(
            "check_curves_have_a_value_an_epoch",
            "check_misclassified_pictures_are_misclassified",
            "check_unsure_pictures_are_near_one_half",
            "check_reported_losses_of_three_initialisations",
            "check_reported_curves_of_both",
        ),
    )
    assert len(drawings) == 5
    assert all(inline(drawing) for drawing in drawings.values())
    pictures = {name: drawing.count("<image") for name, drawing in drawings.items()}
    assert pictures["check_misclassified_pictures_are_misclassified"] == 3
    assert pictures["check_unsure_pictures_are_near_one_half"] == 2
