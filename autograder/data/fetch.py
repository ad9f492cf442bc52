"""`autograder data fetch NAME`: a real set into a data folder, from where torchvision says and with its checksums."""

from __future__ import annotations

import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from http.client import HTTPException
from pathlib import Path
from typing import Any, Final

from autograder.data import folder
from autograder.data.dataset import DataError

_BLOCK: Final = 1 << 18
_PATIENCE: Final = 30
"""Seconds without a byte."""
BY_HAND: Final = {
    "dogs_vs_cats": "Kaggle's terms let nobody pass it on: download its train.zip there and unpack it as "
    "dogs-vs-cats/train/cat.0.jpg and so on",
    "cifar10.1": "put cifar10.1_v6_data.npy and cifar10.1_v6_labels.npy there, from the authors' repository",
}
"""What no program may or can fetch, and what a person does."""
NAMES: Final = ("mnist", "fashion_mnist", "cifar10", "qmnist")

Seen = Callable[[str, int, int | None], None]
"""Told of a file's name, its bytes so far, and its bytes in all where that is known."""


@dataclass(frozen=True)
class Wanted:
    """One file, the addresses to try in turn, and its md5."""

    path: Path
    addresses: tuple[str, ...]
    md5: str


def fetch(name: str, place: Path, seen: Seen = lambda file, done, total: None) -> str:
    """Get a set into the folder `place`, and say in a sentence what is there now; raises DataError in one line.

    A file that is there and whole is not fetched again, and one that was broken off goes on where it ended.
    """
    if name in BY_HAND:
        raise DataError(f"{name}: {BY_HAND[name]}, in {place}")
    if name not in NAMES:
        raise DataError(f"{name}: there is no set of that name to fetch; there are {', '.join((*NAMES, *BY_HAND))}")
    try:
        place.mkdir(parents=True, exist_ok=True)
        for wanted in _wanted(name, place):
            _get(wanted, seen)
        _unpack(name, place)
    except (OSError, RuntimeError) as error:
        raise DataError(f"{name}: {place} cannot be filled: {_first_line(error)}") from error
    return f"{name} is in {place}"


def _wanted(name: str, place: Path) -> Iterator[Wanted]:
    """The files of a set that are not there yet, unpacked or packed."""
    if name == "cifar10":
        kind = folder.torchvision("CIFAR10")
        there = place / kind.base_folder
        if not all(_whole(there / file, md5) for file, md5 in (*kind.train_list, *kind.test_list)):
            yield Wanted(place / kind.filename, (kind.url,), kind.tgz_md5)
        return
    kind = folder.torchvision({"mnist": "MNIST", "fashion_mnist": "FashionMNIST", "qmnist": "QMNIST"}[name])
    raw = place / kind.__name__ / "raw"
    resources: Sequence[tuple[str, str]] = kind.resources["test"] if name == "qmnist" else kind.resources
    for address, md5 in resources:
        file = address.rpartition("/")[2]
        mirrors = (address,) if address != file else tuple(f"{mirror}{file}" for mirror in kind.mirrors)
        yield Wanted(raw / file, mirrors, md5)


def _unpack(name: str, place: Path) -> None:
    """Let torchvision make what it reads: it finds the files there and downloads nothing."""
    if name == "qmnist":
        folder.torchvision("QMNIST")(str(place), what="test50k", download=True)
    else:
        kind = {"mnist": "MNIST", "fashion_mnist": "FashionMNIST", "cifar10": "CIFAR10"}[name]
        folder.torchvision(kind)(str(place), download=True)


def _get(wanted: Wanted, seen: Seen) -> None:
    """One file, by the first address that has it. Raises DataError."""
    if _whole(wanted.path, wanted.md5):
        return
    wanted.path.parent.mkdir(parents=True, exist_ok=True)
    part = wanted.path.with_name(f"{wanted.path.name}.part")
    why = ""
    for address in wanted.addresses:
        try:
            _download(address, part, seen)
        except (OSError, HTTPException, ValueError) as error:
            why = f"{urllib.parse.urlsplit(address).hostname} does not give it ({_first_line(error)})"
            continue
        if _whole(part, wanted.md5):
            part.replace(wanted.path)
            return
        part.unlink()
        why = f"what {urllib.parse.urlsplit(address).hostname} gives has another checksum"
    raise DataError(f"{wanted.path.name} cannot be had: {why}; run the same command again to go on")


def _download(address: str, part: Path, seen: Seen) -> None:
    """Append to `part` what it lacks; from its beginning where the other side gives only the whole."""
    begun = part.stat().st_size if part.exists() else 0
    request = urllib.request.Request(address, headers={"User-Agent": "autograder", "Range": f"bytes={begun}-"})
    try:
        with urllib.request.urlopen(request, timeout=_PATIENCE) as answer:
            rest = begun if answer.status == 206 else 0
            length = answer.headers.get("Content-Length")
            total = rest + int(length) if length else None
            with part.open("ab" if rest else "wb") as file:
                while block := answer.read(_BLOCK):
                    file.write(block)
                    rest += len(block)
                    seen(part.stem, rest, total)
            if total is not None and rest < total:
                raise OSError("the connection ended early")
    except urllib.error.HTTPError as error:
        error.close()
        if error.code != 416:  # nothing is left to ask for: the part is the whole, or longer
            raise


def _whole(path: Path, md5: str) -> bool:
    check: Any = folder.module("datasets.utils").check_integrity
    return bool(check(str(path), md5))


def _first_line(error: BaseException) -> str:
    return (str(error) or type(error).__name__).strip().splitlines()[0]
