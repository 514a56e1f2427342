"""What the trading core and the execution-engine say to each other, one message a frame.

The core begins a link for its epoch and counts it up whenever it has reason to doubt the last one:
what names an older epoch or link is not acted on. Within a link messages keep their order and are
numbered, so that a hole is noticed; nothing is sent again. What a hole leaves open is asked of the
venue.
"""

from __future__ import annotations

from typing import Literal, TypeVar

import msgspec

from tradewind.model.errors import BadMessage
from tradewind.model.instruments import Instrument
from tradewind.ports.trading import Connection
from tradewind.runtime.children import Counted


class Begin(msgspec.Struct, frozen=True, array_like=True, tag="begin"):
    """The core of an epoch takes the sessions over: its instruments, and what has left by now.

    Orders whose ids begin with `id_prefix` are ours. `sent_ns` is the core's clock that only goes
    on, here and in what follows.
    """

    epoch: int
    link: int
    sent_ns: int
    id_prefix: str
    instruments: dict[str, list[Instrument]]
    """Those of each venue."""
    left: list[str]
    counted: Counted


class CoreBeat(msgspec.Struct, frozen=True, array_like=True, tag="core"):
    """The core lives; `is_halted` says that it knows of a halt of all."""

    epoch: int
    link: int
    sent_ns: int
    is_halted: bool = False


class Follow(msgspec.Struct, frozen=True, array_like=True, tag="follow"):
    """Durable records of parents and children, for the count of the last check."""

    epoch: int
    link: int
    number: int
    records: bytes


class Call(msgspec.Struct, frozen=True, array_like=True, tag="call"):
    """A call of the port `Trading`, by its name there; `arguments` are a command or names."""

    epoch: int
    link: int
    number: int
    sent_ns: int
    venue: str
    name: str
    arguments: bytes


class VenueSession(msgspec.Struct, frozen=True, array_like=True):
    """What never changes of a session with a venue."""

    silence_s: float
    has_cancel_all: bool
    has_positions: bool
    countdowns_per_minute_max: int


class Joined(msgspec.Struct, frozen=True, array_like=True, tag="joined"):
    """The sessions stand for a link; reports are numbered from 1 again."""

    epoch: int
    link: int
    venues: dict[str, VenueSession]


class EngineBeat(msgspec.Struct, frozen=True, array_like=True, tag="engine"):
    """The execution-engine lives; how each way to a venue stands, and how many reports were sent.

    `reported` lets the last report of a moment be missed as well as any other.
    """

    epoch: int
    link: int
    reported: int
    connections: dict[str, Connection]


class Answer(msgspec.Struct, frozen=True, array_like=True, tag="answer"):
    """What became of a call: its result, the venue's refusal, or an error that leaves it open."""

    epoch: int
    link: int
    number: int
    outcome: Literal["done", "refused", "outside"]
    text: str = ""
    fault: Literal["ours", "theirs"] = "theirs"
    retry: bool = False
    result: bytes = b""


class Reported(msgspec.Struct, frozen=True, array_like=True, tag="reported"):
    """One report of a venue."""

    epoch: int
    link: int
    number: int
    report: bytes


ToEngine = Begin | CoreBeat | Follow | Call
ToCore = Joined | EngineBeat | Answer | Reported

T = TypeVar("T")
_encoder = msgspec.msgpack.Encoder()
_to_engine = msgspec.msgpack.Decoder(ToEngine)
_to_core = msgspec.msgpack.Decoder(ToCore)


def encoded(message: ToEngine | ToCore) -> bytes:
    """The frame of a message.

    >>> to_engine(encoded(CoreBeat(3, 1, 5)))
    CoreBeat(epoch=3, link=1, sent_ns=5, is_halted=False)
    """
    return _encoder.encode(message)


def to_engine(frame: bytes) -> ToEngine:
    """What a core said; `BadMessage` where it is nothing of it."""
    return _decoded(_to_engine, frame)


def to_core(frame: bytes) -> ToCore:
    """What an execution-engine said; `BadMessage` where it is nothing of it."""
    return _decoded(_to_core, frame)


def _decoded(decoder: msgspec.msgpack.Decoder[T], frame: bytes) -> T:
    try:
        return decoder.decode(frame)
    except (msgspec.DecodeError, ValueError) as error:
        raise BadMessage(f"no message between core and execution-engine: {error}") from None
