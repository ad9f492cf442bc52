"""`otter run` gives the solution, the handout and a slip of a2_first_lab the points that this kit gives."""

from __future__ import annotations

import shutil
from pathlib import Path

from otters import theirs

from autograder import course, pipeline
from autograder.course import slips

ASSIGNMENT = course.find(Path(__file__).parent.parent)["a2_first_lab"]


def test_otter_gives_the_same_points(tmp_path: Path) -> None:
    solution = course.assignment.solution_of(ASSIGNMENT)
    for name, source in (("solution", solution), ("handout", ASSIGNMENT.handout), ("slip", solution)):
        (tmp_path / "inbox" / name).mkdir(parents=True)
        for file in ASSIGNMENT.files:
            shutil.copy(source / file, tmp_path / "inbox" / name)
    known = [slip for slip in slips.load(ASSIGNMENT) if slip.edits[0].file == "ex08.ipynb" and not slip.may]
    slips.apply(known[0], tmp_path / "inbox" / "slip")
    (bundle,) = pipeline.bundle_otter([ASSIGNMENT], tmp_path / "otter")
    for grade in pipeline.grade(ASSIGNMENT, tmp_path / "inbox", tmp_path / "out"):
        place = tmp_path / grade.submission
        place.mkdir()
        said = theirs(tmp_path / "inbox" / grade.submission, bundle, place)
        assert {q: said.get(q, 0.0) for q in grade.questions} == dict(grade.questions), grade.submission
