"""The gradebook keeps every grade exactly, survives a kill and refuses what is not its own."""

import math
import os
import sqlite3
import stat
import subprocess
import sys
import threading
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from samples import ASSIGNMENT, KINDS, SEED, VERSIONS, everyone, grade, outcomes

from autograder.gradebook import Gradebook, GradebookError
from autograder.model import Entry, Grade, Outcome

A5 = ASSIGNMENT.id


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "gradebook.db"


@pytest.fixture
def book(path):
    with Gradebook(path) as book:
        yield book


@pytest.mark.parametrize("kind", KINDS)
def test_a_grade_comes_back_equal(book, path, kind):
    saved = KINDS[kind]()
    book.save(saved)

    assert book.grades(A5) == [saved]
    with Gradebook(path) as again:
        assert again.history(A5, saved.submission) == [saved]
        assert again.find(A5, saved.submission, saved.sha256, saved.versions, SEED) == saved


points = st.floats(0, 1e6)
texts = st.lists(st.text(), max_size=3).map(tuple)


@st.composite
def any_outcome(draw):
    worth = draw(points)
    return Outcome(
        draw(st.text()), draw(st.text()), draw(st.text()), worth, worth * draw(st.floats(0, 1)),
        draw(st.sampled_from(["passed", "failed", "timed_out", "skipped", "errored"])),
        draw(st.text()), draw(st.text()),
        draw(st.sampled_from(["visible", "hidden"])), draw(points), draw(st.text()), draw(st.text()),
    )  # fmt: skip


any_grade = st.builds(
    Grade,
    assignment=st.just(A5),
    submission=st.text() | st.just("caf\udce9"),
    sha256=st.text(),
    students=texts,
    status=st.sampled_from(["graded", "partial", "rejected"]),
    score=points,
    max_score=points,
    pending=points,
    questions=st.dictionaries(st.text(), points, max_size=3),
    outcomes=st.lists(any_outcome(), max_size=3).map(tuple),
    seed=st.integers(0, 2**63 - 1),
    versions=st.dictionaries(st.text(), st.text(), max_size=3),
    flags=texts,
    notes=texts,
    isolation=texts,
    weights=st.dictionaries(st.text(), st.text(st.characters(max_codepoint=127)), max_size=2),
    seconds=points,
)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(saved=any_grade)
def test_every_text_and_number_comes_back_equal(book, saved):
    book.save(saved)

    assert book.history(A5, saved.submission)[-1] == saved
    assert book.find(A5, saved.submission, saved.sha256, saved.versions, saved.seed) == saved


def test_a_name_that_is_no_utf8_is_its_own(book):
    book.save(grade("caf\udce9", outcomes()))
    book.save(grade("café", outcomes()))

    assert [g.submission for g in book.grades(A5)] == ["café", "caf\udce9"]


def test_a_regrade_adds_a_row_and_the_newest_counts(book):
    first, second = grade("ada", ()), grade("ada", outcomes())
    book.save(first)
    book.save(second)

    assert book.grades(A5) == [second]
    assert book.history(A5, "ada") == [first, second]


def test_another_zip_of_the_same_name_is_newest(book):
    old, new = grade("ada", outcomes()), grade("ada", (), sha256="f" * 64)
    book.save(old)
    book.save(new)

    assert book.grades(A5) == [new]
    # Were the old row found for the old zip, resuming would keep it while `grades` goes on showing the new one.
    assert book.find(A5, "ada", old.sha256, VERSIONS, SEED) is None
    assert book.find(A5, "ada", new.sha256, VERSIONS, SEED) == new


@pytest.mark.parametrize("changed", ["submission", "sha256", "versions", "seed", "assignment"])
def test_only_the_same_five_things_are_found(book, changed):
    saved = grade("ada", outcomes())
    book.save(saved)
    asked = {"assignment": A5, "submission": "ada", "sha256": saved.sha256, "versions": VERSIONS, "seed": SEED}
    other = {
        "assignment": "a1",
        "submission": "bob",
        "sha256": "0" * 64,
        "versions": {**VERSIONS, "data": "x"},
        "seed": 7,
    }

    assert book.find(**asked) == saved
    assert book.find(**{**asked, changed: other[changed]}) is None


def test_versions_are_found_in_any_order(book):
    saved = grade("ada", outcomes())
    book.save(saved)
    assert book.find(A5, "ada", saved.sha256, dict(reversed(VERSIONS.items())), SEED) == saved


