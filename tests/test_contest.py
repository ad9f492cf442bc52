"""A class leaderboard: what an entry is, who stands where, and that nothing private shows before the end."""

from __future__ import annotations

import json
from collections import Counter
from datetime import UTC, datetime, timedelta
from pathlib import Path

import means
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pages import Page, assert_stands_alone
from test_cli import call

from autograder import contest, pipeline
from autograder.course import CourseError, find
from autograder.course import contest as declared
from autograder.gradebook import Gradebook
from autograder.grading.contest import EntryError, predictions, split, standings
from autograder.model import Contest, Entry, Standing, Submission
from autograder.reports import leaderboard

TRUTH = {str(n): "cat" if n < 60 else "dog" for n in range(100)}
RULES = Contest("Pets", "predictions.csv", ("id", "label"), TRUTH, 0.3, 7, 2, baselines={"always a cat": 0.6})
PUBLIC = sorted(split(RULES), key=int)
PRIVATE = [id for id in TRUTH if id not in PUBLIC]
NOON = datetime(2026, 11, 2, 12, tzinfo=UTC)


def table(wrong: list[str], header: str = "id,label") -> bytes:
    """The file of somebody who gets all rows right but these."""
    other = {"cat": "dog", "dog": "cat"}
    rows = [f"{id},{other[label] if id in wrong else label}" for id, label in TRUTH.items()]
    return "\n".join([header, *rows, ""]).encode()


def entry(who: str, hours: float, public: int = 0, private: int = 0) -> Entry:
    """By `who`, so many hours after noon, with so many public and private rows wrong."""
    wrong = PUBLIC[:public] + PRIVATE[:private]
    return Entry(who, (who,), f"{who}{hours}", NOON + timedelta(hours=hours), table(wrong))


def places(found: list[Standing]) -> list[tuple[str, int, int]]:
    return [(s.submission, s.public_rank, s.private_rank) for s in found]


def test_the_split_has_the_same_share_of_every_label() -> None:
    assert Counter(TRUTH[id] for id in PUBLIC) == {"cat": 18, "dog": 12}
    assert split(RULES) == set(PUBLIC)
    other = Contest("Pets", "p.csv", ("id", "label"), TRUTH, 0.3, 8, 2)
    assert len(split(other) & set(PUBLIC)) < 20


@given(st.integers(0, 2**32), st.floats(0.01, 0.99), st.integers(2, 30), st.integers(2, 30))
def test_both_boards_have_rows_of_every_label(seed: int, public: float, cats: int, dogs: int) -> None:
    truth = {str(n): "cat" if n < cats else "dog" for n in range(cats + dogs)}
    chosen = split(Contest("Pets", "p.csv", ("id", "label"), truth, public, seed, 1))
    assert {truth[id] for id in chosen} == {truth[id] for id in truth.keys() - chosen} == {"cat", "dog"}


def test_the_public_rows_rank_during_the_contest_and_the_others_at_its_end() -> None:
    found = standings(RULES, [entry("ada", 0, public=3), entry("bob", 1, private=9), entry("cyd", 2, public=1)])
    assert places(found) == [("bob", 1, 3), ("cyd", 2, 2), ("ada", 3, 1)]
    assert [round(s.public, 6) for s in found] == [1.0, round(29 / 30, 6), 0.9]
    assert found[0].private == 61 / 70


def test_the_public_rows_choose_the_entry_for_both_boards() -> None:
    lucky = [entry("ada", 0, public=2, private=5), entry("ada", 1, public=4, private=0)]
    (ada,) = standings(RULES, lucky)
    assert (ada.public, ada.private, ada.counted) == (28 / 30, 65 / 70, 2)


def test_equal_accuracies_are_ranked_by_time() -> None:
    entries = [entry("zoe", 0, 2, 1), entry("ada", 1, 2, 1), entry("bob", 2, 2, 1), entry("bob", 3, 2, 0)]
    assert places(standings(RULES, entries)) == [("zoe", 1, 1), ("ada", 2, 2), ("bob", 3, 3)]


def test_only_the_first_entries_of_a_day_count() -> None:
    entries = [entry("ada", hours, public=wrong) for hours, wrong in ((0, 9), (1, 8), (2, 0), (13, 5))]
    (ada,) = standings(RULES, entries)
    assert (ada.public, ada.counted, ada.over) == (25 / 30, 3, 1)
    zoned = Contest("Pets", "p.csv", ("id", "label"), TRUTH, 0.3, 7, 2, zone="Pacific/Auckland")
    (ada,) = standings(zoned, entries)  # there, all four are of one day
    assert (ada.public, ada.counted, ada.over) == (22 / 30, 2, 2)


