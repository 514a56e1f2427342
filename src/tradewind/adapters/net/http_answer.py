"""An HTTP/1.1 answer out of the bytes of a connection, read strictly and without any I/O.

HTTP/1.1 200 OK                       its end is told by a length, by chunks, or by the end of
Content-Length: 2                     the connection; of two lengths, or one beside chunks,
                                      nobody can say which holds: such an answer is refused
{}
"""

from __future__ import annotations

import re
import zlib
from enum import Enum

import msgspec
from multidict import CIMultiDict

HEAD_BYTES_MAX = 64 * 2**10
"""Status line and headers; a longer head is refused."""
BODY_BYTES_MAX = 64 * 2**20
"""Bytes of a body, unpacked; a longer one is refused."""
CHUNK_LINE_BYTES_MAX = 256
WITHOUT_BODY = frozenset({204, 304})

_STATUS_LINE = re.compile(rb"HTTP/1\.([01]) ([1-5][0-9][0-9])(?: [^\r\n]*)?")
_NAME = re.compile(rb"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_CHUNK_SIZE = re.compile(rb"([0-9A-Fa-f]{1,8})[ \t]*(?:;[^\r\n]*)?")


class BrokenAnswer(Exception):
    """Bytes that are no answer; what became of the request is unknown."""


class Answer(msgspec.Struct, frozen=True):
    """A whole answer; `is_last` where the connection takes no further request."""

    status: int
    headers: CIMultiDict[str]
    body: bytes
    is_last: bool


class _Stage(Enum):
    HEAD = "head"
    LENGTH = "length"
    CHUNK_LINE = "chunk line"
    CHUNK = "chunk"
    TRAILER = "trailer"
    UNTIL_END = "until end"
    DONE = "done"


class AnswerReader:
    """Takes bytes in whatever pieces they come, and gives the answer with the last of them.

    >>> reader = AnswerReader()
    >>> reader.take(b"HTTP/1.1 200 OK\\r\\nContent-Len")
    >>> reader.take(b"gth: 2\\r\\n\\r\\n{}").body
    b'{}'
    >>> AnswerReader().take(b"SSH-2.0-OpenSSH\\r\\n\\r\\n")
    Traceback (most recent call last):
    tradewind.adapters.net.http_answer.BrokenAnswer: no status line
    """

    __slots__ = ("_body", "_data", "_headers", "_is_last", "_left", "_size", "_stage", "_status")

    def __init__(self) -> None:
        self._data = b""
        self._stage = _Stage.HEAD
        self._status = self._left = self._size = 0
        self._headers: CIMultiDict[str] = CIMultiDict()
        self._body: list[bytes] = []
        self._is_last = False

    def take(self, data: bytes) -> Answer | None:
        """The answer, once it is whole; `BrokenAnswer` where it can be none, or more came."""
        self._data = self._data + data if self._data else data
        while self._stage is not _Stage.DONE:
            stage = self._stage
            if not _STEPS[stage](self) and self._stage is stage:
                return None
        if self._data:
            raise BrokenAnswer("bytes behind the answer")
        return self._answer()

    def end(self) -> Answer | None:
        """The connection has ended: the answer if that is its end, None where it broke off."""
        if self._stage is not _Stage.UNTIL_END:
            return None
        return self._answer()

    def _answer(self) -> Answer:
        body = self._body[0] if len(self._body) == 1 else b"".join(self._body)
        if self._headers.get("Content-Encoding", "identity").lower() == "gzip":
            body = unpacked(body)
        return Answer(self._status, self._headers, body, self._is_last)

    # --- one stage each: True where there may be more to do with what is there ---------------

    def _read_head(self) -> bool:
        end = self._data.find(b"\r\n\r\n")
        if (end if end >= 0 else len(self._data)) > HEAD_BYTES_MAX:
            raise BrokenAnswer("its head is too long")
        if end < 0:
            if not b"HTTP/1.".startswith(self._data[:7]):
                raise BrokenAnswer("no status line")
            return False
        lines = self._data[:end].split(b"\r\n")
        self._data = self._data[end + 4 :]
        found = _STATUS_LINE.fullmatch(lines[0])
        if found is None:
            raise BrokenAnswer("no status line")
        self._status = int(found[2])
        self._headers = _headers(lines[1:])
        if self._status == 101:
            raise BrokenAnswer("it speaks of another protocol")
        if self._status >= 200:  # below, a word before the answer: the next head follows
            said = self._headers.get("Connection", "close" if found[1] == b"0" else "").lower()
            self._is_last = "close" in said
            self._stage = self._body_stage()
        return True

    def _body_stage(self) -> _Stage:
        lengths = set(self._headers.getall("Content-Length", []))
        coding = self._headers.getall("Transfer-Encoding", [])
        if coding:
            if lengths or [each.lower() for each in coding] != ["chunked"]:
                raise BrokenAnswer("its length is told in two ways, or in an unknown one")
            return _Stage.CHUNK_LINE
        if self._status in WITHOUT_BODY:
            return _Stage.DONE
        if not lengths:
            self._is_last = True
            return _Stage.UNTIL_END
        length = lengths.pop()
        if lengths or not (length.isascii() and length.isdecimal()) or len(length) > 18:
            raise BrokenAnswer("its length cannot be read")
        self._left = int(length)
        self._bound(self._left)
        return _Stage.LENGTH if self._left else _Stage.DONE

    def _read_length(self) -> bool:
        if self._take_part():
            return False
        self._stage = _Stage.DONE
        return True

    def _read_chunk_line(self) -> bool:
        line = self._line(CHUNK_LINE_BYTES_MAX)
        if line is None:
            return False
        found = _CHUNK_SIZE.fullmatch(line)
        if found is None:
            raise BrokenAnswer("the length of a chunk cannot be read")
        self._left = int(found[1], 16)
        self._bound(self._size + self._left)
        self._stage = _Stage.CHUNK if self._left else _Stage.TRAILER
        return True

    def _read_chunk(self) -> bool:
        if self._take_part() or len(self._data) < 2:
            return False
        if self._data[:2] != b"\r\n":
            raise BrokenAnswer("a chunk does not end where it says")
        self._data = self._data[2:]
        self._stage = _Stage.CHUNK_LINE
        return True

    def _read_trailer(self) -> bool:
        line = self._line(HEAD_BYTES_MAX)
        if line == b"":
            self._stage = _Stage.DONE
        return line is not None

    def _read_until_end(self) -> bool:
        self._bound(self._size + len(self._data))
        self._left = len(self._data)
        self._take_part()
        return False

    def _take_part(self) -> int:
        """Take of what is there what belongs to the part; how many bytes of it are missing."""
        part, self._data = self._data[: self._left], self._data[self._left :]
        if part:
            self._body.append(part)
            self._size += len(part)
            self._left -= len(part)
        return self._left

    def _line(self, bytes_max: int) -> bytes | None:
        end = self._data.find(b"\r\n")
        if (end if end >= 0 else len(self._data)) > bytes_max:
            raise BrokenAnswer("a line is too long")
        if end < 0:
            return None
        line, self._data = self._data[:end], self._data[end + 2 :]
        return line

    def _bound(self, size: int) -> None:
        if size > BODY_BYTES_MAX:
            raise BrokenAnswer("it is too long")


_STEPS = {
    _Stage.HEAD: AnswerReader._read_head,
    _Stage.LENGTH: AnswerReader._read_length,
    _Stage.CHUNK_LINE: AnswerReader._read_chunk_line,
    _Stage.CHUNK: AnswerReader._read_chunk,
    _Stage.TRAILER: AnswerReader._read_trailer,
    _Stage.UNTIL_END: AnswerReader._read_until_end,
}


def unpacked(body: bytes) -> bytes:
    """A body that came packed by gzip, to its bound; `BrokenAnswer` where it is damaged.

    >>> import gzip
    >>> unpacked(gzip.compress(b"[1,2]"))
    b'[1,2]'
    """
    unpacking = zlib.decompressobj(wbits=31)
    try:
        whole = unpacking.decompress(body, BODY_BYTES_MAX + 1)
    except zlib.error:
        raise BrokenAnswer("its packing is damaged") from None
    if len(whole) > BODY_BYTES_MAX:
        raise BrokenAnswer("it is too long")
    if not unpacking.eof or unpacking.unused_data:
        raise BrokenAnswer("its packing is damaged")
    return whole


def _headers(lines: list[bytes]) -> CIMultiDict[str]:
    found: CIMultiDict[str] = CIMultiDict()
    for line in lines:
        name, colon, value = line.partition(b":")
        if not colon or not _NAME.fullmatch(name) or b"\n" in value or b"\0" in value:
            raise BrokenAnswer("a header cannot be read")
        found.add(name.decode(), value.strip(b" \t").decode("latin-1"))
    return found
