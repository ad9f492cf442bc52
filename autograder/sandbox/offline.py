"""What courses' code takes for granted and a grading machine has not: a download of MNIST, and a GPU.

`torchvision.datasets.MNIST` gives the kit's 5,000 digits from any folder, and `.cuda()` and `.to("cuda")` stay on the
CPU. Both run beside a submission and decide nothing.
"""

from __future__ import annotations

import importlib
import sys
from collections.abc import Callable, Sequence
from importlib.machinery import ModuleSpec, PathFinder
from pathlib import Path
from types import ModuleType
from typing import Any, Final

_MNIST: Final = "torchvision.datasets.mnist"
_LOOKED_THROUGH: Final = 4 << 20
_SIBLINGS: Final = ("FashionMNIST", "KMNIST", "EMNIST", "QMNIST")

Note = Callable[[str], None]


def prepare(folder: Path, note: Note = lambda what: None) -> None:
    """Bring in what the Python files and notebooks of `folder` seem to need."""
    texts = [_text(path) for pattern in ("*.py", "*.ipynb", "*/*.py") for path in sorted(folder.glob(pattern))]
    if any(b"MNIST" in text for text in texts):
        _give_mnist(note)
    if any(b"cuda" in text for text in texts if text.lstrip()[:1] == b"{"):
        _stay_on_cpu(note)


def _text(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            return file.read(_LOOKED_THROUGH)
    except OSError:
        return b""


def _give_mnist(note: Note) -> None:
    """Let torchvision's MNIST hold the kit's digits, as soon as somebody imports it: that takes a second or more, and
    whoever only speaks of MNIST should not pay for it.
    """
    loaded = sys.modules.get(_MNIST)
    if loaded is not None:
        _hold_digits(loaded, note)
    elif not any(isinstance(finder, _Awaited) for finder in sys.meta_path):
        sys.meta_path.insert(0, _Awaited(note))


class _Awaited:
    """A finder that lends a hand when the module of MNIST is imported."""

    def __init__(self, note: Note) -> None:
        self._note = note

    def find_spec(self, name: str, path: Sequence[str] | None = None, target: object = None) -> ModuleSpec | None:
        spec = PathFinder.find_spec(name, path) if name == _MNIST else None
        loader: Any = spec.loader if spec else None
        if loader is not None:
            run = loader.exec_module

            def execute(module: ModuleType) -> None:
                run(module)
                _hold_digits(module, self._note)

            loader.exec_module = execute
        return spec


def _hold_digits(mnist: Any, note: Note) -> None:
    """Its relatives go on asking for their own files."""
    torch: Any = importlib.import_module("torch")
    kind = mnist.MNIST
    if hasattr(kind, "_of_the_kit"):
        return
    others = tuple(getattr(mnist, name) for name in _SIBLINGS if hasattr(mnist, name))
    before = {name: getattr(kind, name) for name in ("_check_exists", "_load_data", "download")}

    def there(self: Any) -> bool:
        return not isinstance(self, others) or bool(before["_check_exists"](self))

    def download(self: Any) -> None:
        if isinstance(self, others):
            before["download"](self)

    def load(self: Any) -> Any:
        if isinstance(self, others):
            return before["_load_data"](self)
        from autograder.data.mnist import mnist as arrays

        note("MNIST is 5,000 of its digits here, 4,000 to train with and 1,000 to test with.")
        images, labels = arrays(bool(self.train))
        return torch.from_numpy(images.copy()), torch.from_numpy(labels.copy())

    kind._check_exists, kind.download, kind._load_data, kind._of_the_kit = there, download, load, True
    legacy = kind._check_legacy_exist
    kind._check_legacy_exist = lambda self: isinstance(self, others) and legacy(self)


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
