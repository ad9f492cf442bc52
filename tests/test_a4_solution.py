"""The solution of a4 does what its handout says, and what is secret about its data hangs together."""

from __future__ import annotations

import importlib.util
import tomllib
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest
import torch

from autograder.data import load
from autograder.sandbox.modules import Modules

ROOT = Path(__file__).parent.parent
HANDOUT, SOLUTION = ROOT / "assignments" / "a4_numpy_mlp", ROOT / "solutions" / "a4_numpy_mlp"


@pytest.fixture(scope="module")
def a4() -> dict[str, ModuleType]:
    modules = Modules(SOLUTION)
    with modules.installed():
        return {name: modules.load(name) for name in ("adapter", "mlp", "gradient_check", "cnn", "dogs")}


def imported(path: Path) -> ModuleType:
    spec = importlib.util.spec_from_file_location(f"a4_{path.stem}", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def keys(tree: dict[str, object], start: str = "") -> set[str]:
    found = set()
    for name, value in tree.items():
        inner = value[0] if isinstance(value, list) and value and isinstance(value[0], dict) else value
        found |= keys(inner, f"{start}{name}.") if isinstance(inner, dict) else {start + name}
    return found


def test_the_empty_report_has_every_key_of_the_filled_one_behind_a_number_sign() -> None:
    filled = tomllib.loads((SOLUTION / "report.toml").read_text(encoding="utf-8"))
    text = (HANDOUT / "report.toml").read_text(encoding="utf-8")
    assert keys(tomllib.loads(text)) == set()
    opened = []
    for line in text.splitlines():
        bare = line.removeprefix("# ")
        if bare.startswith("[["):
            opened.append(bare)
        elif line.startswith("# ") and bare.endswith("="):
            opened.append(bare + " 1")
        elif line.startswith("# ") and " = " in bare:
            opened.append(bare.replace("[h1, h2]", "[1, 2]"))
        else:
            opened.append(line)
    assert keys(tomllib.loads("\n".join(opened))) == keys(filled)


def test_the_secret_labels_are_those_of_the_pictures_that_ship() -> None:
    images, labels = imported(SOLUTION / "train.py").test_set()
    shipped = load("cats_dogs").x_test
    np.testing.assert_array_equal(shipped, (images / np.float32(255)).astype(np.float32))
    hidden = imported(SOLUTION / "checks_dogs_hidden.py")
    np.testing.assert_array_equal(hidden.answers(), labels)


def test_the_reported_counts_are_those_of_the_networks(a4: dict[str, ModuleType]) -> None:
    report = tomllib.loads((SOLUTION / "report.toml").read_text(encoding="utf-8"))
    layers = a4["adapter"].parameters(a4["adapter"].build())
    assert sum(w.size + b.size for w, b in layers) == report["mlp"]["parameters"] == 535_818
    for net, part in ((a4["cnn"].CNN(), "cnn"), (a4["dogs"].Net(), "dogs")):
        assert sum(p.numel() for p in net.parameters()) == report[part]["parameters"]


def test_own_layers_do_what_the_librarys_do(a4: dict[str, ModuleType]) -> None:
    dogs = a4["dogs"]
    torch.manual_seed(0)
    mine, theirs = dogs.BatchNorm(5), torch.nn.BatchNorm2d(5)
    for _ in range(3):
        x = torch.randn(8, 5, 3, 2)
        torch.testing.assert_close(mine(x), theirs(x))
    torch.testing.assert_close(mine.running_mean, theirs.running_mean)
    mine.eval()
    before = mine.running_mean.clone()
    mine(torch.randn(4, 5, 3, 2))
    torch.testing.assert_close(mine.running_mean, before)

    weights = [torch.nn.Parameter(torch.ones(3)) for _ in range(2)]
    rules = [dogs.Adam(weights[:1], lr=0.1), torch.optim.Adam(weights[1:], lr=0.1)]
    for _ in range(5):
        grad = torch.randn(3)
        for weight, rule in zip(weights, rules, strict=True):
            rule.zero_grad()
            weight.grad = grad.clone()
            rule.step()
    torch.testing.assert_close(weights[0], weights[1])


def test_the_networks_own_training_lowers_its_loss(a4: dict[str, ModuleType]) -> None:
    d = load("digits")
    x = d.x_train[:400].reshape(400, -1).astype(float)
    net = a4["mlp"].NN()
    losses = net.train(x, d.y_train[:400], 0.1, 50, 2)
    assert losses[1] < losses[0] < np.log(10)
    assert net.test(x, d.y_train[:400]) > 0.6
