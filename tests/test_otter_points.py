"""`otter run` gives the solution, the handout and a slip of a notebook assignment the points that this kit gives."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from otters import theirs

from autograder import course, pipeline
from autograder.course import slips

HOUSE = course.find(Path(__file__).parent.parent)


@pytest.mark.parametrize(
    ("id", "names"), [("a1_graphs", ("solution", "handout")), ("a2_first_lab", ("solution", "handout", "slip"))]
)
def test_otter_gives_the_same_points(id: str, names: tuple[str, ...], tmp_path: Path) -> None:
    assignment = HOUSE[id]
    solution = course.assignment.solution_of(assignment)
    for name in names:
        (tmp_path / "inbox" / name).mkdir(parents=True)
        for file in assignment.files:
            shutil.copy((assignment.handout if name == "handout" else solution) / file, tmp_path / "inbox" / name)
    known = [slip for slip in slips.load(assignment) if slip.edits[0].file.endswith(".ipynb") and not slip.may]
    if "slip" in names:
        slips.apply(known[0], tmp_path / "inbox" / "slip")
    (bundle,) = pipeline.bundle_otter([assignment], tmp_path / "otter")
    for grade in pipeline.grade(assignment, tmp_path / "inbox", tmp_path / "out"):
        place = tmp_path / grade.submission
        place.mkdir()
        said = theirs(tmp_path / "inbox" / grade.submission, bundle, place)
        assert {q: said.get(q, 0.0) for q in grade.questions} == dict(grade.questions), grade.submission
