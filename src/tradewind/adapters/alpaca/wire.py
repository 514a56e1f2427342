"""The wire of Alpaca's market data: frames of its streams and pages of its history.

Prices are JSON numbers, or MessagePack doubles; both become the decimal that was meant (a double
through its shortest text), never a float. Times are RFC 3339 text, or MessagePack's Timestamp.
Nothing here is a number of ours yet: `rows` turns frames into units. Fields not read are skipped.
"""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Annotated, Any, Literal, NamedTuple

import msgspec
from msgspec import Meta, field
from msgspec.msgpack import Ext

from tradewind.adapters.net.rfc3339 import SECOND_NS, time_ns_of
from tradewind.model.errors import BadMessage

FRAME_BYTES_MAX = 16 * 2**20
"""Bytes of a frame or of a page; a page of 10,000 quotes is about 2 MB."""
LEVELS_MAX = 10_000
TIMESTAMP = -1
"""MessagePack's extension type of a time."""

Coding = Literal["json", "msgpack"]
Time = str | Ext


class TradePrint(msgspec.Struct, frozen=True, kw_only=True):
    """One print, of a page; crypto says in `tks` who took, equities do not.

    {"t":"2021-02-06T13:04:56.334320128Z","x":"C","p":387.62,"s":100,"c":[" ","T"],
     "i":52983525029461,"z":"B"}
    {"t":"2022-01-01T00:00:00.103Z","p":46218.01,"s":0.00043,"tks":"B","i":242411352}
    """

    time: Time = field(name="t")
    price: Decimal = field(name="p")
    size: Decimal = field(name="s")
    taker: str = field(name="tks", default="")
    conditions: list[str] = field(name="c", default_factory=list)


class Quote(msgspec.Struct, frozen=True, kw_only=True):
    """Best bid and ask, of a page; a side that is not there has zeros.

    {"t":"2021-02-06T13:35:08.946977536Z","ax":"C","ap":387.7,"as":1,"bx":"N","bp":387.67,
     "bs":1,"c":["R"],"z":"B"}
    """

    time: Time = field(name="t")
    bid: Decimal = field(name="bp")
    bid_size: Decimal = field(name="bs")
    ask: Decimal = field(name="ap")
    ask_size: Decimal = field(name="as")


class Bar(msgspec.Struct, frozen=True, kw_only=True):
    """A bar, of a page, stamped with its open.

    {"t":"2021-02-01T16:01:00Z","o":133.32,"h":133.74,"l":133.31,"c":133.5,"v":9876,"n":1012,
     "vw":133.49}
    """

    time: Time = field(name="t")
    open: Decimal = field(name="o")
    high: Decimal = field(name="h")
    low: Decimal = field(name="l")
    close: Decimal = field(name="c")
    volume: Decimal = field(name="v")


class TradeFrame(TradePrint, frozen=True, kw_only=True, tag_field="T", tag="t"):
    """One print, of a stream.

    {"T":"t","i":96921,"S":"AAPL","x":"D","p":126.55,"s":1,
     "t":"2021-02-22T15:51:44.208Z","c":["@","I"],"z":"C"}
    """

    symbol: str = field(name="S")


class QuoteFrame(Quote, frozen=True, kw_only=True, tag_field="T", tag="q"):
    """Best bid and ask, of a stream.

    {"T":"q","S":"AMD","bx":"U","bp":87.66,"bs":1,"ax":"Q","ap":87.68,"as":4,
     "t":"2021-02-22T15:51:45.335689322Z","c":["R"],"z":"C"}
    """

    symbol: str = field(name="S")


class BarFrame(Bar, frozen=True, kw_only=True, tag_field="T", tag="b"):
    """A minute, sent just after it ended and stamped with its start.

    {"T":"b","S":"SPY","o":388.985,"h":389.13,"l":388.975,"c":389.12,"v":49378,
     "t":"2021-02-22T19:15:00Z"}
    """

    symbol: str = field(name="S")


class UpdatedBarFrame(Bar, frozen=True, kw_only=True, tag_field="T", tag="u"):
    """A minute once more, because trades of it came late: about 30 s behind the first."""

    symbol: str = field(name="S")


