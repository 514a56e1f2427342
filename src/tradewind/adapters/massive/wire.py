"""The wire of Massive: pages of its REST answers and events of its WebSocket.

Prices and sizes are JSON numbers and become decimals, never floats; times are integers: of
nanoseconds in trades and quotes, of milliseconds in bars and events.
"""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any, TypeVar

import msgspec
from msgspec import field

from tradewind.model.errors import BadMessage

FRAME_BYTES_MAX = 16 * 2**20
ANSWER_BYTES_MAX = 64 * 2**20

Answer = TypeVar("Answer")


class Bar(msgspec.Struct, frozen=True, kw_only=True):
    """An aggregate, stamped with its start in milliseconds; minutes without trades are absent.

    {"c":75.0875,"h":75.15,"l":73.7975,"n":1,"o":74.06,"t":1577941200000,"v":135647456,
     "vw":74.6099}
    """

    time_ms: int = field(name="t")
    open: Decimal = field(name="o")
    high: Decimal = field(name="h")
    low: Decimal = field(name="l")
    close: Decimal = field(name="c")
    volume: Decimal = field(name="v", default=Decimal(0))


class TradePrint(msgspec.Struct, frozen=True, kw_only=True):
    """A print; crypto has no SIP and no tape, and says with condition 1 or 2 who took.

    {"conditions":[12,41],"exchange":11,"id":"1","participant_timestamp":1517562000015577000,
     "price":171.55,"sequence_number":1063,"sip_timestamp":1517562000016036600,"size":100,"tape":3}
    {"conditions":[1],"exchange":1,"id":"191450340","participant_timestamp":1625097600103000000,
     "price":35060,"size":1.0434526}
    """

    price: Decimal
    size: Decimal
    participant_ns: int = field(name="participant_timestamp", default=0)
    sip_ns: int = field(name="sip_timestamp", default=0)
    conditions: list[int] = []


class Quote(msgspec.Struct, frozen=True, kw_only=True):
    """Best bid and ask; a side that is not there has zeros, currencies have no sizes.

    {"ask_exchange":0,"ask_price":0,"ask_size":0,"bid_exchange":11,"bid_price":102.7,"bid_size":60,
     "conditions":[1],"participant_timestamp":1517562000065321200,"sequence_number":2060,
     "sip_timestamp":1517562000065700400,"tape":3}
    """

    bid: Decimal = field(name="bid_price", default=Decimal(0))
    bid_size: Decimal = Decimal(0)
    ask: Decimal = field(name="ask_price", default=Decimal(0))
    ask_size: Decimal = Decimal(0)
    participant_ns: int = field(name="participant_timestamp", default=0)
    sip_ns: int = field(name="sip_timestamp", default=0)


class Split(msgspec.Struct, frozen=True, kw_only=True):
    """`split_to` shares for `split_from`.

    {"execution_date":"2020-08-31","id":"E36416cc...","split_from":1,"split_to":4,"ticker":"AAPL"}
    """

    ticker: str
    execution_date: str
    split_from: Decimal
    split_to: Decimal


class Dividend(msgspec.Struct, frozen=True, kw_only=True):
    """Cash a share.

    {"cash_amount":0.22,"declaration_date":"2021-10-28","dividend_type":"CD",
     "ex_dividend_date":"2021-11-05","frequency":4,"pay_date":"2021-11-11",
     "record_date":"2021-11-08","ticker":"AAPL"}
    """

    ticker: str
    cash_amount: Decimal
    ex_dividend_date: str


class LastQuote(msgspec.Struct, frozen=True, kw_only=True):
    """The quote of a snapshot: capitals are the ask, the time is in nanoseconds.

    {"P":20.6,"S":22,"p":20.5,"s":13,"t":1605192959994246100}
    """

    ask: Decimal = field(name="P")
    ask_size: Decimal = field(name="S")
    bid: Decimal = field(name="p")
    bid_size: Decimal = field(name="s")
    time_ns: int = field(name="t")


