"""Traces through a graph, worked out by hand: the values forward and the adjoints backward, judged node by node."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Final

import numpy as np

from .drawing import draw
from .failure import Failure, NotGiven, kind_of, plain
from .graphs import Graph, Node
from .training import Share

BY_HAND: Final = 5e-3
"""Relative, of each value by itself and without any floor: three digits of 1.005 round it off by as much, and a
gradient of 1e-8 is as far from 0 as one of 1 is."""
_CANCELLED: Final = 1e-12
"""Of the largest term of a sum: what cancels on paper leaves this much of float64's rounding."""

Numbers = dict[str, float]


def read_trace(given: object, graph: Graph, name: str, *, inputs: bool = False) -> Numbers:
    """The numbers of a trace, a dict of node → number; with `inputs` one for every input that the graph uses, too.

    Raises NotGiven for an empty dict, Failure for anything but a finite number for every node.
    """
    if type(given) is not dict:
        what = "empty" if given is None else kind_of(given)
        raise Failure(f"{name} is {what}; write a dict of node and number.", hidden=f"{name} is not a dict.")
    if not given:
        raise NotGiven(f"{name} is empty: no trace is written yet.")
    wanted = [*(node.name for node in graph.nodes), *(graph.used if inputs else ())]
    missing = [node for node in wanted if node not in given]
    if missing:
        said = f"{name} has no number for {', '.join(missing[:8])}"
        raise Failure(f"{said}.", f"Every node of {graph.name} has one.", f"{name} has no number for some node.")
    known = {*wanted, *graph.inputs}
    strange = [key for key in given if type(key) is not str or key not in known]
    if strange:
        shown = plain(strange[0][:30]) if type(strange[0]) is str else kind_of(strange[0])
        raise Failure(
            f"{name} names {shown}, which is not in {graph.name}.", hidden=f"{name} names what is not in {graph.name}."
        )
    return {node: _number(given[node], f"{name}[{node!r}]", name) for node in given}


def forward_trace(graph: Graph, given: object, at: Mapping[str, float], name: str) -> Share:
    """All points, with a drawing, if every value follows from the student's own graph at the point `at`.

    A value may also follow from the numbers that the trace itself gives for the node's parents, once those are right:
    rounding by hand adds up. Raises Failure that names the first node that is off.
    """
    trace = read_trace(given, graph, name)
    truth = {key: float(value) for key, value in graph.evaluate(at).items()}
    own = {**{key: float(at[key]) for key in graph.inputs}, **{n.name: trace[n.name] for n in graph.nodes}}
    for key in graph.inputs:
        if key in trace and trace[key] != at[key]:
            raise Failure(f"{name}: {key} is given as {at[key]:g}.", hidden=f"{name} changes an input.")
    for place, node in enumerate(graph.nodes, 1):
        sums = node.operation.name in ("add", "sub")
        scale = _CANCELLED * max((abs(own[p]) for p in node.parents if sums and isinstance(p, str)), default=0.0)
        if not _near(trace[node.name], (truth[node.name], _applied(node, own)), scale):
            said = f"{name}: {node.name} = {node.says} is not {trace[node.name]:.6g}"
            sorry = f"{name}: the value of node {place}, of operation {node.operation.name}, is off"
            failure = Failure(f"{said}.", "What comes before it is right." if place > 1 else "", f"{sorry}.")
            failure.drawing = draw(graph, own, wrong=node.name)
            failure.drawing_hidden = draw(graph, wrong=node.name, bare=True)
            raise failure
    return Share(1.0, drawing=draw(graph, own), drawing_hidden=draw(graph, bare=True))


def reverse_trace(graph: Graph, given: object, at: Mapping[str, float], name: str, *, forward: object = None) -> Share:
    """All points, with a drawing, if every adjoint follows from the student's own graph at the point `at`.

    `forward` is the student's forward trace: adjoints that follow from its numbers are as good, where these are wrong.
    Raises Failure that names the first node, from the result backward, whose adjoint is off.
    """
    trace = read_trace(given, graph, name, inputs=True)
    values = {key: float(value) for key, value in graph.evaluate(at).items()}
    wrong = _first_off(graph, trace, values)
    own = _own_values(graph, forward, at)
    if wrong and own and _vanish_alike(graph, own, values) and not _first_off(graph, trace, own):
        wrong = None
    if not wrong:
        return Share(1.0, drawing=draw(graph, own or None, trace), drawing_hidden=draw(graph, bare=True))
    place = [*(node.name for node in graph.nodes), *graph.used].index(wrong) + 1
    which = f"node {place}" if place <= len(graph.nodes) else "an input"
    users = ", ".join([node.name for node in graph.nodes if wrong in node.parents][:6])
    why = f"{name}: the adjoint of {wrong} is not {trace[wrong]:.6g}"
    why += ": small is not zero" if trace[wrong] == 0 else f"; it reaches the result through {users}" if users else ""
    failure = Failure(
        f"{why}.",
        "Each node that uses it hands back its own adjoint times one slope; these add up.",
        f"{name}: the adjoint of {which} is off.",
    )
    failure.drawing = draw(graph, own or None, trace, wrong=wrong)
    failure.drawing_hidden = draw(graph, wrong=wrong, bare=True)
    raise failure


