"""Group A, what is read of a run afterwards: by the next run, a browser, a spreadsheet and a terminal; and its sums."""

from __future__ import annotations

import csv
import io
import json
import math
import re
import shutil
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path

import pytest
from attacks_a import ATTACKS, HOSTILE_TEXT, INJECTED_NAME, INJECTED_TERMINAL, INJECTED_TEXT, NONCE
from raid import SEED, TRAP, Raid, timeless, zipped

from autograder import pipeline, progress
from autograder.checks import accuracy, tiers
from autograder.checks.declaration import facts, points
from autograder.checks.failure import Failure
from autograder.checks.running import Run
from autograder.gradebook import Gradebook
from autograder.gradebook.file import GradebookError
from autograder.model import Outcome
from autograder.pipeline import Event
from autograder.reports import feedback, summary, tables

__all__ = ["ATTACKS"]

RIGHT = (TRAP / "solution" / "work.py").read_text("utf-8")
WRONG = (TRAP / "wrong.py").read_text("utf-8")
UNWANTED = {"\x1b", "\x07", "\x9b", "\u202e", "\0"}
NOT_SHARES = [math.nan, math.inf, -math.inf, -0.5, 1.0000001, 1e308, True, "1", b"1", [1.0], 1j, 10**400]


# --- A12, A15: the next run


@pytest.mark.covers("A12")
def test_the_seed_is_nowhere_in_what_a_submission_saw(raid: Raid) -> None:
    printed = raid.grade(NONCE).output
    assert re.search(r"seeds \[\d+", printed), "the attack reads no number at all, so it shows nothing"
    assert str(SEED) not in printed


@pytest.mark.covers("A15")
def test_a_resumed_run_believes_only_records_of_the_same_bytes(raid: Raid, tmp_path: Path) -> None:
    """Uploads called like others, like what a run keeps, and holding what looks like a run's own files."""
    inbox, out = shutil.copytree(raid.inbox, tmp_path / "inbox"), shutil.copytree(raid.out, tmp_path / "out")
    state = {
        "gradebook.db": b"SQLite format 3\0",
        "submissions/0-right/work.py": "forged = True\n",
        "feedback/zz-right.json": '{"score": 20}',
        "../../out/gradebook.db": b"SQLite format 3\0",
        ".0-right.part/work.py": "forged = True\n",
        "grades.csv": "score\n20\n",
    }
    names = ["0-right.tar.zip", "ZZ-Right.zip", ".0-right.part.zip", "0-right.part.zip", "gradebook.db.zip"]
    names += [f"{'x' * 130}{n}.zip" for n in range(2)]
    for n, name in enumerate(names):
        zipped(inbox / name, {"work.py": f"{WRONG}\n# {n}\n", **state})
    (inbox / "0-right").mkdir()
    (inbox / "0-right" / "work.py").write_text(f"{WRONG}\n# the folder\n")
    events: list[Event] = []
    again = pipeline.grade(raid.assignment, inbox, out, workers=1, seed=SEED, tell=events.append)

    before = {g.sha256: g for g in raid.grades.values()}
    after = {g.sha256: g for g in again}
    assert len(after) == len(again) == len(before) + len(names)  # the hidden name is none, the folder is one more
    assert {sha: g.score for sha, g in after.items() if sha in before} == {sha: g.score for sha, g in before.items()}
    assert {g.score for sha, g in after.items() if sha not in before} == {raid.grades["wrong"].score}
    regraded = [e.grade.submission for e in events if e.grade]
    assert events[0].done == len(before) - 2, f"only those whose names are taken may be graded again, not {regraded}"
    with Gradebook(out / "gradebook.db") as book:
        for grade in again:
            assert book.history("trap", grade.submission)[-1].sha256 == grade.sha256
            kept = (out / "submissions" / grade.submission / "work.py").read_text("utf-8")
            assert kept.startswith(RIGHT) == (grade.score == raid.assignment.max_score)


