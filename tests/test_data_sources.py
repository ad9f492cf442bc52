"""A class graded on a data folder, and on what installs with the kit: the source decides, and reports name it."""

from __future__ import annotations

import json
from pathlib import Path

import madesets
import means
import pytest

from autograder import data, pipeline
from autograder.model import Grade

CHECKS = '''\
from autograder.checks import accuracy, points, tiers


@points(1, "q1")
def check_training(student, data):
    """fit tells digits apart: 90 % of the test images earn all."""
    d = data("mnist")
    scores = student.means.fit(*d.train(), d.test())
    return tiers(accuracy(scores, d.y_test), {"mnist": {0.9: 1.0}}, of=d)


@points(2, "q1")
def check_another_set(student, data):
    """A set that nobody declared."""
    data("digits")


@points(1, "q2")
def check_unseen(student, data, rng):
    """Images are drawn from the run's seed."""
    x, y, how = data("mnist").unseen(rng, 5)
    assert x.shape == (5, 1, 28, 28), how
'''
FIT = """
import numpy as np

def fit(x, y, images):
    assert not x.flags.writeable and x.shape[1:] == (1, 28, 28) and len(x) == len(y)
    return np.eye(10)[np.arange(len(images)) % 10]
"""


def graded(root: Path, inbox: Path, place: Path | None) -> tuple[Grade, Path]:
    out = root / "out"
    changes = {
        "assignments/means/assignment.toml": means.DECLARED.replace(
            'preload = ["numpy"]', 'preload = ["numpy"]\ndata = ["mnist"]'
        ),
        "assignments/means/checks_means.py": CHECKS,
        "solutions/means/checks_means_hidden.py": "",
    }
    assignment = means.write(root / "course", changes)
    with pytest.MonkeyPatch.context() as patch:
        patch.delenv("AUTOGRADER_DATA", raising=False)
        if place is not None:
            patch.setenv("AUTOGRADER_DATA", str(place))
            patch.setenv("XDG_CACHE_HOME", str(root / "cache"))
        data.use(place)
        [grade] = pipeline.grade(assignment, inbox, out, seed=5, workers=1)
    return grade, out


def outcomes(grade: Grade) -> dict[str, str]:
    return {o.name: o.outcome for o in grade.outcomes}


def test_thresholds_workers_and_reports_go_by_the_data_that_was_used(tmp_path: Path) -> None:
    madesets.mnist(tmp_path / "data")
    inbox = means.hand_in(tmp_path / "inbox", {"ada": FIT})
    real, out = graded(tmp_path / "real", inbox, tmp_path / "data")
    told = real.versions["data"]
    assert told.startswith("mnist, sha256 ")
    assert outcomes(real) == {"check_training": "passed", "check_another_set": "errored", "check_unseen": "passed"}
    assert 'it needs data = ["digits"]' in next(o.detail for o in real.outcomes if o.outcome == "errored")
    for page in ("summary.html", "feedback/ada.html"):
        assert f"{told[:26]}…" in (out / page).read_text("utf-8")
    assert json.loads((out / "feedback" / "ada.json").read_text("utf-8"))["versions"]["data"] == told

    kits, out = graded(tmp_path / "kits", inbox, None)
    assert outcomes(kits)["check_training"] == "errored"
    assert "there are thresholds for mnist, and none for digits" in kits.outcomes[0].detail
    assert outcomes(kits)["check_unseen"] == "passed"
    assert kits.versions["data"] == f"digits in place of mnist, sha256 {data.load('digits').checksum}"
    assert "digits in place of mnist, sha256 " in (out / "summary.html").read_text("utf-8")
