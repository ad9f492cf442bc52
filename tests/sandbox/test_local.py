"""At home: the same calls, values and sentences, in the student's own process, which stays as it was."""

from __future__ import annotations

import sys
from functools import partial
from pathlib import Path

import numpy as np
import pytest
from workers import Process

from autograder.model import Limits
from autograder.sandbox import Student, StudentError, connect

LAYERS = """
import helper
class Cache:
    pass
def forward(x):
    helper.count += 1
    x[0] = 9
    return x * 2, Cache(), helper.count
def later():
    import helper
    return helper.name
def fail(x):
    return x @ x.reshape(-1, 1) @ x
def todo():
    raise NotImplementedError("TODO")
"""


def submission(folder: Path, name: str) -> Path:
    folder.mkdir()
    (folder / "layers.py").write_text(LAYERS)
    (folder / "helper.py").write_text(f"name = {name!r}\ncount = 0\n")
    return folder


def student(folder: Path) -> Student:
    return Student(partial(connect, folder), Limits(), ["layers.py", "helper.py"])


def test_two_folders_in_one_process_do_not_mix_and_leave_nothing_behind(tmp_path: Path) -> None:
    modules, hooks, path = dict(sys.modules), list(sys.meta_path), list(sys.path)
    ada, bob = (student(submission(tmp_path / name, name)) for name in ("ada", "bob"))

    assert ada.layers.forward(np.zeros(2))[2] == 1
    assert bob.layers.forward(np.zeros(2))[2] == 1
    assert ada.layers.forward(np.zeros(2))[2] == 2
    assert (ada.layers.later(), bob.layers.later(), ada.helper.name) == ("ada", "bob", "ada")

    assert {name for name in sys.modules if name in ("layers", "helper")} == set()
    assert dict(sys.modules).items() >= modules.items()
    assert (sys.meta_path, sys.path) == (hooks, path)


def test_a_namesake_that_someone_else_imported_is_put_aside_and_back(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "helper", sys)

    assert student(submission(tmp_path / "ada", "ada")).layers.later() == "ada"
    assert sys.modules["helper"] is sys


def test_a_new_student_reads_the_files_anew(tmp_path: Path) -> None:
    folder = submission(tmp_path / "ada", "before")
    assert student(folder).helper.name == "before"

    (folder / "helper.py").write_text("name = 'later!'\ncount = 0\n")  # the same length within the same second

    assert student(folder).helper.name == "later!"
    assert list(folder.glob("__pycache__")) == []


def test_the_callers_arrays_are_out_of_reach(tmp_path: Path) -> None:
    x = np.zeros(3)
    proxy = student(submission(tmp_path / "ada", "ada"))

    doubled, cache, _ = proxy.layers.forward(x)

    np.testing.assert_array_equal(x, 0)
    np.testing.assert_array_equal(doubled, [18, 0, 0])
    assert cache.type_name == "Cache"


@pytest.mark.parametrize("name", ["fail", "todo", "missing_argument"])
def test_the_sentences_are_those_of_a_worker(tmp_path: Path, name: str) -> None:
    folder = submission(tmp_path / "ada", "ada")
    here = student(folder)
    there = Student(partial(Process, folder), Limits(), ["layers.py", "helper.py"])
    sentences = []

    for proxy in (here, there):
        args = {"fail": (np.zeros(3),), "todo": (), "missing_argument": ()}[name]
        with pytest.raises(StudentError) as caught:
            getattr(proxy.layers, "forward" if name == "missing_argument" else name)(*args)
        sentences.append((caught.value.why, caught.value.hint, caught.value.why_hidden))
        proxy.close()

    assert sentences[0] == sentences[1]


def test_printing_goes_where_it_always_goes(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "layers.py").write_text("def speak(): print('hello')")
    proxy = student(tmp_path)

    proxy.layers.speak()

    assert capsys.readouterr().out == "hello\n"
    assert proxy.printed == "hello\n"


def test_control_c_is_for_the_person_at_the_keyboard(tmp_path: Path) -> None:
    (tmp_path / "layers.py").write_text("def wait(): raise KeyboardInterrupt")

    with pytest.raises(KeyboardInterrupt):
        student(tmp_path).layers.wait()


def test_only_so_much_of_what_is_printed_is_remembered(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "layers.py").write_text("def speak(times): print('x' * times)")
    transport = connect(tmp_path)
    proxy = Student(lambda: transport, Limits(), ["layers.py"])

    proxy.layers.speak(3_000_000)

    assert len(capsys.readouterr().out) == 3_000_001
    assert len(transport.printed()) == 1 << 20
