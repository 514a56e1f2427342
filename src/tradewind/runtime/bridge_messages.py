"""What the core and a signal-bridge say to each other, as lists of frames.

The first frame is MessagePack of one message of this file. Behind `Stepped` come the group's
records and, for each market record among them, the layout and the numbers of its rows.

A session is one process of the core (the epoch of its journal), a lease one loan of a strategy
within it. What names another session or an old lease is not acted on.
"""

from __future__ import annotations

from typing import TypeVar

import msgspec

from tradewind.model.columns import OPTIONAL, REQUIRED, ColumnKind, Columns
from tradewind.model.errors import BadMessage, UserError
from tradewind.model.instruments import Instrument
from tradewind.ports.link import Frames
from tradewind.runtime.encoded_columns import all_names, columns_of, data_of, extra_names


class Offer(msgspec.Struct, frozen=True, array_like=True):
    """A strategy's state as a bridge has it, behind `issued` wishes with an id, at `sequence`."""

    issued: int
    sequence: int
    state: bytes


class Hello(msgspec.Struct, frozen=True, array_like=True, tag="hello"):
    """A bridge is there and wants the core's state; what it holds of strategies, oldest first."""

    offers: dict[str, list[Offer]] = {}


class Beat(msgspec.Struct, frozen=True, array_like=True, tag="beat"):
    """A bridge lives, and has folded so far."""

    session: int
    sequence: int


class Wished(msgspec.Struct, frozen=True, array_like=True, tag="wished"):
    """What a strategy wanted up to a sequence, and its state then: both count, or neither.

    `number` counts the messages of a lease from 1. With `is_last` the strategy is given back.
    """

    session: int
    lease: int
    number: int
    wishes: bytes
    bars: list[tuple[str, str]]
    offer: Offer
    is_last: bool = False


class Idle(msgspec.Struct, frozen=True, array_like=True, tag="idle"):
    """A bridge is known and has nothing to run: it is told nothing more until it has."""

    session: int


class Synced(msgspec.Struct, frozen=True, array_like=True, tag="synced"):
    """The core's whole state; what follows goes on from there."""

    session: int
    state: bytes


class Stepped(msgspec.Struct, frozen=True, array_like=True, tag="stepped"):
    """A durable group of records."""

    session: int
    first: int
    last: int


class Lent(msgspec.Struct, frozen=True, array_like=True, tag="lent"):
    """A strategy is to be run, from its `state` where it has one."""

    session: int
    lease: int
    strategy: str
    name: str
    parameters: dict[str, str]
    instruments: list[str]
    state: bytes


class Taken(msgspec.Struct, frozen=True, array_like=True, tag="taken"):
    """What a bridge sent under this number is durable."""

    session: int
    lease: int
    number: int


class Recalled(msgspec.Struct, frozen=True, array_like=True, tag="recalled"):
    """Please give a strategy back; with `is_end` call its `on_stop` first."""

    session: int
    lease: int
    is_end: bool


class Revoked(msgspec.Struct, frozen=True, array_like=True, tag="revoked"):
    """A lease is over, and what was sent under it and not taken is void; 0: who are you?"""

    session: int
    lease: int


T = TypeVar("T")
FromBridge = Hello | Beat | Wished
FromCore = Idle | Synced | Stepped | Lent | Taken | Recalled | Revoked


class _Layout(msgspec.Struct, frozen=True, array_like=True):
    kind: ColumnKind
    instrument: Instrument
    extra_names: tuple[str, ...]


_encoder = msgspec.msgpack.Encoder()
_from_bridge = msgspec.msgpack.Decoder(FromBridge)
_from_core = msgspec.msgpack.Decoder(FromCore)
_layouts = msgspec.msgpack.Decoder(_Layout)


def encoded(message: FromBridge | FromCore) -> bytes:
    """The first frame.

    >>> from_bridge([encoded(Beat(3, 7))])
    Beat(session=3, sequence=7)
    """
    return _encoder.encode(message)


def from_bridge(frames: Frames) -> FromBridge:
    """What a bridge says; `BadMessage` where it is none of its words."""
    return _decoded(_from_bridge, frames)


def from_core(frames: Frames) -> FromCore:
    """What the core says; `BadMessage` where it is none of its words."""
    return _decoded(_from_core, frames)


def row_frames(columns: Columns) -> Frames:
    """Layout and numbers of a batch."""
    layout = _Layout(columns.kind, columns.instrument, extra_names(columns))
    return [_encoder.encode(layout), data_of(columns, all_names(columns))]


def rows_of(layout_frame: bytes, numbers: bytes) -> Columns:
    """The batch of `row_frames`, or `BadMessage`."""
    try:
        layout = _layouts.decode(layout_frame)
        if not set(layout.extra_names) <= set(OPTIONAL):
            raise BadMessage(f"columns that nobody knows: {', '.join(layout.extra_names)}")
        names = REQUIRED[layout.kind] + layout.extra_names
        return columns_of(layout.kind, layout.instrument, names, numbers)
    except (msgspec.DecodeError, UserError, ValueError) as error:
        raise BadMessage(f"no rows: {error}") from None


def _decoded(decoder: msgspec.msgpack.Decoder[T], frames: Frames) -> T:
    if not frames:
        raise BadMessage("a message without a frame")
    try:
        return decoder.decode(frames[0])
    except (msgspec.DecodeError, msgspec.ValidationError) as error:
        raise BadMessage(f"no message of a signal-bridge: {error}") from None
