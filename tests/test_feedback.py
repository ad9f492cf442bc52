"""What a student gets back says all it should, nothing it should not, and stands alone."""

import json
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pages import Page, assert_stands_alone
from samples import ASSIGNMENT, KINDS, SEED, WHY_HIDDEN, all_lost, grade, outcomes
from test_text import any_text

from autograder.model import Outcome
from autograder.reports import feedback

STAFF_ONLY = "STAFF-ONLY"


def page(made):
    return Page(feedback.page(made, ASSIGNMENT))


def record(made):
    return feedback.record(made, ASSIGNMENT)


# the record


def test_the_record_has_exactly_the_fixed_keys_in_order():
    made = record(KINDS["slips"]())
    assert list(made) == [
        "assignment", "submission", "students", "status", "reason", "score", "max_score", "flags", "isolation", "seed",
        "versions", "questions",
    ]  # fmt: skip
    assert {tuple(q) for q in made["questions"]} == {("id", "title", "points", "score", "kind", "checks")}
    assert {tuple(c) for q in made["questions"] for c in q["checks"]} == {
        ("name", "says", "points", "score", "outcome", "why", "hint", "visibility")
    }


def test_the_record_is_plain_json():
    text = json.dumps(record(KINDS["late"]()), allow_nan=False)
    assert '"score": 44.1, "max_score": 66,' in text
    assert '"id": "q1_fc", "title": "Fully connected layer", "points": 7, "score": 5, "kind": "both"' in text
    assert json.loads(text) == record(KINDS["late"]())


def test_questions_stand_in_sheet_order_with_their_checks():
    made = record(KINDS["a tier"]())
    assert [q["id"] for q in made["questions"]] == [q.id for q in ASSIGNMENT.questions]
    [tier] = made["questions"][5]["checks"]
    assert tier == {
        "name": "check_logistic_learns",
        "says": "Trained with your settings, the linear model passes 90 % on new data.",
        "points": 4,
        "score": 2,
        "outcome": "failed",
        "why": "test accuracy 0.912 earns half; 0.93 earns all.",
        "hint": "Learn faster?",
        "visibility": "visible",
    }


@pytest.mark.parametrize("kind", KINDS)
def test_neither_shows_the_seed_nor_what_is_for_staff(kind):
    made = KINDS[kind]()
    made = replace(
        made, output=STAFF_ONLY, outcomes=tuple(replace(o, detail=STAFF_ONLY, seconds=123.456) for o in made.outcomes)
    )
    for text in (feedback.page(made, ASSIGNMENT), json.dumps(record(made))):
        assert str(SEED) not in text
        assert f"{SEED:x}" not in text
        assert STAFF_ONLY not in text
        assert "123.456" not in text


def test_a_fingerprint_tells_seeds_apart():
    assert feedback.fingerprint(7) == feedback.fingerprint(7)
    assert feedback.fingerprint(7) != feedback.fingerprint(8)
    assert len(feedback.fingerprint(SEED)) == 12


def test_the_record_has_no_control_characters():
    made = record(KINDS["hostile text"]())
    assert not any(c < " " or c == "\u202e" for c in json.dumps(made, ensure_ascii=False))
    assert made["submission"].startswith("=HYPERLINK(")  # JSON is no spreadsheet: the name stays findable


# the page


@pytest.mark.parametrize("kind", KINDS)
def test_every_page_stands_alone(kind):
    assert_stands_alone(page(KINDS[kind]()))


@settings(max_examples=25, deadline=None)
@given(st.lists(any_text, min_size=9, max_size=9))
def test_no_text_breaks_the_page(texts):
    name, student, reason, note, flag, says, why, hint, late = texts
    got = tuple(replace(o, says=says, why=why, hint=hint, outcome="failed", score=0.0) for o in outcomes())
    made = grade(name, got, students=(student,), reason=reason, notes=(note,), flags=(flag,), late=late)
    assert_stands_alone(page(made))
    assert_stands_alone(page(replace(made, status="rejected")))


