"""Graphs given as data: every valid decomposition is taken, every malformed one ends in a sentence."""

from __future__ import annotations

import math
from collections import OrderedDict

import numpy as np
import pytest
from expressions import AT, INPUTS, A, B, C, expression_a, expression_b, expression_c, points
from hypothesis import given, settings
from hypothesis import strategies as st

from autograder.checks import Failure, Graph, NotGiven, base_of, read_graph, same_function
from autograder.checks.operations import OPERATIONS

RNG = np.random.default_rng


def read(graph: object, **more: object) -> Graph:
    return read_graph(graph, INPUTS, "GRAPH", **more)  # type: ignore[arg-type]


def refused(graph: object, **more: object) -> Failure:
    with pytest.raises(Failure) as caught:
        read(graph, **more)
    return caught.value


@pytest.mark.parametrize(
    ("graph", "f", "result"),
    [(A, expression_a, "A"), (B, expression_b, "B"), (C, expression_c, "C")],
)
def test_the_sheets_expressions_are_recognised(graph: object, f: object, result: str) -> None:
    made = read(graph, output=result)
    same_function(made, f, points(RNG(1)))  # type: ignore[arg-type]
    assert made.output == result


@pytest.mark.parametrize(
    "graph",
    [
        {"A": ("mul", "s", "d"), "s": ("sub", "a", "m"), "m": ("mul", "b", "c")},  # any order
        {"m": ["*", "b", "c"], "s": ["-", "a", "m"], "A": ["·", "s", "d"]},
        [("m", "mul", ("c", "b")), ("n", "neg", "m"), ("s", "+", "a", "n"), ("A", "mul", "d", "s")],
        {"x": ("mul", "a", "d"), "m": ("mul", "b", "c"), "y": ("mul", "m", "d"), "A": ("sub", "x", "y")},
        {"m": ("mul", "b", "c"), "s": ("sub", "m", "a"), "t": ("mul", -1, "s"), "end": ("mul", "t", "d")},
    ],
)
def test_any_decomposition_is_the_same_expression(graph: object) -> None:
    same_function(read(graph, output="A"), expression_a, points(RNG(2)))


def test_a_node_used_twice_may_be_shared_or_repeated() -> None:
    shared = read({"t": ("add", "a", "b"), "y": ("mul", "t", "t")})
    repeated = read({"t": ("add", "a", "b"), "u": ("add", "a", "b"), "y": ("mul", "t", "u")})
    for graph in (shared, repeated):
        same_function(graph, lambda a, b, c, d: (a + b) ** 2, points(RNG(3)))
        adjoints = graph.adjoints(graph.evaluate(AT))
        assert float(adjoints["a"]) == pytest.approx(2 * (2.0 - 7.0))