def test_grades_are_sorted_and_of_one_assignment(book):
    for g in reversed(everyone()):
        book.save(g)
    book.save(replace(grade("zoe"), assignment="a1_perceptron"))

    assert book.grades(A5) == everyone()
    assert [g.submission for g in book.grades("a1_perceptron")] == ["zoe"]


def test_rows_cannot_be_changed_or_removed(book, path):
    book.save(grade("ada", outcomes()))
    book.seed(A5)
    book.judge(ASSIGNMENT, "ada", "q7_1", 1, "tom")
    other = sqlite3.connect(path)
    for table in ("seed", "grade", "question", "outcome", "judgement"):
        column = "drawn" if table == "seed" else "judged" if table == "judgement" else "score"
        with pytest.raises(sqlite3.IntegrityError, match="never changed"):
            other.execute(f"UPDATE {table} SET {column} = 0")
        with pytest.raises(sqlite3.IntegrityError, match="never removed"):
            other.execute(f"DELETE FROM {table}")
    other.close()


def test_outcomes_can_be_asked_for_in_sql(book, path):
    book.save(KINDS["slips"]())
    other = sqlite3.connect(path)
    query = "SELECT name, outcome.score FROM outcome JOIN grade ON grade.id = grade WHERE outcome = 'failed'"
    assert ("check_logistic_loss", 0.0) in other.execute(query).fetchall()
    other.close()


# seeds


def test_a_seed_is_drawn_once_and_kept(book, path):
    drawn = book.seed(A5)
    assert book.seed(A5) == drawn
    with Gradebook(path) as again:
        assert again.seed(A5) == drawn
    assert book.seed("a1_perceptron") != drawn


def test_seeds_are_not_predictable(tmp_path):
    seeds = set()
    for n in range(5):
        with Gradebook(tmp_path / f"{n}.db") as book:
            seeds.add(book.seed(A5))
    assert len(seeds) == 5
    assert max(seeds) > 2**53


def test_a_wanted_seed_holds_from_then_on(book):
    book.seed(A5)
    assert book.seed(A5, 7) == 7
    assert book.seed(A5) == 7


@pytest.mark.parametrize("seed", [-1, 2**63])
def test_a_seed_out_of_range_is_refused(book, seed):
    with pytest.raises(GradebookError, match=rf"--seed {seed}: a seed is a whole number"):
        book.seed(A5, seed)


# refusals


@pytest.mark.parametrize("score", [math.nan, math.inf, -1.0, 1e308])
def test_a_score_that_is_no_score_is_refused(book, score):
    for bad in (grade("ada", outcomes(), score=score), grade("ada", (), questions={"q1_fc": score})):
        with pytest.raises(GradebookError):
            book.save(bad)
    whole = grade("ada", tuple(replace(o, score=score) for o in outcomes()), score=1.0, questions={})
    with pytest.raises(GradebookError, match="refused"):
        book.save(whole)
    assert book.history(A5, "ada") == []


def test_a_check_cannot_give_more_than_its_points(book):
    first, *rest = outcomes()
    with pytest.raises(GradebookError, match="refused"):
        book.save(grade("ada", (replace(first, score=first.points + 1), *rest)))


def test_another_programs_database_is_refused_and_left_alone(path):
    with sqlite3.connect(path) as other:
        other.execute("CREATE TABLE cookies (host)")
    other.close()
    path.chmod(0o644)
    before = path.read_bytes(), path.stat().st_mode
    with pytest.raises(GradebookError, match=r"gradebook\.db: is another program's database"):
        Gradebook(path)
    assert (path.read_bytes(), path.stat().st_mode) == before


@pytest.mark.parametrize(("version", "age"), [(1, "an older"), (5, "a newer")])
def test_another_version_is_refused(path, version, age):
    Gradebook(path).close()
    other = sqlite3.connect(path)
    other.execute(f"PRAGMA user_version = {version}")
    other.close()
    with pytest.raises(GradebookError, match=f"is of {age} autograder"):
        Gradebook(path)


def test_a_gradebook_without_the_newest_tables_grows_them(path):
    with Gradebook(path) as book:
        book.save(KINDS["slips"]())
    other = sqlite3.connect(path)
    for name in ("TABLE entry", "TABLE sketch"):  # and with a table its triggers
        other.execute(f"DROP {name}")
    other.execute("PRAGMA user_version = 2")
    other.close()
    entered = datetime(2026, 11, 2, tzinfo=UTC)
    entry = Entry("ada", ("ada",), "abc", entered, b"id,label\n")
    with Gradebook(path) as book:
        assert book.grades(A5) == [KINDS["slips"]()]
        assert [book.enter(A5, entry), book.enter(A5, entry)] == [True, False]
        assert book.entries(A5) == [entry]
        assert book.entries("a4") == []


