"""A class whose checkpoints and networks are hostile, in the sandbox: a sentence each, and only its question lost."""

from __future__ import annotations

import io
import json
import zipfile
from pathlib import Path

import pytest
import torch
from checkpoints import NETS, Bomb, pt, repacked, safetensors, scripted, state
from means import write

from autograder import pipeline
from autograder.model import Grade

DECLARED = """\
id = "means"
title = "Weights"
source = "made up for the tests"
files = ["nets.py"]
optional = ["net.pt", "net.safetensors"]
preload = ["numpy", "torch"]

[limits]
call_seconds = 1
check_seconds = 4
submission_seconds = 30
memory_mb = 1024
weights_mb = 8

[[questions]]
id = "q1"
title = "The network"
points = 1

[[questions]]
id = "q2"
title = "Its weights"
points = 2
"""
VISIBLE = '''\
from autograder.checks import points, require


@points(1, "q1")
def check_there_is_a_network(student):
    """net makes a network."""
    require(student.nets.net().training is True, "no network")
'''
HIDDEN = '''\
import numpy as np

from autograder.checks import evaluate, moods, points


@points(2, "q2")
def check_weights(student, weights, rng, ref, flag):
    """The network does what its weights were trained for."""
    x = rng.normal(size=(300, 1, 4, 4)).astype(np.float32)
    # What the reference's weights answer, one class in a hundred changed.
    y = ref.nets.answers(x)
    net = weights("net", student.nets.net())
    flag(moods(net, x[:4]))
    return evaluate(net, x, y, batch=100, steps={0.5: 0.5, 0.9: 1.0}).share
'''
SLIPS = """\
[[slips]]
id = "tanh"
says = "squashes instead of rectifying"
file = "nets.py"
find = "nn.ReLU()"
replace = "nn.Tanh()"
fails = ["check_weights"]
"""
CALLED = """

def net():
    return Answers("{}")
"""


def nets(kind: str) -> bytes:
    """nets.py whose network answers so; its weights are `ONE_LAYER`."""
    return (NETS + CALLED.format(kind)).encode()


ONE_LAYER = pt({"layer.weight": torch.ones(3, 16), "layer.bias": torch.zeros(3)})
RIGHT = {"nets.py": NETS.encode(), "net.pt": pt(state())}
REFERENCE = (
    NETS
    + '''

def answers(x):
    """The classes that a network with the seed of the tests gives."""
    torch.manual_seed(3)
    with torch.no_grad():
        return net()(torch.tensor(x)).argmax(1).numpy()
'''
)
CHEAT = """

import os
import torch

def _load(*args, **kwargs):
    os.environ["LABELS"] = "0"
    raise RuntimeError("hidden 1.25")

torch.load = _load
"""


def hand_in(folder: Path, name: str, files: dict[str, bytes]) -> None:
    folder.mkdir(exist_ok=True)
    with zipfile.ZipFile(folder / f"{name}.zip", "w") as archive:
        for file, content in files.items():
            archive.writestr(file, content)


