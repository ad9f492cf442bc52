"""The reference runs: every network of the sheets trained from several seeds, fast and by the plain loop, as a table.

`python -m benchmarks reference` trains all of them on the data that `--data` or the environment names, or on what
installs with the kit; `--write` puts the table into the README. `--images` and `--epochs` make a quick look of it.
"""

from __future__ import annotations

import argparse
import statistics
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
import torch
from torch import Tensor

from autograder import data
from autograder.data import Dataset
from benchmarks import trainer
from benchmarks.recipes import RECIPES, Recipe, solution
from benchmarks.trainer import Speed

README: Final = Path(__file__).parent.parent / "README.md"
BEGIN: Final = "<!-- reference runs: written by make reference -->"
END: Final = "<!-- end of reference runs -->"
HEAD: Final = ("network", "sheet", "data", "recipe", "test accuracy", "seconds", "plain loop", "device")
Parts = tuple[Tensor, Tensor, Tensor, Tensor]


@dataclass(frozen=True)
class Options:
    """What is left out of a quick look, and where the runs are."""

    seeds: int = 3
    images: int = 0
    """Of the training set, so many; 0 for all."""
    epochs: int = 0
    """Of the recipe's, at most so many; 0 for all."""
    device: str = "cpu"
    plain: bool = True
    compile: bool = False


@dataclass(frozen=True)
class Row:
    """One network's runs. `plain` is None where the plain loop was left out."""

    name: str
    sheet: str
    data: str
    says: str
    accuracies: tuple[float, ...]
    seconds: float
    """The median's: by the clock on a GPU, of computing time on a CPU."""
    plain: float | None
    device: str

    def cells(self) -> tuple[str, ...]:
        mean, low, high = statistics.fmean(self.accuracies), min(self.accuracies), max(self.accuracies)
        seeds = len(self.accuracies)
        spread = f" ({100 * low:.2f} to {100 * high:.2f}, {seeds} seeds)" if seeds > 1 else " (one seed)"
        ratio = f"{self.plain:.1f} ({self.plain / self.seconds:.1f} ×)" if self.plain is not None else "–"
        measured = f"{100 * mean:.2f} %{spread}", f"{self.seconds:.1f}", ratio
        return self.name, self.sheet, self.data, self.says, *measured, self.device


def measure(recipe: Recipe, options: Options) -> Row:
    """Train from seeds 0, 1, …; the plain loop runs once, for the first seed."""
    dataset = data.load(recipe.data)
    x, y, x_test, y_test = parts(recipe, dataset, options.images)
    epochs = min(recipe.epochs, options.epochs or recipe.epochs)
    device, accuracies, seconds, plainly = torch.device(options.device), [], [], None
    speed = Speed.of(device, recipe.capturable, options.compile)
    for seed in range(options.seeds):
        model, batches = _made(recipe, dataset, seed), trainer.orders(len(x), recipe.batch, epochs, seed)
        seconds.append(trainer.fast(model, x, y, recipe.optimizer, batches, device, speed, recipe.flip))
        accuracies.append(trainer.accuracy(model, x_test, y_test, device))
        if seed == 0 and options.plain:
            model, batches = _made(recipe, dataset, seed), trainer.orders(len(x), recipe.batch, epochs, seed)
            plainly = trainer.plain(model, x, y, recipe.optimizer, batches, device, recipe.flip)
    said = _shortened(recipe.says, recipe.epochs, epochs)
    named, middle = _named(dataset, len(x)), statistics.median(seconds)
    return Row(recipe.name, recipe.sheet, named, said, tuple(accuracies), middle, plainly, _device(options.device))


def parts(recipe: Recipe, dataset: Dataset, images: int) -> Parts:
    """Training images and labels, validation part included, and test images and labels, as the network takes them."""
    x, y = np.asarray(dataset.x_train, dtype=np.float32), dataset.y_train
    test = dataset.x_val, dataset.y_val
    if dataset.y_test.min() >= 0:  # a set whose test labels are secret is judged on its validation part
        x, y = np.concatenate([x, dataset.x_val]), np.concatenate([y, dataset.y_val])
        test = dataset.x_test, dataset.y_test
    if images:
        x, y = x[:images], y[:images]
    x, x_test = recipe.prepare(x, np.asarray(test[0], dtype=np.float32))
    return torch.tensor(x), torch.tensor(y), torch.tensor(x_test), torch.tensor(test[1])


