"""Rows: what Massive's answers and events say in exact units, or why they cannot be taken."""

from __future__ import annotations

from decimal import Decimal

from tradewind.adapters.massive.wire import (
    Bar,
    CryptoQuoteEvent,
    CryptoTradeEvent,
    CurrencyQuoteEvent,
    Quote,
    QuoteEvent,
    TradeEvent,
    TradePrint,
)
from tradewind.adapters.net.decimals import price_units, size_units
from tradewind.adapters.net.rfc3339 import DAY_NS
from tradewind.adapters.net.us_session import session_of
from tradewind.model.errors import BadData
from tradewind.model.instruments import Instrument

MILLISECOND_NS = 1_000_000
STAMP_MAX = 2**63
SIDE_OF_CONDITION = {1: -1, 2: 1}
"""Of crypto: 1 says that the seller took, 2 the buyer."""

Row = tuple[int, ...]


def bar_row(bar: Bar, instrument: Instrument, length_ns: int) -> Row:
    """A bar: open and close time, open, high, low, close, volume; a day is as long as its session.

    >>> goog = Instrument("GOOG.MASSIVE", tick="0.01", lot="1", currency="USD")
    >>> nine = Decimal(9)
    >>> bar_row(Bar(time_ms=60_000, open=nine, high=nine, low=nine, close=nine), goog, 60 * 10**9)
    (60000000000, 120000000000, 900, 900, 900, 900, 0)
    """
    opened = _stamp(bar.time_ms * MILLISECOND_NS)
    closed = opened + length_ns
    if length_ns == DAY_NS and instrument.kind == "equity":
        opened, closed = session_of(opened)
    digits = instrument.price_digits
    first, last = price_units(bar.open, digits), price_units(bar.close, digits)
    high, low = price_units(bar.high, digits), price_units(bar.low, digits)
    if not low <= min(first, last) <= max(first, last) <= high:
        raise BadData(f"a bar whose low {bar.low} and high {bar.high} do not enclose it")
    return (
        opened,
        closed,
        first,
        high,
        low,
        last,
        size_units(bar.volume, _size_digits(instrument)),
    )


def trade_row(print_: TradePrint, instrument: Instrument) -> Row:
    """A print of history: time, venue's time, price, size, side."""
    stamp = _stamp(print_.sip_ns or print_.participant_ns)
    side = _side(print_.conditions) if instrument.kind == "spot" else 0
    price = price_units(print_.price, instrument.price_digits)
    return (stamp, stamp, price, size_units(print_.size, _size_digits(instrument)), side)


def quote_row(quote: Quote, instrument: Instrument) -> Row:
    """A quote of history: time, venue's time, bid, its size, ask, its size."""
    stamp = _stamp(quote.sip_ns or quote.participant_ns)
    bid = _level(quote.bid, quote.bid_size, instrument)
    ask = _level(quote.ask, quote.ask_size, instrument)
    return (stamp, stamp, *_uncrossed(bid, ask))


def trade_event_row(
    event: TradeEvent | CryptoTradeEvent, instrument: Instrument, received_ns: int
) -> Row:
    """A print of the stream; `ds` has the size where it is a fraction of a share."""
    stamp = _stamp(event.time_ms * MILLISECOND_NS)
    price = price_units(event.price, instrument.price_digits)
    if isinstance(event, CryptoTradeEvent):
        size, side = event.size, _side(event.conditions)
    else:
        size, side = event.size if event.fractional_size is None else event.fractional_size, 0
    return (received_ns, stamp, price, size_units(size, _size_digits(instrument)), side)


def quote_event_row(
    event: QuoteEvent | CryptoQuoteEvent | CurrencyQuoteEvent,
    instrument: Instrument,
    received_ns: int,
) -> Row:
    """A quote of the stream; currencies have no sizes."""
    stamp = _stamp(event.time_ms * MILLISECOND_NS)
    none = Decimal(0)
    bid_size = none if isinstance(event, CurrencyQuoteEvent) else event.bid_size
    ask_size = none if isinstance(event, CurrencyQuoteEvent) else event.ask_size
    bid = _level(event.bid, bid_size, instrument)
    ask = _level(event.ask, ask_size, instrument)
    return (received_ns, stamp, *_uncrossed(bid, ask))


def _level(price: Decimal, size: Decimal, instrument: Instrument) -> tuple[int, int]:
    if not price:
        return 0, 0
    units = price_units(price, instrument.price_digits)
    return units, size_units(size, _size_digits(instrument))


def _uncrossed(bid: tuple[int, int], ask: tuple[int, int]) -> Row:
    if bid[0] > ask[0] > 0:
        raise BadData("a bid above an ask")
    return (*bid, *ask)


def _side(conditions: list[int]) -> int:
    sides = (SIDE_OF_CONDITION.get(condition, 0) for condition in conditions)
    return next(filter(None, sides), 0)


def _size_digits(instrument: Instrument) -> int:
    return instrument.quantity_digits


def _stamp(time_ns: int) -> int:
    if not 0 < time_ns < STAMP_MAX:
        raise BadData(f"a time of {time_ns} is none")
    return time_ns
