"""Bytes of messages: MessagePack arrays, length-prefixed in a body, one format version."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import chain
from struct import Struct

import msgspec

from tradewind.model.errors import BadMessage
from tradewind.model.messages import Record

FORMAT = 1
"""The version of the layout; bodies of another one are refused."""

PREFIX_BYTES = 4
MESSAGE_BYTES_MAX = 1 << 24

_prefix = Struct("<I").pack

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
    parts = list(messages)
    lengths = list(map(len, parts))
    longest = max(lengths, default=0)
    if longest > MESSAGE_BYTES_MAX:
        raise BadMessage(f"a message of {longest} bytes is over {MESSAGE_BYTES_MAX}")
    # each record comes this way, so the loops are those of C
    return b"".join(chain.from_iterable(zip(map(_prefix, lengths), parts, strict=True)))


def split(body: bytes, body_format: int) -> Iterator[bytes]:
    """The messages of a body of a known format."""
    if body_format != FORMAT:
        raise BadMessage(
            f"the journal has format {body_format}, this program knows {FORMAT}: "
            "use the version that wrote it, or a newer one"
        )
    offset = 0
    while offset < len(body):
        start = offset + PREFIX_BYTES
        length = int.from_bytes(body[offset:start], "little")
        offset = start + length
        if length > MESSAGE_BYTES_MAX or offset > len(body):
            raise BadMessage("a body ends in the middle of a message")
        yield body[start:offset]
