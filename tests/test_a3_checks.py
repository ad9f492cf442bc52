"""The checks of a3: what follow-through earns, the sheet's figures, and that no nonsense makes a check go wrong."""

from __future__ import annotations

import math
from pathlib import Path

import pytest
import torch

from autograder import course, data
from autograder.grading import runner
from autograder.model import Outcome, Submission
from autograder.sandbox import local

ROOT = Path(__file__).parent.parent
HANDOUT, SOLUTION = ROOT / "assignments" / "a3_autodiff_vgg16", ROOT / "solutions" / "a3_autodiff_vgg16"
OF_TRACES = (
    "check_graph_is_of_single_operations",
    "check_graph_at_three_points",
    "check_forward_trace",
    "check_reverse_trace",
    "check_graph_is_the_function",
    "check_result_is_true",
    "check_gradient_is_true",
)


@pytest.fixture
def graded(tmp_path):
    """Grade texts by file name, asking only some checks; outcomes by check."""

    def grade(texts: dict[str, str], only: tuple[str, ...] = ()) -> dict[str, Outcome]:
        for name, text in texts.items():
            (tmp_path / name).write_text(text, encoding="utf-8")
        files, found = tuple(sorted(texts)), []
        runner.serve(
            course.load(HANDOUT, SOLUTION),
            5,
            data.load,
            [Submission("one", "", folder=tmp_path, files=files)],
            lambda folder: lambda: local.connect(folder, files),
            lambda submission, ran: found.extend(ran.outcomes),
            only=only,
        )
        return {outcome.name: outcome for outcome in found}

    return grade


def test_the_sheets_figures():
    x1, x2 = (torch.tensor(x, dtype=torch.float64, requires_grad=True) for x in (1.5, 0.5))
    y = (torch.sin(x1 / x2) + x1 / x2 - torch.exp(x2)) * (x1 / x2 - torch.exp(x2))
    y.backward()
    text = (SOLUTION / "checks_traces_hidden.py").read_text()
    assert f"VALUE = {y.item():.10f}" in text
    assert f'"x1": {x1.grad:.10f}, "x2": {x2.grad:.10f}' in text


def test_a_wrong_graph_with_right_traces_earns_what_follows_from_it(graded):
    text = """
from math import cos, exp, sin
e = exp(0.5)
GRAPH = {"r": ("div", "x1", "x2"), "s": ("sin", "r"), "e": ("exp", "x2"), "a": ("add", "s", "r"),
         "b": ("add", "a", "e"), "d": ("sub", "r", "e"), "y": ("mul", "b", "d")}
FORWARD = {"r": 3, "s": sin(3), "e": e, "a": 3 + sin(3), "b": 3 + sin(3) + e, "d": 3 - e}
FORWARD["y"] = FORWARD["b"] * FORWARD["d"]
b, d = FORWARD["b"], FORWARD["d"]
r = b + d + d * cos(3)
REVERSE = {"y": 1, "b": d, "d": b, "a": d, "s": d, "e": d - b, "r": r, "x1": 2 * r, "x2": -6 * r + (d - b) * e}
"""
    outcomes = graded({"traces.py": text}, OF_TRACES)
    assert [name for name, o in outcomes.items() if o.outcome == "passed"] == [
        "check_graph_is_of_single_operations",
        "check_forward_trace",
        "check_reverse_trace",
    ]
    assert "exp(x2) is added" not in outcomes["check_graph_is_the_function"].why
    assert "<svg" in outcomes["check_forward_trace"].drawing


def test_traces_of_a_graph_that_is_too_short_count_for_nothing(graded):
    text = 'GRAPH = {"y": ("add", "x1", "x2")}\nFORWARD = {"y": 2}\nREVERSE = {"y": 1, "x1": 1, "x2": 1}\n'
    outcomes = graded({"traces.py": text}, OF_TRACES)
    assert sum(o.score for o in outcomes.values()) == 1
    assert outcomes["check_forward_trace"].why == "GRAPH is too short for its traces to count."