class TickerSnapshot(msgspec.Struct, frozen=True, kw_only=True):
    """The last of everything of a ticker.

    {"ticker":"BCAT","lastQuote":{...},"lastTrade":{"p":20.506,"s":2416,"t":1605192894630916600},
     "day":{...},"min":{...},"prevDay":{...},"updated":1605192894630916600}
    """

    ticker: str
    last_quote: LastQuote | None = field(name="lastQuote", default=None)


class BarsPage(msgspec.Struct, frozen=True, kw_only=True):
    """{"ticker":"AAPL","adjusted":true,"queryCount":2,"resultsCount":2,"results":[...],
    "status":"OK","request_id":"6a7e","next_url":"https://api.polygon.io/v2/aggs/...?cursor=bGlt"}
    """

    results: list[Bar] = []
    next_url: str = ""


class TradesPage(msgspec.Struct, frozen=True, kw_only=True):
    """{"status":"OK","request_id":"a47d","results":[...],"next_url":"https://..."}"""

    results: list[TradePrint] = []
    next_url: str = ""


class QuotesPage(msgspec.Struct, frozen=True, kw_only=True):
    """{"status":"OK","request_id":"a47d","results":[...],"next_url":"https://..."}"""

    results: list[Quote] = []
    next_url: str = ""


class SplitsPage(msgspec.Struct, frozen=True, kw_only=True):
    """{"status":"OK","request_id":"6a7e","results":[...]}"""

    results: list[Split] = []
    next_url: str = ""


class DividendsPage(msgspec.Struct, frozen=True, kw_only=True):
    """{"status":"OK","request_id":"6a7e","results":[...]}"""

    results: list[Dividend] = []
    next_url: str = ""


class SnapshotAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """{"status":"OK","request_id":"657e","ticker":{...}}"""

    ticker: TickerSnapshot


class ErrorAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """{"status":"ERROR","request_id":"x","error":"Unknown API Key"}
    {"status":"NOT_AUTHORIZED","request_id":"x","message":"You are not entitled to this data."}
    """

    status: str = ""
    error: str = ""
    message: str = ""


class StatusEvent(msgspec.Struct, frozen=True, kw_only=True, tag_field="ev", tag="status"):
    """{"ev":"status","status":"auth_success","message":"authenticated"}"""

    status: str
    message: str = ""


class TradeEvent(msgspec.Struct, frozen=True, kw_only=True, tag_field="ev", tag="T"):
    """{"ev":"T","sym":"MSFT","x":4,"i":"12345","z":3,"p":114.125,"s":100,"c":[0,12],
    "t":1536036818784,"q":3681328}
    """

    symbol: str = field(name="sym")
    price: Decimal = field(name="p")
    size: Decimal = field(name="s", default=Decimal(0))
    fractional_size: Decimal | None = field(name="ds", default=None)
    time_ms: int = field(name="t")


class QuoteEvent(msgspec.Struct, frozen=True, kw_only=True, tag_field="ev", tag="Q"):
    """{"ev":"Q","sym":"MSFT","bx":4,"bp":114.125,"bs":100,"ax":7,"ap":114.128,"as":160,"c":0,
    "i":[604],"t":1536036818784,"q":50385480,"z":3}
    """

    symbol: str = field(name="sym")
    bid: Decimal = field(name="bp", default=Decimal(0))
    bid_size: Decimal = field(name="bs", default=Decimal(0))
    ask: Decimal = field(name="ap", default=Decimal(0))
    ask_size: Decimal = field(name="as", default=Decimal(0))
    time_ms: int = field(name="t")


class CryptoTradeEvent(msgspec.Struct, frozen=True, kw_only=True, tag_field="ev", tag="XT"):
    """{"ev":"XT","pair":"BTC-USD","p":33021.9,"t":1610462007425,"s":0.01616617,"c":[2],
    "i":"14272084","x":3,"r":1610462007576}
    """

    symbol: str = field(name="pair")
    price: Decimal = field(name="p")
    size: Decimal = field(name="s")
    conditions: list[int] = field(name="c", default_factory=list)
    time_ms: int = field(name="t")


