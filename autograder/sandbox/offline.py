"""What courses' code takes for granted and a grading machine has not: a download of a data set, and a GPU.

`torchvision.datasets.MNIST` gives the run's digits from any folder, and `.cuda()` and `.to("cuda")` stay on the CPU.
Both run beside a submission and decide nothing.
"""

from __future__ import annotations

import importlib
import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

from autograder.sandbox import downloads
from autograder.sandbox.downloads import Note

_LOOKED_THROUGH: Final = 4 << 20


def prepare(folder: Path, note: Note = lambda what: None) -> None:
    """Bring in what the Python files and notebooks of `folder` seem to need."""
    texts = [_text(path) for path in _sources(folder)]
    downloads.give(folder, lambda word: any(word.encode() in text for text in texts), note)
    if any(b"cuda" in text for text in texts if text.lstrip()[:1] == b"{"):
        _stay_on_cpu(note)


def _sources(folder: Path) -> Iterator[str]:
    """Its notebooks, its Python files and those one folder below."""
    for entry in _entries(folder):
        if entry.name.endswith((".py", ".ipynb")):
            yield entry.path
        elif entry.is_dir():
            yield from (below.path for below in _entries(entry.path) if below.name.endswith(".py"))


def _entries(folder: str | Path) -> list[os.DirEntry[str]]:
    try:
        return sorted(os.scandir(folder), key=lambda entry: entry.name)
    except OSError:
        return []


def _text(path: str) -> bytes:
    try:
        with open(path, "rb", buffering=0) as file:
            # the room for the most that is asked for would be made each time, page by page
            return file.read(min(os.fstat(file.fileno()).st_size, _LOOKED_THROUGH))
    except OSError:
        return b""


def _stay_on_cpu(note: Note) -> None:
    """Where there is no GPU, make asking for one a word that means nothing."""
    torch: Any = sys.modules.get("torch")
    if torch is None:
        try:
            torch = importlib.import_module("torch")
        except ImportError:
            return
    if torch.cuda.is_available() or hasattr(torch, "_on_the_cpu_of_the_kit"):
        return

    class OnTheCpu(torch.overrides.TorchFunctionMode):  # type: ignore[misc]
        """Reads every "cuda" among the arguments of torch's functions as "cpu"."""

        def __torch_function__(self, function: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
            kwargs = kwargs or {}
            if function is torch.Tensor.cuda:
                note("There is no GPU here: .cuda() and .to('cuda') stay on the CPU.")
                return args[0]
            moved = function is torch.Tensor.to or "device" in kwargs
            if moved or any(isinstance(arg, torch.device) for arg in args):
                args = tuple(_at_home(arg, torch, note) for arg in args)
                kwargs = {name: _at_home(arg, torch, note) for name, arg in kwargs.items()}
            return function(*args, **kwargs)

    torch._on_the_cpu_of_the_kit = OnTheCpu()
    torch._on_the_cpu_of_the_kit.__enter__()


def _at_home(arg: Any, torch: Any, note: Note) -> Any:
    asked = isinstance(arg, str) and arg.partition(":")[0] == "cuda"
    if asked or (isinstance(arg, torch.device) and arg.type == "cuda"):
        note("There is no GPU here: .cuda() and .to('cuda') stay on the CPU.")
        return torch.device("cpu")
    return arg
