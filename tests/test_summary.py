"""The page for staff counts right, puts what is provisional first, links to every page, and stands alone."""

from dataclasses import replace
from urllib.parse import unquote

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pages import Page, assert_stands_alone
from samples import ASSIGNMENT, KINDS, everyone, grade, outcomes
from test_text import any_text

from autograder.model import Outcome
from autograder.reports import summary
from autograder.reports.figures import hardships, shares


def page(grades, slips_seen=None, slips_say=None, wall=None):
    return Page(summary.page(grades, ASSIGNMENT, slips_seen or {}, slips_say or {}, wall))


def test_the_page_stands_alone():
    assert_stands_alone(page(everyone()))


@settings(max_examples=15, deadline=None)
@given(st.lists(any_text, min_size=6, max_size=6))
def test_no_text_breaks_the_page(texts):
    name, reason, flag, says, detail, late = texts
    got = tuple(replace(o, says=says, detail=detail, outcome="errored", score=0.0) for o in outcomes())
    made = grade(name, got, students=(name, reason), reason=reason, flags=(flag,), late=late)
    assert_stands_alone(page([made], {says: 1}, {says: detail}))


@pytest.mark.parametrize("grades", [[], [KINDS["not a zip"]()], [grade("ada", ())]])
def test_a_class_of_none_or_one_has_a_page(grades):
    assert_stands_alone(page(grades))


def test_the_head_counts():
    text = page(everyone()).text
    assert "17 submissions 13 graded 2 partial 2 rejected" in text
    assert "255 points wait for a person, in 15 submissions" in text
    assert "Without 2 submissions that could not be read." in text


def test_the_median_leaves_out_what_could_not_be_read():
    three = [grade(name, (), score=score) for name, score in (("a", 10.0), ("b", 20.0), ("c", 40.0))]
    text = page([*three, KINDS["not a zip"]()]).text
    assert "20 median score 23.3 mean of 49 points decided" in text


def test_provisional_grades_come_first_with_what_was_raised():
    text = page(everyone()).text
    assert text.index("1 provisional grade") < text.index("Scores")
    assert "check_vgg_shapes of q6_1, 5 points: The check itself went wrong" in text
    assert "KeyError: <loss>" in text
    assert "provisional" not in page([KINDS["full marks"]()]).text


def test_every_submission_links_to_its_page():
    made = page(everyone())
    links = {attrs["href"] for attrs in made.all("a")}
    assert {f"feedback/{g.submission}.html" for g in everyone()} == {unquote(link) for link in links}
    assert "feedback/gruppe%20gr%C3%B6%C3%9Fe.html" in links
    assert not any(c in link for link in links for c in "<>\"' ")


def test_shares_count_only_what_is_decided():
    judged = Outcome("judged_by_a_person", "q7_1", "A person read this answer.", 4, 1, "failed")
    full = grade("ada", outcomes())
    seen = grade("bob", (*outcomes(), judged), pending=13.0, questions={**full.questions, "q7_1": 1.0})
    empty = grade("cas", KINDS["empty handout"]().outcomes)
    by_id = {s.question.id: s for s in shares([full, seen, empty, KINDS["not a zip"]()], ASSIGNMENT)}

    assert (by_id["q1_fc"].earned, by_id["q1_fc"].decided) == (10, 15)
    assert (by_id["q1_fc"].everything, by_id["q1_fc"].nothing) == (2, 1)
    assert (by_id["q7_1"].earned, by_id["q7_1"].decided) == (1, 4)
    assert "Fully connected layer q1_fc 67 % 2 1" in page([full, seen, empty]).text


def test_points_of_a_broken_check_are_not_decided():
    by_id = {s.question.id: s for s in shares([KINDS["provisional"]()], ASSIGNMENT)}
    assert (by_id["q6_1"].earned, by_id["q6_1"].decided) == (4, 4)


def test_a_question_nobody_has_read_waits():
    assert "What does the loss landscape look like? q7_1 waits for a person" in page(everyone()).text


def test_the_hardest_check_is_first_and_skipped_ones_do_not_count():
    made = hardships([KINDS["slips"](), KINDS["endless loop"](), KINDS["full marks"]()])
    by_name = {h.check.name: h for h in made}
    conv = by_name["check_conv_backward_has_all_windows"]
    assert (conv.ran, conv.passed, conv.timed_out, conv.skipped) == (2, 1, 1, 1)
    assert made[0] is conv
    assert [h.percent for h in made] == sorted(h.percent for h in made)


def test_what_a_person_judged_is_no_hard_check():
    judged = Outcome("judged_by_a_person", "q7_1", "A person read this answer.", 4, 1, "failed")
    assert not any(h.check is judged for h in hardships([grade("ada", (*outcomes(), judged))]))


def test_nobody_failed_anything():
    assert "Everybody passed every check." in page([KINDS["full marks"]()]).text


def test_slips_are_counted_the_most_frequent_first():
    text = page(
        everyone(),
        {"conv_flipped": 2, "relu_inplace": 5, "bn_momentum": 0},
        {"conv_flipped": "The `kernel` is flipped."},
    ).text
    assert "relu_inplace 5 The kernel is flipped. conv_flipped 2" in text
    assert "bn_momentum" not in text
    assert "Slips seen" not in page(everyone()).text


def test_statuses_reasons_lateness_and_flags_are_there():
    text = page(everyone()).text
    assert "✗ rejected : petra.zip was not read" in text
    assert "◷ 1 day late: 90 % of the score counts" in text
    assert "⚑ names the word 'solutions' in layers.py: quinn" in text


def test_timings():
    text = page(everyone(), wall=23.44).text
    assert "23.4 s from start to end" in text
    assert "10.29 s slowest: kim" in text
    assert "check_conv_backward_has_all_windows q1_conv 0.6" in text
    assert "Timings" not in page([KINDS["not a zip"]()]).text


def test_it_is_the_same_every_time_and_in_any_order():
    assert summary.page(everyone(), ASSIGNMENT, {}) == summary.page(everyone()[::-1], ASSIGNMENT, {})


def test_the_plot_is_there_for_both_widths():
    assert len(page(everyone()).all("svg")) == 2
