"""The walk on a tiny assignment: what is kept, what is graded again, what a regrade adds."""

from __future__ import annotations

from pathlib import Path

import pytest
from means import RIGHT, SOLUTION, WRONG, hand_in, write

from autograder import course, pipeline
from autograder.gradebook import Gradebook
from autograder.model import Roster
from autograder.pipeline import Event, UsageError
from autograder.sandbox import isolation


@pytest.fixture(scope="module")
def graded(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path, Path]:
    """(course, submissions, out) after a run."""
    root = tmp_path_factory.mktemp("walk")
    assignment = write(root / "course")
    inbox = hand_in(root / "inbox", {"ada": RIGHT, "bob": WRONG})
    (inbox / "carl.zip").write_bytes(b"%PDF-1.7")
    pipeline.grade(assignment, inbox, root / "out", seed=5, workers=1)
    return root / "course", inbox, root / "out"


def test_a_run_leaves_a_record_for_each_and_the_tables(graded: tuple[Path, Path, Path]) -> None:
    _, _, out = graded
    assert {path.name for path in (out / "feedback").iterdir()} == {
        f"{name}.{kind}" for name in ("ada", "bob", "carl") for kind in ("html", "json")
    }
    lines = (out / "grades.csv").read_text("utf-8").splitlines()
    assert [line.split(",")[1:7:2] for line in lines[1:]] == [["ada", "4", "1"], ["bob", "3", "1"], ["carl", "0", "0"]]
    assert (out / "summary.html").is_file()


def test_only_what_changed_is_graded_again(graded: tuple[Path, Path, Path], tmp_path: Path) -> None:
    course_root, inbox, _ = graded
    assignment = write(course_root)
    pipeline.grade(assignment, inbox, tmp_path, seed=5, workers=1)
    hand_in(inbox, {"bob": RIGHT})
    events: list[Event] = []

    grades = pipeline.grade(assignment, inbox, tmp_path, workers=1, tell=events.append)

    assert [event.grade.submission for event in events if event.grade] == ["bob"]
    assert {g.submission: g.score for g in grades} == {"ada": 4.0, "bob": 4.0, "carl": 0.0}
    hand_in(inbox, {"bob": WRONG})


def test_changed_checks_make_every_grade_stale(graded: tuple[Path, Path, Path], tmp_path: Path) -> None:
    course_root, inbox, _ = graded
    pipeline.grade(write(course_root), inbox, tmp_path, seed=5, workers=1)
    hidden = course_root / "solutions/means/checks_means_hidden.py"
    text = hidden.read_text()
    hidden.write_text(text + "\n# a new version\n")
    events: list[Event] = []

    pipeline.grade(course.find(course_root)["means"], inbox, tmp_path, workers=1, tell=events.append)

    assert sorted(event.grade.submission for event in events if event.grade) == ["ada", "bob", "carl"]
    hidden.write_text(text)


def test_the_same_seed_gives_the_same_table(graded: tuple[Path, Path, Path], tmp_path: Path) -> None:
    course_root, inbox, out = graded
    pipeline.grade(write(course_root), inbox, tmp_path, seed=5, workers=2)
    assert (tmp_path / "grades.csv").read_bytes() == (out / "grades.csv").read_bytes()


def test_a_seed_is_drawn_once_and_kept(tmp_path: Path) -> None:
    assignment = write(tmp_path / "course")
    inbox = hand_in(tmp_path / "inbox", {"ada": RIGHT})
    (first,) = pipeline.grade(assignment, inbox, tmp_path / "out", workers=1)
    (second,) = pipeline.grade(assignment, inbox, tmp_path / "out", workers=1)
    (other,) = pipeline.grade(assignment, inbox, tmp_path / "elsewhere", workers=1)
    assert first.seed == second.seed != other.seed


def test_a_regrade_adds_a_row_and_keeps_the_manual_points(tmp_path: Path) -> None:
    assignment = write(tmp_path / "course")
    inbox = hand_in(tmp_path / "inbox", {"ada": WRONG})
    pipeline.grade(assignment, inbox, tmp_path / "out", workers=1)
    with Gradebook(tmp_path / "out" / "gradebook.db") as book:
        book.judge(assignment, "ada", "q2", 1.0, by="ta")

    (again,) = pipeline.regrade(assignment, tmp_path / "out", workers=1)

    assert (again.score, again.pending) == (4.0, 0.0)
    with Gradebook(tmp_path / "out" / "gradebook.db") as book:
        assert len(book.history("means", "ada")) == 2


def test_a_regrade_of_one_question_leaves_the_others_as_they_were(tmp_path: Path) -> None:
    assignment = write(tmp_path / "course")
    inbox = hand_in(tmp_path / "inbox", {"ada": RIGHT})
    pipeline.grade(assignment, inbox, tmp_path / "out", workers=1)
    kept = tmp_path / "out" / "submissions" / "ada" / "means.py"
    kept.write_text(SOLUTION.replace("np.std", "np.var").replace("np.add.reduce(x) / len(x)", "0"))

    (again,) = pipeline.regrade(assignment, tmp_path / "out", question="q2", workers=1)

    assert dict(again.questions) == {"q1": 3.0, "q2": 0.0}
    assert [o.outcome for o in again.outcomes] == ["passed", "passed", "failed"]


def test_a_student_in_two_submissions_is_told_to_staff(tmp_path: Path) -> None:
    inbox = hand_in(tmp_path / "inbox", {"ada": RIGHT, "ada+bob": WRONG})
    roster = Roster(names={"ada": "Ada", "bob": "Bob"})
    grades = pipeline.grade(write(tmp_path / "course"), inbox, tmp_path / "out", roster=roster, workers=1)
    assert [g.flags for g in grades] == [
        ("ada is in another submission too: ada+bob",),
        ("ada is in another submission too: ada",),
    ]


def test_an_empty_folder_is_a_wrong_call(tmp_path: Path) -> None:
    (tmp_path / "inbox").mkdir()
    with pytest.raises(UsageError, match="there is no submission here"):
        pipeline.grade(write(tmp_path / "course"), tmp_path / "inbox", tmp_path / "out")


def test_a_folder_without_a_gradebook_cannot_be_regraded(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"there is no gradebook\.db here"):
        pipeline.regrade(write(tmp_path / "course"), tmp_path)


@pytest.mark.parametrize(
    ("level", "missing", "wanted", "refused"),
    [
        ("ns", (), "strict", ""),
        ("ns", ("Landlock",), "strict", "does not grant Landlock"),
        ("landlock", ("user namespace",), "strict", "does not grant user namespace"),
        ("landlock", ("user namespace",), "best", ""),
        ("none", (), "best", "this machine confines nothing"),
        ("none", (), "none", ""),
    ],
)
def test_isolation_is_refused_below_what_was_asked(
    monkeypatch: pytest.MonkeyPatch,
    level: isolation.Level,
    missing: tuple[str, ...],
    wanted: pipeline.Wanted,
    refused: str,
) -> None:
    found = isolation.Isolation(level, (), missing)
    monkeypatch.setattr(pipeline, "probe", lambda: found)
    if refused:
        with pytest.raises(UsageError, match=refused):
            pipeline.confine(wanted)
    else:
        assert pipeline.confine(wanted) == found
