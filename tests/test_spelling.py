"""Near names are found: case, copies, prefixes; and a typing slip is pointed at."""

from __future__ import annotations

import pytest

from autograder.intake.spelling import candidates, did_you_mean


@pytest.mark.parametrize(
    "seen",
    [
        "Layers.py",
        "LAYERS.PY",
        "layers (1).py",
        "layers(2).py",
        "layers_1.py",
        "layers-2.py",
        "layers-final.py",
        "layers_v2.py",
        "layers - Kopie.py",
        "layers copy.py",
        "Copy of layers.py",
        "layers_final (1).py",
        "lovelaceada_LATE_12345_67890_layers-1.py",
        "lovelaceada_123_456_layers.py",
        "Ada Lovelace_1234567_assignsubmission_file_layers.py",
    ],
)
def test_a_near_name_is_a_candidate(seen: str) -> None:
    (found,) = candidates([f"hw/{seen}"], ["layers.py", "optim.py"])
    assert (found.name, found.folder) == ("layers.py", "hw/")
    assert found.far in (1, 2)


@pytest.mark.parametrize(
    "seen", ["layer.py", "mylayers.py", "layers.ipynb", "layers.py.txt", "layers2.py", "final.py", "(1).py"]
)
def test_another_name_is_not(seen: str) -> None:
    assert candidates([seen], ["layers.py"]) == []


def test_the_exact_name_comes_first_and_folders_count() -> None:
    found = candidates(["b/q1_1.py", "a/q1_1 (1).py", "a/q1_1.py", "a/q1.py"], ["q1_1.py"])
    assert [(c.far, c.path) for c in found] == [(0, "a/q1_1.py"), (0, "b/q1_1.py"), (2, "a/q1_1 (1).py")]
    (found_in,) = candidates(["hw/src/layers.py", "layers.py"], ["src/layers.py"])
    assert (found_in.folder, found_in.far) == ("hw/", 0)


@pytest.mark.parametrize("seen", ["layer.py", "leyers.py", "layers.py.txt", "Layers.ipynb", "layes.py"])
def test_a_slip_is_pointed_at(seen: str) -> None:
    assert did_you_mean("layers.py", ["notes.md", seen]) == (
        f"{seen}: did you mean layers.py? A file counts under its own name only."
    )


def test_a_letter_from_another_alphabet_is_pointed_at() -> None:
    assert "only look like" in did_you_mean("layers.py", ["l\u0430yers.py"])
    assert did_you_mean("layers.py", ["optim.py", "report.pdf"]) == ""
