"""torch's compiler, imported when somebody compiles: the first step of any optimiser would otherwise take seconds.

`torch.optim` imports all of `torch._dynamo` for two functions that do nothing unless something is being compiled. A
stand-in has those two, and makes way for the real package at the first question for anything else.
"""

from __future__ import annotations

import importlib
import re
import sys
from collections.abc import Callable
from functools import cached_property
from pathlib import Path
from types import ModuleType
from typing import Any, Final

_NAME: Final = "torch._dynamo"


class _StandIn(ModuleType):
    """What `torch.optim` needs of the package, while nobody compiles."""

    def disable(self, fn: Callable[..., Any] | None = None, *args: Any, **kwargs: Any) -> Any:
        """The function itself: outside of a compiled one there is nothing to keep it out of."""
        return fn if fn is not None and not args[1:] else self._real().disable(fn, *args, **kwargs)

    def graph_break(self, *args: Any, **kwargs: Any) -> None:
        """Nothing: there is no graph."""

    def __getattr__(self, name: str) -> Any:
        if name not in self._names and name != "__path__":  # whoever looks through all modules wants no compiler
            raise AttributeError(name)
        return getattr(self._real(), name)

    @cached_property
    def _names(self) -> frozenset[str]:
        """Every word in the package's own file, and its parts: what it has is among them."""
        folder = Path(str(self.__file__)).parent
        words = re.findall(r"\b[a-zA-Z]\w*", (folder / "__init__.py").read_text("utf-8"))
        return frozenset(words) | {path.stem for path in folder.iterdir()}

    def _real(self) -> ModuleType:
        import torch

        if sys.modules.get(_NAME) is self:
            del sys.modules[_NAME]
            vars(torch).pop("_dynamo", None)
        return importlib.import_module(_NAME)


def put_off() -> None:
    """Have a stand-in for torch's compiler where torch is loaded and its compiler is not."""
    torch: Any = sys.modules.get("torch")
    if torch is None or _NAME in sys.modules:
        return
    stand_in = _StandIn(_NAME)
    stand_in.__file__ = str(Path(torch.__file__).parent / "_dynamo" / "__init__.py")
    sys.modules[_NAME] = torch._dynamo = stand_in
