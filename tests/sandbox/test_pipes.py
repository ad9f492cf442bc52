"""Replies come whole however they are cut, nothing is allocated for a lie, and output stays in its bounds."""

from __future__ import annotations

import contextlib
import os

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from autograder.sandbox import pipes
from autograder.sandbox.pipes import PREFIX, GoneError, Output, Reply
from autograder.sandbox.transport import Stopped

CAP = 1000


@contextlib.contextmanager
def pipe() -> object:
    reader, writer = os.pipe()
    os.set_blocking(reader, False)
    with contextlib.suppress(OSError):
        try:
            yield reader, writer
        finally:
            os.close(reader)
            with contextlib.suppress(OSError):
                os.close(writer)


@settings(max_examples=60, deadline=None)
@given(header=st.binary(max_size=300), body=st.binary(max_size=CAP), cuts=st.lists(st.integers(1, 400), max_size=20))
def test_a_frame_in_any_pieces_is_the_same_frame(header: bytes, body: bytes, cuts: list[int]) -> None:
    frame = PREFIX.pack(len(header), len(body)) + header + body
    with pipe() as (reader, writer):
        reply, whole = Reply(reader, CAP), False
        for cut in [*cuts, len(frame)]:
            os.write(writer, frame[:cut])
            frame = frame[cut:]
            whole = whole or reply.read()
        assert whole
        got_header, got_body = reply.parts()
        assert (got_header, bytes(got_body)) == (header, body)


@settings(max_examples=60, deadline=None)
@given(header=st.integers(0, 2**32 - 1), body=st.integers(0, 2**64 - 1))
def test_sizes_above_their_caps_are_refused_at_once(header: int, body: int) -> None:
    with pipe() as (reader, writer):
        os.write(writer, PREFIX.pack(header, body))
        reply = Reply(reader, CAP)
        if header > pipes.HEADER_BYTES or body > CAP:
            with pytest.raises(Stopped) as caught:
                reply.read()
            assert caught.value.kind == "oversized"
        else:
            assert reply.read() == (header == body == 0)


def test_a_closed_pipe_is_told_from_an_empty_one() -> None:
    with pipe() as (reader, writer):
        reply = Reply(reader, CAP)
        assert not reply.read()
        os.write(writer, b"\0\0")
        assert not reply.read()
        os.close(writer)
        with pytest.raises(GoneError):
            reply.read()


def test_speaking_first_is_noticed() -> None:
    with pipe() as (reader, writer):
        assert not Reply(reader, CAP).has_begun()
        os.write(writer, b"\0")
        assert Reply(reader, CAP).has_begun()


def test_writing_takes_what_fits_and_returns_the_rest() -> None:
    with pipe() as (reader, writer):
        os.set_blocking(writer, False)
        data = bytes(1 << 22)
        rest = pipes.write(writer, memoryview(data))
        assert 0 < len(rest) < len(data)
        os.close(reader)
        with pytest.raises(GoneError):
            pipes.write(writer, rest)


class TestOutput:
    def test_the_beginning_is_kept(self) -> None:
        with pipe() as (reader, writer):
            output = Output(reader, 10)
            os.write(writer, b"0123456")
            output.drain()
            os.write(writer, b"789abc")
            output.drain()
            assert output.text() == "0123456789"

    def test_a_letter_cut_in_two_does_no_harm(self) -> None:
        with pipe() as (reader, writer):
            output = Output(reader, 3)
            os.write(writer, "ééé".encode())
            output.drain()
            assert output.text() == "é\N{REPLACEMENT CHARACTER}"

    def test_256_times_as_much_is_a_flood(self) -> None:
        with pipe() as (reader, writer):
            output = Output(reader, 10)
            os.write(writer, bytes(2560))
            output.drain()
            os.write(writer, b"x")
            with pytest.raises(Stopped) as caught:
                output.drain()
            assert caught.value.kind == "flood"

    def test_the_end_is_noticed(self) -> None:
        with pipe() as (reader, writer):
            output = Output(reader, 10)
            os.close(writer)
            output.drain()
            assert not output.is_open
