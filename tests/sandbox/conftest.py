"""One zygote for all tests that need no other, and boxes over the hostile submission."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from talk import SMALL, hostile

from autograder.model import Limits
from autograder.sandbox.box import Box, Zygote
from autograder.sandbox.isolation import Isolation
from autograder.sandbox.probe import probe

Opener = Callable[..., Box]


@pytest.fixture(scope="session")
def isolation() -> Isolation:
    found = probe()
    assert found.level == "ns", f"these tests need a machine that grants namespaces; this one misses {found.missing}"
    return found


@pytest.fixture(scope="session")
def zygote(isolation: Isolation) -> Iterator[Zygote]:
    with Zygote(isolation, preload=("numpy", "numpy.random")) as shared:
        yield shared


@pytest.fixture(scope="session")
def submission() -> Iterator[Path]:
    """The hostile submission, in a place that every user can reach."""
    with tempfile.TemporaryDirectory(prefix="autograder-test-") as place:
        Path(place).chmod(0o755)
        yield hostile(Path(place, "submission"))


@pytest.fixture
def opened(zygote: Zygote, submission: Path) -> Iterator[Opener]:
    """Opens boxes over the hostile submission and closes them."""
    boxes = []

    def open_box(limits: Limits = SMALL) -> Box:
        boxes.append(zygote.open(submission, limits))
        return boxes[-1]

    yield open_box
    for box in boxes:
        box.close()


@pytest.fixture
def box(opened: Opener) -> Box:
    return opened()
