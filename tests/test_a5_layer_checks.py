"""The checks of a5's layers and losses: every reading of the sheet passes, no nonsense makes a check go wrong."""

import ast
import re
from pathlib import Path

import pytest

from autograder import course
from autograder.grading import runner
from autograder.model import Outcome, Submission
from autograder.sandbox import local

ROOT = Path(__file__).parent.parent
HANDOUT, SOLUTION = ROOT / "assignments" / "a5_layers", ROOT / "solutions" / "a5_layers"
LOOPS, EINSUM = (ROOT / "tests" / "independent" / name / "layers.py" for name in ("a5_loops", "a5_einsum"))
FILES = [path for folder in (HANDOUT, SOLUTION) for path in sorted(folder.glob("checks_l[ao][ys]*.py"))]
POINTS = 44  # what question 1 leaves to checks, and two for each loss and for max pooling

VARIANCE = "This is batch norm with σ² = Σ(x−μ)²/n for each feature, as in the starter code."
PER_FEATURE = "This is batch norm with σ² = Σ(x−μ)² for each feature, the sheet's formula without 1/n."
ONE_SIGMA = "This is batch norm with one σ² = Σ‖x−μ‖² for all features, the sheet's formula to the letter."
PLAIN = "This is plain dropout: in training, kept entries stay as they are."
INVERTED = "This is inverted dropout: in training, kept entries are divided by p."
AS_IT_CAME = 'In mode "test" this is x as it came.'
TIMES_P = 'In mode "test" this is p·x, which matches plain dropout in training.'
ZERO_ONE, SIGNED = "The loss takes labels 0 and 1.", "The loss takes labels −1 and 1."


def checks() -> list[str]:
    return [
        node.name
        for path in FILES
        for node in ast.parse(path.read_bytes()).body
        if isinstance(node, ast.FunctionDef) and node.name.startswith("check_")
    ]


@pytest.fixture
def graded(tmp_path):
    """Grade texts of layers.py, one submission each, in one run of the checks."""

    def grade(*texts: str) -> list[tuple[Outcome, ...]]:
        submissions = []
        for number, text in enumerate(texts):
            folder = tmp_path / str(number)
            folder.mkdir()
            (folder / "layers.py").write_text(text, encoding="utf-8")
            submissions.append(Submission(str(number), "", folder=folder, files=("layers.py",)))
        found: list[tuple[Outcome, ...]] = []
        runner.serve(
            course.load(HANDOUT, SOLUTION),
            5,
            lambda name: None,
            submissions,
            lambda folder: lambda: local.connect(folder),
            lambda submission, ran: found.append(ran.outcomes),
            only=checks(),
        )
        return found

    return grade


def changed(path: Path, *edits: tuple[str, str]) -> str:
    text = path.read_text(encoding="utf-8")
    for find, replace in edits:
        assert text.count(find) == 1, find
        text = text.replace(find, replace)
    return text


READINGS = {
    "the solution": (
        changed(SOLUTION / "layers.py"),
        {VARIANCE, INVERTED, AS_IT_CAME, ZERO_ONE},
    ),
    "loops": (changed(LOOPS), {PER_FEATURE, PLAIN, TIMES_P, ZERO_ONE}),
    "einsum": (changed(EINSUM), {ONE_SIGMA, INVERTED, AS_IT_CAME, SIGNED}),
    "the starter's plain dropout, left alone in mode test": (
        changed(LOOPS, ("return p * x, (mode", "return x, (mode"), ("return p * dout", "return dout")),
        {PER_FEATURE, PLAIN, AS_IT_CAME, ZERO_ONE},
    ),
    "dropout in mode test scales forward only": (
        changed(LOOPS, ("return p * dout", "return dout")),
        {PER_FEATURE, PLAIN, TIMES_P, ZERO_ONE},
    ),
    "σ as the sheet has it, running_var a variance all the same": (
        changed(LOOPS, ("(1 - momentum) * total", "(1 - momentum) * total / n")),
        {PER_FEATURE, PLAIN, TIMES_P, ZERO_ONE},
    ),
    "one σ, and one running_var for all features": (
        changed(EINSUM, ('"running_var", np.zeros(x.shape[1], dtype=x.dtype)', '"running_var", 0.0')),
        {ONE_SIGMA, INVERTED, AS_IT_CAME, SIGNED},
    ),
}


