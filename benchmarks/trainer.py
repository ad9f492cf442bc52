"""Training a reference network: fast, with everything on the device, and plainly, by a DataLoader, as the sheets do.

Both take the same batches in the same order and make the same updates. What is fast leaves the recipe alone: the data
lie on the device, images are mirrored there, layers work in bfloat16 on images whose channels come last, and a step is
recorded once as a CUDA graph or compiled. It asks for no torch newer than 2.6, since a GPU machine brings its own.
"""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final

import torch
from torch import Tensor, nn
from torch.nn import functional

WARM_UP: Final = 3
"""Steps before one is recorded, so that what is chosen or made at the first time is there."""
_EVALUATED: Final = 1000


@dataclass(frozen=True)
class Speed:
    """What is switched on. All of it is for a GPU but where the data lie, which helps anywhere."""

    bf16: bool = False
    channels_last: bool = False
    graph: bool = False
    compile: bool = False

    @classmethod
    def of(cls, device: torch.device, capturable: bool = True, compile: bool = False) -> Speed:
        """On a GPU all of it, a step being compiled or recorded; a short run does not earn the compiler's minute back.

        Nothing on a CPU.
        """
        gpu = device.type == "cuda"
        return cls(gpu, gpu, gpu and capturable and not compile, gpu and compile)


def orders(n: int, batch: int, epochs: int, seed: int) -> Iterator[tuple[Tensor, ...]]:
    """For each epoch the rows of its batches, all n in a new order; the last batch may be smaller."""
    generator = torch.Generator().manual_seed(seed)
    for _ in range(epochs):
        yield torch.randperm(n, generator=generator).split(batch)  # type: ignore[no-untyped-call]


def fast(
    model: nn.Module,
    x: Tensor,
    y: Tensor,
    optimizer: Callable[[Iterator[nn.Parameter]], Any],
    batches: Iterator[tuple[Tensor, ...]],
    device: torch.device,
    speed: Speed,
    flip: bool = False,
) -> float:
    """Train `model` on images x (N, …) float32 and labels y (N,) int64; returns the seconds, preparation included."""
    began = _now(device)
    layout = torch.channels_last if speed.channels_last and x.ndim == 4 else torch.contiguous_format
    kind = torch.bfloat16 if speed.bf16 else torch.float32
    x, y = x.to(device, kind, memory_format=layout), y.to(device)
    _moved(model, device, layout).train()
    if device.type == "cuda":
        torch.backends.cudnn.benchmark = True
    step = Step(model, optimizer(model.parameters()), device, speed)
    for epoch in batches:
        for rows in epoch:
            rows = rows.to(device, non_blocking=True)
            images = x[rows]
            step(mirrored(images) if flip else images, y[rows])
    return _now(device) - began


def mirrored(images: Tensor) -> Tensor:
    """A new batch in which about half of images (N, C, H, W) are mirrored, drawn on the device."""
    chosen = torch.rand(len(images), 1, 1, 1, device=images.device) < 0.5
    return torch.where(chosen, images.flip(3), images)


class Step:
    """One update by one batch, replayed from a CUDA graph where there is one for a batch of that size."""

    def __init__(self, model: nn.Module, optimizer: Any, device: torch.device, speed: Speed) -> None:
        self._model, self._optimizer, self._speed, self._device = model, optimizer, speed, device
        self._net: Callable[[Tensor], Tensor] = torch.compile(model) if speed.compile else model
        self._graph: Any = None
        self._images = self._labels = torch.empty(0)
        if speed.graph:
            for group in optimizer.param_groups:
                if "capturable" in group:
                    group["capturable"] = True

    def __call__(self, images: Tensor, labels: Tensor) -> None:
        if self._speed.graph and self._graph is None:
            self._record(images, labels)
        if self._graph is None or images.shape != self._images.shape:
            self._update(images, labels)
            return
        self._images.copy_(images)
        self._labels.copy_(labels)
        self._graph.replay()

    def _update(self, images: Tensor, labels: Tensor) -> None:
        self._model.zero_grad()
        with self._precision():
            scores = self._net(images)
        _backward(functional.cross_entropy(scores.float(), labels))
        self._optimizer.step()

    def _precision(self) -> contextlib.AbstractContextManager[Any]:
        """bfloat16 where it is on; a recorded step may not find weights in autocast's cache that a later one lacks."""
        if not self._speed.bf16:
            return contextlib.nullcontext()
        return torch.autocast(self._device.type, torch.bfloat16, cache_enabled=not self._speed.graph)

    def _record(self, images: Tensor, labels: Tensor) -> None:
        """Record a step as a graph, and leave parameters, running averages and the optimiser's state as they were."""
        self._images, self._labels = images.clone(), labels.clone()
        before = {name: value.clone() for name, value in self._model.state_dict().items()}
        cuda: Any = torch.cuda
        stream = cuda.Stream()
        stream.wait_stream(torch.cuda.current_stream())
        with cuda.stream(stream):
            for _ in range(WARM_UP):
                self._update(self._images, self._labels)
        torch.cuda.current_stream().wait_stream(stream)
        graph = torch.cuda.CUDAGraph()
        with torch.cuda.graph(graph):
            self._update(self._images, self._labels)
        with torch.no_grad():
            for name, value in self._model.state_dict().items():
                value.copy_(before[name])
            for state in self._optimizer.state.values():
                for held in state.values():
                    if isinstance(held, Tensor):
                        held.zero_()
        self._graph = graph


def plain(
    model: nn.Module,
    x: Tensor,
    y: Tensor,
    optimizer: Callable[[Iterator[nn.Parameter]], Any],
    batches: Iterator[tuple[Tensor, ...]],
    device: torch.device,
    flip: bool = False,
) -> float:
    """The loop of every tutorial: a DataLoader, one batch at a time to the device, float32; returns the seconds."""
    from torch.utils.data import DataLoader, TensorDataset

    began = _now(device)
    _moved(model, device).train()
    steps = optimizer(model.parameters())
    dataset, generator = TensorDataset(x, y), torch.Generator()  # or it draws from what mirrors the images
    for epoch in batches:
        rows: Sequence[list[int]] = [part.tolist() for part in epoch]
        for images, labels in DataLoader(dataset, batch_sampler=rows, generator=generator):
            images, labels = images.to(device), labels.to(device)
            model.zero_grad()
            _backward(functional.cross_entropy(model(mirrored(images) if flip else images), labels))
            steps.step()
    return _now(device) - began


@torch.no_grad()
def accuracy(model: nn.Module, x: Tensor, y: Tensor, device: torch.device) -> float:
    """The share of images x (N, …) that `model`, in mode eval, gives the largest score at the label y (N,)."""
    model.eval()
    scores = torch.cat([model(x[n : n + _EVALUATED].to(device)).cpu() for n in range(0, len(x), _EVALUATED)])
    return float((scores.argmax(1) == y).float().mean())


def _backward(loss: Any) -> None:
    loss.backward()


def _moved(model: Any, device: torch.device, layout: torch.memory_format = torch.contiguous_format) -> Any:
    return model.to(device=device, memory_format=layout)


def _now(device: torch.device) -> float:
    """The clock, once a GPU has done all it was given; on a CPU computing time, which others leave alone."""
    if device.type == "cpu":
        return time.process_time()
    torch.cuda.synchronize(device)
    return time.perf_counter()
