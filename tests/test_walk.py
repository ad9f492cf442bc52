"""The whole walk on the example class: handed in, graded in the sandbox, killed, resumed, read."""

from __future__ import annotations

import csv
import json
import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import pytest

from autograder import course, data
from autograder.gradebook import Gradebook
from autograder.grading.runner import serve
from autograder.model import Assignment, Outcome, Submission
from autograder.sandbox import local
from demo import submissions

ROOT = Path(__file__).parent.parent
SEED = "7"
KILLS = 10


@dataclass(frozen=True)
class Class:
    """The example class, and the folder of an undisturbed run over it."""

    folder: Path
    handed_in: Path
    out: Path

    def rows(self) -> dict[str, dict[str, str]]:
        with (self.out / "grades.csv").open(encoding="utf-8", newline="") as file:
            return {row["submission"]: row for row in csv.DictReader(file)}

    def record(self, submission: str) -> dict[str, object]:
        found: dict[str, object] = json.loads((self.out / "feedback" / f"{submission}.json").read_text("utf-8"))
        return found


def command(folder: Path, handed_in: Path, out: Path) -> list[str]:
    program = [sys.executable, "-m", "autograder.cli", "grade", "a5_layers", str(handed_in), "--out", str(out)]
    return [*program, "--seed", SEED, "--roster", str(folder / "roster.csv")]


@pytest.fixture(scope="module")
def assignment() -> Assignment:
    return course.find(ROOT)["a5_layers"]


