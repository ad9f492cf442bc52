"""The checks of a5's models, Solver and VGG: nonsense earns nothing and never makes a check go wrong."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from autograder import course, data
from autograder.grading import runner
from autograder.model import Outcome, Submission
from autograder.sandbox import local

ROOT = Path(__file__).parent.parent
HANDOUT, SOLUTION = ROOT / "assignments" / "a5_layers", ROOT / "solutions" / "a5_layers"
MODELS = {
    "logistic": ("LogisticClassifier",),
    "svm": ("SVM",),
    "softmax": ("SoftmaxClassifier",),
    "cnn": ("ConvNet", "RegularizedConvNet"),
}
NAMES = "('W1', 'b1', 'W2', 'b2', 'W3', 'b3')"
LINEAR = "{'W1': np.ones((5, 1)), 'b1': np.zeros(1)}"

ANSWERS = {
    "nothing": "None",
    "a number": "0.0",
    "text": "'x'",
    "an object": "object()",
    "nothing twice": "(None, None)",
    "objects": "(object(), object())",
    "three texts": "('a', 'b', 'c')",
    "no gradients": "(1.0, {})",
    "gradients that are objects": "(1.0, {'W1': object(), 'b1': None})",
    "gradients that are text": f"(1.0, dict.fromkeys({NAMES}, 'x'))",
    "gradients in a list": "(1.0, [1, 2])",
    "NaN": f"(np.nan, dict.fromkeys({NAMES}, np.full((3, 3), np.nan)))",
    "NaN scores": "np.full(len(X), np.nan)",
    "zeros": "np.zeros((len(X), 10)) if y is None else (0.0, {k: 0 * np.ones_like(v) for k, v in self.params.items()})",
    "a generator": "(i for i in range(3))",
    "a tensor": "torch.ones(len(X))",
    "complex": "np.ones(len(X)) * 1j",
    "a ragged list": "[[1.0], [2.0, 3.0]]",
    "seven losses": "(np.ones(7), {k: np.zeros_like(v) for k, v in self.params.items()})",
    "an empty array": "np.zeros((0,))",
}
PARAMS = {
    "nothing": "None",
    "a list": "[1, 2]",
    "an empty dict": "{}",
    "objects": "{'W1': object(), 'b1': object(), 'W2': None, 'b2': 'x', 'W3': 3, 'b3': [1]}",
    "numbered": "{1: 2, None: 3}",
    "an object": "object()",
    "arrays of no axis": f"dict.fromkeys({NAMES}, np.zeros(()))",
    "other arrays": "{'W1': np.ones((5, 1)), 'W2': np.zeros(())}",
}
SCORES = ["None", "0.0", "'x'", "object()", "(x, x)", "torch.full((len(x), 10), float('nan'))", "torch.zeros(3)", "x"]
RESULTS = ["None", "object()", "'x'", "[]"]


def model(kind: str, params: str, answer: str) -> str:
    return (
        f"class {kind}:\n    def __init__(self, *args, **kwargs):\n        self.params = {params}\n"
        f"    def loss(self, X, y=None):\n        return {answer}\n\n\n"
    )


def models(params: str, answer: str) -> dict[str, str]:
    head = "import numpy as np\nimport torch\n\n\n"
    return {
        f"{file}.py": head + "".join(model(kind, params, answer) for kind in kinds) for file, kinds in MODELS.items()
    }


def vgg(scores: str, result: str) -> str:
    return (
        "import torch\nfrom torch import nn\n\n\nclass VGG(nn.Module):\n    def __init__(self):\n"
        "        super().__init__()\n        self.only, self.conv = nn.Linear(2, 2), nn.Identity()\n"
        f"    def forward(self, x):\n        return {scores}\n\n\n"
        f"def train(*args):\n    return {result}\n\n\ndef test(*args):\n    return {result}\n"
    )


def liar(answer: str) -> str:
    return (
        "import torch\n\n\nclass VGG:\n    def __getattr__(self, name):\n"
        f"        return lambda *args, **kwargs: {answer}\n\n\ndef train(*args):\n    pass\n"
    )


def solver(result: str) -> str:
    return (
        "class Solver:\n    def __init__(self, *args, **kwargs):\n"
        f"        self.loss_history = self.val_acc_history = self.best_val_acc = {result}\n"
        "        if 'learning_rat' in kwargs:\n            raise ValueError\n"
        f"    def train(self):\n        return {result}\n    def check_accuracy(self, *args, **kwargs):\n"
        f"        return {result}\n"
    )


@pytest.fixture
def graded(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    """Grade submissions that are the solution with other texts for some files: {name: {file: text}}."""

    def grade(changes: dict[str, dict[str, str]], *questions: str) -> dict[str, tuple[Outcome, ...]]:
        submissions = []
        for number, (name, texts) in enumerate(changes.items()):
            folder = tmp_path / str(number)
            folder.mkdir()
            for path in SOLUTION.glob("*.py"):
                if not path.name.startswith("checks_"):
                    shutil.copy(path, folder)
            for file, text in texts.items():
                (folder / file).write_text(text, encoding="utf-8")
            files = tuple(sorted(path.name for path in folder.iterdir()))
            submissions.append(Submission(name, "", folder=folder, files=files))
        assignment, found = course.load(HANDOUT, SOLUTION), dict[str, tuple[Outcome, ...]]()
        wanted = [fact.name for fact in runner.declared(assignment, data.load) if fact.question in questions]
        runner.serve(
            assignment,
            5,
            data.load,
            submissions,
            lambda folder: lambda: local.connect(folder),
            lambda submission, ran: found.update({submission.name: ran.outcomes}),
            only=wanted,
        )
        return found

    return grade


def broken(found: dict[str, tuple[Outcome, ...]]) -> list[tuple[str, str, str]]:
    return [
        (name, outcome.name, outcome.detail[-300:])
        for name, outcomes in found.items()
        for outcome in outcomes
        if outcome.outcome == "errored"
    ]


@pytest.mark.filterwarnings("ignore")  # NaN and ragged lists are what the submission is about
def test_models_of_nonsense_earn_nothing(graded) -> None:
    changes = {f"loss returns {name}": models(LINEAR, answer) for name, answer in ANSWERS.items()}
    changes |= {f"params is {name}": models(params, "None") for name, params in PARAMS.items()}
    # Training on digits takes the same way as on binary, and longer to get the data there.
    questions = ["q4_2", *(f"q{number}_{part}" for number in (2, 3, 5) for part in (2, 3, 4))]

    found = graded(changes, *questions)

    assert broken(found) == []
    earned = {name: [o.name for o in outcomes if o.score] for name, outcomes in found.items()}
    # The Solver is given, and whatever it trains, it may still be as it was.
    assert {check for checks in earned.values() for check in checks} <= {"check_solver_still_does_what_it_did"}


@pytest.mark.filterwarnings("ignore")
def test_networks_of_nonsense_earn_nothing(graded) -> None:
    changes = {f"scores {s}, result {r}": {"vgg.py": vgg(s, r)} for s in SCORES for r in RESULTS[: 1 + (s == "None")]}
    changes |= {f"a liar: {answer}": {"vgg.py": liar(answer)} for answer in ("None", "object()", "{}", "torch.ones(3)")}

    found = graded(changes, "q6_1", "q6_2")

    assert broken(found) == []
    assert not [(name, o.name) for name, outcomes in found.items() for o in outcomes if o.score]


def test_solvers_and_settings_of_nonsense_never_break_a_check(graded) -> None:
    names = [*("_".join((kind, part)) for kind in ("logistic", "svm", "softmax") for part in ("linear", "hidden"))]
    settings = "".join(f"def {name}():\n    return %s\n\n\n" for name in [*names, "cnn", "cnn_regularized"])
    changes = {f"a solver of {result}": {"solver.py": solver(result)} for result in RESULTS}
    changes |= {f"settings: {r}": {"experiments.py": settings.replace("%s", r)} for r in RESULTS}

    found = graded(changes, *(f"q{number}_{part}" for number in (2, 3, 4, 5) for part in (3, 4)))

    assert broken(found) == []
    for name, outcomes in found.items():
        assert not [(name, o.name) for o in outcomes if o.score and "learns" in o.name]
