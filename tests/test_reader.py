"""What was handed in is opened without unpacking it, or turned away in a sentence; thousands of mutants do no harm."""

from __future__ import annotations

import gzip
import hashlib
import io
import tarfile
from contextlib import ExitStack
from pathlib import Path

import pytest
from fuzz_reader import run
from packed import CODE, patched, write, zip_bytes

from autograder.intake import reader
from autograder.intake.reader import Opened, RejectedError, bounded, fingerprint, looks_like, open_upload, select
from autograder.intake.tree import Tree
from autograder.intake.zips import Archive, UnreadableError


def opened(path: Path, *members: tuple[str, str]) -> Opened:
    with ExitStack() as stack:
        return open_upload(stack, path, members)


def rejection(path: Path) -> str:
    with pytest.raises(RejectedError) as caught:
        opened(path)
    return str(caught.value)


def tar_bytes() -> bytes:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as archive:
        archive.addfile(tarfile.TarInfo("layers.py"))
    return out.getvalue()


@pytest.mark.parametrize(
    ("content", "what"),
    [
        (b"%PDF-1.7\n", "a PDF"),
        (b"Rar!\x1a\x07", "a RAR archive"),
        (b"7z\xbc\xaf\x27\x1c\0\0", "a 7z archive"),
        (gzip.compress(b"x", mtime=0), "a gzip file (.tar.gz or .gz)"),
        (tar_bytes(), "a tar archive"),
        (b"\n<!DOCTYPE html><html>", "an HTML page"),
        (b'{\n "cells": []}', "a notebook"),
        (b"import numpy", "a text file"),
        (b"From: ada@uni.example\nSubject: a5", "an e-mail"),
        (b"\x00\x01\x02", "something else"),
    ],
)
def test_what_is_no_zip_is_called_what_it_looks_like(tmp_path: Path, content: bytes, what: str) -> None:
    path = tmp_path / "ada.zip"
    path.write_bytes(content)
    assert what in rejection(path)
    assert "hand in one .zip" in rejection(path)


def test_an_empty_file_and_a_missing_one_are_said_to_be(tmp_path: Path) -> None:
    (tmp_path / "ada.zip").touch()
    assert "0 bytes" in rejection(tmp_path / "ada.zip")
    assert "cannot be read" in rejection(tmp_path / "none.zip")


def test_a_zip_is_known_by_the_sha256_of_its_bytes_also_when_rejected(tmp_path: Path) -> None:
    for content in (zip_bytes(CODE), zip_bytes(CODE)[:100], b"%PDF"):
        path = tmp_path / "ada.zip"
        path.write_bytes(content)
        try:
            sha256 = opened(path).sha256
        except RejectedError as error:
            sha256 = error.sha256
        assert sha256 == hashlib.sha256(content).hexdigest()


def test_e5_a_zip_of_many_gigabytes_is_not_even_hashed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reader, "MAX_ARCHIVE", 1000)
    (tmp_path / "ada.zip").write_bytes(zip_bytes({"layers.py": "x", "data.bin": bytes(range(256)) * 99}, method=0))
    assert "zip only the files" in rejection(tmp_path / "ada.zip")


def test_e4_an_upload_that_is_a_link_is_not_followed(tmp_path: Path) -> None:
    (tmp_path / "real.zip").write_bytes(zip_bytes(CODE))
    (tmp_path / "ada.zip").symlink_to(tmp_path / "real.zip")
    (tmp_path / "bob").symlink_to(tmp_path, target_is_directory=True)
    assert "link" in rejection(tmp_path / "ada.zip")
    assert "link" in rejection(tmp_path / "bob")


def test_members_are_read_under_their_other_names(tmp_path: Path) -> None:
    bulk = tmp_path / "bulk.zip"
    inner = zip_bytes(CODE)
    bulk.write_bytes(zip_bytes({"a_1_layers.py": "one", "b.zip": inner}))
    assert opened(bulk, ("b.zip", "b.zip")).sha256 == hashlib.sha256(inner).hexdigest()
    with ExitStack() as stack:
        loose = open_upload(stack, bulk, (("a_1_layers.py", "layers.py"),))
        assert [e.name for e in loose.source.entries] == ["layers.py"]
        assert b"".join(loose.source.stream(loose.source.entries[0])) == b"one"


def test_a_name_that_is_there_twice_is_selected_twice() -> None:
    archive = Archive(io.BytesIO(zip_bytes([("a.py", "1"), ("a.py", "2"), ("b.py", "3")])))
    view = select(archive, [("a.py", "x.py")])
    assert [b"".join(view.stream(e)) for e in view.entries] == [b"1", b"2"]


def test_e5_no_more_is_read_than_the_limit_even_when_a_size_lies(tmp_path: Path) -> None:
    archive = Archive(io.BytesIO(zip_bytes({"layers.py": b"abcdefgh" * 20_000}, method=0)))
    with pytest.raises(UnreadableError, match="larger than"):
        next(bounded(archive, archive.entries[0], 1000))
    growing = Tree(write(tmp_path, {"layers.py": "x"}))
    (tmp_path / "layers.py").write_bytes(bytes(1 << 20))
    with pytest.raises(UnreadableError, match="larger than"):
        list(bounded(growing, growing.entries[0], 100_000))


def test_a_fingerprint_depends_on_names_sizes_and_kept_bytes_alone(tmp_path: Path) -> None:
    one, two = Tree(write(tmp_path / "a", CODE)), Tree(write(tmp_path / "b", dict(reversed(CODE.items()))))
    kept = [("layers.py", "00"), ("optim.py", "11")]
    assert fingerprint(one.entries, kept) == fingerprint(two.entries, kept[::-1])
    assert fingerprint(one.entries, kept) != fingerprint(one.entries, [("layers.py", "01"), kept[1]])
    assert fingerprint(one.entries, kept) != fingerprint(one.entries[:2], kept)


def test_looks_like_takes_any_head() -> None:
    assert looks_like(b"") == looks_like(b"\0" * 600) == "something else"


def test_e5_a_file_whose_directory_lies_is_not_read(tmp_path: Path) -> None:
    (tmp_path / "ada.zip").write_bytes(patched(zip_bytes(CODE), 2, 42, "<L", 0x7FFFFFFF))
    assert "damaged or cut off" in rejection(tmp_path / "ada.zip")


def test_e3_e4_e5_thousands_of_mutants_end_in_a_record_and_stay_in_their_folder(tmp_path: Path) -> None:
    ends = run(6000, seed=20240611, scratch=tmp_path)
    assert ends["kept"] > 250
    assert ends["rejected"] > 250
