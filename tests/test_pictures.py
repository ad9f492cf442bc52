"""Drawings of trained networks: let through by the page, bounded, escaped, with the pixels that were given."""

from __future__ import annotations

import base64
import io
from dataclasses import replace
from xml.etree import ElementTree

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from pages import Page
from PIL import Image
from samples import ASSIGNMENT, KINDS

from autograder.checks.pictures import POINTS, Sheet, data_url, filters, stretched
from autograder.reports import feedback
from autograder.reports.drawings import MOST, inline

RNG = np.random.default_rng(3)


def pixels(url: str) -> np.ndarray:
    kind, _, packed = url.partition(",")
    assert kind == "data:image/png;base64"
    with Image.open(io.BytesIO(base64.b64decode(packed, validate=True))) as image:
        image.load()
        return np.asarray(image)


@pytest.mark.parametrize("shape", [(4, 7), (1, 28, 28), (3, 5, 6)])
def test_an_image_comes_back_pixel_by_pixel(shape: tuple[int, ...]) -> None:
    image = RNG.random(shape)
    want = np.rint(255 * image).astype(np.uint8)
    want = want[0] if len(shape) == 3 and shape[0] == 1 else want
    np.testing.assert_array_equal(pixels(data_url(image)), np.moveaxis(want, 0, -1) if want.ndim == 3 else want)


@given(arrays(np.float64, (2, 3), elements=st.floats(allow_nan=True, allow_infinity=True)))
def test_any_numbers_are_pixels(image: np.ndarray) -> None:
    assert pixels(data_url(image)).shape == (2, 3)


@pytest.mark.parametrize("shape", [(3,), (2, 5, 5), (0, 4), (1, 3, 4, 4)])
def test_what_is_no_image_is_refused(shape: tuple[int, ...]) -> None:
    with pytest.raises(ValueError, match="an image has the shape"):
        data_url(np.zeros(shape))


def everything(words: str = "training", images: np.ndarray | None = None) -> str:
    """A sheet with one of each."""
    sheet = Sheet(words)
    sheet.heading(words)
    sheet.bars({words: 0.5, "measured": 2.0, "nothing": float("nan")}, wrong=[words])
    sheet.curves({words: [2.0, 1.0, float("inf")], "one": [0.3], "none": []}, x=words)
    shown = RNG.random((6, 3, 32, 32)) if images is None else images
    sheet.answers(shown, [0, 1, 2, 3, 4, 12], RNG.dirichlet(np.ones(10), 6), [words] * 3)
    sheet.gallery(filters(RNG.normal(size=(40, 784)), 16, (28, 28)), [words])
    return sheet.svg()


@settings(max_examples=25, deadline=None)
@given(st.text())
def test_every_drawing_passes_the_pages_gate_whatever_the_words(words: str) -> None:
    svg = everything(words, RNG.random((6, 1, 4, 4)))
    ElementTree.fromstring(svg)
    assert inline(svg) == svg


def test_the_largest_sheet_has_room_on_a_page() -> None:
    assert inline(everything())
    assert len(everything()) < 0.7 * MOST


def test_nothing_else_is_let_through_as_an_image() -> None:
    good = everything(images=RNG.random((6, 1, 4, 4)))
    for bad in (
        "https://example.org/x.png",
        "data:image/svg+xml;base64,PHN2",
        "javascript:0",
        "data:image/png;base64,==",
    ):
        start = good.index('href="') + 6
        assert not inline(good[:start] + bad + good[good.index('"', start) :])
    assert not inline(good.replace("<rect ", '<rect href="data:image/png;base64,AAAA" ', 1))


def test_bars_and_curves_stay_within_the_drawing() -> None:
    root = ElementTree.fromstring(everything())
    for rect in (part.attrib for part in root if part.tag == "rect"):
        assert 0 <= float(rect["x"]) <= float(rect["x"]) + float(rect["width"]) <= 640
        assert 0 <= float(rect["y"]) + float(rect["height"]) <= float(root.attrib["height"])


def test_a_wrong_figure_and_a_wrong_guess_are_red_and_the_right_class_green() -> None:
    sheet = Sheet("")
    sheet.bars({"reported": 0.9, "measured": 0.5}, wrong=["reported"])
    tones = [part.attrib["style"] for part in ElementTree.fromstring(sheet.svg()) if part.tag == "rect"][1::2]
    assert ["bad" in tone for tone in tones] == [True, False]
    sheet = Sheet("")
    sheet.answers(np.zeros((1, 1, 2, 2)), [2], [[0.1, 0.7, 0.2]])
    tones = [part.attrib["style"] for part in ElementTree.fromstring(sheet.svg()) if part.tag == "rect"][1::2]
    assert [tone[11:15] for tone in tones] == ["mute", "bad,", "good"]


def test_a_long_curve_is_drawn_by_means() -> None:
    sheet = Sheet("")
    sheet.curves({"loss": list(np.linspace(2, 1, 5000))})
    assert sheet.svg().count("L") <= POINTS
    assert ">5000</text>" in sheet.svg()


def test_filters_are_the_largest_ones_around_grey() -> None:
    weight = RNG.normal(size=(6, 3, 2, 2)) * np.arange(6).reshape(6, 1, 1, 1)
    shown = filters(weight, 3)
    np.testing.assert_allclose(shown, stretched(weight[[5, 4, 3]]))
    assert shown.min() >= 0
    assert shown.max() <= 1
    assert filters(RNG.normal(size=(6, 16, 3, 3))).shape == (6, 3, 3)
    assert (stretched(np.zeros((2, 3, 3))) == 0.5).all()


def test_only_a_page_with_such_a_drawing_may_show_images() -> None:
    grade = KINDS["full marks"]()
    outcomes = (replace(grade.outcomes[0], drawing=everything()), *grade.outcomes[1:])
    drawn = Page(feedback.page(replace(grade, outcomes=outcomes), ASSIGNMENT))
    policies = [page.all("meta") for page in (drawn, Page(feedback.page(grade, ASSIGNMENT)))]
    allowed = ["img-src data:" in str(policy) for policy in policies]
    assert allowed == [True, False]
    assert len(drawn.all("image")) == 22