@pytest.mark.parametrize(
    ("graph", "said"),
    [
        (None, "GRAPH is empty."),
        ({}, "GRAPH is empty: no node is written yet."),
        (3, "GRAPH is a whole number, not a dict of nodes."),
        (OrderedDict(A), "GRAPH is an OrderedDict, not a dict of nodes."),
        ({"m": "mul"}, "GRAPH: m is a string."),
        ({"m": ()}, "GRAPH: m is a tuple."),
        ([("m",)], "GRAPH: row 1 is no node."),
        ([("m", "mul", "b", "c"), ("m", "mul", "b", "d")], "GRAPH: m is there twice."),
        ({"a": ("add", "b", "c")}, "GRAPH: a is an input; give the node another name."),
        ({"m n": ("mul", "b", "c")}, "GRAPH: m n is no name; a node's name is made of letters"),
        ({"<b>": ("mul", "b", "c")}, "GRAPH: <b> is no name"),
        ({3: ("mul", "b", "c")}, "GRAPH: a whole number is no name"),
        ({10**5000: ("mul", "b", "c")}, "GRAPH: a whole number is no name"),
        ({"m": ("mull", "b", "c")}, "GRAPH: m: mull is no known operation; did you mean mul?"),
        ({"m": ("convolve", "b", "c")}, "GRAPH: m: convolve is no known operation; "),
        ({"m": (7, "b", "c")}, "GRAPH: m: the operation is a whole number; write its name"),
        ({"m": ("mul", "b")}, "GRAPH: m: mul takes two parents, not 1; a node holds one operation."),
        ({"m": ("add", "a", "b", "c")}, "GRAPH: m: add takes two parents, not 3; a node holds one operation."),
        ({"m": ("exp", "a", "b")}, "GRAPH: m: exp takes one parent, not 2"),
        ({"m": ("mul", "b", ("sub", "a", "c"))}, "GRAPH: m has an operation inside another"),
        ({"m": ("mul", "b", "x")}, "GRAPH: m uses x, which is neither an input (a, b, c, d) nor a node."),
        ({"m": ("mul", "b", math.nan)}, "GRAPH: m uses a number, which is neither"),
        ({"m": ("mul", "b", 10**5000)}, "GRAPH: m uses a whole number, which is neither"),
        ({"m": ("mul", "b", True)}, "GRAPH: m uses a truth value, which is neither"),
        ({"m": ("mul", "b", "m")}, "GRAPH has a circle: m → m."),
        ({"m": ("mul", "b", "s"), "s": ("exp", "t"), "t": ("exp", "m")}, "GRAPH has a circle: m → s → t → m."),
        ({"m": ("mul", "b", "c"), "n": ("exp", "a"), "A": ("exp", "m")}, "GRAPH: n does not lead to the result A."),
        ({"m": ("mul", "b", "c"), "A": ("exp", "m"), "z": ("exp", "A")}, "GRAPH: z does not lead to the result A."),
        ({f"n{i}": ("exp", "a") for i in range(201)}, "GRAPH has 201 nodes; at most 200 are read."),
    ],
)
def test_a_malformed_graph_ends_in_a_sentence(graph: object, said: str) -> None:
    failure = refused(graph, output="A")
    assert failure.why.startswith(said)
    # What a hidden check says holds nothing of the submission.
    assert not any(word in failure.why_hidden for word in ("<b>", "mull", " x,", "z does", "m n"))


def test_an_empty_graph_counts_as_left_out() -> None:
    assert isinstance(refused({}), NotGiven)


def test_the_longest_chain_is_read_and_evaluated() -> None:
    chain = {"n0": ("sin", "a")} | {f"n{i}": ("sin", f"n{i - 1}") for i in range(1, 200)}
    backward = dict(reversed(chain.items()))
    assert read(backward).nodes[0].name == "n0"
    assert np.isfinite(read(backward).evaluate(AT)["n199"])


def test_another_expression_is_named_with_the_mistake_it_resembles() -> None:
    graph = read({"s": ("sub", "a", "b"), "m": ("mul", "s", "c"), "A": ("mul", "m", "d")})
    like = {"the product b·c comes before the difference": lambda a, b, c, d: (a - b) * c * d}
    with pytest.raises(Failure, match="the product b·c comes before") as caught:
        same_function(graph, expression_a, points(RNG(4)), like=like, hint="Brackets?")
    assert caught.value.why_hidden == "GRAPH is not the expression; the product b·c comes before the difference."
    assert caught.value.drawing.startswith("<svg ")


@pytest.mark.parametrize("factor", [1 + 1e-6, 1 - 1e-6, -1.0, 0.0])
def test_nearly_the_expression_is_not_the_expression(factor: float) -> None:
    graph = read({**A, "y": ("mul", "A", factor)})
    with pytest.raises(Failure, match="GRAPH is not the expression"):
        same_function(graph, expression_a, points(RNG(5)))


def test_the_first_node_that_is_not_finite_is_named() -> None:
    graph = read({"x": ("sub", "a", "a"), "y": ("ln", "x"), "z": ("mul", "y", "b"), "A": ("add", "z", "c")})
    with pytest.raises(Failure, match=r"GRAPH: y = ln x is not finite where the expression is\."):
        same_function(graph, expression_a, points(RNG(6)))


