"""The reference runs on a handful of images: fast and plain learn the same, and the table finds its place."""

from __future__ import annotations

import copy
import subprocess
import sys
from pathlib import Path

import pytest
import torch

from autograder import data
from benchmarks import reference, trainer
from benchmarks.recipes import RECIPES, standardised
from benchmarks.reference import BEGIN, END, Options, Row
from benchmarks.trainer import Speed

CPU = torch.device("cpu")
ROOT = Path(__file__).parent.parent
BY_NAME = {recipe.name.split(" ")[0] + recipe.sheet: recipe for recipe in RECIPES}
QUICK = Options(seeds=2, images=200, epochs=2)


@pytest.mark.parametrize("flip", [False, True])
def test_the_fast_loop_makes_the_updates_of_the_plain_one(flip: bool) -> None:
    torch.manual_seed(0)
    x, y = torch.randn(70, 3, 8, 8), torch.arange(70) % 4
    first = torch.nn.Sequential(
        torch.nn.Conv2d(3, 4, 3, bias=False), torch.nn.BatchNorm2d(4), torch.nn.ReLU(), torch.nn.Flatten()
    )
    first.append(torch.nn.Linear(4 * 36, 4))
    second = copy.deepcopy(first)

    def adam(parameters: object) -> torch.optim.Optimizer:
        return torch.optim.Adam(parameters, lr=1e-2)  # type: ignore[arg-type]

    for loop, net, more in ((trainer.fast, first, [Speed(channels_last=True)]), (trainer.plain, second, [])):
        torch.manual_seed(5)  # of the mirrored images; the order of batches has a seed of its own
        loop(net, x, y, adam, trainer.orders(70, 16, 3, seed=1), CPU, *more, flip)  # type: ignore[operator]

    for ours, theirs in zip(first.state_dict().values(), second.state_dict().values(), strict=True):
        torch.testing.assert_close(ours, theirs, rtol=1e-3, atol=1e-5)


def test_an_epoch_has_every_row_once_in_a_new_order() -> None:
    epochs = [torch.cat(batches).tolist() for batches in trainer.orders(23, 5, 2, seed=3)]

    assert [sorted(epoch) for epoch in epochs] == [list(range(23))] * 2
    assert epochs[0] != epochs[1]
    assert [len(batch) for batch in next(trainer.orders(23, 5, 1, 3))] == [5, 5, 5, 5, 3]


def test_half_of_the_images_are_mirrored() -> None:
    torch.manual_seed(0)
    images = torch.arange(3.0).expand(400, 1, 1, 3)
    turned = trainer.mirrored(images)[:, 0, 0, 0] == 2

    assert 150 < int(turned.sum()) < 250


@pytest.mark.parametrize(
    ("name", "parameters"),
    [
        ("OLATa1", 109_386),
        ("EPFLa2", 134_794),
        ("Heidelberga3", 535_818),
        ("EECSa5", 149_370),
    ],
)
def test_networks_are_those_of_the_sheets(name: str, parameters: int) -> None:
    recipe = BY_NAME[name]
    net = recipe.make(data.load(recipe.data))

    assert sum(p.numel() for p in net.parameters()) == parameters


def test_a_network_is_trained_from_every_seed_and_measured() -> None:
    row = reference.measure(BY_NAME["Heidelberga3"], QUICK)

    assert row.data == "digits, 200"
    assert row.says == "Adam 1e-3, batch 100, 2 of 10 epochs"
    assert len(set(row.accuracies)) == 2
    assert min(row.accuracies) > 0.3
    assert row.plain is not None


def test_own_layers_and_an_own_optimiser_train_on_images_of_any_size() -> None:
    row = reference.measure(BY_NAME["Dogsa4"], Options(seeds=1, images=100, epochs=1, plain=False))

    assert row.data == "cats_dogs, 100"
    assert row.accuracies[0] > 0.2, "the test labels of the kit's set are secret: its validation part is measured"
    assert row.plain is None


def test_the_numpy_network_has_its_own_loop() -> None:
    row = reference.numpy_mlp(Options(seeds=1, images=200, epochs=2))

    assert row.accuracies[0] > 0.3
    assert row.says.endswith("2 of 10 epochs")


def test_constants_are_those_of_the_training_images() -> None:
    x = data.load("cifar10").x_train[:500]
    ours, _ = standardised(x, x)

    assert abs(ours.mean((0, 2, 3))).max() < 1e-4
    assert abs(ours.std((0, 2, 3)) - 1).max() < 1e-4


def test_a_row_reads_well_and_the_table_finds_its_place(tmp_path: Path) -> None:
    row = Row("Net", "a3", "mnist, 60,000", "Adam", (0.98, 0.981, 0.982), 2.0, 12.0, "CPU")
    assert row.cells()[4:7] == ("98.10 % (98.00 to 98.20, 3 seeds)", "2.0", "12.0 (6.0 ×)")
    readme = tmp_path / "README.md"
    readme.write_text(f"before\n{BEGIN}\nold\n{END}\nafter\n", encoding="utf-8")
    later = Row("Net", "a3", "mnist, 60,000", "Adam", (0.99,), 1.0, None, "CPU")
    elsewhere = Row("Net", "a3", "mnist, 60,000", "Adam", (0.97,), 1.0, None, "GPU")

    for rows in ([row], [elsewhere], [row]):
        reference.write(rows, readme)

    text = readme.read_text(encoding="utf-8")
    assert text.startswith("before\n")
    assert text.endswith(f"{END}\nafter\n")
    assert "| Net | a3 | mnist, 60,000 | Adam | 98.10 %" in text
    assert "old" not in text
    reference.write([later], readme)
    table = [line for line in readme.read_text(encoding="utf-8").splitlines() if line.startswith("|")]
    assert [line.split(" | ")[4] for line in table[2:]] == ["99.00 % (one seed)", "97.00 % (one seed)"]
    readme.write_text("no place", encoding="utf-8")
    with pytest.raises(ValueError, match="no place for the table"):
        reference.write([], readme)


def test_the_command_of_a_solution_runs_its_sheet() -> None:
    command = [sys.executable, "solutions/a1_graphs/train.py", "--images", "100", "--epochs", "1", "--seeds", "1"]
    done = subprocess.run([*command, "--no-plain"], cwd=ROOT, capture_output=True, text=True, check=True)

    assert done.stdout.count("OLAT MLP") == 2
    assert "| a3 |" not in done.stdout


def test_the_readme_has_a_place_for_the_table() -> None:
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    assert text.index(BEGIN) < text.index(END)
