"""A folder is read without following a link, opening a pipe or leaving it."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from packed import CODE, write

from autograder.intake import tree
from autograder.intake.tree import Tree, plain_file
from autograder.intake.zips import UnreadableError, ZipError


def content(folder: Path, name: str) -> bytes:
    opened = Tree(folder)
    return b"".join(opened.stream(next(e for e in opened.entries if e.name == name)))


def test_files_are_listed_with_their_folders_and_read(tmp_path: Path) -> None:
    write(tmp_path, {**CODE, "sub/x.py": "x"})
    assert [e.name for e in Tree(tmp_path).entries] == ["layers.py", "optim.py", "solver.py", "sub/x.py"]
    assert content(tmp_path, "sub/x.py") == b"x"


def test_left_overs_and_virtual_environments_are_not_entered(tmp_path: Path) -> None:
    write(
        tmp_path,
        {"layers.py": "", ".git/HEAD": "", "__pycache__/a.pyc": "", "mine/pyvenv.cfg": "", "mine/lib/x.py": ""},
    )
    assert [e.name for e in Tree(tmp_path).entries] == ["layers.py"]


def test_e4_a_link_is_listed_as_one_and_never_followed(tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_text("answers")
    folder = write(tmp_path / "ada", {"optim.py": ""})
    (folder / "layers.py").symlink_to(secret)
    (folder / "up").symlink_to(tmp_path, target_is_directory=True)
    assert {e.name: e.kind for e in Tree(folder).entries} == {"layers.py": "link", "optim.py": "file", "up": "link"}
    with pytest.raises(UnreadableError, match="link"):
        content(folder, "layers.py")


def test_e4_a_link_put_in_after_the_look_is_not_followed_either(tmp_path: Path) -> None:
    folder = write(tmp_path / "ada", {"layers.py": "mine"})
    opened = Tree(folder)
    (folder / "layers.py").unlink()
    (folder / "layers.py").symlink_to("/etc/passwd")
    with pytest.raises(UnreadableError):
        list(opened.stream(opened.entries[0]))


def test_e4_either_of_two_guards_alone_keeps_a_link_shut(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "real.py").write_text("answers")
    (tmp_path / "layers.py").symlink_to(tmp_path / "real.py")
    with monkeypatch.context() as without_the_look:
        without_the_look.setattr(tree.stat, "S_ISLNK", lambda mode: False)
        with pytest.raises(OSError, match="symbolic links"), plain_file(tmp_path / "layers.py"):
            raise AssertionError("opened")
    # Windows has no O_NOFOLLOW.
    monkeypatch.setattr(tree, "READ_FLAGS", os.O_RDONLY)
    with pytest.raises(OSError, match="it is a link"), plain_file(tmp_path / "layers.py"):
        raise AssertionError("opened")


def test_a7_a_pipe_neither_blocks_nor_is_read(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "layers.py")
    assert Tree(tmp_path).entries[0].kind == "other"
    with pytest.raises(OSError, match="not an ordinary file"), plain_file(tmp_path / "layers.py"):
        raise AssertionError("opened")


def test_e5_too_many_files_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tree, "MAX_ENTRIES", 2)
    write(tmp_path, CODE)
    with pytest.raises(ZipError, match="more than 2 files"):
        Tree(tmp_path)


def test_e5_a_folder_deeper_than_any_honest_one_is_left(tmp_path: Path) -> None:
    write(tmp_path, {"/".join("a" * 60) + "/x.py": "", "layers.py": ""})
    assert [e.name for e in Tree(tmp_path).entries] == ["layers.py"]