def test_text_is_no_gradebook(path):
    path.write_text("assignment,submission\n" * 100)
    with pytest.raises(GradebookError, match="is not a gradebook or is damaged"):
        Gradebook(path)


def test_a_damaged_file_is_refused_in_one_line(path):
    with Gradebook(path) as book:
        for g in everyone():
            book.save(g)
    content = bytearray(path.read_bytes())
    content[8192:20480] = os.urandom(12288)
    path.write_bytes(content)
    with pytest.raises(GradebookError, match="damaged") as caught:
        Gradebook(path)
    assert "\n" not in str(caught.value)


def test_a_cut_file_is_refused(path):
    with Gradebook(path) as book:
        for g in everyone():
            book.save(g)
    path.write_bytes(path.read_bytes()[:10000])
    with pytest.raises(GradebookError, match="damaged"):
        Gradebook(path)


def test_a_missing_folder_is_said(tmp_path):
    with pytest.raises(GradebookError, match="cannot be opened as a gradebook"):
        Gradebook(tmp_path / "nowhere" / "gradebook.db")
    with pytest.raises(GradebookError, match="cannot be opened"):
        Gradebook(tmp_path)


def test_an_empty_file_becomes_a_gradebook(path):
    path.touch()
    with Gradebook(path) as book:
        assert book.grades(A5) == []


def test_nobody_else_may_read_it(path):
    with Gradebook(path) as book:
        book.save(grade("ada", outcomes()))
        files = list(path.parent.iterdir())
        assert len(files) == 3  # the log and its index beside it
        assert {stat.S_IMODE(f.stat().st_mode) for f in files} == {0o600}
    path.chmod(0o644)
    Gradebook(path).close()
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


# kills and company

_SAVE_FOREVER = """
import sys
from pathlib import Path
from samples import grade, outcomes
from autograder.gradebook import Gradebook
with Gradebook(Path(sys.argv[1])) as book:
    for n in range(100_000):
        book.save(grade(f"s{n}", outcomes()))
        print(n, flush=True)
"""


@pytest.mark.parametrize("after", [0, 1, 3, 8, 21])
def test_a_kill_loses_nothing_that_was_saved(path, after):
    folders = [str(Path(__file__).parent), str(Path(__file__).parents[1])]
    child = subprocess.Popen(
        [sys.executable, "-c", _SAVE_FOREVER, str(path)],
        stdout=subprocess.PIPE, text=True, env={**os.environ, "PYTHONPATH": os.pathsep.join(folders)},
    )  # fmt: skip
    assert child.stdout is not None
    told = -1
    while told < after:
        told = int(child.stdout.readline())
    child.kill()
    rest = child.stdout.read().splitlines()
    child.stdout.close()
    child.wait()
    told = int(rest[-1]) if rest else told

    with Gradebook(path) as book:
        kept = {g.submission: g for g in book.grades(A5)}
        assert len(kept) in (told + 1, told + 2)  # the last may have been saved and not told
        assert all(kept[f"s{n}"] == grade(f"s{n}", outcomes()) for n in range(len(kept)))
        book.save(grade("after", outcomes()))


def test_a_grade_is_saved_whole_or_not_at_all(book):
    broken = grade("ada", (*outcomes(), replace(outcomes()[0], outcome="perfect")))
    with pytest.raises(GradebookError, match="refused"):
        book.save(broken)
    assert book.grades(A5) == []
    assert book._rows("SELECT * FROM outcome") == []


def test_two_books_on_one_file_and_many_threads(book, path):
    def work(n):
        with Gradebook(path) as own:
            for i in range(5):
                own.save(grade(f"{n}-{i}", outcomes()))
                book.save(grade(f"shared-{n}-{i}", outcomes()))

    threads = [threading.Thread(target=work, args=(n,)) for n in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(book.grades(A5)) == 40


def test_two_first_openings_agree_on_the_seed(path):
    seeds = []

    def work():
        with Gradebook(path) as own:
            seeds.append(own.seed(A5))

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(seeds) == 4
    assert len(set(seeds)) == 1


def test_the_time_of_arrival_is_kept(book):
    came = datetime(2026, 3, 1, 23, 59, 59, 123456, timezone(timedelta(hours=1)))
    book.save(grade("ada"), received=came)
    book.save(grade("bob"))
    assert book.received(A5, "ada") == came.astimezone(UTC)
    assert book.received(A5, "bob") is None
    assert book.received(A5, "zoe") is None
