"""What is not there where submissions run: a network, from which MNIST would come, and a GPU."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
import torch
from books import book

from autograder.sandbox import offline

RUN = """
import json
from pathlib import Path
from autograder.model import Limits
from autograder.sandbox import local
from autograder.sandbox.student import Student
student = Student(lambda: local.connect(Path(".")), Limits(), ["ex08.ipynb", "plain.py"])
ran = student.notebook("ex08")
said = {name: getattr(student.ex08, name) for name in ("sizes", "labels", "where", "kinds", "other", "top")}
print(json.dumps(said | {"plain": student.plain.count, "says": ran.says, "pixels": student.ex08.pixels.tolist()}))
"""
CELLS = (
    "import torch\nfrom torchvision.datasets import MNIST, FashionMNIST",
    "train, test = MNIST('/anywhere', download=True), MNIST('./data', train=False)",
    "sizes = len(train), len(test)\nlabels = sorted(set(train.targets.tolist()))\ntop = int(train.data.max())",
    "pixels = train.data[0].float().mean()",
    "net = torch.nn.Linear(2, 2).to('cuda:0')\nx = torch.ones(1, 2, device='cuda').cuda()\nwhere = net(x).device.type",
    "kinds = [str(torch.zeros(1).to(torch.device('cuda')).dtype), str(torch.zeros(1, device='meta').device)]",
    "try:\n    FashionMNIST('./nowhere')\n    other = 'found'\nexcept RuntimeError:\n    other = 'not found'",
)
PLAIN = "from torchvision.datasets import MNIST\ncount = len(MNIST('here', train=False))\n"


@pytest.fixture(scope="module")
def said(tmp_path_factory: pytest.TempPathFactory) -> dict[str, object]:
    """What a notebook and a module found, in a process of its own: there torch is changed for good."""
    folder = tmp_path_factory.mktemp("offline")
    (folder / "ex08.ipynb").write_text(book(*CELLS))
    (folder / "plain.py").write_text(PLAIN)
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parent.parent.parent), "CUDA_VISIBLE_DEVICES": ""}
    call = [sys.executable, "-c", RUN]
    done = subprocess.run(call, cwd=folder, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    found: dict[str, object] = json.loads(done.stdout.splitlines()[-1])
    return found


def test_mnist_is_the_kits_digits_from_any_folder(said: dict[str, object]) -> None:
    assert (said["sizes"], said["plain"]) == ([4000, 1000], 1000)
    assert (said["labels"], said["top"]) == (list(range(10)), 255)
    assert "ex08.ipynb: MNIST is 5,000 of its digits here, 4,000 to train with and 1,000 to test with." in str(
        said["says"]
    )


def test_its_relatives_are_not(said: dict[str, object]) -> None:
    assert said["other"] == "not found"


def test_a_gpu_that_is_not_there_is_the_cpu(said: dict[str, object]) -> None:
    assert said["where"] == "cpu"
    assert said["kinds"] == ["torch.float32", "meta"]
    assert "There is no GPU here" in str(said["says"])


def test_nothing_is_changed_for_files_that_ask_for_neither(tmp_path: Path) -> None:
    from torchvision.datasets import MNIST

    (tmp_path / "layers.py").write_text("import numpy as np\n")
    (tmp_path / "ex08.ipynb").write_text(book("x = 1"))
    before = dict(vars(MNIST)), set(vars(torch))
    offline.prepare(tmp_path)
    assert (dict(vars(MNIST)), set(vars(torch))) == before


def test_whoever_only_speaks_of_mnist_does_not_pay_for_it(tmp_path: Path) -> None:
    (tmp_path / "work.py").write_text("# no MNIST here\n")
    code = f"""
import sys
from pathlib import Path
from autograder.sandbox import offline
offline.prepare(Path({str(tmp_path)!r}))
print([name for name in sys.modules if name.partition(".")[0] in ("torch", "torchvision")])
"""
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parent.parent.parent)}
    done = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"


def test_files_one_folder_below_are_looked_through_and_none_further_than_its_beginning(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for place in ("work.py", "ex08.ipynb", "blocks/conv.py", "blocks/deep/far.py", "blocks/ex09.ipynb", "notes.txt"):
        (tmp_path / place).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / place).write_text(place + "-" * 100)
    (tmp_path / "folder.py").mkdir()
    monkeypatch.setattr(offline, "_LOOKED_THROUGH", 20)

    texts = [offline._text(path) for path in offline._sources(tmp_path)]

    assert texts == [text.ljust(20, b"-") for text in (b"blocks/conv.py", b"ex08.ipynb")] + [
        b"",
        b"work.py".ljust(20, b"-"),
    ]
    assert list(offline._sources(tmp_path / "nowhere")) == []
