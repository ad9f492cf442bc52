"""Traces by hand: judged against the student's own graph, each number by itself, and zero is never near 1e-8."""

from __future__ import annotations

import math

import numpy as np
import pytest
from expressions import A_FORWARD, A_REVERSE, AT, B_FORWARD, B_REVERSE, C_FORWARD, C_REVERSE, INPUTS, A, B, C
from hypothesis import given, settings
from hypothesis import strategies as st
from test_graphs import any_graph, junk

from autograder.checks import Failure, Graph, NotGiven, any_of, forward_trace, read_graph, reverse_trace
from autograder.checks.training import Share

EACH = [(A, A_FORWARD, A_REVERSE), (B, B_FORWARD, B_REVERSE), (C, C_FORWARD, C_REVERSE)]


def read(graph: object, **more: object) -> Graph:
    return read_graph(graph, INPUTS, "GRAPH", **more)  # type: ignore[arg-type]


def forward(graph: object, trace: object) -> str:
    with pytest.raises(Failure) as caught:
        forward_trace(read(graph), trace, AT, "FORWARD")
    return caught.value.why


def reverse(graph: object, trace: object, **more: object) -> str:
    with pytest.raises(Failure) as caught:
        reverse_trace(read(graph), trace, AT, "REVERSE", **more)  # type: ignore[arg-type]
    return caught.value.why


@pytest.mark.parametrize(("graph", "values", "adjoints"), EACH)
def test_traces_by_hand_pass_and_are_drawn(graph: object, values: object, adjoints: object) -> None:
    assert forward_trace(read(graph), values, AT, "FORWARD").drawing.count("<rect") >= 6
    assert reverse_trace(read(graph), adjoints, AT, "REVERSE", forward=values).drawing.count("←") >= 7


@pytest.mark.parametrize("digits", [3, 4, 6, 12])
@pytest.mark.parametrize(("graph", "_values", "_adjoints"), EACH)
def test_so_many_digits_are_enough(graph: object, _values: object, _adjoints: object, digits: int) -> None:
    made = read(graph)
    values = made.evaluate(AT)
    exact = made.adjoints(values)
    rounded = {n.name: float(f"{float(values[n.name]):.{digits - 1}e}") for n in made.nodes}
    assert forward_trace(made, rounded, AT, "FORWARD") == 1.0
    rounded = {name: float(f"{float(value):.{digits - 1}e}") for name, value in exact.items()}
    assert reverse_trace(made, rounded, AT, "REVERSE") == 1.0


@pytest.mark.parametrize("name", C_REVERSE)
def test_a_gradient_of_a_hundred_millionth_is_not_zero(name: str) -> None:
    for wrong in (0.0, 1e-12, -1e-9, -C_REVERSE[name], 1.02 * C_REVERSE[name]):
        said = reverse(C, {**C_REVERSE, name: wrong})
        assert said.startswith(f"REVERSE: the adjoint of {name} is not ")
    zeros = {key: value if abs(value) > 0.5 else 0.0 for key, value in C_REVERSE.items()}
    assert reverse(C, zeros) == "REVERSE: the adjoint of p is not 0: small is not zero."
    # A forward trace that says so is no excuse.
    for values in ({**C_FORWARD, "e": 0.0}, {**C_FORWARD, "p": -1000, "e": 0.0}):
        assert "the adjoint of p is not 0" in reverse(C, zeros, forward=values)
    assert forward(C, {**C_FORWARD, "e": 0.0}).startswith("FORWARD: e = exp p is not 0.")


@pytest.mark.parametrize("name", B)
def test_the_first_wrong_value_is_named(name: str) -> None:
    assert forward(B, {**B_FORWARD, name: B_FORWARD[name] * 1.02}).startswith(f"FORWARD: {name} = ")
    assert forward(B, dict.fromkeys(B_FORWARD, -1.5)).startswith("FORWARD: k = c³ is not -1.5.")


@pytest.mark.parametrize("name", A_REVERSE)
def test_the_first_wrong_adjoint_is_named(name: str) -> None:
    said = reverse(A, {**A_REVERSE, name: A_REVERSE[name] * -1})
    assert said.startswith(f"REVERSE: the adjoint of {name} is not ")


def test_a_wrong_graph_with_consistent_traces_follows_through() -> None:
    wrong = {"m": ("sub", "a", "b"), "s": ("mul", "m", "c"), "A": ("mul", "s", "d")}  # (a − b)·c·d
    assert forward_trace(read(wrong), {"m": 9, "s": 36, "A": 36}, AT, "FORWARD") == 1.0
    adjoints = {"A": 1, "d": 36, "s": 1, "m": 4, "c": 9, "a": 4, "b": -4}
    assert reverse_trace(read(wrong), adjoints, AT, "REVERSE") == 1.0
    assert "the adjoint of" in reverse(wrong, A_REVERSE)


def test_a_wrong_value_with_consistent_adjoints_follows_through() -> None:
    values = {"m": -28, "s": -26, "A": -26}  # 2 − (−28) taken for 2 − 28
    assert forward(A, values).startswith("FORWARD: s = a − m is not -26.")
    adjoints = {**A_REVERSE, "d": -26}
    assert reverse_trace(read(A), adjoints, AT, "REVERSE", forward=values) == 1.0
    assert reverse(A, adjoints) == "REVERSE: the adjoint of d is not -26; it reaches the result through A."