def test_what_cannot_be_read_is_no_entry_and_ranks_last() -> None:
    broken = Entry("bob", ("bob",), "b", NOON, b"id,label\n1,cat\n")
    found = standings(RULES, [broken, entry("ada", 1, public=30, private=70), *(entry("cyd", h, 3) for h in (2, 3))])
    assert places(found) == [("cyd", 1, 1), ("ada", 2, 2), ("bob", 3, 3)]
    assert (found[2].counted, found[2].unread, found[2].why) == (0, 1, "predictions.csv lacks 99 of 100 rows.")


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"", "should begin with the line id,label"),
        (b"label,id\n", "should begin with the line id,label"),
        (b"\xff\xfe\x00", "is not UTF-8 text"),
        (b'id,label\n"', "cannot be read as CSV"),
        (b"id,label\n0\n", "has 1 cells in row 2"),
        (b"id,label\n0,cat\n900,cat\n", "row 3: there is no such id"),
        (b"id,label\n0,cat\n0,dog\n", "row 3: this id was there before"),
        (b"id,label\n0,cat\n", "lacks 99 of 100 rows"),
        (b"x" * (1 << 21), "is larger than 1 MB"),
    ],
)
def test_what_is_wrong_with_a_file_is_said(content: bytes, says: str) -> None:
    with pytest.raises(EntryError, match=says):
        predictions(RULES, content)


@settings(max_examples=50)
@given(st.binary(max_size=60))
def test_any_bytes_are_an_entry_or_a_sentence(content: bytes) -> None:
    with pytest.raises(EntryError):
        predictions(RULES, b"id,label\n" + content)


def test_labels_are_compared_as_people_write_them() -> None:
    rules = Contest("Pets", "p.csv", ("id", "label"), {"0": "1", "1": "cat"}, 0.5, 1, 1)
    assert predictions(rules, "\ufeffid, label\r\n1, Cat \r\n\r\n0.0,1.0\r\n".encode()) == {"1": "cat", "0": "1"}


# The page


def board(final: bool = False, fingerprints: bool = False) -> Page:
    entries = [entry("<b>ada", 0, public=3, private=1), entry("bob", 1, private=41), entry("cyd", 2, public=30)]
    found = standings(RULES, [*entries, Entry("dan", ("dan",), "d" * 64, NOON, b"nothing")])
    return Page(leaderboard.page(found, RULES, final=final, fingerprints=fingerprints))


def test_the_page_stands_alone_and_names_the_rules() -> None:
    page = board()
    assert_stands_alone(page)
    assert "By 30 % of 100 rows" in page.text
    assert "The first 2 of a day count; a day ends at midnight, UTC." in page.text
    assert "1 submission handed in no predictions that can be read." in page.text


def test_the_page_shows_nothing_private_before_the_end() -> None:
    assert "1 bob 100.00 % 1 2026-11-02 13:00 2 <b>ada 90.00 % 1 2026-11-02 12:00 always a cat" in board().text
    assert "98.57" not in board().source
    final = board(final=True).text
    assert "1 ▲2 cyd 100.00 % 0.00 % 1" in final
    assert "2 <b>ada 98.57 % 90.00 % 1" in final
    assert "always a cat 60.00 % 3 ▼2 bob 41.43 % 100.00 % 1" in final


def test_fingerprints_stand_for_names() -> None:
    page = board(fingerprints=True)
    assert "Fingerprint" in page.text
    assert "bob1 100.00 %" in page.text  # as its zip's sha256 begins


def test_gradescopes_field_has_its_form() -> None:
    (ada,) = standings(RULES, [entry("ada", 0, public=3, private=7)])
    assert leaderboard.gradescope(ada) == [
        {"name": "accuracy", "value": 0.9, "order": "desc"},
        {"name": "entries", "value": 1, "order": "asc"},
    ]
    assert leaderboard.gradescope(ada, final=True)[0] == {"name": "final accuracy", "value": 0.9, "order": "desc"}


def test_a_spreadsheet_takes_no_name_for_a_formula() -> None:
    found = standings(RULES, [entry("=1+1", 0)])
    assert leaderboard.table(found).splitlines()[1].startswith("1,'=1+1,1.000000,1,0,0,2026-11-02T12:00")
    assert leaderboard.table(found, final=True).splitlines()[0].endswith("entered,private,public_rank")


# Declared, kept and written

TOML = """\
title = "Means"
file = "predictions.csv"
truth = "truth.csv"
seed = 3
entries_a_day = 2
"""
OPTIONAL = {
    "assignments/means/assignment.toml": means.DECLARED.replace("preload", 'optional = ["predictions.csv"]\npreload')
}
TRUE = "id,label\n" + "".join(f"{n},{n % 2}\n" for n in range(10))


def house(root: Path, toml: str = TOML, truth: str = TRUE) -> Path:
    means.write(root, OPTIONAL)
    (root / "solutions/means/leaderboard.toml").write_text(toml)
    (root / "solutions/means/truth.csv").write_text(truth)
    return root