@pytest.mark.covers("A15")
def test_a_record_is_found_for_its_own_bytes_versions_and_seed_alone(raid: Raid, tmp_path: Path) -> None:
    right = timeless(raid.grades["0-right"])
    with Gradebook(tmp_path / "book.db") as book:
        book.save(right)
        assert book.find("trap", "0-right", right.sha256, right.versions, right.seed) == right
        for name, sha, versions, seed in (
            ("zz-right", right.sha256, right.versions, right.seed),
            ("0-right", "0" * 64, right.versions, right.seed),
            ("0-right", right.sha256, {**right.versions, "kit": "9"}, right.seed),
            ("0-right", right.sha256, right.versions, right.seed + 1),
        ):
            assert book.find("trap", name, sha, versions, seed) is None


# --- A16: browser, spreadsheet, terminal


class _Tags(HTMLParser):
    """Every tag with the names of its attributes, and where links lead."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: set[tuple[str, tuple[str, ...]]] = set()
        self.links: set[str] = set()
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add((tag, tuple(sorted(name for name, _ in attrs))))
        self.links |= {value or "" for name, value in attrs if name in ("href", "src", "action")}


def _pages(raid: Raid) -> list[Path]:
    return [raid.out / "summary.html", *sorted((raid.out / "feedback").glob("*.html"))]


@pytest.mark.covers("A16")
def test_hostile_texts_reach_the_records(raid: Raid) -> None:
    """Or the tests below would show nothing."""
    grade = raid.grade(INJECTED_TEXT)
    whys = " ".join(o.why for o in grade.outcomes)
    assert "<script>alert(1)</script>" in whys
    assert "<b onclick=alert(3)>" in grade.students
    assert "\x1b[31m" in grade.output
    assert raid.grade(INJECTED_NAME).submission.startswith("=HYPERLINK(")
    assert ("script", ()) in _Tags(whys).tags
    assert raid.grade(INJECTED_TERMINAL).submission.startswith("@SUM(1)")


@pytest.mark.covers("A16")
def test_no_page_has_a_tag_that_an_honest_one_has_not(raid: Raid, quiet: Raid) -> None:
    honest = set().union(*(_Tags(path.read_text("utf-8")).tags for path in _pages(quiet)))
    assert "script" not in {tag for tag, _ in honest}
    pages = _pages(raid)
    assert len(pages) == len(raid.grades) + 1
    for path in pages:
        found = _Tags(path.read_text("utf-8"))
        assert {tag for tag, _ in found.tags} <= {tag for tag, _ in honest}, path.name
        assert not {name for _, names in found.tags for name in names if name.startswith("on")}, path.name
        assert all(link.startswith(("feedback/", "#")) for link in found.links), path.name


@pytest.mark.covers("A16")
def test_no_text_anywhere_moves_a_cursor_or_turns_a_line(raid: Raid) -> None:
    texts = [path.read_text("utf-8") for path in [*_pages(raid), raid.out / "grades.csv"]]
    texts += [path.read_text("utf-8") for path in (raid.out / "feedback").glob("*.json")]
    for text in texts:
        assert not set(text) & UNWANTED


@pytest.mark.covers("A16")
def test_the_reports_trust_no_text_of_a_grade(raid: Raid, quiet: Raid) -> None:
    """Intake and sandbox have cleaned what the run above shows; here every text comes as hostile as it can be."""
    right = raid.grades["0-right"]
    outcomes = tuple(
        replace(o, why=HOSTILE_TEXT, hint=HOSTILE_TEXT, detail=HOSTILE_TEXT, score=0.0, outcome="failed")
        for o in right.outcomes
    )
    texts = (HOSTILE_TEXT,)
    hostile = replace(
        right,
        submission=HOSTILE_TEXT,
        students=texts,
        reason=HOSTILE_TEXT,
        late=HOSTILE_TEXT,
        flags=texts,
        notes=texts,
        isolation=texts,
        output=HOSTILE_TEXT,
        versions={HOSTILE_TEXT: HOSTILE_TEXT},
        outcomes=outcomes,
    )
    honest = set().union(*(_Tags(path.read_text("utf-8")).tags for path in _pages(quiet)))
    assert {tag for tag, _ in _Tags(HOSTILE_TEXT).tags} == {"script", "img"}
    for page in (feedback.page(hostile, raid.assignment), summary.page([hostile], raid.assignment, {})):
        assert "alert(1)" in page
        assert {tag for tag, _ in _Tags(page).tags} <= {tag for tag, _ in honest}
        assert not set(page) & UNWANTED
    assert not set(json.dumps(feedback.record(hostile, raid.assignment), ensure_ascii=False)) & UNWANTED
    table = tables.grades_csv([replace(hostile, submission="=1+1", reason="\t@SUM(1)")], raid.assignment)
    assert not set(table) & UNWANTED
    assert not [c for row in csv.reader(io.StringIO(table)) for c in row if c.strip()[:1] in ("=", "+", "-", "@")]


@pytest.mark.covers("A16")
def test_no_cell_begins_a_formula(raid: Raid) -> None:
    rows = list(csv.reader(io.StringIO((raid.out / "grades.csv").read_text("utf-8"), newline="")))
    assert len(rows) == len(raid.grades) + 1
    cells = [part for row in rows for cell in row for part in cell.split(";")]
    assert [cell for cell in cells if cell.strip()[:1] in ("=", "+", "-", "@")] == []
    assert any("'=HYPERLINK(" in cell for cell in cells)
    assert any("'@SUM(1)" in cell for cell in cells)


@pytest.mark.covers("A16")
def test_a_terminal_shows_names_as_they_are(raid: Raid, capsys: pytest.CaptureFixture[str]) -> None:
    grades = [replace(g, submission=g.submission + "\x1b[2J[blink]\r") for g in raid.grades.values()]
    progress.table(grades)
    with progress.shown() as tell:
        for n, grade in enumerate(grades):
            tell(Event("graded", n, len(grades), grade))
    with progress.shown(as_json=True) as tell:
        tell(Event("graded", 1, 1, grades[0]))
    said = "".join(capsys.readouterr())
    assert not set(said) & {*UNWANTED, "\r"}
    assert "[bold red]" in said
    assert "[blink]" in said
    assert json.loads(said.splitlines()[len(grades) + 1])["submission"] == grades[0].submission


# --- A17: sums


def _outcome(share: object) -> dict[str, object]:
    """What a check that returns this comes to."""

    @points(4, "q")
    def check_share() -> object:
        """A share."""
        return share() if callable(share) else share

    class Nothing:
        seed, ref, once, student = 1, None, {}, None

        def hidden(self, path: Path) -> bool:
            return False

    return dict(Run(Nothing()).judge(facts(check_share, Path("checks_x.py")), check_share, ()))  # type: ignore[arg-type]


@pytest.mark.covers("A17")
@pytest.mark.parametrize("share", NOT_SHARES, ids=repr)
def test_what_is_no_share_earns_nothing_and_is_staffs_to_look_at(share: object) -> None:
    outcome = _outcome(share)
    assert (outcome["score"], outcome["outcome"]) == (0.0, "errored")
    assert "share" in str(outcome["detail"]) or "OverflowError" in str(outcome["detail"])


@pytest.mark.covers("A17")
@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf, -0.5, 1.5, 1e308], ids=repr)
def test_what_is_no_accuracy_reaches_no_tier(value: float) -> None:
    outcome = _outcome(lambda: tiers(value, {0.5: 0.5, 0.9: 1.0}))
    assert (outcome["score"], outcome["outcome"]) == (0.0, "errored")


@pytest.mark.covers("A17")
def test_scores_that_are_no_numbers_are_the_submissions_to_mend() -> None:
    three_rows = [[1.0, 2.0], [1.0, 2.0], [0.0, 1.0]]
    for scores in ([math.nan, 1.0], [math.inf, 1.0], [1j, 1.0], [True], None, "11", three_rows):
        with pytest.raises(Failure):
            accuracy(scores, [0, 1])


@pytest.mark.covers("A17")
@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf])
def test_no_gradebook_and_no_table_takes_what_is_no_number(value: float, raid: Raid, tmp_path: Path) -> None:
    right = raid.grades["0-right"]
    with Gradebook(tmp_path / "book.db") as book, pytest.raises(GradebookError):
        book.save(replace(right, score=value))
    outcome: Outcome = replace(right.outcomes[0], score=value)
    with Gradebook(tmp_path / "book.db") as book:
        with pytest.raises(GradebookError):
            book.save(replace(right, outcomes=(outcome,)))
        assert book.grades("trap") == []