def test_rounding_by_hand_may_add_up() -> None:
    made = read({"x": ("div", "a", 3), "y": ("mul", "x", 1000), "z": ("sub", "y", 660)})
    assert forward_trace(made, {"x": 0.667, "y": 667, "z": 7}, AT, "FORWARD") == 1.0
    assert forward({"x": ("div", "a", 3), "z": ("sub", "x", 0.66)}, {"x": 0.667, "z": 0.0}).startswith("FORWARD: z")


def test_what_cancels_is_zero() -> None:
    third = {"x": ("div", "a", 3), "y": ("mul", "x", 3), "z": ("sub", "y", "a")}
    assert forward_trace(read(third), {"x": 0.667, "y": 2, "z": 0}, AT, "FORWARD") == 1.0


def test_both_paths_of_a_shared_node_count() -> None:
    graph = {"t": ("add", "a", "b"), "u": ("exp", "t"), "y": ("sub", "t", "u")}
    e = math.exp(-5)
    right = {"y": 1, "t": 1 - e, "u": -1, "a": 1 - e, "b": 1 - e}
    assert reverse_trace(read(graph), right, AT, "REVERSE") == 1.0
    assert (
        reverse(graph, {**right, "t": 1.0}) == "REVERSE: the adjoint of t is not 1; it reaches the result through u, y."
    )


@pytest.mark.parametrize(
    ("trace", "said"),
    [
        (None, "FORWARD is empty; write a dict of node and number."),
        ([], "FORWARD is a list; write"),
        ({"m": -28, "s": 30}, "FORWARD has no number for A."),
        ({**A_FORWARD, "x": 3}, "FORWARD names x, which is not in GRAPH."),
        ({**A_FORWARD, 10**5000: 3}, "FORWARD names a whole number, which is not in GRAPH."),
        ({**A_FORWARD, "s": None}, "FORWARD['s'] is None."),
        ({**A_FORWARD, "s": "30"}, "FORWARD['s'] is a string."),
        ({**A_FORWARD, "s": True}, "FORWARD['s'] is a truth value."),
        ({**A_FORWARD, "s": math.nan}, "FORWARD['s'] is no finite number."),
        ({**A_FORWARD, "s": 10**400}, "FORWARD['s'] is no finite number."),
        ({**A_FORWARD, "s": [30, 30]}, "FORWARD['s'] is a list."),
        ({**A_FORWARD, "a": 3}, "FORWARD: a is given as 2."),
    ],
)
def test_what_is_no_trace_ends_in_a_sentence(trace: object, said: str) -> None:
    assert forward(A, trace).startswith(said)


def test_numbers_may_be_numpys() -> None:
    assert forward_trace(read(A), {"m": np.int64(-28), "s": np.array([30.0]), "A": np.float32(30)}, AT, "F") == 1.0


@settings(max_examples=200, deadline=None)
@given(junk, junk)
def test_whatever_is_given_ends_in_points_or_a_sentence(values: object, adjoints: object) -> None:
    for judge, trace in ((forward_trace, values), (reverse_trace, adjoints)):
        with pytest.raises(Failure, match="TRACE"):
            judge(read(A), trace, AT, "TRACE")  # type: ignore[operator]


@settings(max_examples=100, deadline=None)
@given(any_graph(), st.data())
def test_every_right_trace_passes_and_every_wrong_number_is_found(made: object, data: st.DataObject) -> None:
    graph = read(made)
    at = {name: data.draw(st.floats(0.3, 1.0)) for name in INPUTS}
    values = {key: float(value) for key, value in graph.evaluate(at).items()}
    adjoints = {key: float(value) for key, value in graph.adjoints(graph.evaluate(at)).items()}
    trace = {node.name: values[node.name] for node in graph.nodes}
    assert forward_trace(graph, trace, at, "F") == 1.0
    assert reverse_trace(graph, adjoints, at, "R", forward=trace) == 1.0
    name = data.draw(st.sampled_from(sorted(adjoints)))
    if abs(adjoints[name]) > 1e-6:
        with pytest.raises(Failure, match=f"the adjoint of {name} is not"):
            reverse_trace(graph, {**adjoints, name: 1.5 * adjoints[name]}, at, "R", forward=trace)


def test_any_two_of_three() -> None:
    def fine() -> Share:
        return Share(1.0, drawing="fine")

    def wrong() -> Share:
        raise Failure("wrong")

    def left_out() -> Share:
        raise NotGiven("left out")

    assert any_of(2, {"A": fine, "B": left_out, "C": fine}).drawing == "fine"
    assert any_of(1, {"A": wrong, "B": fine, "C": left_out}) == 1.0
    with pytest.raises(Failure, match="wrong"):
        any_of(2, {"A": left_out, "B": wrong, "C": fine})
    with pytest.raises(NotGiven):
        any_of(2, {"A": left_out, "B": left_out, "C": fine})
    with pytest.raises(ZeroDivisionError):
        any_of(1, {"A": lambda: Share(1 / 0)})