@pytest.fixture(scope="module")
def example(assignment: Assignment, tmp_path_factory: pytest.TempPathFactory) -> Class:
    folder = tmp_path_factory.mktemp("class")
    handed_in = submissions.write(assignment, folder)
    out = folder / "out"
    done = subprocess.run(command(folder, handed_in, out), cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return Class(folder, handed_in, out)


def test_every_submission_has_exactly_one_record(example: Class) -> None:
    names = sorted(path.stem for path in example.handed_in.iterdir())
    assert sorted(example.rows()) == names
    for name in names:
        assert (example.out / "feedback" / f"{name}.html").stat().st_size > 1000
        assert example.record(name)["submission"] == name
    assert len(names) >= 16


def test_right_work_earns_every_automatic_point_however_it_was_packed(example: Class, assignment: Assignment) -> None:
    full = f"{sum(q.auto for q in assignment.questions):g}"
    rows = example.rows()
    for name in ("ada", "grace+alan", "team7", "nested"):
        assert (rows[name]["score"], rows[name]["status"]) == (full, "graded"), rows[name]


def test_groups_are_known_by_roster_and_by_authors(example: Class) -> None:
    rows = example.rows()
    assert set(rows["team7"]["students"].split(";")) == {"emmy", "sofja"}
    assert set(rows["grace+alan"]["students"].split(";")) == {"grace", "alan"}


def test_the_untouched_handout_earns_nothing_and_fails_politely(example: Class) -> None:
    assert example.rows()["blank"]["score"] == "0"
    questions = example.record("blank")["questions"]
    whys = [check["why"] for question in questions for check in question["checks"]]  # type: ignore[attr-defined]
    assert "fc_forward is not written yet." in " ".join(whys)
    assert "Traceback" not in " ".join(whys)


@pytest.mark.parametrize("name", ["reads-answers", "patches-numpy"])
def test_an_attack_on_empty_work_earns_what_empty_work_earns(example: Class, name: str) -> None:
    assert example.rows()[name]["score"] == "0"


def test_what_cannot_be_read_is_rejected_with_its_reason(example: Class) -> None:
    row = example.rows()["not-a-zip"]
    assert (row["status"], row["score"]) == ("rejected", "0")
    assert "PDF" in row["reason"]


def test_a_name_that_leads_out_of_the_zip_leads_nowhere_and_is_told_to_staff(
    example: Class, assignment: Assignment
) -> None:
    row = example.rows()["zip-slip"]
    assert "../../solutions/a5_layers/layers.py" in row["flags"]
    assert not list(example.folder.parent.rglob("pwned"))
    assert assignment.solution is not None
    assert "pwned" not in (assignment.solution / "layers.py").read_text()


def test_a_misspelt_file_costs_its_questions_and_no_others(example: Class) -> None:
    row = example.rows()["misspelt"]
    assert row["status"] == "partial"
    assert float(row["q1_fc"]) == 0
    assert float(row["q6_1"]) > 0
    page = (example.out / "feedback" / "misspelt.html").read_text("utf-8")
    assert "did you mean layers.py?" in page


def test_trouble_in_one_place_leaves_the_other_questions_alone(example: Class) -> None:
    rows = example.rows()
    best = rows["ada"]
    for name, hit in (
        ("import-crash", "q4_2"),
        ("endless", "q6_2"),
        ("leaves-early", "q5_1"),
        ("gigabyte", "q1_dropout"),
    ):
        assert float(rows[name][hit]) < float(best[hit])
        assert rows[name]["q1_fc"] == best["q1_fc"]


def test_each_slip_is_recognised_in_the_summary(example: Class, assignment: Assignment) -> None:
    page = (example.out / "summary.html").read_text("utf-8")
    for slip in submissions.chosen_slips(assignment):
        assert _escaped(slip.says) in page


@pytest.mark.filterwarnings("default")  # in this process a submission's warnings would be errors
def test_the_wall_changes_no_sentence(example: Class, assignment: Assignment) -> None:
    """At home the same code runs in one process: every outcome, score, why and hint is the one from the sandbox."""
    names = ["blank", "misspelt", *(f"slip-{s.id.replace('_', '-')}" for s in submissions.chosen_slips(assignment)[:2])]
    folders = [example.out / "submissions" / name for name in names]
    jobs = [Submission(f.name, "", folder=f, files=tuple(p.name for p in f.iterdir())) for f in folders]
    at_home: dict[str, list[Outcome]] = {}
    serve(
        assignment,
        int(SEED),
        data.load,
        jobs,
        lambda folder: lambda: local.connect(folder),
        lambda submission, ran: at_home.update({submission.name: list(ran.outcomes)}),
    )
    with Gradebook(example.out / "gradebook.db") as book:
        behind = {g.submission: g.outcomes for g in book.grades(assignment.id) if g.submission in names}

    def said(outcomes: Iterable[Outcome]) -> dict[str, tuple[object, ...]]:
        return {o.name: (o.outcome, o.score, o.why, o.hint, o.visibility) for o in outcomes}

    for name in names:
        assert said(at_home[name]) == said(behind[name])


def test_the_gradebook_is_its_owners_alone(example: Class) -> None:
    assert (example.out / "gradebook.db").stat().st_mode & 0o077 == 0
    assert (example.out / "submissions").stat().st_mode & 0o077 == 0


def test_killed_at_random_moments_a_run_ends_with_the_same_table(example: Class) -> None:
    out = example.folder / "killed"
    chance = random.Random()
    for kill in range(KILLS):
        process = subprocess.Popen(
            command(example.folder, example.handed_in, out),
            cwd=ROOT,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
        time.sleep(chance.uniform(0.2, 9.0) if kill else 6.0)
        os.kill(process.pid, signal.SIGKILL)  # the grader alone: its children have to notice by themselves
        process.wait()
    done = subprocess.run(
        command(example.folder, example.handed_in, out), cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert (out / "grades.csv").read_bytes() == (example.out / "grades.csv").read_bytes()


def test_a_second_run_grades_nothing_again(example: Class) -> None:
    before = (example.out / "grades.csv").read_bytes()
    done = subprocess.run(
        [*command(example.folder, example.handed_in, example.out), "--json"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    events = [json.loads(line) for line in done.stdout.splitlines()]
    assert [event["event"] for event in events] == ["started", "finished"]
    assert (example.out / "grades.csv").read_bytes() == before


def test_ctrl_c_says_how_to_go_on_and_leaves_with_130(example: Class) -> None:
    out = example.folder / "interrupted"
    process = subprocess.Popen(
        command(example.folder, example.handed_in, out),
        cwd=ROOT,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    while not (out / "gradebook.db").exists():
        time.sleep(0.05)
    time.sleep(1.0)
    os.killpg(process.pid, signal.SIGINT)  # as a terminal sends it: to the whole group
    _, said = process.communicate(timeout=600)
    assert process.returncode == 130
    assert said.strip().splitlines()[-1] == "interrupted; the same command goes on where this one stopped"


def _escaped(text: str) -> str:
    from markupsafe import escape

    return str(escape(text))
