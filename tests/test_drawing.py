"""Drawings of graphs: whole, escaped, of bounded size, without names and numbers where a check is hidden."""

from __future__ import annotations

from xml.etree import ElementTree

import numpy as np
import pytest
from expressions import A_FORWARD, A_REVERSE, AT, B_FORWARD, B_REVERSE, INPUTS, A, B, C
from hypothesis import given, settings
from hypothesis import strategies as st
from test_graphs import any_graph

from autograder.checks import read_graph
from autograder.checks.drawing import LIMIT, draw
from autograder.reports.drawings import MOST, inline


def boxes(svg: str) -> list[tuple[float, float, float, float]]:
    found = [element.attrib for element in ElementTree.fromstring(svg) if element.tag == "rect"]
    return [(float(b["x"]), float(b["y"]), float(b["width"]), float(b["height"])) for b in found]


def texts(svg: str) -> list[str]:
    return [element.text or "" for element in ElementTree.fromstring(svg) if element.tag == "text"]


@pytest.mark.parametrize("given", [A, B, C])
def test_every_node_and_every_input_is_drawn(given: object) -> None:
    graph = read_graph(given, INPUTS, "GRAPH")
    svg = draw(graph)
    assert texts(svg) == [*graph.used, *(f"{node.name} = {node.says}" for node in graph.nodes)]
    edges = sum(isinstance(parent, str) for node in graph.nodes for parent in node.parents)
    assert svg.count("<path") == edges
    assert inline(svg) == svg


def test_values_and_adjoints_stand_on_the_nodes_and_the_wrong_one_is_marked() -> None:
    svg = draw(read_graph(B, INPUTS, "GRAPH"), {**AT, **B_FORWARD}, B_REVERSE, wrong="u")
    shown = texts(svg)
    place = shown.index("u = t + k")
    assert shown[place + 1 : place + 3] == ["→ 59", "← 0.06509"]
    assert svg.count('stroke-width="3"') == 1
    assert "the one marked in red is off" in svg


def test_a_number_that_is_missing_or_not_finite_is_said() -> None:
    shown = texts(draw(read_graph(A, INPUTS, "GRAPH"), {"m": np.inf, "s": 1e-9}))
    assert [line for line in shown if "→" in line].count("→ ?") == 5
    assert "→ not finite" in shown
    assert "→ 1e-09" in shown


def test_a_bare_drawing_shows_nothing_that_the_student_chose() -> None:
    graph = read_graph({"secret_7": ("mul", "a", 31337), "out": ("exp", "secret_7")}, INPUTS, "GRAPH")
    assert "31337" in draw(graph)
    svg = draw(graph, {"secret_7": 5.0, "out": 6.0}, A_REVERSE, wrong="secret_7", bare=True)
    assert texts(svg) == ["input 1", "1: mul", "2: exp"]
    assert "secret" not in svg
    assert svg.count('stroke-width="3"') == 1


def test_a_graph_too_large_is_not_drawn() -> None:
    chain = {"n0": ("sin", "a")} | {f"n{i}": ("sin", f"n{i - 1}") for i in range(1, LIMIT)}
    assert draw(read_graph(chain, INPUTS, "GRAPH")) == ""


@settings(max_examples=60, deadline=None)
@given(any_graph())
def test_boxes_lie_inside_and_do_not_overlap(made: object) -> None:
    graph = read_graph(made, INPUTS, "GRAPH")
    values = {key: float(value) for key, value in graph.evaluate(AT).items()}
    svg = draw(graph, values, dict.fromkeys(values, -1.25e-9))
    width, height = (float(n) for n in ElementTree.fromstring(svg).attrib["viewBox"].split()[2:])
    found = boxes(svg)
    assert len(found) == len(graph.nodes) + len(graph.used)
    assert all(x >= 0 and y >= 0 and x + w <= width and y + h <= height for x, y, w, h in found)
    for n, (x, y, w, h) in enumerate(found):
        assert all(x + w <= u or u + o <= x or y + h <= v or v + p <= y for u, v, o, p in found[n + 1 :])
    assert inline(svg) == svg


@pytest.mark.parametrize(("values", "adjoints"), [(None, None), (A_FORWARD, None), (A_FORWARD, A_REVERSE)])
def test_what_is_drawn_gets_onto_a_page(values: dict[str, float], adjoints: dict[str, float]) -> None:
    for wrong in ("", "s"):
        for bare in (True, False):
            assert inline(draw(read_graph(A, INPUTS, "GRAPH"), values, adjoints, wrong=wrong, bare=bare))


WHOLE = draw(read_graph(A, INPUTS, "GRAPH"), A_FORWARD)


@pytest.mark.parametrize(
    "hostile",
    [
        "",
        "<p>hello</p>",
        WHOLE + "<script>alert(1)</script>",
        WHOLE.replace("</svg>", "<script>alert(1)</script></svg>"),
        WHOLE.replace("</svg>", '<a href="https://example.org"><text>x</text></a></svg>'),
        WHOLE.replace("</svg>", '<image href="file:///etc/passwd"/></svg>'),
        WHOLE.replace("</svg>", "<foreignObject><p>x</p></foreignObject></svg>"),
        WHOLE.replace("</svg>", "<style>*{display:none}</style></svg>"),
        WHOLE.replace('role="img"', 'role="img" onload="alert(1)"'),
        WHOLE.replace('role="img"', "role='img'"),
        WHOLE.replace("fill:var(--ink, #1c2026)", "background:url(//example.org)"),
        WHOLE.replace("</svg>", "<!-- --></svg>"),
        WHOLE.replace("</svg>", "&evil;</svg>"),
        WHOLE.replace("</svg>", "<svg ></svg></svg>"),
        WHOLE.replace("</svg>", ""),
        WHOLE + WHOLE,
        WHOLE.replace("</title>", "x" * MOST + "</title>"),
        WHOLE.replace("</title>", "</path>"),
        WHOLE.replace("</svg>", "< /svg>"),
    ],
)
def test_nothing_else_gets_onto_a_page(hostile: str) -> None:
    assert hostile != WHOLE
    assert inline(hostile) == ""


@settings(max_examples=200, deadline=None)
@given(
    st.integers(0, len(WHOLE)), st.text(max_size=8) | st.sampled_from(["<", ">", '"', "<b>", "</svg>", "&", "<svg "])
)
def test_whatever_is_put_in_cannot_open_a_tag(place: int, text: str) -> None:
    made = inline(WHOLE[:place] + text + WHOLE[place:])
    if made:
        assert {element.tag for element in ElementTree.fromstring(made).iter()} <= {
            "svg",
            "title",
            "path",
            "rect",
            "text",
        }
