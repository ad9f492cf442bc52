"""Reported figures: what holds is accepted, what does not is said with both figures, and both are drawn."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from autograder.checks import Failure
from autograder.checks.pictures import Sheet
from autograder.checks.report import Report
from autograder.checks.reported import Case, cases, claimed, draw_cases, history, tried, true_cases
from autograder.reports.drawings import inline


def report(text: str) -> Report:
    return Report(text.encode())


def test_a_claim_within_a_point_holds_and_one_beyond_does_not() -> None:
    for claim in (0.93, 0.925, 0.94, 0.92):
        share = claimed(report(f"[mlp]\ntest_accuracy = {claim}"), "mlp.test_accuracy", 0.93)
        assert (float(share), share.why) == (
            1.0,
            "report.toml: mlp.test_accuracy is what was measured, to 1 point of accuracy.",
        )
    for claim in (0.941, 0.99, 0.91):
        with pytest.raises(Failure) as caught:
            claimed(report(f"a = {claim}"), "a", 0.93, of="the weights in mlp.pt")
        failure = caught.value
        assert failure.why == f"report.toml: a is {claim:.2%}, but the weights in mlp.pt give 93.00%."
        assert failure.why_hidden == "report.toml: a is not what the weights in mlp.pt give."
        assert inline(failure.drawing)
        assert ">93.0 %<" in failure.drawing
        assert f">{100 * claim:.1f} %<" in failure.drawing
        assert failure.drawing_hidden == ""


def test_other_images_than_the_students_leave_room_for_chance() -> None:
    with pytest.raises(Failure):
        claimed(report("a = 0.96"), "a", 0.93)
    assert claimed(report("a = 0.95"), "a", 0.93, others=1000).why.endswith("to 2.6 points of accuracy.")
    with pytest.raises(Failure):
        claimed(report("a = 0.96"), "a", 0.93, others=1000)


def test_a_claim_in_per_cent_or_missing_is_said() -> None:
    with pytest.raises(Failure, match="is 93, which is not from 0 to 1") as caught:
        claimed(report("a = 93"), "a", 0.93)
    assert caught.value.hint == "Write a share, 0.97 for 97 %."
    with pytest.raises(Failure, match=r"has no mlp\.accuracy"):
        claimed(report(""), "mlp.accuracy", 0.93)
    with pytest.raises(ValueError, match="a measured accuracy of nan is none"):
        claimed(report("a = 0.9"), "a", math.nan)


def test_what_was_drawn_before_stays_above() -> None:
    sheet = Sheet("two")
    sheet.curves({"loss": [2.0, 1.0]})
    drawing = claimed(report("a = 0.9"), "a", 0.9, sheet=sheet).drawing
    assert drawing.index("<path") < drawing.index(">reported<")


@pytest.mark.parametrize(
    ("numbers", "more", "says"),
    [
        ("[2.0, 1.0]", {"length": 3}, "a holds 2 numbers for 3 epochs"),
        ("[2.0, -1.0]", {}, "a holds a number that is not 0 or more"),
        ("[0.2, 1.5]", {"most": 1.0}, "a holds a number that is not from 0 to 1"),
        ("[2.0, 1.0, 2.0]", {"falls": 1.0}, "a does not fall"),
        ("[2.0, 1.9]", {"falls": 0.9}, "a does not fall"),
        ("[2.0, nan]", {}, "is not a finite number"),
        ("[2.0, inf]", {}, "is not a finite number"),
        ("[]", {}, "is not a list of 1 or more numbers"),
        ("3", {}, "is not a list"),
    ],
)
def test_a_history_that_is_none_is_said(numbers: str, more: dict[str, float], says: str) -> None:
    with pytest.raises(Failure, match=says):
        history(report(f"a = {numbers}"), "a", **more)


def test_a_history_comes_back() -> None:
    assert history(report("a = [2.3, 1, 0.5]"), "a", 3, most=2.5, falls=0.5) == [2.3, 1.0, 0.5]
    assert history(report("a = [2.3]"), "a", falls=0.5) == [2.3]


ROWS = '[[t]]\nwhat = "small"\nacc = 0.9\n[[t]]\nwhat = "large"\nacc = {}\n'


def test_a_table_of_settings_comes_back() -> None:
    columns = {"what": str, "acc": float}
    assert tried(report(ROWS.format(0.8)), "t", columns) == [
        {"what": "small", "acc": 0.9},
        {"what": "large", "acc": 0.8},
    ]


@pytest.mark.parametrize(
    ("text", "least", "says"),
    [
        (ROWS.format(0.8), 3, "t needs 3 rows or more"),
        (ROWS.format('"good"'), 2, 't.1.acc is "good"'),
        (ROWS.format(0.9).replace("large", "small"), 2, "two rows of t are the same"),
        ('[[t]]\nwhat = "small"\n[[t]]\nwhat = "large"', 2, "has no t.0.acc"),
        ("t = [1, 2]", 2, "t needs 2 rows or more"),
    ],
)
def test_a_table_that_is_none_is_said(text: str, least: int, says: str) -> None:
    with pytest.raises(Failure, match=says):
        tried(report(text), "t", {"what": str, "acc": float}, least)


# Six images

TRUTH = np.array([3, 1, 4, 1, 5, 9, 2, 6])
SHARES = np.full((8, 10), 0.04)
SHARES[np.arange(8), np.where(np.arange(8) % 2, TRUTH, (TRUTH + 1) % 10)] = 0.64


def rows(indices: tuple[int, ...] = (1, 3, 5, 0, 2, 4), **changed: object) -> str:
    """The images of report.toml; `changed` replaces values of the first one."""
    parts = []
    for place, n in enumerate(indices):
        row: dict[str, object] = {"index": n, "label": TRUTH[n], "probabilities": SHARES[n].tolist()}
        row |= changed if place == 0 else {}
        parts.append("\n".join(["[[net.cases]]", *(f"{key} = {value}" for key, value in row.items())]))
    return "\n".join(parts)


def six(text: str) -> list[Case]:
    return cases(report(text), "net.cases")


def test_six_images_come_back_the_right_ones_first() -> None:
    found = six(rows((0, 1, 2, 3, 4, 5)))
    assert [case.index for case in found] == [1, 3, 5, 0, 2, 4]
    assert [case.right for case in found] == [True] * 3 + [False] * 3
    true_cases(found, SHARES[[case.index for case in found]], TRUTH)
    drawn = draw_cases(found, np.zeros((6, 1, 28, 28)), [f"a {n}" for n in range(10)]).svg()
    assert inline(drawn)
    assert drawn.count("<image") == 6


@pytest.mark.parametrize(
    ("text", "says"),
    [
        (rows((1, 3, 5, 0, 2)), "net.cases should be 6 images, 3 right and 3 wrong"),
        (rows((1, 3, 5, 7, 2, 4)), "by their probabilities 4 of the 6 images in net.cases are right, not 3"),
        (rows(index=3, label=1), "net.cases names an image twice"),
        (rows(index=1.5), "index and label are whole numbers"),
        (rows(label=10), "which is not from 0 to 9"),
        (rows(probabilities=[0.5] * 10), "are not 10 shares that add up to 1"),
        (rows(probabilities=[0.2] * 5), "is not a list of 10 or more numbers"),
        (rows(probabilities=[-0.1, 1.1, *[0.0] * 8]), "are not 10 shares"),
        ("[net]\ncases = 6", "net.cases should be 6 images"),
        ("", "has no net.cases"),
    ],
)
def test_what_is_wrong_with_six_images_is_said(text: str, says: str) -> None:
    with pytest.raises(Failure, match=says):
        six(text)


@pytest.mark.parametrize(
    ("changed", "says"),
    [
        ({"index": 7}, "image 7 is of class 6, not 1"),
        ({"index": 99}, "image 99 is none of the test images, not 1"),
        ({"probabilities": [0.13, 0.59, *[0.04] * 7, 0.0]}, "image 1 has 0.13 for class 0; the weights give it 0.04"),
    ],
)
def test_images_that_are_not_what_was_measured_are_said(changed: dict[str, object], says: str) -> None:
    found = six(rows(**changed))
    with pytest.raises(Failure, match=says):
        true_cases(found, SHARES[[1, 3, 5, 0, 2, 4]], TRUTH)


@given(st.floats(0, 1), st.floats(0, 1))
def test_a_claim_is_judged_by_its_distance_alone(claim: float, measured: float) -> None:
    try:
        claimed(report(f"a = {claim!r}"), "a", measured)
        assert abs(claim - measured) <= 0.01 + 1e-9
    except Failure:
        assert abs(claim - measured) > 0.01