class DailyBarFrame(Bar, frozen=True, kw_only=True, tag_field="T", tag="d"):
    """The day so far, every minute."""

    symbol: str = field(name="S")


class StatusFrame(msgspec.Struct, frozen=True, kw_only=True, tag_field="T", tag="s"):
    """Trading of a symbol was halted, resumed or quoted only.

    {"T":"s","S":"AAPL","sc":"H","sm":"Trading Halt","rc":"T12","rm":"Trading Halted; For
     information requested by NASDAQ","t":"2021-02-22T19:15:00Z","z":"C"}
    """

    symbol: str = field(name="S")
    code: str = field(name="sc")
    message: str = field(name="sm", default="")
    reason: str = field(name="rm", default="")


class PriceBandFrame(msgspec.Struct, frozen=True, kw_only=True, tag_field="T", tag="l"):
    """Limit up, limit down: the prices between which a symbol may trade.

    {"T":"l","S":"IONM","u":3.24,"d":2.65,"i":"B","t":"2023-04-04T00:05:00Z","z":"C"}
    """

    symbol: str = field(name="S")
    high: Decimal = field(name="u")
    low: Decimal = field(name="d")


class CorrectionFrame(msgspec.Struct, frozen=True, kw_only=True, tag_field="T", tag="c"):
    """A print was wrong: `oi` is the id of the wrong one, `ci` of the right one."""

    symbol: str = field(name="S")
    wrong_id: int = field(name="oi", default=0)
    right_id: int = field(name="ci", default=0)


class CancelErrorFrame(msgspec.Struct, frozen=True, kw_only=True, tag_field="T", tag="x"):
    """A print was canceled (`a` is C) or an error (E).

    {"T":"x","S":"GOOGL","i":465,"x":"D","p":1374.73,"s":1,"a":"C","z":"C",
     "t":"2022-06-22T12:00:00Z"}
    """

    symbol: str = field(name="S")
    id: int = field(name="i", default=0)


class Level(msgspec.Struct, frozen=True):
    """A price level; a size of 0 removes it."""

    price: Decimal = field(name="p")
    size: Decimal = field(name="s")


Levels = Annotated[list[Level], Meta(max_length=LEVELS_MAX)]


class OrderBookFrame(msgspec.Struct, frozen=True, kw_only=True, tag_field="T", tag="o"):
    """Changed levels of a crypto book; the whole book where `r` is true.

    {"T":"o","S":"BTC/USD","t":"2024-03-12T10:38:50.79613221Z","b":[{"p":71859.53,"s":0.27994}],
     "a":[{"p":72939.7,"s":1.5}],"r":true}
    """

    symbol: str = field(name="S")
    time: Time = field(name="t")
    bids: Levels = field(name="b", default_factory=list)
    asks: Levels = field(name="a", default_factory=list)
    is_whole: bool = field(name="r", default=False)


class SuccessFrame(msgspec.Struct, frozen=True, kw_only=True, tag_field="T", tag="success"):
    """The first frame of a connection, and the answer to good keys.

    {"T":"success","msg":"connected"}
    {"T":"success","msg":"authenticated"}
    """

    message: str = field(name="msg")


class ErrorFrame(msgspec.Struct, frozen=True, kw_only=True, tag_field="T", tag="error"):
    """What the stream refuses.

    {"T":"error","code":406,"msg":"connection limit exceeded"}
    """

    code: int
    message: str = field(name="msg", default="")


class SubscriptionFrame(
    msgspec.Struct, frozen=True, kw_only=True, tag_field="T", tag="subscription"
):
    """All that is subscribed to now.

    {"T":"subscription","trades":["AAPL"],"quotes":["AMD","CLDR"],"bars":["*"]}
    """

    trades: list[str] = []
    quotes: list[str] = []
    bars: list[str] = []
    orderbooks: list[str] = []


class OtherFrame(msgspec.Struct, frozen=True):
    """A frame of a kind that is not read here, as news is."""

    kind: str


class BadFrame(msgspec.Struct, frozen=True):
    """A frame of a kind that we read, which lacks a field or has one of another type."""

    kind: str
    reason: str
    symbol: str = ""


