"""The training runs of one worker: each begun as it was ordered, and summed up for the grader after every call."""

from __future__ import annotations

import math
import os
import sys
from collections.abc import Callable
from typing import Any

from autograder.sandbox import lazily
from autograder.sandbox.training import Run, Tell, current


class Trainer:
    """The runs of one worker. An order is {"run", "seconds", "steps", "images", "memory_mb", "device", "vram"}."""

    def __init__(self) -> None:
        self._number = 0
        self._run: Run | None = None

    def call(self, order: dict[str, Any], call: Callable[[], object], tell: Tell) -> dict[str, object]:
        """What `call` returned within the run that `order` numbers, and a summary of the run so far."""
        if self._run is None or order["run"] != self._number:
            self._number, self._run = order["run"], _run_of(order)
            _settle_torch(order["device"], order["vram"])
        run = self._run
        run.tell = tell
        current.append(run)
        try:
            return {"result": run.within(call), "model": run.model, **run.summary()}
        finally:
            current.remove(run)


def _run_of(order: dict[str, Any]) -> Run:
    return Run(
        seconds=order["seconds"],
        steps=order["steps"] or math.inf,
        images=order["images"] or math.inf,
        memory=order["memory_mb"] * 2**20 or math.inf,
        on_gpu=order["device"] != "cpu",
    )


def _settle_torch(device: str, vram: float) -> None:
    """Kernels that give the same again, and of a GPU's memory a share: a kindness, as all is here."""
    torch: Any = sys.modules.get("torch")
    if torch is None:
        return
    lazily.put_off()  # or the first step of a run at home takes seconds of it
    os.environ.setdefault("CUBLAS_WORKSPACE_CONFIG", ":4096:8")
    torch.set_deterministic_debug_mode("warn")
    if device != "cpu":
        torch.backends.cudnn.deterministic, torch.backends.cudnn.benchmark = True, False
        torch.cuda.set_per_process_memory_fraction(vram, 0)
