"""What the sheets have trained: each network as its solution makes it, its data, its optimiser, its epochs."""

from __future__ import annotations

import importlib.util
import json
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from types import ModuleType
from typing import Any, Final

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from autograder import data
from autograder.data import Dataset

SOLUTIONS: Final = Path(__file__).parent.parent / "solutions"
Images = NDArray[np.float32]
Prepare = Callable[[Images, Images], tuple[Images, Images]]
"""(training, test images) → the same as the network takes them."""


@dataclass(frozen=True)
class Recipe:
    """One run of the table. `optimizer(parameters)` makes the sheet's optimiser."""

    name: str
    sheet: str
    data: str
    says: str
    """The recipe in words, for the table."""
    make: Callable[[Dataset], nn.Module]
    optimizer: Callable[[Iterator[nn.Parameter]], Any]
    batch: int
    epochs: int
    prepare: Prepare = lambda train, test: (train, test)
    flip: bool = False
    """Whether half of the images are mirrored, drawn anew for every batch."""
    capturable: bool = True
    """Whether a step can be recorded as a CUDA graph: not where Python counts the steps."""


def solution(assignment: str, module: str) -> ModuleType:
    """A module of a solution, under a name of its own: several have a `train` or a `vgg`."""
    name = f"reference_{assignment}_{module}"
    if name not in sys.modules:
        spec = importlib.util.spec_from_file_location(name, SOLUTIONS / assignment / f"{module}.py")
        assert spec is not None
        assert spec.loader is not None
        sys.modules[name] = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(sys.modules[name])
    return sys.modules[name]


def in_notebook(assignment: str, notebook: str, name: str) -> Any:
    """The class `name` of a solution's notebook, from the one cell that makes it."""
    book = json.loads((SOLUTIONS / assignment / notebook).read_text())
    cells = ["".join(cell["source"]) for cell in book["cells"] if cell["cell_type"] == "code"]
    space = {"torch": torch, "nn": nn, "Linear": nn.Linear, "ReLU": nn.ReLU, "LogSoftmax": nn.LogSoftmax}
    exec(next(cell for cell in cells if f"class {name}" in cell), space)
    return space[name]


def centred(train: Images, test: Images) -> tuple[Images, Images]:
    """[0, 1] → [−1, 1]."""
    return 2 * train - 1, 2 * test - 1


def standardised(train: Images, test: Images) -> tuple[Images, Images]:
    """By the mean and the deviation of each channel of the training images."""
    mean, deviation = (s.astype(np.float32)[:, None, None] for s in data.channel_statistics(train))
    return (train - mean) / deviation, (test - mean) / deviation


def flat(train: Images, test: Images) -> tuple[Images, Images]:
    """Centred, in rows."""
    train, test = centred(train, test)
    return train.reshape(len(train), -1), test.reshape(len(test), -1)


def _dogs(dataset: Dataset) -> nn.Module:
    """The solution's net; its last layer is as large as the images ask for."""
    net: nn.Module = solution("a4_numpy_mlp", "dogs").Net()
    net.last = nn.Linear(48 * (dataset.x_train.shape[-1] // 8) ** 2, 2)
    return net


def _own_adam(parameters: Iterator[nn.Parameter]) -> Any:
    return solution("a4_numpy_mlp", "dogs").Adam(parameters, lr=4e-3)


def _adam(rate: float, decay: float = 0.0) -> Callable[[Iterator[nn.Parameter]], Any]:
    return partial(torch.optim.Adam, lr=rate, weight_decay=decay)


def _vgg16(name: str) -> Callable[[Dataset], nn.Module]:
    return lambda dataset: getattr(solution("a3_autodiff_vgg16", "vgg"), name)()


_HEIDELBERG: Final = "Adam 1e-4, weight decay 1e-3, batch 256, 10 epochs"
_SGD: Final = partial(torch.optim.SGD, lr=0.003, momentum=0.9)
_MOMENTUM: Final = partial(torch.optim.SGD, lr=0.02, momentum=0.9)

RECIPES: Final = (
    Recipe(
        "OLAT MLP 784-128-64-10",
        "a1",
        "mnist",
        "SGD 0.003, momentum 0.9, batch 64, 15 epochs",
        lambda dataset: in_notebook("a1_graphs", "exercise_1.ipynb", "CustomModel")(),
        _SGD,
        64,
        15,
        flat,
    ),
    Recipe(
        "EPFL MLP 784-128-128-128-10",
        "a2",
        "mnist",
        "Adam 5e-3, batch 200, 10 epochs",
        lambda dataset: in_notebook("a2_first_lab", "ex08.ipynb", "MNIST_model")(),
        _adam(5e-3),
        200,
        10,
    ),
    Recipe(
        "Heidelberg MLP 784-512-256-10",
        "a3",
        "mnist",
        "Adam 1e-3, batch 100, 10 epochs",
        lambda dataset: solution("a3_autodiff_vgg16", "mnist").mlp(),
        _adam(1e-3),
        100,
        10,
    ),
    Recipe(
        "VGG-16",
        "a3",
        "cifar10",
        _HEIDELBERG,
        _vgg16("vgg16"),
        _adam(1e-4, 1e-3),
        256,
        10,
        standardised,
    ),
    Recipe(
        "VGG-16, batch norm, dropout",
        "a3",
        "cifar10",
        _HEIDELBERG,
        _vgg16("vgg16_regularized"),
        _adam(1e-4, 1e-3),
        256,
        10,
        standardised,
    ),
    Recipe(
        "IFT CNN of matched size",
        "a4",
        "mnist",
        "SGD 0.02, momentum 0.9, batch 25, 10 epochs",
        lambda dataset: solution("a4_numpy_mlp", "cnn").CNN(),
        _MOMENTUM,
        25,
        10,
    ),
    Recipe(
        "Dogs vs. Cats, own layers and Adam",
        "a4",
        "dogs_vs_cats",
        "own Adam 4e-3, batch 50, 10 epochs, mirrored",
        _dogs,
        _own_adam,
        50,
        10,
        flip=True,
        capturable=False,
    ),
    Recipe(
        "EECS VGG-11, 149,370 parameters",
        "a5",
        "cifar10",
        "Adam 1e-3, batch 100, 10 epochs",
        lambda dataset: solution("a5_layers", "vgg").VGG(),
        _adam(1e-3),
        100,
        10,
        centred,
    ),
)
