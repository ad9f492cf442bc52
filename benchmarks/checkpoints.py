"""Thirty checkpoints of a class, each judged by 10,000 images: ours in the sandbox, and a plain script over them."""

from __future__ import annotations

import importlib.util
import statistics
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import torch
from rich.console import Console
from rich.table import Table
from torch import nn
from torch.nn import functional

from autograder import course, data, intake, pipeline
from autograder.grading import Setup, run

HOW_MANY, IMAGES, BATCH = 30, 10_000, 500
SEED = 7
DECLARED = """\
id = "checkpoints"
title = "Checkpoints"
source = "made up for the benchmark"
files = ["net.py", "net.pt"]
data = ["mnist"]
preload = ["numpy", "torch"]

[[questions]]
id = "q"
title = "A network for digits"
points = 2
"""
NET = '''\
from torch import nn


def net():
    """784 → 512 → 256 → 10."""
    return nn.Sequential(
        nn.Flatten(), nn.Linear(784, 512), nn.ReLU(), nn.Linear(512, 256), nn.ReLU(), nn.Linear(256, 10)
    )
'''
CHECKS = """\
from autograder.checks import evaluate, points
from benchmarks.checkpoints import BATCH, STEPS, asked

@points(1, "q")
def check_full(student, weights, data):
    '''All images are asked for.'''
    result = evaluate(weights("net", student.net.net()), *asked(data("mnist")), BATCH)
    # What the script is compared with.
    return round(result.accuracy, 4)

@points(1, "q")
def check_tier(student, weights, data):
    '''It ends when the tier is known.'''
    result = evaluate(weights("net", student.net.net()), *asked(data("mnist")), BATCH, STEPS)
    return result.seen / result.total
"""
STEPS = {0.8: 0.5, 0.9: 1.0}
Images = tuple[np.ndarray[Any, Any], np.ndarray[Any, Any]]


@dataclass(frozen=True)
class Cost:
    """Of one way to judge them all: wall seconds of each without start-up, and the accuracy or share that was found."""

    seconds: list[float]
    found: list[float]

    @property
    def each(self) -> float:
        """Other load on the machine makes some of them slow, not all."""
        return statistics.median(self.seconds)


