"""The plot counts every score once, is the same every time, and fits into a page."""

import re
from xml.etree import ElementTree

import pytest

from autograder.reports.plots import distribution, distributions


def bars(svg):
    """Heights of the bars in pixels, left to right, empty ones too: bars are the paths that are clipped and filled."""
    shapes = re.findall(r'<path d="([^"]*)" clip-path="[^"]*" style="fill: var\(--good\)"/>', str(svg))
    return [round(float(d.split()[2]) - float(d.split("L")[2].split()[1]), 3) for d in shapes]


def test_it_is_the_same_every_time():
    assert distribution([1, 2.5, 40], 49) == distribution([1, 2.5, 40], 49)


def test_it_is_one_element_without_anything_from_outside():
    for svg in distributions([1.0, 2.5, 40.0], 49):
        root = ElementTree.fromstring(str(svg))
        assert root.tag == "svg"
        assert "http" not in svg
        assert "<style" not in svg
        assert "metadata" not in svg


def test_two_plots_share_no_id():
    narrow, wide = (set(re.findall(r' id="([^"]*)"', str(svg))) for svg in distributions([1.0, 2.5, 40.0], 49))
    assert narrow
    assert not narrow & wide


def test_colours_are_the_pages():
    svg = distribution([1, 2, 3], 10)
    assert {"var(--ink)", "var(--muted)", "var(--good)", "var(--line)"} <= set(re.findall(r"var\(--\w+\)", str(svg)))
    assert not re.search("#[0-9a-f]{6}", str(svg))


def test_each_score_is_in_one_bar():
    heights = bars(distribution([0, 0, 4.9, 5, 50], 50))
    one = heights[1]
    assert heights == pytest.approx([3 * one, one, *[0] * 7, one], abs=0.01)


def test_a_score_above_the_top_still_shows():
    assert bars(distribution([60], 50))[-1] > 0


@pytest.mark.parametrize("scores", [[0.0], [49.0] * 300, [0.25, 0.5], [0.0, 0.0]])
@pytest.mark.parametrize("top", [0.0, 1.0, 49.0, 100.0, 1e6])
def test_any_scores_make_a_plot(scores, top):
    assert 'aria-label="Distribution of ' in distribution(scores, top)


def test_no_scores_make_none():
    assert distribution([], 49) == ""


def test_it_says_what_it_shows():
    assert 'aria-label="Distribution of 3 scores, median 2."' in distribution([1, 2, 3], 10)
    assert ">median 2<" in distribution([1, 2, 3], 10)
