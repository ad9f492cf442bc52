"""Settings that a submission chooses: read from its function, held to their limits, replaced where there are none."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from autograder.checks import Failure, settings
from autograder.checks.experiments import Limit
from autograder.model import Limits
from autograder.sandbox import Student, StudentError, local

OWN = {"model": {"hidden_dim": 8}, "solver": {"num_epochs": 2}}
LIMITS: dict[str, dict[str, Limit]] = {
    "model": {"hidden_dim": (1, 256), "reg": float, "depth": None},
    "solver": {"num_epochs": (1, 30), "update_rule": str, "optim_config": dict},
}
Ask = Callable[..., dict[str, dict[str, object]]]


@pytest.fixture
def ask(tmp_path: Path) -> Ask:
    def settings_of(returns: str | None, free: str = "") -> dict[str, dict[str, object]]:
        files = []
        if returns is not None:
            (tmp_path / "experiments.py").write_text(f"import numpy as np\n\ndef cnn():\n    {returns}\n")
            files.append("experiments.py")
        student = Student(lambda: local.connect(tmp_path), Limits(), files)
        return settings(student, "experiments.cnn", OWN, LIMITS, free=free)

    return settings_of


def test_without_a_file_or_a_function_our_own_serve(ask: Ask) -> None:
    assert ask(None) == OWN
    assert ask("raise NotImplementedError('the experiment')") == OWN
    ours = ask(None)
    ours["model"]["hidden_dim"] = 9
    assert ask(None) == OWN


def test_settings_within_their_limits_come_back(ask: Ask) -> None:
    given = "{'model': {'hidden_dim': np.int64(256), 'reg': 0, 'depth': None}, 'solver': {'update_rule': 'adam'}}"
    assert ask(f"return {given}") == {
        "model": {"hidden_dim": 256, "reg": 0, "depth": None},
        "solver": {"update_rule": "adam"},
    }
    rest = "'solver': {'optim_config': {'learning_rate': 1.0}}}"
    assert ask("return {'model': {'dropout': 0.5}, " + rest, free="model")["model"] == {"dropout": 0.5}


@pytest.mark.parametrize(
    ("model", "solver", "says"),
    [
        ("'hidden_dim': 257", "", "cnn: hidden_dim is 257, which is above its cap of 256."),
        ("'hidden_dim': 0", "", "cnn: hidden_dim is 0, which is below 1."),
        ("'hidden_dim': 2.5", "", "cnn: hidden_dim is 2.5, which is no whole number."),
        ("'hidden_dim': True", "", "cnn: hidden_dim is True, which is no whole number."),
        ("'hidden_dim': None", "", "cnn: hidden_dim is None, which is no whole number."),
        ("'reg': float('nan')", "", "cnn: reg is nan, which is no finite number."),
        ("'reg': np.zeros(3)", "", "cnn: reg is an array, which is no finite number."),
        ("'depth': 3", "", "cnn: depth is 3, which this model does not have; leave it out."),
        ("", "'num_epochs': 1e9", "cnn: num_epochs is 1000000000.0, which is above its cap of 30."),
        ("", "'update_rule': len", "cnn: update_rule is a builtin_function_or_method, which is not text."),
        ("", "'optim_config': [1]", "cnn: optim_config is a list, which is not a dict."),
        ("'width': 3", "", "cnn: model has a setting that is not allowed there: width; there is hidden_dim, reg."),
        ("1: 3", "", "cnn: model has a setting that is not allowed there: 1; there is hidden_dim, reg."),
    ],
)
def test_a_setting_beyond_its_limit_is_named_with_value_and_limit(ask: Ask, model: str, solver: str, says: str) -> None:
    with pytest.raises(Failure) as caught:
        ask(f"return {{'model': {{{model}}}, 'solver': {{{solver}}}}}")

    assert caught.value.why == says
    assert "257" not in caught.value.why_hidden
    assert "width" not in caught.value.why_hidden


@pytest.mark.parametrize("returned", ["None", "{'model': {}}", "{'model': {}, 'solver': 3}", "object()", "[1]"])
def test_anything_but_two_dicts_is_refused(ask: Ask, returned: str) -> None:
    with pytest.raises(Failure, match=r"cnn\(\) should return a dict of 'model' and 'solver', each a dict; it ret"):
        ask(f"return {returned}")


def test_what_the_function_raises_is_told(ask: Ask) -> None:
    with pytest.raises(StudentError, match="ZeroDivisionError"):
        ask("return 1 / 0")
