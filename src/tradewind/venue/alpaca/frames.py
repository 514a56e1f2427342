"""Frames of the Alpaca data streams: rows as JSON text or MessagePack, made once for all."""

from __future__ import annotations

import struct
from collections.abc import Iterable

import msgspec

from tradewind.venue.equities.calendar import SECOND_NS
from tradewind.venue.equities.times import rfc3339
from tradewind.venue.sockets import binary_frame, text_frame

TIMESTAMP = -1
"""MessagePack's extension type of a time."""
Row = dict[str, object]
_pack = msgspec.msgpack.Encoder().encode
_text = msgspec.json.Encoder().encode


class Item:
    """One row of a stream, encoded on first use in either form; "t" is in nanoseconds."""

    __slots__ = ("_packed", "_texted", "row")

    def __init__(self, row: Row) -> None:
        self.row = row
        self._packed = b""
        self._texted = b""

    @property
    def packed(self) -> bytes:
        """The row as MessagePack, its time as a Timestamp."""
        if not self._packed:
            self._packed = _pack({**self.row, **packed_time(self.row)})
        return self._packed

    @property
    def texted(self) -> bytes:
        """The row as JSON, its time as text."""
        if not self._texted:
            time_ns = self.row.get("t")
            stamp = {"t": rfc3339(time_ns)} if isinstance(time_ns, int) else {}
            self._texted = _text({**self.row, **stamp})
        return self._texted


def packed_time(row: Row) -> Row:
    """The time of a row as an extension; nothing where it has none."""
    time_ns = row.get("t")
    return {"t": timestamp(time_ns)} if isinstance(time_ns, int) else {}


def timestamp(time_ns: int) -> msgspec.msgpack.Ext:
    """A time as MessagePack's Timestamp 64, or 96 where it does not fit (before 1970).

    >>> timestamp(1_500_000_000).data.hex()
    '7735940000000001'
    """
    seconds, rest = divmod(time_ns, SECOND_NS)
    if 0 <= seconds < 1 << 34:
        return msgspec.msgpack.Ext(TIMESTAMP, struct.pack(">Q", rest << 34 | seconds))
    return msgspec.msgpack.Ext(TIMESTAMP, struct.pack(">Iq", rest, seconds))


def packed_frame(items: Iterable[Item]) -> bytes:
    """Rows as one binary message.

    >>> packed_frame([Item({"T": "success"})])[2:]
    b'\\x91\\x81\\xa1T\\xa7success'
    """
    parts = [item.packed for item in items]
    count = len(parts)
    head = bytes((0x90 | count,)) if count < 16 else b"\xdc" + count.to_bytes(2, "big")
    if count >= 1 << 16:
        head = b"\xdd" + count.to_bytes(4, "big")
    return binary_frame(head + b"".join(parts))


def texted_frame(items: Iterable[Item]) -> bytes:
    """Rows as one text message.

    >>> texted_frame([Item({"T": "q", "t": 0})])[2:]
    b'[{"T":"q","t":"1970-01-01T00:00:00Z"}]'
    """
    return text_frame(b"[" + b",".join(item.texted for item in items) + b"]")
