"""Files are counted whether they have a name or not, and a folder that hides them counts as too much."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

import pytest
from talk import is_root

from autograder.sandbox import quota

NOBODY = 65534


def over(folder: Path, limit_mb: int = 1, uid: int = 0) -> bool:
    return quota.over(str(folder), os.getpid(), uid, limit_mb)


def fill(path: Path, megabytes: float) -> None:
    path.write_bytes(os.urandom(int(megabytes * (1 << 20))))


def test_what_fits_is_fine(tmp_path: Path) -> None:
    (tmp_path / "inner").mkdir()
    fill(tmp_path / "inner" / "file", 0.5)
    assert not over(tmp_path)


def test_sizes_add_up_in_all_folders(tmp_path: Path) -> None:
    (tmp_path / "inner").mkdir()
    for place in (tmp_path, tmp_path / "inner"):
        fill(place / "file", 0.6)
    assert over(tmp_path)
    assert not over(tmp_path, 2)


def test_holes_take_no_room(tmp_path: Path) -> None:
    with open(tmp_path / "file", "wb") as file:
        file.truncate(1 << 30)
    assert not over(tmp_path)


def test_a_file_that_was_removed_counts_as_long_as_it_is_open(tmp_path: Path) -> None:
    with tempfile.TemporaryFile(dir=tmp_path, buffering=0) as file:
        file.write(bytes(3 << 19))
        assert os.listdir(tmp_path) == []
        assert over(tmp_path)
    assert not over(tmp_path)


def test_many_files_are_too_many(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(quota, "FILES", 3)
    for name in "abcd":
        (tmp_path / name).touch()
    assert over(tmp_path)


def test_links_are_not_followed(tmp_path: Path) -> None:
    (tmp_path / "large").mkdir()
    (tmp_path / "scratch").mkdir()
    fill(tmp_path / "large" / "file", 2)
    (tmp_path / "scratch" / "folder").symlink_to(tmp_path / "large")
    (tmp_path / "scratch" / "file").symlink_to(tmp_path / "large" / "file")
    assert not over(tmp_path / "scratch")


def test_a_folder_that_cannot_be_looked_into_is_too_much() -> None:
    uid = NOBODY if is_root() else 0  # who sees everything looks with the worker's eyes
    with tempfile.TemporaryDirectory(prefix="autograder-test-") as place:
        scratch, closed = Path(place), Path(place, "closed")
        closed.mkdir()
        if uid:
            for path in (scratch, closed):
                os.chown(path, uid, uid)
        assert not over(scratch, uid=uid)
        closed.chmod(0o300)
        assert over(scratch, uid=uid)
    assert os.stat("/proc/self/fd").st_uid == os.geteuid(), "afterwards it is root's eyes again"


def test_what_is_gone_holds_nothing(tmp_path: Path) -> None:
    assert not quota.over(str(tmp_path / "gone"), 2**22 + 1, 0, 1)
