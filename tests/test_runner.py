"""One grading process: checks collected once, then the same for every submission, here without the wall."""

from __future__ import annotations

from pathlib import Path

import pytest
from means import HIDDEN, RIGHT, SLIPS, SOLUTION, WRONG, hand_in, write

from autograder import data
from autograder.grading.runner import ChecksError, Ran, Reference, check_files, declared, serve
from autograder.model import Submission
from autograder.sandbox import local

CHECKS = "solutions/means/checks_means_hidden.py"


def served(
    folder: Path, submissions: dict[str, str], seed: int = 5, changes: dict[str, str] | None = None, **narrow: object
) -> dict[str, Ran]:
    assignment = write(folder / "course", changes)
    inbox = hand_in(folder / "inbox", submissions)
    jobs = [Submission(name, "", folder=inbox / name, files=("means.py",)) for name in submissions]
    done: dict[str, Ran] = {}
    serve(
        assignment,
        seed,
        data.load,
        jobs,
        lambda folder: lambda: local.connect(folder),
        lambda submission, ran: done.update({submission.name: ran}),
        **narrow,  # type: ignore[arg-type]
    )
    return done


def verdicts(ran: Ran) -> dict[str, str]:
    return {o.name: o.outcome for o in ran.outcomes}


def test_every_submission_meets_every_check(tmp_path: Path) -> None:
    done = served(tmp_path, {"ada": RIGHT, "bob": WRONG, "eve": RIGHT})
    assert verdicts(done["ada"]) == dict.fromkeys(
        ("check_mean_of_numbers", "check_mean_of_one", "check_spread"), "passed"
    )
    assert verdicts(done["bob"])["check_mean_of_numbers"] == "failed"
    assert verdicts(done["eve"]) == verdicts(done["ada"])


def test_visibility_is_the_folder_a_check_lies_in(tmp_path: Path) -> None:
    done = served(tmp_path, {"ada": RIGHT})
    assert {o.name: o.visibility for o in done["ada"].outcomes} == {
        "check_mean_of_numbers": "visible",
        "check_mean_of_one": "hidden",
        "check_spread": "hidden",
    }


def test_inputs_are_the_same_for_every_submission_and_new_with_every_seed(tmp_path: Path) -> None:
    tells = RIGHT.replace("    return np.add", "    raise ValueError(list(x))\n    return np.add")

    def inputs(seed: int) -> list[str]:
        done = served(tmp_path, {"ada": tells, "bob": tells}, seed)
        return [next(o.why for o in ran.outcomes if o.name == "check_mean_of_numbers") for ran in done.values()]

    first, second = inputs(5), inputs(6)
    assert first[0] == first[1]
    assert second[0] == second[1]
    assert first[0] != second[0]


def test_what_a_hidden_check_saw_is_not_in_its_sentence(tmp_path: Path) -> None:
    tells = RIGHT.replace("    return np.add", "    raise ValueError(list(x))\n    return np.add")
    done = served(tmp_path, {"ada": tells})
    told = {o.visibility: o.why for o in done["ada"].outcomes if o.question == "q1"}
    assert "float64(" in told["visible"]
    assert "float64(" not in told["hidden"]


def test_a_value_that_is_expected_of_all_is_computed_once(tmp_path: Path) -> None:
    counted = SOLUTION.replace(
        "    return np.std(x)", "    global COUNT\n    COUNT += 1\n    return np.std(x)"
    ).replace("import numpy as np\n", "import numpy as np\n\nCOUNT = 0\n")
    asks = (
        HIDDEN
        + '''

@points(0, "q2")
def check_count(student, ref):
    """the reference was asked once."""
    assert ref.means.COUNT == 1, ref.means.COUNT
'''
    )
    slips = SLIPS.replace("np.std", "return np.std").replace('replace = "np.var"', 'replace = "return np.var"')
    changes = {"solutions/means/means.py": counted, CHECKS: asks, "solutions/means/slips.toml": slips}
    done = served(tmp_path, {"ada": RIGHT, "bob": RIGHT, "eve": RIGHT}, changes=changes)
    assert {verdicts(ran)["check_count"] for ran in done.values()} == {"passed"}


def test_one_question_or_some_checks_can_be_run_alone(tmp_path: Path) -> None:
    assert set(verdicts(served(tmp_path, {"ada": RIGHT}, question="q2")["ada"])) == {"check_spread"}
    only = served(tmp_path, {"ada": RIGHT}, only={"check_mean_of_one"})
    assert set(verdicts(only["ada"])) == {"check_mean_of_one"}


def test_what_is_declared_is_known_without_a_submission(tmp_path: Path) -> None:
    found = declared(write(tmp_path), data.load)
    assert [(f.name, f.question, f.points, f.seconds) for f in found] == [
        ("check_mean_of_numbers", "q1", 1.0, None),
        ("check_mean_of_one", "q1", 2.0, None),
        ("check_spread", "q2", 1.0, None),
    ]


def test_visible_checks_come_before_hidden_ones(tmp_path: Path) -> None:
    assignment = write(tmp_path)
    assert [path.name for path in check_files(assignment)] == ["checks_means.py", "checks_means_hidden.py"]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (HIDDEN.replace('@points(2, "q1")', '@points(2, "q1", after="check_nothing")'), "check_nothing"),
        (HIDDEN.replace("check_mean_of_one", "check_mean_of_numbers"), "check_mean_of_numbers"),
        (HIDDEN.replace("from autograder.checks import close", "from autograder.checks import clsoe"), "clsoe"),
        (HIDDEN.replace("@points(2", "@points(-2"), "points -2"),
    ],
    ids=["after names no check", "two of one name", "import fails", "negative points"],
)
def test_checks_that_are_refused_are_named_in_one_line(tmp_path: Path, text: str, said: str) -> None:
    with pytest.raises(ChecksError, match=rf"^means: [^\n]*{said}[^\n]*$"):
        declared(write(tmp_path, {CHECKS: text}), data.load)


def test_a_reference_is_found_by_file_whatever_else_has_its_name(tmp_path: Path) -> None:
    (tmp_path / "means.py").write_text("HERE = True\n")  # tests/means.py is imported in this very process
    assert Reference(tmp_path).means.HERE is True
    with pytest.raises(AttributeError, match=r"has no stats\.py"):
        _ = Reference(tmp_path).stats
