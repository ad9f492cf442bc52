"""Tiny made files in the forms of real data sets, for torchvision's own loaders to read."""

from __future__ import annotations

import gzip
import hashlib
import pickle
import struct
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image
from torchvision import datasets

Arrays = tuple[NDArray[np.uint8], NDArray[np.uint8]]


def idx(array: NDArray[Any]) -> bytes:
    """The form of MNIST's files: what each entry is, the shape, the entries, the largest byte first."""
    code = {np.dtype(np.uint8): 8, np.dtype(np.int32): 12}[array.dtype]
    shape = struct.pack(f">{array.ndim}I", *array.shape)
    return bytes((0, 0, code, array.ndim)) + shape + array.astype(array.dtype.newbyteorder(">")).tobytes()


def grey(count: int, seed: int) -> Arrays:
    random = np.random.RandomState(seed)
    return random.randint(0, 256, (count, 28, 28)).astype(np.uint8), (np.arange(count) % 10).astype(np.uint8)


def mnist(folder: Path, kind: str = "MNIST", packed: bool = False) -> tuple[Arrays, Arrays]:
    """Forty images to train with and twenty to test with, in `folder`; the same for every folder."""
    train, test = grey(40, 1), grey(20, 2)
    raw = folder / kind / "raw"
    raw.mkdir(parents=True)
    for name, (x, y) in (("train", train), ("t10k", test)):
        for what, array in (("images-idx3", x), ("labels-idx1", y)):
            path = raw / f"{name}-{what}-ubyte"
            path.write_bytes(idx(array))
            if packed:
                path.with_name(f"{path.name}.gz").write_bytes(gzip.compress(path.read_bytes(), mtime=0))
                path.unlink()
    return train, test


def qmnist(folder: Path, count: int = 30) -> Arrays:
    """`count` digits after the 10,000 that MNIST has too."""
    x, y = grey(10_000 + count, 3)
    labels = np.zeros((len(x), 8), np.int32)
    labels[:, 0] = y
    raw = folder / "QMNIST" / "raw"
    raw.mkdir(parents=True)
    (raw / "qmnist-test-images-idx3-ubyte").write_bytes(idx(x))
    (raw / "qmnist-test-labels-idx2-int").write_bytes(idx(labels))
    return x[10_000:], y[10_000:]


def cifar10(folder: Path, monkeypatch: pytest.MonkeyPatch) -> tuple[Arrays, Arrays]:
    """Ten images a batch. torchvision's own checksums are of the real ones, so those of these take their place."""
    random, parts = np.random.RandomState(4), list[Arrays]()
    place = folder / "cifar-10-batches-py"
    place.mkdir(parents=True)
    sums = {}
    for name in (*(f"data_batch_{n}" for n in range(1, 6)), "test_batch"):
        x, y = random.randint(0, 256, (10, 3072)).astype(np.uint8), random.permutation(10)
        sums[name] = _written(place / name, {"data": x, "labels": y.tolist()})
        parts.append((x.reshape(10, 3, 32, 32), y.astype(np.uint8)))
    names = {"label_names": [f"kind {n}" for n in range(10)]}
    about = {**datasets.CIFAR10.meta, "md5": _written(place / "batches.meta", names)}
    monkeypatch.setattr(datasets.CIFAR10, "train_list", [[name, sums[name]] for name in list(sums)[:5]])
    monkeypatch.setattr(datasets.CIFAR10, "test_list", [["test_batch", sums["test_batch"]]])
    monkeypatch.setattr(datasets.CIFAR10, "meta", about)
    return (np.concatenate([x for x, _ in parts[:5]]), np.concatenate([y for _, y in parts[:5]])), parts[5]


def _written(path: Path, value: object) -> str:
    path.write_bytes(pickle.dumps(value, protocol=2))
    return hashlib.md5(path.read_bytes()).hexdigest()


def cifar10_1(folder: Path, count: int = 12) -> NDArray[np.uint8]:
    x = np.random.RandomState(5).randint(0, 256, (count, 32, 32, 3)).astype(np.uint8)
    folder.mkdir(parents=True, exist_ok=True)
    np.save(folder / "cifar10.1_v6_data.npy", x)
    np.save(folder / "cifar10.1_v6_labels.npy", (np.arange(count) % 10).astype(np.int32))
    return x


def dogs_vs_cats(folder: Path, count: int = 15) -> None:
    """`count` images a kind of 90×70, cats dark and dogs light."""
    place = folder / "dogs-vs-cats" / "train"
    place.mkdir(parents=True)
    for kind, shade in (("cat", 40), ("dog", 200)):
        for n in range(count):
            Image.new("RGB", (90, 70), (shade, shade, shade)).save(place / f"{kind}.{n}.jpg")
