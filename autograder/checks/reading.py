"""Graphs that students give as plain data: read row by row, and refused in a sentence where the form is not kept."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Final

import numpy as np

from .failure import Failure, NotGiven, kind_of, plain
from .graphs import Graph, Node, Parent
from .operations import operation

MOST: Final = 200
"""Nodes that a graph may have: a sheet's have ten."""
_LONGEST: Final = 24
_FORM: Final = 'A node is written as "m": ("mul", "b", "c"): its name, one operation, and what it is applied to.'


def read_graph(given: object, inputs: Sequence[str], name: str, *, output: str = "", base: float = math.e) -> Graph:
    """The graph that a student gives as a dict of node → (operation, parents…), or as a list of such rows.

    >>> read_graph({"m": ("mul", "b", "c"), "s": ("sub", "a", "m")}, "abc", "GRAPH").output
    's'

    A node named `output` is the result, else the last one that no other uses. `base` is that of "log". Raises Failure
    unless each node holds one known operation with as many parents as it takes, all of them defined, without a circle,
    and every node leads to the result.
    """
    rows = _rows(given, name)
    names = [row[0] for row in rows]
    for place, node in enumerate(names):
        if node in inputs:
            said = f"{name}: {node} is an input; give the node another name"
            raise Failure(f"{said}.", _FORM, f"{name}: a node has the name of an input.")
        if node in names[:place]:
            raise Failure(f"{name}: {node} is there twice.", _FORM, f"{name}: two nodes have the same name.")
    nodes = {row[0]: _node(row, {*inputs, *names}, inputs, base, name) for row in rows}
    ordered = _ordered(nodes, name)
    last = output if output in nodes else _last(nodes)
    _all_lead_to(last, nodes, name)
    return Graph(name, tuple(inputs), tuple(nodes[n] for n in ordered), last)


def _rows(given: object, name: str) -> list[tuple[str, object, tuple[object, ...]]]:
    """(node, operation, parents) as given, in order; names checked, nothing else."""
    if type(given) not in (dict, list, tuple):
        what = "is empty" if given is None else f"is {kind_of(given)}, not a dict of nodes"
        raise Failure(f"{name} {what}.", _FORM, f"{name} is not a dict of nodes.")
    assert isinstance(given, (dict, list, tuple))
    if not given:
        raise NotGiven(f"{name} is empty: no node is written yet.", _FORM)
    if len(given) > MOST:
        raise Failure(f"{name} has {len(given)} nodes; at most {MOST} are read.", hidden=f"{name} has too many nodes.")
    if isinstance(given, dict):
        return [(_name(key, name), *_applied(value, key, name)) for key, value in given.items()]
    rows = []
    for place, row in enumerate(given, 1):
        if type(row) not in (list, tuple) or len(row) < 2:
            raise Failure(f"{name}: row {place} is no node.", _FORM, f"{name}: a row is no node.")
        rows.append((_name(row[0], name), *_applied(row[1:], row[0], name)))
    return rows


def _name(given: object, name: str) -> str:
    if type(given) is not str or not given.isidentifier() or len(given) > _LONGEST:
        said = "a node's name is made of letters, digits and _"
        raise Failure(f"{name}: {_shown(given)} is no name; {said}, {_LONGEST} at most.", hidden=f"{name}: {said}.")
    return given


def _applied(given: object, node: object, name: str) -> tuple[object, tuple[object, ...]]:
    if type(given) not in (list, tuple) or not given:
        raise Failure(f"{name}: {_shown(node)} is {kind_of(given)}.", _FORM, f"{name}: a node is no operation.")
    assert isinstance(given, (list, tuple))
    parents = tuple(given[1:])
    if len(parents) == 1 and type(parents[0]) in (list, tuple):
        parents = tuple(parents[0])
    return given[0], parents


def _node(
    row: tuple[str, object, tuple[object, ...]], known: set[str], inputs: Sequence[str], base: float, graph: str
) -> Node:
    node, named, given = row
    where = f"{graph}: {node}"
    applied = operation(named, len(given), base, where)
    if len(given) != applied.arity:
        takes = "one parent" if applied.arity == 1 else "two parents"
        raise Failure(
            f"{where}: {applied.name} takes {takes}, not {len(given)}; a node holds one operation.",
            "Give every step between a node of its own." if len(given) > applied.arity else _FORM,
            f"{graph}: a node has a wrong number of parents.",
        )
    return Node(node, applied, tuple(_parent(parent, node, known, inputs, where) for parent in given))


def _parent(given: object, node: str, known: set[str], inputs: Sequence[str], where: str) -> Parent:
    if isinstance(given, np.generic):
        given = given.item()
    if type(given) in (int, float) and abs(given) <= 1e9:  # type: ignore[arg-type]
        return float(given)  # type: ignore[arg-type]
    if type(given) is str and given in known:
        return given
    if type(given) in (tuple, list):
        said = "has an operation inside another; a node holds one operation"
        raise Failure(
            f"{where} {said}.", "Give the inner one a node of its own.", f"{where.partition(':')[0]}: a node {said}."
        )
    raise Failure(
        f"{where} uses {_shown(given)}, which is neither an input ({', '.join(inputs)}) nor a node.",
        hidden=f"{where.partition(':')[0]}: a node uses what is neither an input nor a node.",
    )


def _shown(given: object) -> str:
    """Text as it is, but short; anything else by its kind, since a number may have a million digits."""
    return plain(given[:30]) or "an empty text" if type(given) is str else kind_of(given)


def _ordered(nodes: Mapping[str, Node], name: str) -> list[str]:
    """Names with parents first, otherwise as given; a Failure names a circle. The depth is bounded by MOST."""
    done: dict[str, None] = {}

    def put(node: str, path: tuple[str, ...]) -> None:
        if node in path:
            circle = " → ".join((*path[path.index(node) :], node))
            raise Failure(f"{name} has a circle: {circle}.", hidden=f"{name} has a circle.")
        if node in done:
            return
        for parent in nodes[node].parents:
            if isinstance(parent, str) and parent in nodes:
                put(parent, (*path, node))
        done[node] = None

    for node in nodes:
        put(node, ())
    return list(done)


def _last(nodes: Mapping[str, Node]) -> str:
    used = {parent for node in nodes.values() for parent in node.parents}
    return [name for name in nodes if name not in used][-1]


def _all_lead_to(output: str, nodes: Mapping[str, Node], name: str) -> None:
    leads, front = {output}, [output]
    while front:
        for parent in nodes[front.pop()].parents:
            if isinstance(parent, str) and parent in nodes and parent not in leads:
                leads.add(parent)
                front.append(parent)
    idle = [node for node in nodes if node not in leads]
    if idle:
        verb = "does" if len(idle) == 1 else "do"
        said = f"{name}: {', '.join(idle[:8])} {verb} not lead to the result {output}"
        raise Failure(f"{said}.", "Every node is used by another, but for the last.", f"{name}: a node is not used.")
