"""The checks of a2: nonsense fails and never makes a check go wrong, hidden ones keep their numbers, sums are right."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from autograder import course, data
from autograder.grading import runner
from autograder.model import Outcome, Submission
from autograder.sandbox import local

ROOT = Path(__file__).parent.parent
HANDOUT, SOLUTION = ROOT / "assignments" / "a2_first_lab", ROOT / "solutions" / "a2_first_lab"
FILES = ("ex08.ipynb", "derivations.py")

Outcomes = tuple[Outcome, ...]


def notebook(*cells: str) -> str:
    """A notebook of code cells as text."""
    made = [
        {"cell_type": "code", "id": f"c{n}", "execution_count": None, "metadata": {}, "outputs": [], "source": source}
        for n, source in enumerate(cells)
    ]
    return json.dumps({"cells": made, "metadata": {}, "nbformat": 4, "nbformat_minor": 5})


@pytest.fixture
def graded(tmp_path):
    """Grade pairs of notebook and derivations.py, one submission each, in one run of the checks."""

    def grade(*pairs: tuple[str, str]) -> list[Outcomes]:
        submissions = []
        for number, texts in enumerate(pairs):
            folder = tmp_path / str(number)
            folder.mkdir()
            for name, text in zip(FILES, texts, strict=True):
                (folder / name).write_text(text, encoding="utf-8")
            submissions.append(Submission(str(number), "", folder=folder, files=FILES))
        found: list[Outcomes] = []
        runner.serve(
            course.load(HANDOUT, SOLUTION),
            5,
            data.load,
            submissions,
            lambda folder: lambda: local.connect(folder, FILES),
            lambda submission, ran: found.append(ran.outcomes),
        )
        return found

    return grade


GARBAGE = {
    "nothing": "None",
    "a number": "0.0",
    "text": "'out'",
    "an object": "object()",
    "nothing twice": "(None, None)",
    "objects": "(object(), object())",
    "lists": "([[1.0], [2.0, 3.0]], [])",
    "lists of nothing": "([None] * 4, [None] * 4)",
    "NaN": "np.nan",
    "infinity": "np.inf",
    "NaN in the shape of the input": "np.full(np.shape(args[0]), np.nan) if args else {}",
    "numbers near the end of float64": "np.full(np.shape(args[0]), 1e308) if args else {}",
    "tensors": "([torch.ones(3)] * 4, [torch.ones(3, requires_grad=True)] * 4)",
    "complex": "1j",
    "truth values": "True",
    "the input": "args[0] if args else {'infimum': None, 'attained': 0, 'gap': 'inf'}",
    "a huge number": "10**400",
    "a model of nothing": "torch.nn.Sequential(torch.nn.Identity())",
    "a model without layers": "torch.nn.Module()",
}
DEFINED = ("compute_f_true", "get_model_weights", "predict", "train_network", "MNIST_model", "train_epoch")
DEFINED += ("create_network_e3", "initialize_weights_e3")
PROBLEMS = re.findall(r"^def (\w+)", (SOLUTION / "derivations.py").read_text(encoding="utf-8"), flags=re.MULTILINE)
IMPORTS = "import numpy as np\nimport torch\n"


def returning(names: tuple[str, ...] | list[str], value: str) -> str:
    return IMPORTS + "".join(f"\n\ndef {name}(*args, **more):\n    return {value}\n" for name in names)


def test_nonsense_fails_and_never_breaks_a_check(graded):
    data_too = "SCALE_FACTORS = MNIST_SETTINGS = {}".format
    pairs = [
        (
            notebook(returning(DEFINED, value), data_too(f"(lambda *args: {value})()")),
            returning(PROBLEMS, value) + f"\n\nSIGMA_IS = OPTIMIZER_COPIES = (lambda *args: {value})()\n",
        )
        for value in GARBAGE.values()
    ]
    every = [(kind, o) for kind, outcomes in zip(GARBAGE, graded(*pairs), strict=True) for o in outcomes]
    broken = [(kind, o.name, o.detail[-300:]) for kind, o in every if o.outcome == "errored"]
    assert broken == []
    assert [(kind, o.name) for kind, o in every if o.score] == []


def test_points_add_up_and_about_a_third_is_visible(graded):
    (outcomes,) = graded((notebook("pass"), ""))
    total: dict[str, float] = {}
    visible = 0.0
    for outcome in outcomes:
        total[outcome.question] = total.get(outcome.question, 0) + outcome.points
        visible += outcome.points * (outcome.visibility == "visible")
    assert sum(total.values()) == 34
    assert 0.3 < visible / 34 < 0.5
    assert {outcome.score for outcome in outcomes} == {0}


def test_hidden_checks_keep_their_numbers(graded):
    book = json.loads((SOLUTION / "ex08.ipynb").read_text(encoding="utf-8"))
    cells = ["".join(cell["source"]) for cell in book["cells"] if cell["cell_type"] == "code"]
    kept = [
        cell for cell in cells if re.match(r"(import|class|@?def|@torch)", cell.lstrip()) or "SCALE_FACTORS =" in cell
    ]
    off = "predict_, f_ = predict, compute_f_true\n" + (
        "def predict(*args): return predict_(*args) * 1.23456789\n"
        "def compute_f_true(*args): return f_(*args) * 1.23456789\n"
        "SCALE_FACTORS = {name: 3.23456789 for name in SCALE_FACTORS}\n"
    )
    scaled = "".join(
        f"\n\n{name}_ = {name}\n\n\ndef {name}(*args):\n    return {name}_(*args) * 1.23456789\n"
        for name in PROBLEMS
        if name != "one_hot_minimum"
    )
    derivations = (SOLUTION / "derivations.py").read_text(encoding="utf-8") + scaled
    (outcomes,) = graded((notebook(*kept, off), derivations))
    hidden = [o for o in outcomes if o.visibility == "hidden" and o.outcome == "failed"]
    assert len(hidden) > 12
    numbers = [o.why for o in hidden if re.search(r"\d\.\d{3}|e[-+]\d", o.why.replace("1.235 times", ""))]
    assert numbers == []