def test_the_head_says_what_is_decided_and_what_waits():
    text = page(KINDS["slips"]()).text
    assert "32 of 49 points decided" in text
    assert "17 points wait for a person. In all there are 66." in text


def test_nothing_waits_when_persons_have_judged():
    judged = Outcome("judged_by_a_person", "q7_1", "A person read this answer.", 4, 3, "failed", "Name the axes.")
    questions = {q.id: q.auto for q in ASSIGNMENT.questions} | {"q7_1": 3}
    made = grade("ada", (*outcomes(), judged), pending=0.0, score=52.0, questions=questions)
    text = page(made).text
    assert "52 of 66 points decided" in text
    assert "wait for a person" not in text
    assert "What does the loss landscape look like? q7_1 3 of 4 points" in text
    assert "Name the axes." in text
    assert "Nothing is left to try" in text  # what a person decided is not for another try


def test_one_judged_question_waits_no_longer():
    judged = Outcome("judged_by_a_person", "q7_1", "A person read this answer.", 4, 4, "passed")
    text = page(grade("ada", (*outcomes(), judged), pending=13.0)).text
    assert "13 points wait for a person." in text
    assert "4 points wait for a person." not in text
    assert "5 points more wait for a person." in text


def test_a_failed_check_has_its_sentence_why_and_hint():
    text = page(KINDS["slips"]()).text
    assert "conv_forward does not flip its filters. 0 of 4" in text
    assert "It looks as if the kernel was flipped in both directions." in text
    assert "Hint: The sheet's convolution is a cross-correlation" in text
    assert "skipped, 0 of 7" in text


def test_hidden_checks_are_labelled_and_say_no_more_than_their_outcome():
    text = page(KINDS["group"]()).text
    assert f"fc_backward agrees with central differences in x, w and b. hidden 0 of 3 {WHY_HIDDEN}" in text


def test_the_same_reason_is_not_repeated_but_hidden_ones_are_their_own():
    text = page(KINDS["missing file"]()).text
    assert text.count("layers.py is missing: did you mean layer.py?") == 4 + 1  # once a question, once to try next
    assert text.count("For the same reason.") == 5
    two = outcomes(bn_running_averages=("failed", WHY_HIDDEN, ""), bn_gradients=("failed", WHY_HIDDEN, ""))
    text = page(grade("ada", two)).text
    assert text.count(WHY_HIDDEN) == 3  # the reason of the grade, and each check
    assert "For the same reason." not in text


def test_a_tier_is_partly_earned():
    assert "partly, 2 of 4" in page(KINDS["a tier"]()).text


def test_passed_checks_are_folded_away():
    made = page(KINDS["slips"]())
    assert "2 checks passed" in made.text
    assert all("open" not in attrs for attrs in made.all("details"))


def test_a_rejected_submission_says_why_and_what_to_do():
    text = page(KINDS["not a zip"]()).text
    assert "This submission could not be graded. otto.zip is not a zip file, it is a PDF." in text
    assert "It has 0 of 66 points until it is handed in again." in text
    assert "run autograder submit" in text
    assert "Questions" not in text


def test_a_provisional_grade_takes_no_points_for_our_mistake():
    text = page(KINDS["provisional"]()).text
    assert "This grade is provisional." in text
    assert "44 of 44 points decided" in text
    assert "5 points open" in text
    assert "Nothing is left to try" not in text
    assert "Traceback" not in text


def test_a_submission_the_grader_failed_on_is_provisional():
    flags = ("provisional: the grading process ended 2 times",)
    assert "This grade is provisional." in page(grade("ada", (), status="partial", flags=flags, pending=0.0)).text


def test_lateness_and_notes_are_said():
    assert "Late: 1 day late: 90 % of the score counts" in page(KINDS["late"]()).text
    assert "The files were in a zip inside the zip." in page(KINDS["nested zip"]()).text


def test_flags_are_for_staff_and_not_on_the_page():
    assert "names the word" not in page(KINDS["read the answers"]()).text


