"""One file of a submission is read as bytes: no link is followed, nothing is waited for, no more than asked for."""

from __future__ import annotations

import os
from pathlib import Path

from autograder.sandbox.files import content


def test_an_ordinary_file_is_read_up_to_its_cap(tmp_path: Path) -> None:
    (tmp_path / "report.toml").write_bytes(b"x = 1\n")
    assert content(tmp_path / "report.toml", 100) == b"x = 1\n"
    assert content(tmp_path / "report.toml", 3) == b"x ="


def test_what_is_no_ordinary_file_is_none(tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("the answers")
    (tmp_path / "report.toml").symlink_to(tmp_path / "secret")
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "folder").mkdir()
    for name in ("report.toml", "pipe", "folder", "nothing"):
        assert content(tmp_path / name, 100) is None