def by_hand(got: float, want: float, what: str, hint: str = "") -> None:
    """Fail unless a number worked out by hand is `want`, to as many digits as a trace needs and without any floor."""
    if not _near(got, (want,), 0.0):
        small = ": small is not zero" if got == 0 else ""
        raise Failure(f"{what} is not {got:.6g}{small}.", hint, f"{what} has the wrong value{small}.")


def any_of(wanted: int, attempts: Mapping[str, Callable[[], Share | None]]) -> Share:
    """All points if at least `wanted` of the attempts pass, with what the last of them draws.

    Else raises what the first attempt said that was made at all, or that none was.
    """
    passed: list[Share] = []
    failures: list[Exception] = []
    for attempt in attempts.values():
        try:
            passed.append(attempt() or Share(1.0))
        except Exception as error:
            if getattr(error, "outcome", "") != "failed":
                raise
            failures.append(error)
        if len(passed) == wanted:
            return passed[-1]
    raise next((error for error in failures if not isinstance(error, NotGiven)), failures[0])


def _first_off(graph: Graph, trace: Numbers, values: Mapping[str, float]) -> str | None:
    """The first name, from the result backward, whose adjoint neither is exact nor follows from those after it."""
    arrays = {key: np.float64(value) for key, value in values.items()}
    exact = {key: float(value) for key, value in graph.adjoints(arrays).items()}  # type: ignore[arg-type]
    parts: dict[str, list[float]] = {name: [] for name in exact}
    for name in [*(node.name for node in reversed(graph.nodes)), *graph.used]:
        terms = parts[name] or ([1.0] if name == graph.output else [0.0])
        scale = _CANCELLED * max(map(abs, terms))
        if not _near(trace[name], (exact[name], sum(terms)), scale):
            return name
        node = next((node for node in graph.nodes if node.name == name), None)
        for parent, slope in graph.messages(node, arrays) if node else ():  # type: ignore[arg-type]
            parts[parent].append(trace[name] * float(slope))
    return None


def _own_values(graph: Graph, forward: object, at: Mapping[str, float]) -> Numbers:
    """The student's own values, or nothing where they are no whole trace."""
    if forward is None:
        return {}
    try:
        trace = read_trace(forward, graph, "")
    except Failure:
        return {}
    return {**trace, **{key: float(at[key]) for key in graph.inputs}}


def _vanish_alike(graph: Graph, own: Numbers, values: Numbers) -> bool:
    """Whether an adjoint is 0 by one's own values only where it truly is: no wrong value may excuse a zero."""
    mine, true = (graph.adjoints({key: np.float64(v) for key, v in given.items()}) for given in (own, values))  # type: ignore[misc]
    return all(np.isfinite(mine[key]) and (mine[key] == 0) == (true[key] == 0) for key in true)


def _applied(node: Node, values: Mapping[str, float]) -> float:
    """The node's operation on these numbers."""
    given = [np.float64(values[p]) if isinstance(p, str) else np.float64(p) for p in node.parents]
    with np.errstate(all="ignore"):
        return float(node.operation.value(*given))


def _near(got: float, wants: Sequence[float], scale: float) -> bool:
    return any(np.isfinite(want) and abs(got - want) <= max(BY_HAND * abs(want), scale) for want in wants)


def _number(given: object, place: str, name: str) -> float:
    if isinstance(given, (np.generic, np.ndarray)) and given.size == 1:
        given = given.item()
    if type(given) in (int, float) and abs(given) < 1e300:  # type: ignore[arg-type]
        return float(given)  # type: ignore[arg-type]
    what = "no finite number" if type(given) in (int, float) else kind_of(given)
    raise Failure(f"{plain(place, 60)} is {what}.", hidden=f"{name} holds what is no finite number.")
