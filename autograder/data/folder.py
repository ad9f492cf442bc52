"""The sets that torchvision knows, read from a data folder by its own loaders and held to its own checksums."""

from __future__ import annotations

import importlib
import shlex
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from autograder.data import keeping
from autograder.data.dataset import DataError, Dataset

Bytes = NDArray[np.uint8]
Pair = tuple[Bytes, NDArray[np.int64]]
"""Images (N, channels, rows, columns) and labels (N,)."""

DOGS_SIDE: Final = 64
_DOGS_SEED, _DOGS_PART = 87, 10


@dataclass(frozen=True)
class Real:
    """One set: `stand_in` is what installs with the kit, `files` what of a data folder it is read from."""

    name: str
    source: str
    stand_in: str
    files: tuple[str, ...]
    """Patterns below the data folder; where none fits, the set is not there."""
    read: Callable[[Path], tuple[Pair, Pair]]
    """Training and test part."""
    val: int
    """How many of the training part, its last, are the validation part; all parts shrink alike in a smaller set."""


def load(real: Real, folder: Path) -> Dataset:
    """The set as it lies in `folder`, float32 in [0, 1]; raises DataError in one line.

    It is converted once, into the user's cache: later loads map those files, and processes share their pages.
    """
    files = [path for pattern in real.files for path in sorted(folder.glob(pattern))]
    command = shlex.join(["autograder", "data", "fetch", real.name, "--data", str(folder)])
    if not files:
        raise DataError(f"{real.name}: {folder} does not hold it; this gets it: {command}")

    def read() -> dict[str, keeping.Array]:
        try:
            (x, y), (x_test, y_test) = real.read(folder)
        except DataError:
            raise
        except (OSError, RuntimeError, ValueError, AssertionError, KeyError, EOFError) as error:
            why = (str(error) or type(error).__name__).strip().splitlines()[0].partition(". ")[0]
            raise DataError(
                f"{real.name}: {folder} holds it in part or damaged ({why}); this mends it: {command}"
            ) from error
        edge = len(x) - min(real.val, len(x) // 10)
        parts = x[:edge], y[:edge], x[edge:], y[edge:], x_test, y_test
        return dict(zip(keeping.NAMES, parts, strict=True))

    arrays, checksum, kept = keeping.kept(real.name, files, read)
    return Dataset(real.name, real.source, **arrays, folder=folder, kept=kept, known=checksum)  # type: ignore[arg-type]


def torchvision(name: str) -> Any:
    """A data set's class of torchvision's as it came, whatever else goes by that name in this process."""
    kind = getattr(module("datasets"), name)
    return vars(kind).get("_as_it_came", kind)


def module(name: str) -> Any:
    """Imported when it is needed, since that takes a second and more."""
    return importlib.import_module(f"torchvision.{name}")


def _mnist(name: str) -> Callable[[Path], tuple[Pair, Pair]]:
    def read(folder: Path) -> tuple[Pair, Pair]:
        check_integrity = module("datasets.utils").check_integrity
        kind = torchvision(name)
        for packed, md5 in kind.resources:  # the unpacked files have no checksums of torchvision's
            path = folder / name / "raw" / packed
            if path.exists() and not check_integrity(str(path), md5):
                raise DataError(f"{path}: not the file that torchvision's checksum is of; remove it and fetch it again")
        train, test = (kind(str(folder), train=train) for train in (True, False))
        return _grey(train), _grey(test)

    return read


def _grey(part: Any) -> Pair:
    return part.data.numpy()[:, None], part.targets.numpy().astype(np.int64)


def _cifar10(folder: Path) -> tuple[Pair, Pair]:
    train, test = (torchvision("CIFAR10")(str(folder), train=train) for train in (True, False))
    return _coloured(train), _coloured(test)


def _coloured(part: Any) -> Pair:
    return part.data.transpose(0, 3, 1, 2), np.asarray(part.targets, dtype=np.int64)


def _dogs_vs_cats(folder: Path) -> tuple[Pair, Pair]:
    """All labelled images, in an order drawn once: nine of ten to train with, one to test with."""
    default_loader = module("datasets.folder").default_loader
    found = [
        (path, kind) for path in _labelled(folder) for kind, word in enumerate(("cat", "dog")) if _is_of(path, word)
    ]
    found.sort(key=lambda f: (f[1], len(f[0].name), f[0].name))
    if not found:
        raise DataError(f"dogs_vs_cats: {folder} holds no images named cat.0.jpg, dog.0.jpg and so on")
    order = np.random.RandomState(_DOGS_SEED).permutation(len(found))
    x = np.stack([_square(default_loader(str(found[i][0]))) for i in order])
    y = np.array([found[i][1] for i in order], dtype=np.int64)
    edge = len(x) - len(x) // _DOGS_PART
    return (x[:edge], y[:edge]), (x[edge:], y[edge:])


def _labelled(folder: Path) -> list[Path]:
    return [path for pattern in _DOGS for path in sorted(folder.glob(pattern))]


def _is_of(path: Path, word: str) -> bool:
    return path.name.startswith(f"{word}.") or path.parent.name in (word, f"{word}s", word.title())


def _square(picture: Any) -> Bytes:
    """The middle of an image, (3, 64, 64)."""
    functional = module("transforms.functional")
    if picture.size != (DOGS_SIDE, DOGS_SIDE):
        picture = functional.center_crop(functional.resize(picture, [DOGS_SIDE]), [DOGS_SIDE])
    return np.ascontiguousarray(np.asarray(picture).transpose(2, 0, 1))


_DOGS: Final = ("dogs-vs-cats*/train/*.jpg", "dogs-vs-cats*/train/*/*.jpg")

REAL: Final = {
    real.name: real
    for real in (
        Real(
            "mnist",
            "MNIST (Y. LeCun, C. Cortes, C. J. C. Burges)",
            "digits",
            ("MNIST/raw/*-ubyte",),
            _mnist("MNIST"),
            5000,
        ),
        Real(
            "fashion_mnist",
            "Fashion-MNIST (H. Xiao, K. Rasul, R. Vollgraf; MIT)",
            "digits",
            ("FashionMNIST/raw/*-ubyte",),
            _mnist("FashionMNIST"),
            5000,
        ),
        Real("cifar10", "CIFAR-10 (A. Krizhevsky)", "shapes", ("cifar-10-batches-py/*",), _cifar10, 5000),
        Real("dogs_vs_cats", "Dogs vs. Cats (Kaggle, Asirra)", "cats_dogs", _DOGS, _dogs_vs_cats, 2500),
    )
}
"""By the name that a check asks for."""