def test_every_reading_earns_all_and_is_named(graded):
    for outcomes, (name, (_, readings)) in zip(
        graded(*(text for text, _ in READINGS.values())), READINGS.items(), strict=True
    ):
        lost = [(outcome.name, outcome.why) for outcome in outcomes if outcome.outcome != "passed"]
        assert (name, lost) == (name, [])
        assert sum(outcome.score for outcome in outcomes) == POINTS
        assert readings <= {outcome.why for outcome in outcomes}, name


def test_there_are_visible_and_hidden_checks_of_every_question(graded):
    (outcomes,) = graded(changed(SOLUTION / "layers.py"))
    total: dict[str, float] = {}
    visible: dict[str, float] = {}
    for outcome in outcomes:
        total[outcome.question] = total.get(outcome.question, 0) + outcome.points
        if outcome.visibility == "visible":
            visible[outcome.question] = visible.get(outcome.question, 0) + outcome.points
    assert total.keys() == visible.keys()
    assert all(0.2 < visible[question] / points < 0.45 for question, points in total.items())


GARBAGE = {
    "nothing": "None",
    "a number": "0.0",
    "text": "'out'",
    "an object": "object()",
    "nothing twice": "(None, None)",
    "texts": "('out', 'cache', 'more')",
    "objects": "(object(), object())",
    "lists": "([[1.0], [2.0, 3.0]], [])",
    "NaN": "(np.full((3, 3), np.nan), np.nan)",
    "NaN in many a right shape": "(np.full(np.shape(args[0]), np.nan),) * 3",
    "infinity": "(np.full(np.shape(args[0]), np.inf),) * 3",
    "numbers near the end of float64": "(np.full(np.shape(args[0]), 1e308),) * 3",
    "an empty array": "(np.zeros((0,)), np.zeros((0,)))",
    "complex": "(args[0] * 1j, args[0] * 1j)",
    "truth values": "(args[0] > 0, None) if isinstance(args[0], np.ndarray) else (True, True)",
    "a tensor": "(torch.ones(3), torch.ones(3, requires_grad=True))",
    "the input": "(args[0], args)",
    "the input three times": "(args[0], args[0], args[0])",
    "a generator": "(value for value in args)",
}


def test_nonsense_fails_and_never_breaks_a_check(graded):
    names = re.findall(r"^def (\w+)", (SOLUTION / "layers.py").read_text(encoding="utf-8"), flags=re.MULTILINE)
    texts = [
        "import numpy as np\nimport torch\n"
        + "".join(f"\n\ndef {name}(*args):\n    return {value}\n" for name in names if name != "pooling_windows")
        for value in GARBAGE.values()
    ]
    graded_by_kind = dict(zip(GARBAGE, graded(*texts), strict=True))
    broken = [
        (kind, outcome.name, outcome.detail[-300:])
        for kind, outcomes in graded_by_kind.items()
        for outcome in outcomes
        if outcome.outcome == "errored"
    ]
    assert broken == []
    assert all(sum(outcome.score for outcome in outcomes) < POINTS / 4 for outcomes in graded_by_kind.values())


def test_hidden_checks_keep_their_numbers(graded):
    text = changed(SOLUTION / "layers.py") + (
        "\n\ndef off(function):\n"
        "    def scaled(*args):\n"
        "        first, *rest = function(*args) if 'relu_b' not in function.__name__ else (function(*args), 0)\n"
        "        return (first * 1.23456789, *rest) if 'relu_b' not in function.__name__ else first * 1.23456789\n"
        "    return scaled\n\n\n"
        "for name in ('fc_forward', 'fc_backward', 'relu_forward', 'relu_backward', 'batchnorm_forward',\n"
        "             'batchnorm_backward', 'dropout_forward', 'conv_forward', 'conv_backward', 'max_pool_forward',\n"
        "             'svm_loss', 'logistic_loss', 'softmax_loss'):\n"
        "    globals()[name] = off(globals()[name])\n"
    )
    (outcomes,) = graded(text)
    hidden = [outcome for outcome in outcomes if outcome.visibility == "hidden" and outcome.outcome == "failed"]
    assert len(hidden) > 20
    assert not [outcome.why for outcome in hidden if re.search(r"\d\.\d|e[-+]\d", outcome.why)]
