"""The checks of a1: what they accept besides the solution's way, what they say, and what they draw."""

from __future__ import annotations

import importlib.util
import json
import shutil
from collections.abc import Callable
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest
from test_a1_independent import HANDOUT, SOLUTION, graded

from autograder import course
from autograder.grading.score import score
from autograder.model import Outcome, Submission
from autograder.reports.drawings import inline

Edit = Callable[..., dict[str, Outcome]]
GRAPHS = "q1_2_"


@pytest.fixture
def edited(tmp_path: Path) -> Edit:
    """Outcomes of the solution's graphs and derivations with lines added at their end."""

    def grade(graphs: str = "", derivations: str = "") -> dict[str, Outcome]:
        folder = tmp_path / "work"
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir()
        for name, more in (("graphs.py", graphs), ("derivations.py", derivations)):
            (folder / name).write_text((SOLUTION / name).read_text() + "\n" + more)
        return {name: o for name, o in graded(folder)[0].items() if not o.question.startswith("q1_4")}

    return grade


def lost(outcomes: dict[str, Outcome]) -> set[str]:
    return {name.removeprefix("check_") for name, outcome in outcomes.items() if outcome.outcome != "passed"}


def visible_checks() -> ModuleType:
    spec = importlib.util.spec_from_file_location("a1_checks_notebook", HANDOUT / "checks_notebook.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_points_and_bonus_are_the_sheets() -> None:
    assignment = course.load(HANDOUT, SOLUTION)
    assert (assignment.max_score, assignment.bonus) == (30, 2)
    worth = {q.id: q.points for q in assignment.questions}
    parts = {"q1_1": 5, "q1_2": 12, "q1_3": 10, "q1_4": 5}
    assert {part: sum(p for q, p in worth.items() if q.startswith(part)) for part in parts} == parts
    assert [worth[f"q1_2_{part}"] for part in ("i", "ii", "iii", "iv")] == [3, 3, 2, 4]
    assert [worth[f"q1_3_{part}"] for part in ("i", "ii", "iii", "iv", "v")] == [1, 3, 2, 1, 3]


def test_full_marks_and_the_bonus_are_30() -> None:
    assignment = course.load(HANDOUT, SOLUTION)
    all_passed = [Outcome(q.id, q.id, q.title, q.points, q.points, "passed") for q in assignment.questions]
    by_persons = [q for q in assignment.questions if q.manual]
    graded_by_all = score(assignment, Submission("ada", ""), all_passed, seed=1, versions={})
    assert graded_by_all.score == sum(q.auto for q in assignment.questions) == 21.75
    assert min(30, graded_by_all.score + sum(q.manual for q in by_persons)) == graded_by_all.max_score


def test_the_solution_is_drawn(edited: Edit) -> None:
    outcomes = edited()
    assert lost(outcomes) == set()
    drawn = {name for name, outcome in outcomes.items() if inline(outcome.drawing)}
    assert drawn == {
        "check_one_forward_trace", "check_two_forward_traces", "check_one_reverse_trace", "check_two_reverse_traces",
    }  # fmt: skip
    assert "← -2.061e-09" in outcomes["check_two_reverse_traces"].drawing


def test_any_two_of_the_three_count(edited: Edit) -> None:
    b_and_c = """
FORWARD_A, REVERSE_A = {}, {}
FORWARD_B = {"k": 64, "t": -5, "u": 59, "r": 7.6811, "q": 2, "n": 0.69315, "B": 8.3743}
REVERSE_B = {"B": 1, "r": 1, "n": 1, "u": 0.065094, "t": 0.065094, "k": 0.065094, "q": 0.5,
             "a": 0.56509, "b": 0.065094, "c": 3.1245, "d": -1}
"""
    assert lost(edited(b_and_c)) == set()
    base_10 = """
LOG_BASE = 10
FORWARD_B.update(n=0.30103, B=7.9822)
REVERSE_B.update(q=0.21715, a=0.28224, d=-0.43429)
"""
    assert lost(edited(b_and_c + base_10)) == set()
    # The same two forward and backward: a third reverse trace does not stand in for one.
    outcomes = edited(b_and_c + "FORWARD_B = {}\nFORWARD_A = {'m': -28, 's': 30, 'A': 30}")
    assert lost(outcomes) == {"two_reverse_traces", "two_gradients_are_true"}
    assert "has no forward trace" in outcomes["check_two_reverse_traces"].why


def test_a_wrong_graph_with_its_own_traces_loses_the_graph_and_the_truth(edited: Edit) -> None:
    wrong = """
GRAPH_A = {"m": ("sub", "a", "b"), "s": ("mul", "m", "c"), "A": ("mul", "s", "d")}
FORWARD_A = {"m": 9, "s": 36, "A": 36}
REVERSE_A = {"A": 1, "s": 1, "d": 36, "m": 4, "c": 9, "a": 4, "b": -4}
"""
    outcomes = edited(wrong)
    assert lost(outcomes) == {
        "graph_a_at_two_points", "graph_a_is_the_expression", "two_results_are_true", "two_gradients_are_true",
    }  # fmt: skip
    assert outcomes["check_graph_a_at_two_points"].why.endswith("; it is (a − b)·c·d.")


def test_zero_is_no_gradient_of_a_hundred_millionth(edited: Edit) -> None:
    outcomes = edited("REVERSE_C.update(dict.fromkeys(('p', 't', 'a', 'b', 'c'), 0.0))")
    assert outcomes["check_two_reverse_traces"].why == "REVERSE_C: the adjoint of p is not 0: small is not zero."
    assert 'stroke-width="3"' in outcomes["check_two_reverse_traces"].drawing
    hidden = outcomes["check_two_gradients_are_true"]
    assert (hidden.visibility, hidden.why) == (
        "hidden",
        "The gradient of C by a has the wrong value: small is not zero.",
    )


@pytest.mark.parametrize(
    "graphs",
    [
        "GRAPH_A = GRAPH_B = GRAPH_C = None",
        "GRAPH_A = GRAPH_B = GRAPH_C = 'exp'",
        "GRAPH_A = GRAPH_B = GRAPH_C = {'A' * 10**6: ('mul', 'a', 'b')}",
        "GRAPH_A = GRAPH_B = GRAPH_C = {f'n{i}': ('exp', 'a') for i in range(5000)}",
        "GRAPH_A = GRAPH_B = GRAPH_C = {'A': ('exp', lambda: 0)}",
        "del GRAPH_A, GRAPH_B, GRAPH_C",
        "GRAPH_A = GRAPH_B = GRAPH_C = type('D', (dict,), {})(A=('exp', 'a'))",
        "raise SystemExit",
    ],
)
def test_whatever_stands_in_graphs_ends_in_a_sentence(edited: Edit, graphs: str) -> None:
    outcomes = edited(graphs)
    about = [outcome for outcome in outcomes.values() if outcome.question.startswith(GRAPHS)]
    assert {outcome.outcome for outcome in about} <= {"failed", "skipped"}
    assert all(outcome.why and len(outcome.why) < 400 for outcome in about)
    assert not any("AAAA" * 20 in outcome.why for outcome in about)


@pytest.mark.parametrize(
    ("derivations", "said"),
    [
        ("def dy_dx(x, w):\n    return 0.0", "dy_dx has the wrong value; it is 0 where it is small."),
        ("def dy_dx(x, w):\n    return None", "dy_dx is None: did the function return it?"),
        ("def dy_dx(x, w):\n    return 'x'", "dy_dx is not an array."),
        ("def dy_dx(x, w):\n    return w", "dy_dx gives an array of another shape than was asked for."),
    ],
)
def test_a_hidden_derivation_says_what_is_wrong_without_numbers(edited: Edit, derivations: str, said: str) -> None:
    outcomes = edited(derivations=derivations)
    assert lost(outcomes) == {"chain_rule", "chain_rule_where_it_is_small"}
    assert outcomes["check_chain_rule_where_it_is_small"].why == said


def test_other_ways_to_state_the_range(edited: Edit) -> None:
    more = """
def sigmoid_slope_range():
    return {"maximum": [1 / 4, True], "at": 0, "infimum": ("→0", False), "note": "at both ends"}
"""
    assert lost(edited(derivations=more)) == set()
    zero = more.replace('("→0", False)', "0")
    assert lost(edited(derivations=zero)) == {"what_is_attained"}


def digit_grid(rows: int, columns: int, size: int = 28, gap: int = 3, title: int = 0) -> np.ndarray:
    """White paper with blobs in a grid, as a figure's pixels."""
    y, x = np.mgrid[:size, :size] - size / 2 + 0.5
    blob = np.where(x**2 + y**2 < (0.35 * size) ** 2, 0, 255)
    cell = np.pad(blob, gap, constant_values=255)
    picture = np.pad(np.tile(cell, (rows, columns)), 40, constant_values=255)
    if title:
        picture[10 : 10 + title, 150:250] = 0
    return np.repeat(picture[..., None], 3, axis=2).astype(np.uint8)


@pytest.mark.parametrize(
    ("picture", "shows"),
    [
        (digit_grid(8, 8), True),
        (255 - digit_grid(8, 8), True),
        (digit_grid(8, 8, title=12), True),
        (digit_grid(8, 8, gap=0), True),
        (digit_grid(1, 1, size=300), False),
        (digit_grid(2, 2, size=120), False),
        (np.full((200, 200, 3), 255, np.uint8), False),
        (np.zeros((3, 3, 3), np.uint8), False),
    ],
)
def test_a_figure_of_8_by_8_is_told_from_others(picture: np.ndarray, shows: bool) -> None:
    assert visible_checks().is_grid(picture.astype(float)) is shows


CHEAP = dict.fromkeys(("diagram", "curves", "one"), "") | {"first": "images, labels = next(iter(trainloader))"}


def quick(cells: dict[str, str]) -> str:
    """The solution's notebook with some cells replaced, by their id, so that it trains hardly at all."""
    book = json.loads((SOLUTION / "exercise_1.ipynb").read_text())
    for cell in book["cells"]:
        source = (
            "".join(cell["source"]).replace("epochs = 15", "epochs = 1").replace("fit(bonus_model", "len((bonus_model")
        )
        source = source.replace("optimizer, 6)", "optimizer, 6))").replace("epochs - 6)", "epochs - 6))")
        cell["source"] = (cells | CHEAP).get(cell["id"], source).splitlines(True)
    assert cells.keys() <= {cell["id"] for cell in book["cells"]}
    return json.dumps(book)


BONUS = "bonus_model, bonus_optimizer, bonus_epochs = model, optimizer, {epochs}"
NO_LAYERS = "class CustomModel(nn.Module):\n    def forward(self, x):\n        return x"
UNTRAINED = "The test accuracy is"


@pytest.mark.parametrize(
    ("cells", "said"),
    [
        ({}, {"the_model_has_learned": UNTRAINED, "bonus_is_better_than_95_percent": UNTRAINED}),
        (
            {"better": BONUS.format(epochs=15), "val_step": "val_step = 3", "grid": "1 / 0"},
            {
                "bonus_is_better_than_95_percent": "Network and training are the ones that were given.",
                "val_step_returns_the_loss": "val_step is not what it should be.",
                "a_figure_of_64_digits": "The notebook shows no figure.",
            },
        ),
        (
            {"better": BONUS.format(epochs=16), "loaders": "trainloader = valloader = testloader = [1]"},
            {"bonus_is_better_than_95_percent": "", "loaders_hand_out_batches_of_64": "batch_size"},
        ),
        (
            {"split": "trainset = valset = 3", "model": "class CustomModel: pass"},
            {"split_is_80_to_20": "indices", "log_probabilities": "", "network_of_the_diagram": ""},
        ),
        (
            {"split": "valset = trainset", "model": NO_LAYERS},
            {
                "split_is_80_to_20": "indices",
                "log_probabilities": "the shape of CustomModel()(x) is",
                "network_of_the_diagram": "are not those of the",
            },
        ),
    ],
)
def test_a_notebook_gone_wrong_ends_in_sentences(
    tmp_path: Path, cells: dict[str, str], said: dict[str, str], capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "exercise_1.ipynb").write_text(quick(cells))
    outcomes, _ = graded(tmp_path)
    about = {name: outcome for name, outcome in outcomes.items() if outcome.question.startswith("q1_4")}
    assert {outcome.outcome for outcome in about.values()} <= {"passed", "failed", "skipped"}
    for name, words in said.items():
        outcome = about[f"check_{name}"]
        assert outcome.outcome == "failed", name
        assert words in outcome.why
        assert outcome.why