def test_the_footer_says_how_it_was_graded():
    text = page(KINDS["full marks"]()).text
    assert "ns, user, mount, pid, net, landlock, seccomp, rlimits, watchdog" in text
    assert "Version of checks b81e6604c2aa" in text
    assert f"its fingerprint is {feedback.fingerprint(SEED)}" in text
    assert f"sha256 begins with {KINDS['full marks']().sha256[:12]}" in text


def test_the_same_grade_makes_the_same_page():
    assert feedback.page(KINDS["slips"](), ASSIGNMENT) == feedback.page(KINDS["slips"](), ASSIGNMENT)


# what to try next


def tries(made):
    return feedback.tries(made.outcomes, ASSIGNMENT)


def test_the_three_most_valuable_in_the_order_of_the_checks():
    lost = ("failed", "So it failed.", "")
    made = grade(
        "ada",
        outcomes(
            relu_forward_keeps_its_input=lost, bn_gradients=("failed", WHY_HIDDEN, ""),
            logistic_loss=("failed", "Otherwise.", ""), vgg_shapes=("failed", "Still otherwise.", ""),
        ),
    )  # fmt: skip
    assert [(t.question, t.promise) for t in tries(made)] == [
        ("q1_batchnorm", "5 points to win."),
        ("q2_1", "3 points to win."),
        ("q6_1", "5 points to win."),
    ]
    assert [t.hidden for t in tries(made)] == [True, False, False]


def test_what_was_skipped_counts_for_what_it_waits_for():
    conv = tries(KINDS["slips"]())[1]
    assert conv.says == "conv_forward does not flip its filters."
    assert conv.promise == "11 points to win; 1 check could not run before it passes."


def test_one_reason_is_one_try():
    [only] = tries(KINDS["missing file"]())
    assert only.says == "layers.py is missing: did you mean layer.py?"
    assert only.promise == "30 points to win; 9 checks failed for this reason."


def test_two_hidden_checks_are_two_tries():
    made = grade("ada", outcomes(fc_gradients=("failed", WHY_HIDDEN, ""), bn_gradients=("failed", WHY_HIDDEN, "")))
    assert [t.question for t in tries(made)] == ["q1_fc", "q1_batchnorm"]


def test_the_command_is_there():
    assert "autograder check --question q1_conv" in page(KINDS["slips"]()).text


def test_checks_that_went_wrong_themselves_are_not_to_be_tried():
    assert tries(grade("ada", all_lost("errored", "It went wrong."))) == []


# drawings


DRAWING = '<svg viewBox="0 0 9 9" width="9" height="9" role="img"><title>A graph</title></svg>'


def drawn(drawing):
    got = outcomes(conv_forward_slides_the_filter=("failed", "m is off.", ""))
    return grade("ada", tuple(replace(o, drawing=drawing) if o.outcome == "failed" else o for o in got))


def test_a_drawing_stands_under_its_check():
    made = drawn(DRAWING)
    checks = [c for q in record(made)["questions"] for c in q["checks"]]
    assert [c["drawing"] for c in checks if "drawing" in c] == [DRAWING]
    assert list(checks[7])[-1] == "drawing"
    shown = page(made)
    assert_stands_alone(shown)
    assert shown.all("svg") == [{"viewbox": "0 0 9 9", "width": "9", "height": "9", "role": "img"}]
    assert "m is off. A graph" in shown.text


def test_what_is_no_drawing_of_ours_is_left_out():
    made = drawn(DRAWING.replace("</svg>", "<script>alert(1)</script></svg>"))
    assert not any("drawing" in c for q in record(made)["questions"] for c in q["checks"])
    assert page(made).all("svg") == []


def test_a_bonus_is_decided_like_the_rest_and_overflows_no_bar():
    with_bonus = replace(ASSIGNMENT, bonus=5.0)
    made = grade("ada", outcomes(), score=49.0, max_score=with_bonus.max_score)
    shown = Page(feedback.page(made, with_bonus))
    assert "49 of 49 points decided" in shown.text
    assert "In all there are 61." in shown.text
    widths = [float(a["style"].removeprefix("width: ").rstrip("%")) for a in shown.all("span") if "style" in a]
    assert sum(widths) == pytest.approx(100)
