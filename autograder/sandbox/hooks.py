"""torch's global hooks while a training run lasts: every loss, step, batch and guess is told to the run."""

from __future__ import annotations

import contextlib
import importlib
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Protocol


class Listener(Protocol):
    """A run, as what is hooked here sees it."""

    model: object

    def before_backward(self, loss: Any, images: int) -> None: ...
    def before_step(self) -> None: ...
    def guessed(self, right: Any, images: int) -> None: ...


@contextlib.contextmanager
def installed(run: Listener) -> Iterator[None]:
    """While it lasts, whatever torch does for a training loop is told to `run`; without torch, nothing is."""
    torch: Any = sys.modules.get("torch")
    if torch is None:
        yield
        return
    with contextlib.ExitStack() as held:
        _Torch(run, torch).install(held)
        yield


class _Torch:
    """The hooks of one run."""

    def __init__(self, run: Listener, torch: Any) -> None:
        self._run, self._torch = run, torch
        self._depth = 0
        self._batch = 0
        """Images that the outermost module was last run forward with, until they are differentiated."""
        self._optimizer = False
        """Whether one of torch's has stepped: without one, every backward pass counts as a step."""

    def install(self, held: contextlib.ExitStack) -> None:
        module = self._torch.nn.modules.module
        optimizer = importlib.import_module("torch.optim.optimizer")
        for handle in (
            module.register_module_forward_pre_hook(self._enter),
            module.register_module_forward_hook(self._leave, always_call=True),
            optimizer.register_optimizer_step_pre_hook(self._step),
        ):
            held.callback(handle.remove)
        self._wrap(held, self._torch.Tensor, "backward", self._backward)
        self._wrap(held, self._torch.nn.functional, "cross_entropy", self._guess)

    @staticmethod
    def _wrap(held: contextlib.ExitStack, owner: Any, name: str, before: Any) -> None:
        original, under_way = getattr(owner, name), False

        def wrapped(*args: Any, **kwargs: Any) -> Any:
            nonlocal under_way
            if under_way:  # where a mode of torch's listens, as for `.cuda()`, a function comes here twice
                return original(*args, **kwargs)
            under_way = True
            try:
                before(*args, **kwargs)
                return original(*args, **kwargs)
            finally:
                under_way = False

        wrapped.__name__, wrapped.__doc__ = name, original.__doc__
        setattr(owner, name, wrapped)
        held.callback(setattr, owner, name, original)

    def _enter(self, module: Any, args: tuple[Any, ...]) -> None:
        self._depth += 1
        if self._depth == 1 and module.training and self._torch.is_grad_enabled() and args:
            shape = tuple(getattr(args[0], "shape", ()))
            self._batch = int(shape[0]) if len(shape) else 1
            if next(module.parameters(), None) is not None:  # a loss may be a module too
                self._run.model = module

    def _leave(self, module: Any, args: Any, output: Any) -> None:
        self._depth = max(0, self._depth - 1)

    def _backward(self, loss: Any, *args: Any, **kwargs: Any) -> None:
        images, self._batch = self._batch, 0
        value = loss.detach().mean()  # one number, whatever is differentiated
        self._run.before_backward(value if value.is_cuda else float(value), images)
        if not self._optimizer:
            self._run.before_step()

    def _step(self, *args: Any) -> None:
        if self._optimizer:
            self._run.before_step()
        self._optimizer = True

    def _guess(self, scores: Any, target: Any, *args: Any, **kwargs: Any) -> None:
        if scores.ndim == 2 and target.ndim == 1 and self._torch.is_grad_enabled():
            right = (scores.detach().argmax(1) == target).sum()
            self._run.guessed(right if right.is_cuda else int(right), len(target))


def resident() -> int:
    """Bytes of anonymous memory that this process holds; the most it ever held of any, where /proc does not say.

    0 where there is no way to tell.
    """
    with contextlib.suppress(OSError, ValueError, IndexError):
        for line in Path("/proc/self/status").read_text().splitlines():
            if line.startswith("RssAnon:"):
                return int(line.split()[1]) << 10
    with contextlib.suppress(ImportError):
        import resource

        most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        return most if sys.platform == "darwin" else most << 10
    return 0
