"""The wire: frames of Binance's market streams and depth requests, as typed structs of text.

Nothing here is a number of ours yet: `rows` turns frames into exact units. Spot and USD-M frames
have one struct; what only one of them sends has a default. Fields we do not read are skipped.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated

import msgspec
from msgspec import Meta, field

from tradewind.model.errors import BadMessage

FRAME_BYTES_MAX = 4 * 2**20
"""Bytes of a frame; the largest real one is a depth request of 5,000 levels, about 400 KB."""

LEVELS_MAX = 10_000
"""Levels a side of one depth frame."""

Id = Annotated[int, Meta(ge=0, le=2**62)]
Stamp = Annotated[int, Meta(ge=1, le=2**53)]
"""UTC milliseconds, or microseconds where the stream was asked for them."""
Levels = Annotated[list[tuple[str, str]], Meta(max_length=LEVELS_MAX)]
"""(price, quantity) of each level; a quantity of 0 removes it."""


class TradeFrame(msgspec.Struct, frozen=True):
    """One print. USD-M says in `X` what kind it is: only MARKET ones are of the book.

    {"e":"trade","E":1723161255343,"s":"BTCUSDT","t":3735683259,"p":"61837.63000000",
     "q":"0.02000000","T":1723161255342,"m":true,"M":true}
    {"e":"trade","E":1723161256560,"T":1723161256560,"s":"ETHUSDT","t":4308068523,"p":"2681.62",
     "q":"1.000","X":"MARKET","m":true}
    """

    symbol: str = field(name="s")
    id: Id = field(name="t")
    price: str = field(name="p")
    quantity: str = field(name="q")
    time: Stamp = field(name="T")
    is_buyer_maker: bool = field(name="m")
    origin: str = field(name="X", default="MARKET")


class AggregateTradeFrame(msgspec.Struct, frozen=True):
    """Prints of one taker order at one price, together.

    {"e":"aggTrade","E":1723161255343,"s":"BTCUSDT","a":3093146582,"p":"61837.63000000",
     "q":"0.02000000","f":3735683259,"l":3735683259,"T":1723161255342,"m":true,"M":true}
    """

    symbol: str = field(name="s")
    id: Id = field(name="a")
    price: str = field(name="p")
    quantity: str = field(name="q")
    first_trade_id: Id = field(name="f")
    last_trade_id: Id = field(name="l")
    time: Stamp = field(name="T")
    is_buyer_maker: bool = field(name="m")


class BookTickerFrame(msgspec.Struct, frozen=True):
    """Best bid and ask at one update of the book. Spot sends neither event type nor time.

    {"u":50093239212,"s":"BTCUSDT","b":"61837.63000000","B":"3.78826000","a":"61837.64000000",
     "A":"1.54698000"}
    {"e":"bookTicker","u":5123107838717,"s":"ETHUSDT","b":"2681.62","B":"1.165","a":"2681.63",
     "A":"73.077","T":1723161256310,"E":1723161256311}
    """

    update_id: Id = field(name="u")
    symbol: str = field(name="s")
    bid: str = field(name="b")
    bid_size: str = field(name="B")
    ask: str = field(name="a")
    ask_size: str = field(name="A")
    time: Stamp = field(name="T", default=0)


class DepthUpdateFrame(msgspec.Struct, frozen=True):
    """Changed levels of the updates `first_id` to `last_id`; USD-M names the frame before it.

    {"e":"depthUpdate","E":1723161255308,"s":"BTCUSDT","U":50093239203,"u":50093239207,
     "b":[["55653.87000000","0.00000000"]],"a":[["61838.04000000","0.32332000"]]}
    {"e":"depthUpdate","E":1723161256303,"T":1723161256302,"s":"ETHUSDT","U":5123107832349,
     "u":5123107837896,"pu":5123107832175,"b":[["200.00","10.229"]],"a":[["2681.63","7.577"]]}
    """

    symbol: str = field(name="s")
    event_time: Stamp = field(name="E")
    first_id: Id = field(name="U")
    last_id: Id = field(name="u")
    bids: Levels = field(name="b")
    asks: Levels = field(name="a")
    previous_id: Id | None = field(name="pu", default=None)
    time: Stamp = field(name="T", default=0)


class DepthSnapshotFrame(msgspec.Struct, frozen=True):
    """The answer to a depth request; it names no symbol.

    {"lastUpdateId":50093239218,"bids":[["61837.63000000","3.78826000"]],
     "asks":[["61837.64000000","1.54698000"]]}
    {"lastUpdateId":5123107856276,"E":1723161256567,"T":1723161256561,
     "bids":[["2681.62","16.969"]],"asks":[["2681.63","64.369"]]}
    """

    last_id: Id = field(name="lastUpdateId")
    bids: Levels
    asks: Levels
    time: Stamp = field(name="T", default=0)


class Kline(msgspec.Struct, frozen=True):
    """The bar inside a kline frame; its close time is the last one inside the bar."""

    open_time: Stamp = field(name="t")
    close_time: Stamp = field(name="T")
    interval: str = field(name="i")
    open: str = field(name="o")
    close: str = field(name="c")
    high: str = field(name="h")
    low: str = field(name="l")
    volume: str = field(name="v")
    is_closed: bool = field(name="x")


class KlineFrame(msgspec.Struct, frozen=True):
    """A bar as it stands, about every two seconds, and once closed.

    {"e":"kline","E":1723161300009,"s":"BTCUSDT","k":{"t":1723161240000,"T":1723161299999,
     "s":"BTCUSDT","i":"1m","f":3735683100,"L":3735683400,"o":"61830.00000000",
     "c":"61837.63000000","h":"61840.00000000","l":"61829.99000000","v":"12.50110000","n":301,
     "x":true,"q":"773003.12345600","V":"6.10000000","Q":"377191.40000000","B":"0"}}
    """

    symbol: str = field(name="s")
    kline: Kline = field(name="k")


class OtherFrame(msgspec.Struct, frozen=True):
    """A frame of a kind that is not read here: another stream, or a reply to a subscription.

    {"result":null,"id":1}
    """

    kind: str


Frame = (
    TradeFrame
    | AggregateTradeFrame
    | BookTickerFrame
    | DepthUpdateFrame
    | DepthSnapshotFrame
    | KlineFrame
    | OtherFrame
)


class Outline(msgspec.Struct, frozen=True):
    """What tells the kind of a frame: the stream's name and data, else the event type or keys.

    {"stream":"btcusdt@bookTicker","data":{"u":50093239212,"s":"BTCUSDT", ...}}
    """

    stream: str = ""
    data: msgspec.Raw = field(default_factory=msgspec.Raw)
    event: str = field(name="e", default="")
    last_update_id: int | None = field(name="lastUpdateId", default=None)
    bid_size: msgspec.Raw = field(name="B", default_factory=msgspec.Raw)
    ask_size: msgspec.Raw = field(name="A", default_factory=msgspec.Raw)


_OUTLINE = msgspec.json.Decoder(Outline)
_SNAPSHOT = msgspec.json.Decoder(DepthSnapshotFrame)
_BOOK_TICKER = msgspec.json.Decoder(BookTickerFrame)

# By the event type of a raw frame, and by what stands behind the first @ of a stream's name.
# Partial depth (`@depth20`) is another kind, although USD-M calls its event `depthUpdate` too.
DECODERS: dict[str, Callable[[bytes | msgspec.Raw], Frame]] = {
    "trade": msgspec.json.Decoder(TradeFrame).decode,
    "aggTrade": msgspec.json.Decoder(AggregateTradeFrame).decode,
    "bookTicker": _BOOK_TICKER.decode,
    "depthUpdate": msgspec.json.Decoder(DepthUpdateFrame).decode,
    "depth": msgspec.json.Decoder(DepthUpdateFrame).decode,
    "kline": msgspec.json.Decoder(KlineFrame).decode,
}


def decode_frame(raw: bytes) -> Frame:
    """The frame that the bytes are, plain (`{...}`) or combined (`{"stream":..,"data":..}`).

    Raises `BadMessage` with what is wrong where the bytes are not JSON, or a frame of a known
    kind lacks a field or has one of another type.

    >>> decode_frame(b'{"stream":"btcusdt@bookTicker","data":{"u":5,"s":"BTCUSDT","b":"1.00",'
    ...              b'"B":"2","a":"1.01","A":"3"}}').bid
    '1.00'
    >>> decode_frame(b'{"result":null,"id":1}')
    OtherFrame(kind='')
    """
    if len(raw) > FRAME_BYTES_MAX:
        raise BadMessage(f"a frame of {len(raw)} bytes: at most {FRAME_BYTES_MAX} are read")
    try:
        return _decode(raw)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise BadMessage(str(error)) from None


def _decode(raw: bytes) -> Frame:
    outline = _OUTLINE.decode(raw)
    if outline.stream:
        kind = _kind_of_stream(outline.stream)
        decode = DECODERS.get(kind)
        return decode(outline.data) if decode else OtherFrame(kind)
    if outline.event:
        decode = DECODERS.get(outline.event)
        return decode(raw) if decode else OtherFrame(outline.event)
    if outline.last_update_id is not None:
        return _SNAPSHOT.decode(raw)
    if outline.bid_size and outline.ask_size:
        return _BOOK_TICKER.decode(raw)
    return OtherFrame("")


def _kind_of_stream(stream: str) -> str:
    """`trade` of `btcusdt@trade`, `kline` of `btcusdt@kline_1m`, `depth` of `btcusdt@depth@0ms`."""
    kind = stream.partition("@")[2].partition("@")[0]
    return "kline" if kind.startswith("kline_") else kind