@pytest.mark.parametrize(("stated", "base"), [("e", math.e), (2.718, math.e), (10, 10.0), ("10", 10.0), (2, 2.0)])
def test_the_base_of_log_is_the_students_to_state(stated: object, base: float) -> None:
    assert base_of(stated, "BASE") == base
    graph = read({"y": ("log", "a")}, base=base_of(stated, "BASE"))
    assert float(graph.evaluate(AT)["y"]) == pytest.approx(math.log(2.0) / math.log(base))


@pytest.mark.parametrize("stated", [None, "3", True, 0, 1, math.nan, [], 10**400])
def test_anything_else_is_no_base(stated: object) -> None:
    with pytest.raises(Failure, match='BASE should be "e", 2 or 10'):
        base_of(stated, "BASE")


@pytest.mark.parametrize("name", OPERATIONS)
def test_each_operation_hands_back_its_derivative(name: str) -> None:
    parents = INPUTS[: OPERATIONS[name].arity]
    graph = read({"y": (name, *parents)})
    at = {"a": 0.7, "b": 1.3, "c": 0.0, "d": 0.0}
    adjoints = graph.adjoints(graph.evaluate(at))
    for parent in parents:
        low, high = (graph.evaluate({**at, parent: at[parent] + step})["y"] for step in (-1e-6, 1e-6))
        assert float(adjoints[parent]) == pytest.approx(float(high - low) / 2e-6, rel=1e-6)


def test_a_power_with_a_constant_exponent_may_have_a_negative_base() -> None:
    graph = read({"y": ("pow", "b", 3)})
    assert float(graph.adjoints(graph.evaluate(AT))["b"]) == pytest.approx(3 * 49)


names = st.sampled_from(["a", "b", "m", "n", "y"])
junk = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5) | st.binary(max_size=3) | names,
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.tuples(st.sampled_from(["mul", "exp", "sub", "log"]), inner, inner)
        | st.dictionaries(names | st.integers(), inner, max_size=4)
    ),
    max_leaves=12,
)


@settings(max_examples=300, deadline=None)
@given(junk)
def test_whatever_is_given_ends_in_a_graph_or_a_sentence(thing: object) -> None:
    graph, said = None, "GRAPH is read."
    try:
        graph = read(thing)
    except Failure as failure:
        said = failure.why
    assert said.startswith("GRAPH")
    assert said.endswith((".", "?"))
    if graph is None:
        return
    with np.errstate(all="ignore"):
        graph.adjoints(graph.evaluate(AT))


@st.composite
def any_graph(draw: st.DrawFn) -> dict[str, tuple[object, ...]]:
    """A chain of smooth operations in which each node uses the one before it."""
    made: dict[str, tuple[object, ...]] = {"n0": ("add", "a", "b")}
    for i in range(1, draw(st.integers(1, 8))):
        before = f"n{i - 1}"
        other = draw(st.sampled_from([*INPUTS, *made, 0.5]))
        made[f"n{i}"] = draw(st.sampled_from([("sin", before), ("mul", before, other), ("sub", other, before)]))
    return made


@settings(max_examples=100, deadline=None)
@given(any_graph(), st.integers(0, 2**32))
def test_adjoints_agree_with_complex_steps(made: dict[str, tuple[object, ...]], seed: int) -> None:
    graph = read(made)
    at = {name: float(x) for name, x in zip(INPUTS, RNG(seed).uniform(-1, 1, 4), strict=True)}
    adjoints = graph.adjoints(graph.evaluate(at))
    for name in graph.used:
        values: dict[str, complex] = {n: complex(at[n], 1e-30 if n == name else 0) for n in INPUTS}
        for node in graph.nodes:
            operands = [values[p] if isinstance(p, str) else p for p in node.parents]
            values[node.name] = complex(node.operation.value(*map(np.complex128, operands)))
        assert float(adjoints[name]) == pytest.approx(values[graph.output].imag / 1e-30, rel=1e-9, abs=1e-12)