def numpy_mlp(options: Options) -> Row:
    """The IFT sheet's MLP is numpy alone: its own loop is the only one, and the CPU its only device."""
    dataset = data.load("mnist")
    epochs = min(10, options.epochs or 10)
    x, y = (np.concatenate(pair) for pair in ((dataset.x_train, dataset.x_val), (dataset.y_train, dataset.y_val)))
    x, y = (a[: options.images or len(a)] for a in (x.reshape(len(x), -1).astype(float), y))
    test = np.asarray(dataset.x_test).reshape(len(dataset.x_test), -1).astype(float)
    accuracies, seconds = [], []
    for seed in range(options.seeds):
        net = solution("a4_numpy_mlp", "mlp").NN(seed=seed)
        began = time.process_time()
        net.train(x, y, 0.2, 50, epochs)
        seconds.append(time.process_time() - began)
        accuracies.append(float(net.test(test, dataset.y_test)))
    said = _shortened("numpy, SGD 0.2, batch 50, 10 epochs", 10, epochs)
    name = "IFT MLP 784-512-256-10"
    named, middle = _named(dataset, len(x)), statistics.median(seconds)
    return Row(name, "a4", named, said, tuple(accuracies), middle, None, _device("cpu"))


def table(rows: Sequence[Row], before: str = "") -> str:
    """The rows as Markdown. Those of a table `before` stay, but for the same network on the same device."""
    lines = {_which(line): line for line in before.splitlines() if line.startswith("| ")}
    lines |= {_which(line): line for line in ("| " + " | ".join(row.cells()) + " |" for row in rows)}
    lines.pop(_which("| " + " | ".join(HEAD) + " |"), None)
    return "\n".join(["| " + " | ".join(HEAD) + " |", "|" + "---|" * len(HEAD), *(lines[key] for key in sorted(lines))])


def _which(line: str) -> tuple[str, str, str]:
    """What a line of the table is about: sheet, network and device, by which it is sorted."""
    cells = [cell.strip() for cell in line.strip("|").split(" | ")]
    return (cells[1], cells[0], cells[-1]) if len(cells) == len(HEAD) else ("", "", "")


def write(rows: Sequence[Row], readme: Path = README) -> None:
    """Put the rows between the table's two marks; raises ValueError where they are not there."""
    before, begin, rest = readme.read_text(encoding="utf-8").partition(BEGIN)
    old, end, after = rest.partition(END)
    if not begin or not end:
        raise ValueError(f"{readme} has no place for the table: {BEGIN} … {END}")
    readme.write_text(f"{before}{BEGIN}\n\n{table(rows, old)}\n\n{END}{after}", encoding="utf-8")


def main(arguments: Sequence[str] | None = None, sheets: Sequence[str] = ()) -> None:
    """Run what is asked for, or what is of `sheets`, and print the table."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks reference", description=__doc__)
    parser.add_argument("--only", default="", help="networks whose name or sheet holds this")
    parser.add_argument("--data", type=Path, help="a data folder; what installs with the kit without one")
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--images", type=int, default=0, help="so many training images, 0 for all")
    parser.add_argument("--epochs", type=int, default=0, help="at most so many epochs, 0 for the recipe's")
    parser.add_argument("--device", default="cuda" if torch.cuda.is_available() else "cpu")
    parser.add_argument("--no-plain", action="store_true", help="leave the plain loop out")
    parser.add_argument("--compile", action="store_true", help="torch.compile in place of a recorded step")
    parser.add_argument("--write", action="store_true", help="put the table into the README")
    given = parser.parse_args(arguments)
    data.use(given.data)
    options = Options(given.seeds, given.images, given.epochs, given.device, not given.no_plain, given.compile)
    rows = []
    _warm()
    for name, sheet, run in _runs():
        if given.only.lower() in f"{sheet} {name}".lower() and (not sheets or sheet in sheets):
            try:
                rows.append(run(options))
            except data.DataError as error:
                sys.exit(str(error))
            print(" · ".join(rows[-1].cells()), flush=True)
    print(f"\n{table(rows)}")
    if given.write:
        write(rows)


def _runs() -> list[tuple[str, str, Callable[[Options], Row]]]:
    """(name, sheet, run), in the sheets' order."""
    runs: list[tuple[str, str, Callable[[Options], Row]]] = [
        (recipe.name, recipe.sheet, lambda options, recipe=recipe: measure(recipe, options))  # type: ignore[misc]
        for recipe in RECIPES
    ]
    runs.append(("IFT MLP", "a4", numpy_mlp))
    return sorted(runs, key=lambda run: run[1])


def _warm() -> None:
    """The first optimiser of a process has torch import its compiler: no run's business."""
    weight = torch.nn.Parameter(torch.zeros(1))
    optimizer: Any = torch.optim.SGD([weight], lr=0.1)
    optimizer.step()


def _made(recipe: Recipe, dataset: Dataset, seed: int) -> torch.nn.Module:
    torch.manual_seed(seed)
    return recipe.make(dataset)


def _named(dataset: Dataset, images: int) -> str:
    return f"{dataset.name}, {images:,}"


def _shortened(says: str, epochs: int, run: int) -> str:
    return says if run == epochs else says.replace(f"{epochs} epochs", f"{run} of {epochs} epochs")


def _device(device: str) -> str:
    """Its name, and torch's version."""
    threads = torch.get_num_threads()
    where = f"CPU, {threads} thread{'s' * (threads > 1)}" if device == "cpu" else torch.cuda.get_device_name(device)
    return f"{where}, torch {torch.__version__.partition('+')[0]}"


if __name__ == "__main__":
    main()
