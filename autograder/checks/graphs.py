"""Computational graphs: evaluated forward and backward, drawn, and compared with the expression they should be."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from .drawing import draw
from .failure import Failure
from .operations import Operation

Array = NDArray[np.float64]
Parent = str | float

_AGREE: Final = 1e-9
"""Relative, of the graph's value and the expression's: two orders of operations differ by some roundings of 1e-16."""


@dataclass(frozen=True)
class Node:
    """`name` = operation(parents); a parent is an input, a node or a number."""

    name: str
    operation: Operation
    parents: tuple[Parent, ...]

    @property
    def says(self) -> str:
        return self.operation.sign.format(*(p if isinstance(p, str) else f"{p:g}" for p in self.parents))


@dataclass(frozen=True)
class Graph:
    """Nodes in an order in which each comes after its parents; `output` is the node that the others lead to."""

    name: str
    inputs: tuple[str, ...]
    nodes: tuple[Node, ...]
    output: str

    @property
    def used(self) -> tuple[str, ...]:
        """The inputs that some node uses."""
        parents = {parent for node in self.nodes for parent in node.parents}
        return tuple(name for name in self.inputs if name in parents)

    def evaluate(self, at: Mapping[str, object]) -> dict[str, Array]:
        """The value of every input and node at the point (or the points) `at`; NaN and infinity are values too."""
        values = {name: np.asarray(at[name], dtype=np.float64) for name in self.inputs}
        with np.errstate(all="ignore"):
            for node in self.nodes:
                values[node.name] = np.asarray(node.operation.value(*operands(node, values)))
        return values

    def messages(self, node: Node, values: Mapping[str, Array]) -> list[tuple[str, Array]]:
        """What `node` hands back for an adjoint of 1: (parent, ∂node/∂parent), once for each time it is used."""
        given = operands(node, values)
        with np.errstate(all="ignore"):
            return [
                (parent, np.asarray(slope(*given)))
                for parent, slope in zip(node.parents, node.operation.slopes, strict=True)
                if isinstance(parent, str)
            ]

    def adjoints(self, values: Mapping[str, Array]) -> dict[str, Array]:
        """∂output/∂(every node and used input), for the `values` of a forward pass."""
        found = {name: np.zeros_like(values[self.output]) for name in (*self.used, *(n.name for n in self.nodes))}
        found[self.output] = np.ones_like(values[self.output])
        with np.errstate(all="ignore"):
            for node in reversed(self.nodes):
                for parent, slope in self.messages(node, values):
                    found[parent] = found[parent] + found[node.name] * slope
        return found


def operands(node: Node, values: Mapping[str, Array]) -> list[Array]:
    """What the node's operation is applied to."""
    return [values[p] if isinstance(p, str) else np.float64(p) for p in node.parents]  # type: ignore[misc]


def same_function(
    graph: Graph,
    f: Callable[..., Array],
    at: Mapping[str, Array],
    *,
    like: Mapping[str, Callable[..., Array]] | None = None,
    hint: str = "",
) -> None:
    """Fail unless the graph computes f at all of the points `at`, each input an array of N values.

    `f` takes the inputs by name. `like` maps sentences to the functions of familiar mistakes.
    """
    got, want = graph.evaluate(at), f(**at)
    if not np.isfinite(want).all():
        raise ValueError(f"{graph.name}: the expression is not finite at every point; draw them where it is")
    for node in graph.nodes:
        if not np.isfinite(got[node.name]).all():
            said = f"{graph.name}: {node.name} = {node.says} is not finite where the expression is"
            raise drawn(graph, Failure(f"{said}.", hint, f"{graph.name} is not finite where the expression is."), node)
    value = np.broadcast_to(got[graph.output], want.shape)
    if _agree(value, want):
        return
    looks = [sentence for sentence, wrong in (like or {}).items() if _agree(value, wrong(**at))]
    place = int(np.argmax(np.abs(value - want)))
    where = ", ".join(f"{n} = {at[n].flat[place]:.3g}" for n in graph.inputs)
    said = f"{graph.name} is not the expression"
    looked = f"; {looks[0]}" if looks else ""
    why = f"{said}: at {where} it gives {value[place]:.6g} where {want[place]:.6g} was expected{looked}."
    raise drawn(graph, Failure(why, hint, f"{said}{looked}."))


def drawn(graph: Graph, failure: Failure, wrong: Node | None = None) -> Failure:
    """`failure` with the graph drawn, the wrong node marked; for a hidden check without names and numbers."""
    first = wrong.name if wrong else ""
    failure.drawing, failure.drawing_hidden = draw(graph, wrong=first), draw(graph, wrong=first, bare=True)
    return failure


def _agree(got: Array, want: Array) -> bool:
    with np.errstate(all="ignore"):
        return bool((np.abs(got - want) <= _AGREE * np.abs(want) + 1e-13 * np.abs(want).max()).all())