CLASS: dict[str, tuple[dict[str, bytes], str]] = {
    "right": (RIGHT, ""),
    "safe": ({"nets.py": NETS.encode(), "net.safetensors": safetensors(state())}, ""),
    "none": ({"nets.py": NETS.encode()}, "net.pt is missing."),
    "bomb": ({**RIGHT, "net.pt": pt({"w": Bomb()})}, "net.pt does not hold the weights of the network."),
    "script": ({**RIGHT, "net.pt": scripted()}, "net.pt does not hold the weights of the network."),
    "nan": (
        {**RIGHT, "net.pt": pt(state() | {"3.bias": torch.full((3,), torch.nan)})},
        "net.pt does not hold the weights of the network.",
    ),
    "double": (
        {**RIGHT, "net.pt": pt({key: value.double() for key, value in state().items()})},
        "net.pt does not hold the weights of the network.",
    ),
    "other": ({**RIGHT, "net.pt": ONE_LAYER}, "net.pt does not hold the weights of the network."),
    "short": ({**RIGHT, "net.pt": pt(state())[:-400]}, "net.pt does not hold the weights of the network."),
    "zip-bomb": (
        {**RIGHT, "net.pt": repacked(pt(state()), zipfile.ZIP_DEFLATED, **{"0": bytes(32 << 20)})},
        "net.pt does not hold the weights of the network.",
    ),
    "expanded": (
        {**RIGHT, "net.pt": pt({"1.weight": torch.zeros(1).expand(1 << 33)})},
        "net.pt does not hold the weights of the network.",
    ),
    "huge": (
        {"nets.py": nets("huge"), "net.pt": ONE_LAYER},
        "the object asked for more memory than a submission may have.",
    ),
    "sleep": ({"nets.py": nets("sleep"), "net.pt": ONE_LAYER}, "the object did not finish in time."),
    "labels": ({"nets.py": nets("labels"), "net.pt": ONE_LAYER}, "The network returns labels."),
    "wide": (
        {"nets.py": nets("wide"), "net.pt": ONE_LAYER},
        "The network does not return logits of the right shape.",
    ),
    "nan-out": ({"nets.py": nets("nan"), "net.pt": ONE_LAYER}, "The network's logits hold NaN or infinity."),
    "patched": ({"nets.py": (NETS + CHEAT).encode(), "net.pt": pt(state())}, "net.pt does not hold the weights"),
}
"""Submission → its files, and how the sentence of its hidden check begins."""


@pytest.fixture(scope="module")
def graded(tmp_path_factory: pytest.TempPathFactory) -> tuple[dict[str, Grade], Path]:
    root = tmp_path_factory.mktemp("checkpoints")
    changes = {
        "assignments/means/assignment.toml": DECLARED,
        "assignments/means/checks_means.py": VISIBLE,
        "solutions/means/nets.py": REFERENCE,
        "solutions/means/checks_means_hidden.py": HIDDEN,
        "solutions/means/slips.toml": SLIPS,
    }
    assignment = write(root / "course", changes)
    for name, (files, _) in CLASS.items():
        hand_in(root / "inbox", name, files)
    (root / "inbox" / "sparse").mkdir()
    (root / "inbox" / "sparse" / "nets.py").write_bytes(NETS.encode())
    with (root / "inbox" / "sparse" / "net.pt").open("wb") as file:
        file.truncate(4 << 30)
    zeros = io.BytesIO()
    with zipfile.ZipFile(zeros, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("nets.py", NETS)
        archive.writestr("net.pt", bytes(16 << 20))
    (root / "inbox" / "zeros.zip").write_bytes(zeros.getvalue())
    grades = pipeline.grade(assignment, root / "inbox", root / "out", seed=3, workers=1)
    return {grade.submission: grade for grade in grades}, root / "out"


@pytest.mark.parametrize("name", CLASS)
def test_each_ends_in_its_own_sentence_and_loses_its_question_alone(
    graded: tuple[dict[str, Grade], Path], name: str
) -> None:
    grade, said = graded[0][name], CLASS[name][1]
    assert grade.questions["q1"] == 1.0
    outcome = next(o for o in grade.outcomes if o.question == "q2")
    assert outcome.outcome == ("timed_out" if name == "sleep" else "failed" if said else "passed")
    assert outcome.why.startswith(said)
    assert grade.score == (1.0 if said else 3.0)
    assert not any(flag.startswith("provisional") for flag in grade.flags)


@pytest.mark.parametrize(
    ("name", "note"),
    [
        ("sparse", "net.pt is larger than the 8 MB that may be kept."),
        ("zeros", "net.pt is larger than the 8 MB that may be kept."),
    ],
)
def test_gigabytes_of_zeros_are_never_read(graded: tuple[dict[str, Grade], Path], name: str, note: str) -> None:
    grade = graded[0][name]
    assert note in grade.notes
    assert grade.questions == {"q1": 1.0, "q2": 0.0}


def test_staff_learn_who_shares_weights_and_students_do_not(graded: tuple[dict[str, Grade], Path]) -> None:
    grades, out = graded
    said = "nearly the same weights as another submission"
    assert f"{said}: safe" in grades["right"].flags
    assert f"{said}: right" in grades["safe"].flags
    assert "right" in (out / "summary.html").read_text("utf-8")
    told = json.loads((out / "feedback" / "right.json").read_text("utf-8"))["flags"]
    assert said in told
    assert not any("safe" in flag for flag in told)
