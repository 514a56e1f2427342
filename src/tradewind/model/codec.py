"""Bytes of messages: MessagePack arrays, length-prefixed in a body, one format version."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from struct import Struct

import msgspec

from tradewind.model.errors import BadMessage
from tradewind.model.messages import Record

FORMAT = 1
"""The version of the layout; bodies of another one are refused."""

PREFIX_BYTES = 4
MESSAGE_BYTES_MAX = 1 << 24

_prefix = Struct("<I").pack
_length = Struct("<I").unpack_from

_encoder = msgspec.msgpack.Encoder()
_decoder = msgspec.msgpack.Decoder(Record)


def encode(message: Record) -> bytes:
    """MessagePack of one message.

    >>> from tradewind.model.messages import ClockTicked
    >>> decode(encode(ClockTicked(5)))
    ClockTicked(time_ns=5)
    """
    return _encoder.encode(message)


def encode_all(messages: Iterable[Record]) -> bytes:
    """A body of messages.

    >>> from tradewind.model.messages import ClockTicked
    >>> encode_all([ClockTicked(5)]) == join([encode(ClockTicked(5))])
    True
    """
    return join(map(_encoder.encode, messages))


def decode(data: bytes) -> Record:
    """The message of the bytes; `BadMessage` where they are none."""
    try:
        message: Record = _decoder.decode(data)
    except (msgspec.DecodeError, ValueError) as error:
        raise BadMessage(f"not a message of format {FORMAT}: {error}") from None
    return message


def join(messages: Iterable[bytes]) -> bytes:
    """A body: each message behind its length in four bytes, little-endian.

    >>> [bytes(part) for part in split(join([b"ab", b"c"]), FORMAT)]
    [b'ab', b'c']
    """
    parts: list[bytes] = []
    for message in messages:
        length = len(message)
        if length > MESSAGE_BYTES_MAX:
            raise BadMessage(f"a message of {length} bytes is over {MESSAGE_BYTES_MAX}")
        parts += (_prefix(length), message)
    return b"".join(parts)


def split(body: bytes, body_format: int) -> Iterator[bytes]:
    """The messages of a body of a known format."""
    if body_format != FORMAT:
        raise BadMessage(
            f"the journal has format {body_format}, this program knows {FORMAT}: "
            "use the version that wrote it, or a newer one"
        )
    offset, end = 0, len(body)
    while offset < end:
        start = offset + PREFIX_BYTES
        offset = start + _length(body, offset)[0] if start <= end else end + 1
        if offset > end or offset - start > MESSAGE_BYTES_MAX:
            raise BadMessage("a body ends in the middle of a message")
        yield body[start:offset]