@cache
def images(d: data.Dataset) -> Images:
    """IMAGES images (N, 1, 28, 28) and their labels: the test set, or all digits of a smaller set several times."""
    x, y = d.x_test, d.y_test
    if len(x) < IMAGES:
        x, y = (np.concatenate([getattr(d, f"{a}_{part}") for part in ("train", "val", "test")]) for a in "xy")
    times = -(-IMAGES // len(x))
    return np.tile(x, (times, 1, 1, 1))[:IMAGES], np.tile(y, times)[:IMAGES]


def asked(d: data.Dataset) -> tuple[Any, Any]:
    """As a check asks for them: the worker has those of a data folder already."""
    x, y = images(d)
    return (d.test() if d.folder is not None and len(d.x_test) == IMAGES else x), y


def main(arguments: Sequence[str] = ()) -> None:
    if arguments:
        sys.exit(f"python -m benchmarks checkpoints takes no options, so not {arguments[0]}")
    say = Console(highlight=False).print
    d = data.load("mnist")
    with TemporaryDirectory() as scratch:
        folders = hand_in(Path(scratch) / "class", d)
        # The script comes first and last, so that other load falls on both.
        before = by_script(folders, d)
        full, tier = (by_ours(Path(scratch), check) for check in ("check_full", "check_tier"))
        after = by_script(folders, d)
    script = Cost(before.seconds + after.seconds, before.found)
    if full.found != script.found:
        sys.exit(f"the two disagree on what is right: {full.found} against {script.found}")
    say(f"{len(folders)} checkpoints of 535,818 parameters, {IMAGES:,} images each; data: {d.told}")
    table = Table(box=None, header_style="bold")
    for head in ("", "s a submission (median)", "images a second", "images asked for", "against the script"):
        table.add_column(head, justify="left" if not head else "right")
    names = ("a plain script, one process for all", "ours, in the sandbox, all images", "ours, until the tier is known")
    for name, cost, share in zip(names, (script, full, tier), (1, 1, statistics.mean(tier.found)), strict=True):
        speed, ratio = f"{IMAGES / cost.each:,.0f}", f"{cost.each / script.each:.2f} ×"
        table.add_row(name, f"{cost.each:.3f}", speed, f"{share:.0%}", ratio)
    Console(width=120).print(table)
    say("images a second: of those that a verdict is about; what the early end spares counts as judged")


def hand_in(folder: Path, d: data.Dataset) -> list[Path]:
    """A class: one network trained for a few seconds, and its likes with more and more noise in their weights."""
    net, x, y = _net(NET, "net"), torch.tensor(d.x_train[:4000]), torch.tensor(d.y_train[:4000])
    torch.manual_seed(SEED)
    optimizer = torch.optim.Adam(net.parameters(), lr=1e-3)
    for _ in range(3):
        for batch in torch.randperm(len(x)).view(-1, 100):
            optimizer.zero_grad()
            functional.cross_entropy(net(x[batch]), y[batch]).backward()  # type: ignore[no-untyped-call]
            optimizer.step()
    made = []
    for n in range(HOW_MANY):
        made.append(folder / f"s{n:02}")
        made[-1].mkdir(parents=True)
        made[-1].joinpath("net.py").write_text(NET)
        noise = 0.12 * n / HOW_MANY
        state = {key: value + noise * torch.randn_like(value) for key, value in net.state_dict().items()}
        torch.save(state, made[-1] / "net.pt")
    return made


def by_script(folders: Sequence[Path], d: data.Dataset) -> Cost:
    """What a teacher writes in ten lines: import, load, ask, compare."""
    x, y = images(d)
    seconds, found = [], []
    for folder in folders:
        began = time.perf_counter()
        net = _net((folder / "net.py").read_text(), folder.name)
        net.load_state_dict(torch.load(folder / "net.pt", weights_only=True))
        net.eval()
        right = 0
        with torch.no_grad():
            for start in range(0, IMAGES, BATCH):
                logits = net(torch.tensor(x[start : start + BATCH]))
                right += int((logits.argmax(1).numpy() == y[start : start + BATCH]).sum())
        found.append(round(right / IMAGES, 4))
        seconds.append(time.perf_counter() - began)
    return Cost(seconds, found)


def by_ours(scratch: Path, check: str) -> Cost:
    """The same by one grading process; the first submission is graded twice, since its first time is start-up."""
    assignment = course.find(_course(scratch))["checkpoints"]
    received = [intake.receive(a, assignment, scratch / "read") for a in intake.discover(scratch / "class")]
    received.sort(key=lambda submission: submission.name)
    isolation, versions = pipeline.confine("best"), pipeline.versions(assignment)
    setup = Setup(assignment, SEED, versions, isolation, data.load, only=frozenset((check,)))
    cost, began = Cost([], []), 0.0
    for grade in run(setup, [received[0], *received], workers=1):
        if began:
            cost.seconds.append(time.perf_counter() - began)
            cost.found.append(grade.outcomes[0].score)
        began = time.perf_counter()
    return cost


def _course(root: Path) -> Path:
    handout, solution = root / "assignments" / "checkpoints", root / "solutions" / "checkpoints"
    if not handout.is_dir():
        handout.mkdir(parents=True)
        solution.mkdir(parents=True)
        (handout / "assignment.toml").write_text(DECLARED)
        (handout / "README.md").write_text("# Checkpoints\n")
        (handout / "net.py").write_text(NET)
        (solution / "net.py").write_text(NET)
        (solution / "checks_weights_hidden.py").write_text(CHECKS)
    return root


def _net(source: str, name: str) -> nn.Module:
    module = importlib.util.module_from_spec(importlib.util.spec_from_loader(name, None))  # type: ignore[arg-type]
    exec(source, vars(module))
    made: nn.Module = module.net()
    return made


if __name__ == "__main__":
    main()
