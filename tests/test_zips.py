"""Zips are read by their directory and in bounded streams, and what lies about itself is refused."""

from __future__ import annotations

import io
import struct
import zipfile
import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st
from packed import CODE, central_offsets, patched, with_special, zip_bytes

from autograder.intake import zips
from autograder.intake.zips import Archive, UnreadableError, ZipError

METHOD, CRC, PACKED, SIZE, EXTRA, OFFSET = 10, 16, 20, 24, 30, 42


def archive(data: bytes) -> Archive:
    return Archive(io.BytesIO(data))


def content(data: bytes, entry: int = 0) -> bytes:
    opened = archive(data)
    return b"".join(opened.stream(opened.entries[entry]))


@given(st.dictionaries(st.from_regex(r"[a-zé]{1,8}\.py", fullmatch=True), st.binary(max_size=3000), min_size=1))
def test_what_python_zips_is_read_back(files: dict[str, bytes]) -> None:
    for method in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        opened = archive(zip_bytes(files, method))
        assert {e.name: b"".join(opened.stream(e)) for e in opened.entries} == files


def test_zip64_and_bytes_before_the_zip_are_understood() -> None:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as made, made.open("layers.py", "w", force_zip64=True) as file:
        file.write(b"x = 1\n")
    assert content(out.getvalue()) == b"x = 1\n"
    assert content(b"#!/bin/sh\n" + zip_bytes(CODE)) == CODE["layers.py"].encode()


def test_zip64_figures_in_the_directory_are_used() -> None:
    data = bytearray(zip_bytes({"a.py": b"x = 1\n"}, zipfile.ZIP_STORED))
    at = central_offsets(bytes(data))[0]
    name_end = at + 46 + 4
    struct.pack_into("<3L", data, at + CRC, zlib.crc32(b"x = 1\n"), 0xFFFFFFFF, 0xFFFFFFFF)
    struct.pack_into("<H", data, at + EXTRA, 20)
    data[name_end:name_end] = struct.pack("<2H2Q", 1, 16, 6, 6)
    end = data.rfind(b"PK\x05\x06")
    struct.pack_into("<L", data, end + 12, end - at)
    assert content(bytes(data)) == b"x = 1\n"


def test_names_without_the_utf8_flag_are_utf8_where_they_can_be_and_cp437_else() -> None:
    data = zip_bytes({"xx.py": b""})
    assert archive(data.replace(b"xx.py", b"\xc3\xa9.py")).entries[0].name == "é.py"
    assert archive(data.replace(b"xx.py", b"\x81x.py")).entries[0].name == "üx.py"


@pytest.mark.parametrize("keep", [0.0, 0.2, 0.9, 0.99])
def test_e5_a_zip_that_is_cut_off_is_said_to_be(keep: float) -> None:
    data = zip_bytes(CODE)
    with pytest.raises(ZipError, match="cut off"):
        archive(data[: int(len(data) * keep)])


def test_e5_a_directory_said_to_lie_further_back_than_the_file_goes_is_refused() -> None:
    data = bytearray(zip_bytes(CODE))
    struct.pack_into("<L", data, data.rfind(b"PK\x05\x06") + 16, len(data))
    with pytest.raises(ZipError, match="damaged or cut off"):
        archive(bytes(data))


def test_e5_a_split_zip_is_refused() -> None:
    data = bytearray(zip_bytes(CODE))
    struct.pack_into("<H", data, data.rfind(b"PK\x05\x06") + 4, 1)
    with pytest.raises(ZipError, match="one part of a split zip"):
        archive(bytes(data))


def test_e5_a_damaged_file_is_refused_by_its_checksum() -> None:
    with pytest.raises(UnreadableError, match="damaged"):
        content(patched(zip_bytes(CODE), 0, CRC, "<L", 1))


@pytest.mark.parametrize("size", [1, 8, 1000, 0x7FFFFFFF])
def test_e5_a_size_that_lies_is_refused(size: int) -> None:
    with pytest.raises(UnreadableError):
        content(patched(zip_bytes({"layers.py": b"x = 1\n" * 9}), 0, SIZE, "<L", size))


def test_e5_never_more_bytes_come_out_than_were_declared() -> None:
    opened = archive(patched(zip_bytes({"layers.py": bytes(20 << 20)}), 0, SIZE, "<L", 70_000))
    blocks: list[bytes] = []
    with pytest.raises(UnreadableError, match="more than the zip says"):
        blocks.extend(opened.stream(opened.entries[0]))
    assert sum(map(len, blocks)) <= 70_000


def test_e5_a_bomb_is_refused_before_it_is_unpacked() -> None:
    opened = archive(zip_bytes({"layers.py": bytes(50 << 20)}))
    with pytest.raises(UnreadableError, match="more than 200 times"):
        next(opened.stream(opened.entries[0]))


def test_a_small_file_may_shrink_as_well_as_it_likes() -> None:
    assert len(content(zip_bytes({"layers.py": bytes(1 << 20)}))) == 1 << 20


def test_e5_overlapping_files_are_refused() -> None:
    data = zip_bytes(CODE)
    with pytest.raises(ZipError, match="overlap"):
        archive(patched(data, 1, OFFSET, "<L", 0))
    # One file quoted inside another's data, as in the densest bombs.
    with pytest.raises(ZipError, match="overlap"):
        archive(patched(data, 0, PACKED, "<L", 60))


def test_e5_data_that_would_reach_into_the_directory_is_refused() -> None:
    with pytest.raises(ZipError, match="damaged or cut off"):
        archive(patched(zip_bytes({"layers.py": b"x"}), 0, PACKED, "<L", 5000))


def test_e5_a_password_and_a_rare_method_are_named() -> None:
    data = zip_bytes(CODE)
    with pytest.raises(UnreadableError, match="password"):
        content(patched(data, 0, 8, "<H", 1))
    with pytest.raises(UnreadableError, match="method \\(number 14\\)"):
        content(patched(data, 0, METHOD, "<H", 14))


def test_e5_two_names_for_one_file_are_refused() -> None:
    data = zip_bytes(CODE)
    with pytest.raises(UnreadableError, match="damaged"):
        content(data.replace(b"layers.py", b"nobody.py", 1))


def test_e5_too_many_files_are_refused_before_they_are_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(zips, "MAX_ENTRIES", 50)
    data = zip_bytes({f".venv/lib/site-packages/m{i}.py": b"" for i in range(51)})
    with pytest.raises(ZipError, match="more than 50 files; it seems that a virtual environment was zipped along"):
        archive(data)
    # A count that lies does not help: the list itself is counted.
    lying = bytearray(data)
    struct.pack_into("<2H", lying, data.rfind(b"PK\x05\x06") + 8, 1, 1)
    with pytest.raises(ZipError, match="more than 50 files"):
        archive(bytes(lying))


def test_e5_a_directory_too_large_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(zips, "MAX_DIRECTORY", 100)
    with pytest.raises(ZipError, match="more than"):
        archive(zip_bytes(CODE))


@pytest.mark.parametrize(
    ("kind", "is_a"), [(0o120000, "link"), (0o010000, "other"), (0o020000, "other"), (0o060000, "other")]
)
def test_e4_links_pipes_and_devices_are_told_from_files(kind: int, is_a: str) -> None:
    entries = archive(with_special(CODE, "x.py", "/etc/passwd", kind)).entries
    assert [e.kind for e in entries] == ["file", "file", "file", is_a]
