"""What goes over a ZeroMQ bus: rows, heartbeats, requests and answers, as lists of frames.

    rows       b"b"  place  layout  numbers           to every subscriber
    heartbeat  b"h"  place                            to every subscriber
    request    b"?"  nonce  body                      from a subscriber to the publisher
    answer     b"@" + nonce  b"b"  place  layout  numbers     a batch again
               b"@" + nonce  b"g"  place                      the oldest that can be had
               b"@" + nonce  b"e"  place                      the newest that was sent again
               b"@" + nonce  b"i"  place  instruments         who is there

A place is the session and a number of a batch, 8 bytes each, little-endian. A layout is
MessagePack of kind, instrument and the names of further columns; numbers are encoded columns.
"""

from __future__ import annotations

import struct
from collections.abc import Sequence
from typing import NamedTuple

import msgspec

from tradewind.model.columns import OPTIONAL, REQUIRED, ColumnKind, Columns
from tradewind.model.errors import BadMessage, UserError
from tradewind.model.instruments import Instrument
from tradewind.runtime.encoded_columns import all_names, columns_of, data_of, extra_names

ROWS, HEARTBEAT, REQUEST, ANSWER = b"b", b"h", b"?", b"@"
GONE, END, INSTRUMENTS = b"g", b"e", b"i"
MESSAGE_BYTES_MAX = 64 << 20
LAYOUTS_REMEMBERED_MAX = 10_000
"""Beyond it all are forgotten and learned again."""
_PLACE = struct.Struct("<QQ")


class Place(NamedTuple):
    """A batch's number and the session that numbered it."""

    session: int
    sequence: int

    def encoded(self) -> bytes:
        """The frame."""
        return _PLACE.pack(*self)


class Layout(msgspec.Struct, frozen=True, array_like=True):
    """What all batches of one form have in common."""

    kind: ColumnKind
    instrument: Instrument
    extra_names: tuple[str, ...]

    @property
    def names(self) -> tuple[str, ...]:
        """Of all columns, in the order of their numbers."""
        return REQUIRED[self.kind] + self.extra_names


class Replay(msgspec.Struct, frozen=True, tag="replay"):
    """Please send these batches of a session again."""

    session: int
    first: int
    last: int


class Hello(msgspec.Struct, frozen=True, tag="hello"):
    """Please say which instruments there are, and where the stream stands."""


class Layouts:
    """Layouts and their bytes, remembered both ways."""

    def __init__(self) -> None:
        self._bytes: dict[tuple[str, str, tuple[str, ...]], tuple[Instrument, bytes]] = {}
        self._layouts: dict[bytes, Layout] = {}

    def encoded(self, columns: Columns) -> bytes:
        """The layout of a batch."""
        instrument, extra = columns.instrument, extra_names(columns)
        key = (columns.kind, instrument.id, extra)
        known = self._bytes.get(key)
        if known is not None and (known[0] is instrument or known[0] == instrument):
            return known[1]
        data = _encoder.encode(Layout(columns.kind, instrument, extra))
        self._bytes[key] = (instrument, data)
        return data

    def decoded(self, data: bytes) -> Layout:
        """The layout of these bytes, or `BadMessage`."""
        layout = self._layouts.get(data)
        if layout is None:
            if len(self._layouts) >= LAYOUTS_REMEMBERED_MAX:
                self._layouts.clear()
            layout = self._layouts[data] = _decoded_layout(data)
        return layout


def row_frames(place: Place, columns: Columns, layouts: Layouts) -> list[bytes]:
    """Place, layout and numbers of a batch."""
    return [place.encoded(), layouts.encoded(columns), data_of(columns, all_names(columns))]


def place_of(frame: bytes) -> Place:
    """The place in a frame, or `BadMessage`."""
    if len(frame) != _PLACE.size:
        raise BadMessage(f"a place has {_PLACE.size} bytes, not {len(frame)}")
    return Place(*_PLACE.unpack(frame))


def rows_of(frames: Sequence[bytes], layouts: Layouts) -> Columns:
    """The batch of a layout and numbers, or `BadMessage`."""
    if len(frames) != 2:
        raise BadMessage(f"a batch has 2 frames behind its place, not {len(frames)}")
    layout = layouts.decoded(frames[0])
    try:
        return columns_of(layout.kind, layout.instrument, layout.names, frames[1])
    except ValueError as error:
        raise BadMessage(str(error)) from None


def encoded_request(request: Replay | Hello) -> bytes:
    """The body of a request."""
    return _encoder.encode(request)


def request_of(body: bytes) -> Replay | Hello:
    """The request of a body, or `BadMessage`."""
    try:
        return _requests.decode(body)
    except (msgspec.DecodeError, msgspec.ValidationError) as error:
        raise BadMessage(f"no request: {error}") from None


def encoded_instruments(instruments: Sequence[Instrument]) -> bytes:
    """The frame that names them."""
    return _encoder.encode(list(instruments))


def instruments_of(frame: bytes) -> list[Instrument]:
    """The instruments that a frame names, or `BadMessage`."""
    try:
        return _instruments.decode(frame)
    except (msgspec.DecodeError, UserError) as error:
        raise BadMessage(f"no instruments: {error}") from None


def _decoded_layout(data: bytes) -> Layout:
    try:
        layout = _layouts.decode(data)
    except (msgspec.DecodeError, UserError) as error:
        raise BadMessage(f"no layout: {error}") from None
    if not set(layout.extra_names) <= set(OPTIONAL):
        raise BadMessage(f"columns that nobody knows: {', '.join(layout.extra_names)}")
    return layout


_encoder = msgspec.msgpack.Encoder()
_layouts = msgspec.msgpack.Decoder(Layout)
_requests = msgspec.msgpack.Decoder(Replay | Hello)
_instruments = msgspec.msgpack.Decoder(list[Instrument])
