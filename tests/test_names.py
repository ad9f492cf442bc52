"""Names from archives are clean and relative, or refused; what is printed of them is one harmless line."""

from __future__ import annotations

import posixpath
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from autograder.intake.names import MAX_NAME, BadNameError, clean, is_junk, label, show, some


@pytest.mark.parametrize(
    ("raw", "path"),
    [
        ("layers.py", "layers.py"),
        ("./hw//layers.py", "hw/layers.py"),
        ("hw\\layers.py", "hw/layers.py"),
        ("e\u0301.py", "\u00e9.py"),
        ("über uns/日本.md", "über uns/日本.md"),
    ],
)
def test_an_ordinary_name_is_made_clean(raw: str, path: str) -> None:
    assert clean(raw) == path


@pytest.mark.parametrize(
    "raw",
    [
        "../layers.py",
        "a/../../b.py",
        "/etc/passwd",
        "\\\\server\\x.py",
        "C:\\x.py",
        "c:x.py",
        "..",
        "..\\..\\x",
        "a\0.py",
    ],
)
def test_e3_a_name_that_leads_outside_is_hostile(raw: str) -> None:
    with pytest.raises(BadNameError) as caught:
        clean(raw)
    assert caught.value.hostile


@pytest.mark.parametrize(
    "raw",
    [
        "",
        ".",
        "layers.py.",
        "layers.py ",
        "a /b.py",
        "con.py",
        "aux",
        "COM1.txt",
        "NUL",
        "a\nb.py",
        "a\x1b[2J.py",
        "layers.py:stream",
        "\u202eyp.sreyal",
        "lay\u200bers.py",
        f"{chr(0xD800)}.py",
        "x" * 201,
        "/".join("a" * 33),
    ],
)
def test_e3_a_name_that_some_system_misreads_is_refused(raw: str) -> None:
    with pytest.raises(BadNameError):
        clean(raw)


@given(st.text(alphabet=st.sampled_from("ab./\\:~ \0\n\u202e\u0301é"), max_size=30) | st.text(max_size=30))
def test_e3_a_clean_name_stays_inside_and_is_clean_again(raw: str) -> None:
    try:
        path = clean(raw)
    except BadNameError:
        return
    assert posixpath.normpath(path) == path
    assert not path.startswith("/")
    assert ".." not in path.split("/")
    assert "\\" not in path
    assert "\0" not in path
    assert clean(path) == path == unicodedata.normalize("NFC", path)


@pytest.mark.parametrize(
    "path", ["__MACOSX/._layers.py", ".DS_Store", "a/__pycache__/layers.cpython-312.pyc", ".git/HEAD"]
)
def test_what_systems_leave_behind_is_junk(path: str) -> None:
    assert is_junk(path)
    assert not is_junk("layers.py")


@pytest.mark.parametrize(
    ("file", "name"),
    [
        ("ada.zip", "ada"),
        ("ada.lovelace.zip", "ada.lovelace"),
        ("a.tar.gz", "a"),
        ("README", "README"),
        (".zip", "_zip"),
        ("a\nb.zip", "a_b"),
        ("..", "_"),
        ("-rf.zip", "_rf"),
        (f"a{chr(0xDCFF)}.zip", "a�"),
        ("", "unnamed"),
    ],
)
def test_a_submission_is_named_after_its_file(file: str, name: str) -> None:
    assert label(file, is_folder=False) == name


def test_a_folders_name_is_kept_whole_and_a_long_one_fits_on_disk() -> None:
    assert label("ada.v2", is_folder=True) == "ada.v2"
    assert len(label("é" * 300, is_folder=True).encode()) <= MAX_NAME


@given(st.text())
def test_e3_a_label_is_one_component(text: str) -> None:
    name = label(text, is_folder=False)
    assert name not in ("", ".", "..")
    assert not set(name) & set("/\\\0\n:")
    assert not name.startswith(".")
    assert len(name.encode()) <= MAX_NAME


@given(st.text())
def test_a16_what_is_shown_is_one_line_without_escapes(text: str) -> None:
    assert "\x1b" not in show(text)
    assert len(show(text).splitlines()) <= 1
    assert len(show(text)) <= 60


def test_some_counts_the_rest() -> None:
    assert some(["a", "b", "c"], most=1) == "a and 2 more"
