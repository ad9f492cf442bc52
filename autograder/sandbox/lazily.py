"""What torch imports too early or too late: its compiler is put off, what its first calls import is brought forward.

The compiler is for whoever compiles: the first step of any optimiser would otherwise take seconds.

`torch.optim` imports all of `torch._dynamo` for two functions that do nothing unless something is being compiled, and
`torchvision.ops` for a third. Stand-ins have these, and make way for the real package at the first question for
anything else.
"""

from __future__ import annotations

import contextlib
import importlib
import re
import sys
from collections.abc import Callable
from functools import cached_property
from pathlib import Path
from types import ModuleType
from typing import Any, Final

_NAME: Final = "torch._dynamo"
_UTILS: Final = f"{_NAME}.utils"
_AT_A_FIRST_CALL: Final = (
    "torch.fx.experimental.symbolic_shapes",  # y.backward(gradient), gradcheck
    "torch.nested._internal.nested_tensor",  # loss.backward()
    "torch.utils.serialization.config",  # torch.save, torch.load
    "torch._subclasses.schema_check_mode",  # str(tensor)
)


class _StandIn(ModuleType):
    """Has of the module in `file` what its class defines, and of the rest only the names."""

    def __init__(self, name: str, file: Path) -> None:
        super().__init__(name)
        self.__file__ = str(file)

    def __getattr__(self, name: str) -> Any:
        if name not in self._names:  # whoever looks through all modules wants no compiler
            raise AttributeError(name)
        return getattr(_real(self.__name__), name)

    @cached_property
    def _names(self) -> frozenset[str]:
        """Every word in the module's own file but what Python itself asks for: what it has is among them."""
        return frozenset(re.findall(r"\b(?!__)[a-zA-Z_]\w*", Path(str(self.__file__)).read_text("utf-8")))


class _Package(_StandIn):
    """What `torch.optim` needs of `torch._dynamo`, while nobody compiles."""

    def disable(self, fn: Callable[..., Any] | None = None, *args: Any, **kwargs: Any) -> Any:
        """The function itself: outside of a compiled one there is nothing to keep it out of."""
        return fn if fn is not None and not args[1:] else _real(_NAME).disable(fn, *args, **kwargs)

    def graph_break(self, *args: Any, **kwargs: Any) -> None:
        """Nothing: there is no graph."""

    @cached_property
    def _names(self) -> frozenset[str]:
        """Its parts as well, and what makes it a package."""
        return super()._names | {path.stem for path in Path(str(self.__file__)).parent.iterdir()} | {"__path__"}


class _Utils(_StandIn):
    """What `torchvision.ops` imports of `torch._dynamo.utils`, and calls when a region is pooled."""

    def is_compile_supported(self, *args: Any) -> Any:
        return _real(_UTILS).is_compile_supported(*args)


def _real(name: str) -> Any:
    """The module itself, for good."""
    import torch

    for standing in (_NAME, _UTILS):
        if isinstance(sys.modules.get(standing), _StandIn):
            del sys.modules[standing]
            vars(torch).pop("_dynamo", None)
    return importlib.import_module(name)


def put_off() -> None:
    """Have stand-ins for torch's compiler where torch is loaded and its compiler is not."""
    torch: Any = sys.modules.get("torch")
    if torch is None or _NAME in sys.modules:
        return
    folder = Path(torch.__file__).parent / "_dynamo"
    sys.modules[_NAME] = torch._dynamo = _Package(_NAME, folder / "__init__.py")
    sys.modules[_UTILS] = _Utils(_UTILS, folder / "utils.py")


def bring_forward() -> None:
    """Import what torch, where it is loaded, would import at somebody's first call."""
    for name in _AT_A_FIRST_CALL if "torch" in sys.modules else ():
        with contextlib.suppress(ImportError):  # torch of another version
            importlib.import_module(name)