def hand_in(inbox: Path, who: str, text: str) -> None:
    means.hand_in(inbox, {who: means.RIGHT})
    (inbox / who / "predictions.csv").write_text(text)


def test_a_class_is_ranked_by_the_command(tmp_path: Path) -> None:
    root, out = house(tmp_path), tmp_path / "out"
    hand_in(root / "inbox", "ada", TRUE.replace("9,1", "9,0").replace("8,0", "8,1"))
    hand_in(root / "inbox", "bob", TRUE)
    hand_in(root / "inbox", "cyd", "id,label\n")
    means.hand_in(root / "inbox", {"dan": means.RIGHT})
    assignment = find(root)["means"]
    pipeline.grade(assignment, root / "inbox", out, workers=1)
    hand_in(root / "inbox", "ada", TRUE)
    again = [Submission(who, "", folder=root / "inbox" / who) for who in ("ada", "bob", "cyd", "dan")]
    with Gradebook(out / "gradebook.db") as book:
        assert contest.enter(book, assignment, again) == 1  # what is the same is no new entry
        assert [e.submission for e in book.entries("means")] == ["ada", "bob", "cyd", "ada"]

    done = call(root, "leaderboard", "means", "--out", out)

    assert (done.returncode, done.stderr) == (0, "")
    lines = done.stdout.splitlines()
    assert lines[0].strip() == "Means"
    assert lines[2].split()[:5] == ["1", "bob", "100.00%", "100.00%", "1"]
    assert lines[3].split()[:7] == ["2", "ada", "100.00%", "100.00%", "2", "0", "0"]
    assert lines[4].split()[:2] == ["–", "cyd"]
    assert "lacks 10 of 10 rows" in lines[4]
    assert "bob 100.00 %" in Page((out / "leaderboard.html").read_text("utf-8")).text
    fields = json.loads((out / "leaderboard.json").read_text("utf-8"))
    assert list(fields) == ["bob", "ada", "cyd"]
    assert fields["bob"][0] == {"name": "accuracy", "value": 1.0, "order": "desc"}


def test_a_class_without_a_contest_is_one_line(tmp_path: Path) -> None:
    assignment = means.write(tmp_path)
    assert declared.load(assignment) is None
    with pytest.raises(CourseError, match=r"has no leaderboard; declare one in solutions/means/leaderboard\.toml"):
        contest.board(assignment, tmp_path)
    with pytest.raises(CourseError, match=r"there is no gradebook\.db here"):
        contest.board(find(house(tmp_path))["means"], tmp_path)


@pytest.mark.parametrize(
    ("was", "now", "says"),
    [
        ('"predictions.csv"', '"guesses.csv"', "file = .*is no file that this assignment asks for"),
        ("seed = 3", "sead = 3", "did you mean seed"),
        ("entries_a_day = 2", "entries_a_day = 0", "must be at least 1"),
        ("seed = 3", "seed = 3\npublic = 1.0", "both boards need rows"),
        ("seed = 3", 'seed = 3\nzone = "Mars/Base"', "is no time zone"),
        ("seed = 3", 'seed = 3\ncolumns = ["id"]', "must be two"),
        ("truth.csv", "lies.csv", "cannot be read"),
        ("entries_a_day = 2", "entries_a_day = 2\n[baselines]\nchance = 50", "between 0 and 1"),
    ],
)
def test_a_wrong_declaration_is_one_line(tmp_path: Path, was: str, now: str, says: str) -> None:
    root = house(tmp_path, TOML.replace(was, now))
    with pytest.raises(CourseError, match=says):
        declared.load(find(root)["means"])


@pytest.mark.parametrize(
    ("truth", "says"), [("id,label\n", "two rows or more"), ("id,label\n1,0\n1,1\n2,0\n", "names a row twice")]
)
def test_a_wrong_truth_is_one_line(tmp_path: Path, truth: str, says: str) -> None:
    with pytest.raises(CourseError, match=says):
        declared.load(find(house(tmp_path, truth=truth))["means"])


def test_the_pets_have_a_contest_with_the_labels_that_the_checks_judge_by() -> None:
    root = Path(__file__).parent.parent
    rules = declared.load(find(root)["a4_numpy_mlp"])
    assert rules is not None
    hidden = (root / "solutions/a4_numpy_mlp/checks_dogs_hidden.py").read_text("utf-8")
    number = int(hidden.partition("LABELS = 0x")[2].partition("\n")[0], 16)
    assert [rules.truth[str(n)] for n in range(300)] == [str(number >> 299 - n & 1) for n in range(300)]
    content = (root / "solutions/a4_numpy_mlp/predictions.csv").read_bytes()
    (ours,) = standings(rules, [Entry("ours", (), "", NOON, content)])
    assert ours.public > 0.9
    assert ours.private > 0.9
