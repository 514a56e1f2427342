"""HTTP answers out of bytes: the same in whatever pieces, and refused where they are doubtful."""

from __future__ import annotations

import gzip
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tradewind.adapters.net.http_answer import (
    BODY_BYTES_MAX,
    HEAD_BYTES_MAX,
    Answer,
    AnswerReader,
    BrokenAnswer,
)

BY_LENGTH = b"HTTP/1.1 200 OK\r\ncontent-LENGTH: 11\r\nX-Used: 7\r\n\r\nhello world"
IN_CHUNKS = (
    b"HTTP/1.1 200 OK\r\nTransfer-Encoding: Chunked\r\nX-Used: 7\r\n\r\n"
    b"5\r\nhello\r\n6;name=value\r\n world\r\n0\r\nTrailer: x\r\n\r\n"
)
BEHIND_A_WORD = b"HTTP/1.1 103 Early\r\nLink: x\r\n\r\n" + BY_LENGTH
PACKED = gzip.compress(b"hello world", mtime=0)
BY_GZIP = (
    b"HTTP/1.1 200 OK\r\nX-Used: 7\r\nContent-Encoding: gzip\r\n"
    b"Content-Length: %d\r\n\r\n" % len(PACKED)
) + PACKED
WHOLE = [BY_LENGTH, IN_CHUNKS, BEHIND_A_WORD, BY_GZIP]


def answer_of(*pieces: bytes) -> Answer | None:
    reader = AnswerReader()
    for piece in pieces[:-1]:
        assert reader.take(piece) is None
    return reader.take(pieces[-1])


@given(st.sampled_from(WHOLE), st.lists(st.integers(1, 120), max_size=6))
def test_an_answer_is_the_same_in_whatever_pieces_it_comes(whole: bytes, places: list[int]) -> None:
    cuts = sorted({0, len(whole), *[place for place in places if place < len(whole)]})
    pieces = [whole[start:stop] for start, stop in pairwise(cuts)]
    answer = answer_of(*pieces)
    assert answer is not None
    assert (answer.status, answer.body, answer.is_last) == (200, b"hello world", False)
    assert answer.headers["x-used"] == "7"


@pytest.mark.parametrize("whole", WHOLE)
def test_a_byte_behind_an_answer_is_not_taken_for_the_next_one(whole: bytes) -> None:
    with pytest.raises(BrokenAnswer, match="behind"):
        answer_of(whole + b"H")


@pytest.mark.parametrize(
    "head",
    [
        b"Content-Length: 2\r\nContent-Length: 3",
        b"Content-Length: 2\r\nTransfer-Encoding: chunked",
        b"Transfer-Encoding: gzip, chunked",
        b"Content-Length: +2",
        b"Content-Length: 2 2",
        b"Content-Length: -1",
        b"Content-Length : 2",
        b" folded: 2",
        b"no colon",
        b"X: a\nContent-Length: 2",
        b"Content-Length: %d" % (BODY_BYTES_MAX + 1),
    ],
)
def test_a_doubtful_head_is_refused(head: bytes) -> None:
    with pytest.raises(BrokenAnswer):
        answer_of(b"HTTP/1.1 200 OK\r\n" + head + b"\r\n\r\n{}")


@pytest.mark.parametrize("line", [b"HTTP/1.1 2000 OK", b"HTTP/2 200", b"HTTP/1.1 099", b"ICY 200"])
def test_a_line_that_is_no_status_is_refused(line: bytes) -> None:
    with pytest.raises(BrokenAnswer, match="no status line"):
        answer_of(line + b"\r\nContent-Length: 0\r\n\r\n")


@pytest.mark.parametrize("size", [b"x", b"", b"-1", b"5 5", b"fffffffff", b"4000001"])
def test_a_chunk_without_a_good_length_is_refused(size: bytes) -> None:
    head = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
    with pytest.raises(BrokenAnswer):
        answer_of(head + size + b"\r\n")


def test_a_chunk_that_is_longer_than_it_says_is_refused() -> None:
    head = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
    with pytest.raises(BrokenAnswer, match="does not end"):
        answer_of(head + b"2\r\nabc\r\n")


def test_a_head_may_be_so_long_and_no_longer() -> None:
    line = b"HTTP/1.1 204 No\r\nX: "
    assert answer_of(line + b"y" * (HEAD_BYTES_MAX - len(line)) + b"\r\n\r\n") is not None
    with pytest.raises(BrokenAnswer, match="head is too long"):
        answer_of(line + b"y" * (HEAD_BYTES_MAX - len(line) + 1) + b"\r\n\r\n")


def test_an_answer_without_a_length_ends_with_its_connection() -> None:
    reader = AnswerReader()
    assert reader.take(b"HTTP/1.0 200 OK\r\n\r\nhello") is None
    assert reader.take(b" world") is None
    answer = reader.end()
    assert answer is not None
    assert (answer.body, answer.is_last) == (b"hello world", True)


@pytest.mark.parametrize("whole", WHOLE)
def test_an_answer_that_breaks_off_is_none(whole: bytes) -> None:
    reader = AnswerReader()
    assert reader.take(whole[:-1]) is None
    assert reader.end() is None


@pytest.mark.parametrize("body", [PACKED[:-1], PACKED + b"x", b"no gzip", b""])
def test_a_damaged_packing_is_refused(body: bytes) -> None:
    head = b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: %d\r\n\r\n" % len(body)
    with pytest.raises(BrokenAnswer, match="packing"):
        answer_of(head + body)


def test_a_small_answer_cannot_unpack_to_a_huge_one() -> None:
    packed = gzip.compress(bytes(BODY_BYTES_MAX + 1), 1)
    head = b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: %d\r\n\r\n" % len(packed)
    with pytest.raises(BrokenAnswer, match="too long"):
        answer_of(head + packed)


def test_the_host_says_when_it_takes_no_further_request() -> None:
    answer = answer_of(b"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 0\r\n\r\n")
    assert answer is not None
    assert answer.is_last
