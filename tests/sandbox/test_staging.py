"""A submission is staged as plain files, nothing else of the machine comes along, and no two workers are one user."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from talk import SMALL, ask, is_root

from autograder.sandbox import staging
from autograder.sandbox.box import Zygote


@pytest.fixture
def untidy(tmp_path: Path) -> Path:
    """A folder with everything in it that a submission should not have."""
    folder = tmp_path / "submission"
    (folder / "inner").mkdir(parents=True)
    (folder / "plain.py").write_text("A = 1\n")
    (folder / "plain.py").chmod(0o600)
    (folder / "inner" / "deep.py").write_text("B = 2\n")
    (tmp_path / "secret").write_text("an answer")
    (folder / "link.py").symlink_to(tmp_path / "secret")
    (folder / "way").symlink_to(tmp_path, target_is_directory=True)
    os.mkfifo(folder / "pipe")
    return folder


@pytest.mark.parametrize("own_mounts", [True, False])
def test_only_files_and_folders_are_staged(untidy: Path, tmp_path: Path, own_mounts: bool) -> None:
    uid = 60_000 if is_root() else 0
    staged = staging.stage(untidy, uid, "" if own_mounts else str(tmp_path))
    try:
        place = Path(f"/proc/self/fd/{staged.tree}" if staged.tree >= 0 else staged.folder)
        if own_mounts and not is_root():
            assert place == untidy, "a plain user's worker is that user, and its mount of this folder is read-only"
        else:
            assert sorted(path.name for path in place.rglob("*")) == ["deep.py", "inner", "plain.py"]
            assert (place / "plain.py").stat().st_mode & 0o777 == 0o444
    finally:
        staged.close()


def test_a_copy_is_for_its_worker_alone_and_only_the_scratch_is_to_be_written_to(untidy: Path, tmp_path: Path) -> None:
    uid = 60_000 if is_root() else 0
    staged = staging.stage(untidy, uid, str(tmp_path))
    folder, scratch = Path(staged.folder), Path(staged.scratch)
    try:
        for path in (folder.parent, folder):
            assert not path.stat().st_mode & 0o007
            assert path.stat().st_uid == os.geteuid()
        assert (scratch.stat().st_uid, scratch.stat().st_mode & 0o777) == (uid or os.geteuid(), 0o700)
    finally:
        staged.close()


def test_what_was_made_is_removed(untidy: Path, tmp_path: Path) -> None:
    staged = staging.stage(untidy, 0, str(tmp_path))
    assert Path(staged.scratch).is_dir()
    staged.note(7)
    staged.close()
    assert not Path(staged.scratch).parent.exists()
    assert untidy.exists()


def test_a_worker_reads_files_that_are_closed_to_others(zygote: Zygote, untidy: Path) -> None:
    (untidy / "work.py").write_text("import plain\ndef a():\n    return plain.A\n")
    (untidy / "work.py").chmod(0o600)
    with zygote.open(untidy, SMALL) as box:
        assert ask(box, "a", module="work") == 1


def test_a_submission_cannot_be_changed_by_its_worker(zygote: Zygote, submission: Path) -> None:
    before = (submission / "attacks.py").read_bytes()
    with zygote.open(submission, SMALL) as box:
        for path in ("/sub/attacks.py", "/sub/new.py", "/usr/bin/new"):
            with pytest.raises(Exception, match=r"PermissionError|OSError"):
                ask(box, "write", path)
    assert (submission / "attacks.py").read_bytes() == before
    assert [path.name for path in submission.iterdir()] == ["attacks.py"]


def test_no_two_leases_are_alike() -> None:
    leases = [staging.Lease(7) for _ in range(20)]
    try:
        assert len({lease.uid for lease in leases}) == 20
    finally:
        for lease in leases:
            lease.close()


def test_a_lease_that_was_given_back_can_be_had_again() -> None:
    first = staging.Lease(7)
    first.close()
    second = staging.Lease(7)
    second.close()
    assert second.uid == first.uid
