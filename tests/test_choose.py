"""The asked files are found wherever they lie; what is missing, misspelled or in the way is said."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from packed import CODE, FILES, an_assignment

from autograder.intake.choose import Choice, choose
from autograder.intake.zips import Entry
from autograder.model import Assignment


def chosen(*names: str, assignment: Assignment | None = None) -> Choice:
    entries = [Entry(name, 1, "file", key) for key, name in enumerate(names)]
    return choose(entries, assignment or an_assignment())


def kept(choice: Choice) -> dict[str, str]:
    return {one.name: one.entries[0].name for one in choice.kept}


@pytest.mark.parametrize("folder", ["", "hw5/", "Homework 5/ada/src/"])
def test_files_are_found_flat_in_a_top_folder_and_deeper(folder: str) -> None:
    choice = chosen(*(folder + name for name in FILES), f"{folder}answers.md")
    assert kept(choice) == {name: folder + name for name in (*FILES, "answers.md")}
    assert (choice.missing, choice.notes, choice.flags, choice.others) == ([], [], [], [])


def test_what_systems_leave_behind_is_not_spoken_of() -> None:
    choice = chosen(*FILES, "__MACOSX/._layers.py", ".DS_Store", "__pycache__/x.pyc", ".ipynb_checkpoints/layers.py")
    assert len(choice.kept) == 3
    assert choice.notes == choice.others == []
    assert chosen(*FILES, "my env/pyvenv.cfg", "my env/lib/layers.py").others == []


def test_other_files_are_named_as_ignored() -> None:
    assert chosen(*FILES, "report.pdf", "play.ipynb", "sub/x.py").others == ["play.ipynb", "report.pdf", "sub/x.py"]


def test_a_missing_file_costs_its_questions_not_the_submission() -> None:
    choice = chosen("layers.py", "optim.py")
    assert choice.missing == ["solver.py"]
    assert choice.any_asked
    assert choice.notes == ["solver.py is missing: its questions earn nothing."]


def test_an_optional_file_is_not_missed() -> None:
    assert chosen(*FILES).missing == []


def test_a_misspelled_file_is_pointed_at_and_not_renamed() -> None:
    choice = chosen("layer.py", "optim.py", "solver.py")
    assert choice.missing == ["layers.py"]
    assert choice.notes == ["layer.py: did you mean layers.py? A file counts under its own name only."]
    assert "layer.py" in kept(choice)
    assert "layers.py" not in kept(choice)


@pytest.mark.parametrize("seen", ["Layers.py", "layers (1).py", "layers-final.py", "lovelaceada_123_456_layers.py"])
def test_a_file_that_differs_by_case_or_copy_is_taken_with_a_word(seen: str) -> None:
    choice = chosen(seen, "optim.py", "solver.py")
    assert kept(choice)["layers.py"] == seen
    assert choice.missing == []
    assert choice.notes == [f"{seen} was taken for layers.py."]


def test_the_right_name_wins_over_copies_of_it() -> None:
    choice = chosen(*FILES, "layers (1).py", "Layers.py")
    assert kept(choice) == {name: name for name in FILES}
    assert choice.notes == [
        f"{seen} was ignored, because layers.py is there too." for seen in ("Layers.py", "layers (1).py")
    ]


def test_a_module_that_looks_like_a_copy_stays_a_module() -> None:
    assert kept(chosen(*FILES, "layers_2.py"))["layers_2.py"] == "layers_2.py"


def test_two_copies_and_no_original_are_not_guessed_between() -> None:
    choice = chosen("layers (1).py", "layers-final.py", "optim.py")
    assert "layers.py" in choice.missing
    assert choice.notes[0] == "layers.py could be any of layers (1).py, layers-final.py: hand in one, named layers.py."
    assert len([note for note in choice.notes if "layers.py" in note]) == 1


def test_of_two_folders_the_fuller_is_taken_and_named() -> None:
    choice = chosen("old/layers.py", *(f"new/{name}" for name in FILES))
    assert kept(choice)["layers.py"] == "new/layers.py"
    assert choice.notes == ["The files are there more than once, in new and in old; what is in new is graded."]


def test_of_two_equal_folders_the_one_nearer_the_top_is_taken() -> None:
    choice = chosen(*FILES, *(f"backup/{name}" for name in FILES))
    assert kept(choice) == {name: name for name in FILES}
    assert "what is in the top folder is graded" in choice.notes[0]


def test_a_file_that_lies_apart_is_still_found() -> None:
    choice = chosen("layers.py", "optim.py", "extra/solver.py")
    assert kept(choice)["solver.py"] == "extra/solver.py"
    assert choice.missing == []
    assert choice.notes == ["solver.py was found at extra/solver.py; next time put it beside the others."]


def test_helper_modules_beside_the_files_are_kept() -> None:
    assert set(kept(chosen(*FILES, "my_utils.py", "my-notes.py"))) == {*FILES, "my_utils.py"}


@pytest.mark.parametrize(
    "name", ["numpy.py", "random.py", "torch.py", "typing_extensions.py", "pytest.py", "autograder.py"]
)
def test_b4_a_module_that_hides_another_is_ignored(name: str) -> None:
    choice = chosen(*FILES, name)
    assert name not in kept(choice)
    assert choice.notes == [
        f"{name} was ignored, because it would hide the module {name[:-3]} that others need; give it another name."
    ]


def test_b4_a_folder_that_hides_a_package_is_not_kept() -> None:
    assert set(kept(chosen(*FILES, "torch/__init__.py", "numpy/__init__.py"))) == set(FILES)


def test_b4_a_file_that_is_asked_for_is_kept_whatever_it_hides() -> None:
    assert kept(chosen("random.py", assignment=an_assignment(["random.py"], []))) == {"random.py": "random.py"}


@pytest.mark.parametrize(
    "name", ["conftest.py", "sitecustomize.py", "usercustomize.py", "setup.py", "checks_layers.py"]
)
def test_b6_e14_files_that_would_run_by_themselves_are_ignored(name: str) -> None:
    choice = chosen(*FILES, name)
    assert set(kept(choice)) == set(FILES)
    assert choice.notes == [f"{name} was ignored, because the grader brings its own."]


def test_b6_e14_settings_and_build_files_are_ignored() -> None:
    names = ("pytest.ini", "pyproject.toml", "setup.cfg", "tox.ini", "Makefile", "requirements.txt", "x.pth", "evil.so")
    assert set(kept(chosen(*FILES, *names, ".env", "x.egg-info/entry_points.txt"))) == set(FILES)


def test_e3_names_that_lead_outside_are_ignored_noted_and_flagged() -> None:
    choice = chosen(*FILES, "../../.bashrc", "/etc/cron.d/x", "a\0.py", "C:\\x.py")
    assert set(kept(choice)) == set(FILES)
    assert choice.notes[0] == "3 files ignored for the name, because it leads outside its folder: " + (
        "../../.bashrc, /etc/cron.d/x, C:\\x.py."
    )
    assert choice.flags[0].startswith("holds names that no ordinary tool writes: '../../.bashrc'")


def test_e3_names_equal_but_for_case_or_composition_make_one_file() -> None:
    choice = chosen(*FILES, "Utils.py", "utils.py", "e\u0301.py", "\u00e9.py")
    assert "Utils.py" in kept(choice)
    assert "utils.py" not in kept(choice)
    assert [len(one.entries) for one in choice.kept if one.name == "\u00e9.py"] == [2]


def test_patterns_keep_every_match_beside_the_files_or_else_anywhere() -> None:
    assignment = an_assignment(["layers.py", "*.pt"], [])
    assert set(kept(chosen("layers.py", "a.pt", "b.pt", "old/c.pt", assignment=assignment))) == {
        "layers.py",
        "a.pt",
        "b.pt",
    }
    apart = chosen("layers.py", "weights/a.pt", assignment=assignment)
    assert kept(apart)["a.pt"] == "weights/a.pt"
    assert "next time put it beside" in apart.notes[0]
    assert chosen("layers.py", assignment=assignment).missing == ["*.pt"]


def test_files_asked_for_in_folders_keep_their_folders() -> None:
    assignment = an_assignment(["nn/layers.py", "train.py"], [])
    choice = chosen("hw/nn/layers.py", "hw/train.py", "hw/nn/helper.py", "hw/more.py", assignment=assignment)
    assert set(kept(choice)) == {"nn/layers.py", "train.py", "nn/helper.py", "more.py"}


def test_authors_are_found_beside_the_files_or_at_the_top() -> None:
    assert "authors.toml" in kept(chosen(*FILES, "authors.toml"))
    assert kept(chosen(*(f"hw/{n}" for n in FILES), "authors.toml"))["authors.toml"] == "authors.toml"


def test_names_of_the_handout_are_passed_over_in_silence() -> None:
    entries = [Entry(name, 1, "file", key) for key, name in enumerate((*FILES, "README.md", "checks_layers.py"))]
    choice = choose(entries, an_assignment(), {"README.md", "checks_layers.py"})
    assert choice.notes == choice.others == []


NAMES = st.sampled_from(
    [*CODE, "Layers.py", "layers (1).py", "a.zip", "numpy.py", "../x", "help.py", "e\u0301.py", "authors.toml"]
)


@given(st.lists(st.tuples(st.sampled_from(["", "a/", "b/", "a/b/", "../", "\\"]), NAMES), max_size=12))
def test_any_names_give_distinct_safe_choices(parts: list[tuple[str, str]]) -> None:
    choice = chosen(*(folder + name for folder, name in parts))
    names = [one.name.casefold() for one in choice.kept]
    assert len(names) == len(set(names))
    assert not any(".." in name or name.startswith("/") for name in names)
    assert set(choice.missing) == set(FILES) - {one.name for one in choice.kept}


def test_the_only_notebook_is_taken_for_the_one_asked_for() -> None:
    asked = an_assignment(files=("ex08.ipynb", "layers.py"))
    choice = chosen("hw/My Homework.ipynb", "hw/layers.py", assignment=asked)
    assert kept(choice) == {"ex08.ipynb": "hw/My Homework.ipynb", "layers.py": "hw/layers.py"}
    assert choice.notes == ["hw/My Homework.ipynb was taken for ex08.ipynb, as it is the only notebook."]
    assert choice.missing == []


def test_of_two_other_notebooks_none_is_taken() -> None:
    asked = an_assignment(files=("ex08.ipynb", "layers.py"))
    choice = chosen("a.ipynb", "b.ipynb", "layers.py", assignment=asked)
    assert choice.missing == ["ex08.ipynb"]
    both = an_assignment(files=("ex08.ipynb", "ex09.ipynb", "layers.py"))
    assert chosen("a.ipynb", "layers.py", assignment=both).missing == ["ex08.ipynb", "ex09.ipynb"]


@pytest.mark.parametrize("name", ["ex08 (1).ipynb", "ex08-Copy1.ipynb", "Ex08.ipynb", "ex08-Copy12.ipynb"])
def test_a_copys_name_is_as_good_as_the_notebooks_own(name: str) -> None:
    asked = an_assignment(files=("ex08.ipynb", "layers.py"))
    assert kept(chosen(name, "other.ipynb", "layers.py", assignment=asked))["ex08.ipynb"] == name
