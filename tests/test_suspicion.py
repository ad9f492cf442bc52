"""Flags about a trained network: a gap to unseen images, and answers that depend on more than the image."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from autograder.checks import Evaluation, beyond, gap, moods
from autograder.model import Limits
from autograder.sandbox import local
from autograder.sandbox.student import Handle, Student

NETS = """
import torch
from torch import nn


class Net(nn.Module):
    def __init__(self, kind):
        super().__init__()
        self.kind, self.layer, self.drop, self.norm = kind, nn.Linear(4, 3), nn.Dropout(0.5), nn.BatchNorm1d(4)
        self.eval()

    def forward(self, x):
        if self.kind == "modes":
            return self.layer(self.norm(self.drop(x)))
        if self.kind == "batch":
            return self.layer(x - x.mean(0))
        if self.kind == "dice":
            return self.layer(x + torch.rand_like(x))
        if self.kind == "peeks":
            return self.layer(x) if self.training else self.layer(x).roll(1, 1)
        return self.layer(x)
"""


def net(folder: Path, kind: str) -> Handle:
    (folder / "nets.py").write_text(NETS)
    made: Handle = Student(lambda: local.connect(folder), Limits(), ["nets.py"]).nets.Net(kind)
    return made


@pytest.mark.parametrize(
    ("kind", "by_mode", "how"),
    [
        ("plain", False, ""),
        ("modes", True, ""),
        ("modes", False, "in mode train"),
        ("peeks", False, "in mode train"),
        ("batch", True, "one by one"),
        ("dice", True, "from call to call"),
    ],
)
def test_answers_that_depend_on_more_than_the_image(tmp_path: Path, kind: str, by_mode: bool, how: str) -> None:
    x = np.random.default_rng(2).normal(size=(6, 4)).astype(np.float32)
    made = net(tmp_path, kind)
    said = moods(made, x, by_mode=by_mode)
    assert said == (f"the network answers the same images differently {how}" if how else "")
    assert made.training is False


def evaluation(right: int, of: int, total: int = 0) -> Evaluation:
    labels = np.zeros(of, int)
    return Evaluation(np.eye(2)[(np.arange(of) >= right).astype(int)], labels, total or of)


@pytest.mark.parametrize(
    ("public", "unseen", "margin", "said"),
    [
        ((980, 1000), (900, 1000), 0.03, "98 % of the public images are right, but 90 % of unseen ones"),
        ((980, 1000), (900, 1000), 0.08, ""),
        ((900, 1000), (980, 1000), 0.0, ""),
        ((49, 50), (45, 50), 0.03, ""),
    ],
    ids=["gap", "margin", "better", "chance"],
)
def test_a_gap_between_public_and_unseen_images(
    public: tuple[int, int], unseen: tuple[int, int], margin: float, said: str
) -> None:
    assert gap(evaluation(*public), evaluation(*unseen), margin) == said


def test_what_is_better_than_its_recipe_can_be() -> None:
    said = "99.6 % of the public images are right, where 96 % are in reach"
    assert beyond(evaluation(498, 500), 0.96) == said
    assert beyond(evaluation(485, 500), 0.96) == ""


def test_both_are_about_full_figures() -> None:
    with pytest.raises(ValueError, match="full=True"):
        gap(evaluation(5, 10, total=20), evaluation(5, 10), 0.1)
    with pytest.raises(ValueError, match="full=True"):
        beyond(evaluation(5, 10, total=20), 0.1)