LAYERS = "import torch\nfrom torch import nn\n"
NONSENSE = {
    "traces": {"traces.py": "GRAPH = 3\nFORWARD = [1, 2]\nREVERSE = {'x1': 'three', 'x2': float('nan')}\n"},
    "deep": {"traces.py": "GRAPH = {'y': ('add', ('sin', 'x1'), 2)}\nFORWARD = None\nREVERSE = {1: 2}\n"},
    "nothing": {
        "mnist.py": "RECIPE = None\ndef mlp(): pass\ndef train(*a): pass\ndef accuracy(*a): pass\n",
        "vgg.py": "RECIPE = []\ndef vgg16(): pass\nvgg16_regularized = vgg16\ndef channel_statistics(x): pass\n"
        "def normalize(*a): pass\ndef make_optimizer(*a): pass\ndef train(*a): pass\ndef show_cases(*a): pass\n",
        "report.toml": "mlp = 3\n",
    },
    "numbers": {
        "mnist.py": "RECIPE = {'learning_rate': True, 'batch_size': 'x', 'epochs': [1]}\ndef mlp(): return 3\n"
        "def train(*a): return [float('nan')] * 6\ndef accuracy(*a): return [1, 2]\n",
        "vgg.py": "RECIPE = {'optimizer': ['Adam'], 'learning_rate': None}\ndef vgg16(): return 1.5\n"
        "vgg16_regularized = vgg16\ndef channel_statistics(x): return 1, 2\ndef normalize(*a): return 'x'\n"
        "def make_optimizer(*a): return 7\ndef train(*a): return [[1.0]] * 8\n"
        "def show_cases(*a): return [{'index': 'x', 'label': None, 'probabilities': 'p'}] * 6\n",
        "report.toml": "[mlp]\ndata = 'else'\n[vgg]\ndata = 'x'\nepochs = 2\nlosses = [1, inf]\n",
    },
    "shapes": {
        "mnist.py": LAYERS + "RECIPE = {}\ndef mlp(): return nn.Flatten()\ndef train(*a): return {'loss': 1}\n"
        "def accuracy(*a): return 'all'\n",
        "vgg.py": LAYERS + "RECIPE = {'optimizer': 'Adam', 'learning_rate': 1j}\ndef vgg16(): return nn.Linear(32, 7)\n"
        "def vgg16_regularized(): return nn.Sequential(nn.Linear(32, 512), nn.Linear(512, 512), nn.Linear(512, 10))\n"
        "def channel_statistics(x): return [x], {}\ndef normalize(*a): return torch.zeros(3)\n"
        "def make_optimizer(model, recipe): return torch.optim.SGD([torch.zeros(2)])\n"
        "def train(*a): return [torch.zeros(3, requires_grad=True)] * 8\n"
        "def show_cases(*a): return [{'index': 10**9, 'label': 1, 'probabilities': [[0.1]] * 10}, 3]\n",
        "report.toml": "[vgg]\ndata = 'cifar'\nepochs = 0.5\nlosses = 'falling'\n",
    },
}


@pytest.mark.parametrize("texts", NONSENSE.values(), ids=NONSENSE)
def test_nonsense_earns_nothing_and_breaks_no_check(graded, texts):
    outcomes = graded(texts)
    assert [(o.name, o.detail[-500:]) for o in outcomes.values() if o.outcome == "errored"] == []
    assert [o.name for o in outcomes.values() if o.score] == []


def test_a_network_of_the_right_shapes_that_computes_with_others_is_found_out(graded):
    text = (SOLUTION / "vgg.py").read_text(encoding="utf-8")
    text += """

class Other(nn.Module):
    def __init__(self):
        super().__init__()
        self.told = _layers(batch_norm=False, dropout=0.0)
        self.used = [nn.Linear(3072, 10)]

    def forward(self, x):
        return self.used[0](x.flatten(1))


vgg16 = Other
"""
    asked = ("check_vgg16_gives_ten_logits", "check_vgg16_has_15245130_parameters", "check_vgg16_is_configuration_d")
    outcomes = graded({"vgg.py": text}, asked)
    assert [outcomes[name].outcome for name in asked] == ["passed", "passed", "failed"]


def test_the_parameters_of_vgg16():
    convolutions = [64, 64, 128, 128, 256, 256, 256, 512, 512, 512, 512, 512, 512]
    count = sum(9 * into * out + out for into, out in zip([3, *convolutions], convolutions, strict=False))
    assert (count, 2 * (512 * 512 + 512) + 5130) == (14_714_688, 530_442)
    assert (sum(convolutions), 2 * sum(convolutions)) == (4_224, 8_448)
    assert math.log(10) == pytest.approx(2.303, abs=1e-3)