KnownFrame = (
    TradeFrame
    | QuoteFrame
    | BarFrame
    | UpdatedBarFrame
    | DailyBarFrame
    | StatusFrame
    | PriceBandFrame
    | CorrectionFrame
    | CancelErrorFrame
    | OrderBookFrame
    | SuccessFrame
    | ErrorFrame
    | SubscriptionFrame
)
Frame = KnownFrame | OtherFrame | BadFrame


class _Outline(msgspec.Struct):
    """What tells the kind of a frame that could not be read as one of them."""

    kind: str = field(name="T", default="")
    symbol: str = field(name="S", default="")


KINDS = frozenset(str(frame.__struct_config__.tag) for frame in KnownFrame.__args__)

_Decode = Callable[[Any], Any]


class _Decoders(NamedTuple):
    """How a message is read: all its frames, each left raw, one of them, its outline."""

    all: _Decode
    split: _Decode
    one: _Decode
    outline: _Decode


def _decoders(decoder: Callable[[Any], Any]) -> _Decoders:
    kinds = (list[KnownFrame], list[msgspec.Raw], KnownFrame, _Outline)
    return _Decoders(*(decoder(kind).decode for kind in kinds))


_DECODERS: dict[Coding, _Decoders] = {
    "json": _decoders(msgspec.json.Decoder),
    "msgpack": _decoders(msgspec.msgpack.Decoder),
}


def decode_frames(raw: bytes, coding: Coding = "json") -> list[Frame]:
    """The frames that a message of the data stream holds, in order.

    One bad frame (`BadFrame`) does not spoil the others. Raises `BadMessage` where the bytes are
    no list of frames at all.

    >>> frame = b'{"T":"q","S":"AMD","bp":87.66,"bs":1,"ap":87.68,"as":4,"t":"2021"}'
    >>> decode_frames(b"[%s]" % frame)[0].bid
    Decimal('87.66')
    >>> decode_frames(b'[{"T":"news"},{"T":"t","S":"AMD","p":"x"}]')
    [OtherFrame(kind='news'), BadFrame(kind='t', reason='...', symbol='AMD')]
    """
    if len(raw) > FRAME_BYTES_MAX:
        raise BadMessage(f"a message of {len(raw)} bytes: at most {FRAME_BYTES_MAX} are read")
    decoders = _DECODERS[coding]
    try:
        frames: list[Frame] = decoders.all(raw)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        frames = [_one(part, decoders) for part in _parts(raw, decoders)]
    return frames


def _parts(raw: bytes, decoders: _Decoders) -> list[msgspec.Raw]:
    try:
        parts: list[msgspec.Raw] = decoders.split(raw)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise BadMessage(str(error)) from None
    return parts


def _one(part: msgspec.Raw, decoders: _Decoders) -> Frame:
    try:
        frame: Frame = decoders.one(part)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        try:
            seen = decoders.outline(part)
        except (msgspec.DecodeError, UnicodeDecodeError):
            return BadFrame("", str(error))
        is_ours = seen.kind in KINDS
        return BadFrame(seen.kind, str(error), seen.symbol) if is_ours else OtherFrame(seen.kind)
    return frame


def time_ns(time: Time) -> int:
    """UTC nanoseconds of a time of the wire; `BadData` or `BadMessage` where it is none.

    >>> time_ns(Ext(-1, bytes.fromhex("8e62dde06b01892f"))) % 10**9
    597211000
    """
    if isinstance(time, str):
        return time_ns_of(time)
    if time.code != TIMESTAMP:
        raise BadMessage(f"a MessagePack extension of type {time.code} is no time")
    data = bytes(time.data)
    if len(data) == 4:
        return int.from_bytes(data) * SECOND_NS
    if len(data) == 8:
        whole = int.from_bytes(data)
        return (whole & (2**34 - 1)) * SECOND_NS + (whole >> 34)
    if len(data) == 12:
        seconds = int.from_bytes(data[4:], signed=True)
        return seconds * SECOND_NS + int.from_bytes(data[:4])
    raise BadMessage(f"a MessagePack time of {len(data)} bytes")