class CryptoQuoteEvent(msgspec.Struct, frozen=True, kw_only=True, tag_field="ev", tag="XQ"):
    """{"ev":"XQ","pair":"BTC-USD","bp":33052.79,"bs":0.48,"ap":33073.19,"as":0.601,
    "t":1610462411115,"x":1,"r":1610462411128}
    """

    symbol: str = field(name="pair")
    bid: Decimal = field(name="bp", default=Decimal(0))
    bid_size: Decimal = field(name="bs", default=Decimal(0))
    ask: Decimal = field(name="ap", default=Decimal(0))
    ask_size: Decimal = field(name="as", default=Decimal(0))
    time_ms: int = field(name="t")


class CurrencyQuoteEvent(msgspec.Struct, frozen=True, kw_only=True, tag_field="ev", tag="C"):
    """{"ev":"C","p":"USD/CNH","x":44,"a":6.83366,"b":6.83363,"t":1536036818784}"""

    symbol: str = field(name="p")
    bid: Decimal = field(name="b")
    ask: Decimal = field(name="a")
    time_ms: int = field(name="t")


class OtherEvent(msgspec.Struct, frozen=True):
    """An event of a kind that is not read here: bars, bands, imbalances, index values."""

    kind: str


class BadEvent(msgspec.Struct, frozen=True):
    """An event of a kind that we read, which lacks a field or has one of another type."""

    kind: str
    reason: str


KnownEvent = (
    StatusEvent | TradeEvent | QuoteEvent | CryptoTradeEvent | CryptoQuoteEvent | CurrencyQuoteEvent
)
Event = KnownEvent | OtherEvent | BadEvent
KINDS = frozenset(str(event.__struct_config__.tag) for event in KnownEvent.__args__)


class _Outline(msgspec.Struct):
    kind: str = field(name="ev", default="")


_ALL: Callable[[bytes], list[Any]] = msgspec.json.Decoder(list[KnownEvent]).decode
_SPLIT = msgspec.json.Decoder(list[msgspec.Raw]).decode
_ONE: Callable[[msgspec.Raw], Any] = msgspec.json.Decoder(KnownEvent).decode
_OUTLINE = msgspec.json.Decoder(_Outline).decode
_BROKEN = (msgspec.DecodeError, UnicodeDecodeError, RecursionError)


def decode_events(raw: bytes) -> list[Event]:
    """The events of a message, in order; one bad event does not spoil the others.

    Raises `BadMessage` where the bytes are no list of events at all.

    >>> decode_events(b'[{"ev":"status","status":"connected"},{"ev":"AM","sym":"X"},{"ev":"T"}]')
    [StatusEvent(status='connected', message=''), OtherEvent(kind='AM'), BadEvent(kind='T', ...)]
    """
    if len(raw) > FRAME_BYTES_MAX:
        raise BadMessage(f"a message of {len(raw)} bytes: at most {FRAME_BYTES_MAX} are read")
    try:
        return _ALL(raw)
    except _BROKEN:
        pass
    try:
        return [_one(part) for part in _SPLIT(raw)]
    except _BROKEN as error:
        raise BadMessage(str(error)) from None


def _one(part: msgspec.Raw) -> Event:
    try:
        event: Event = _ONE(part)
    except _BROKEN as error:
        kind = _OUTLINE(part).kind
        return BadEvent(kind, str(error)) if kind in KINDS else OtherEvent(kind)
    return event


def decode_as(answer: type[Answer], raw: bytes) -> Answer:
    """An answer of a known shape; `BadMessage` where it has another.

    >>> decode_as(BarsPage, b'{"status":"OK","resultsCount":0}').results
    []
    """
    if len(raw) > ANSWER_BYTES_MAX:
        raise BadMessage(f"an answer of {len(raw)} bytes: at most {ANSWER_BYTES_MAX} are read")
    try:
        return msgspec.json.decode(raw, type=answer)
    except _BROKEN as error:
        raise BadMessage(str(error)) from None


def error_text(body: bytes) -> str:
    """What a refusal says; empty where it says nothing.

    >>> error_text(b'{"status":"ERROR","error":"Unknown API Key"}')
    'Unknown API Key'
    """
    try:
        told = msgspec.json.decode(body, type=ErrorAnswer)
    except _BROKEN:
        return ""
    return told.error or told.message or told.status
