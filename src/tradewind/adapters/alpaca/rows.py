"""Rows: what a frame of Alpaca says in exact units of an instrument, or why it cannot be taken."""

from __future__ import annotations

from tradewind.adapters.alpaca.wire import Bar, OrderBookFrame, Quote, TradePrint, time_ns
from tradewind.adapters.net.decimals import price_units, size_units
from tradewind.adapters.net.rfc3339 import DAY_NS
from tradewind.adapters.net.us_session import session_of
from tradewind.model.columns import DEPTH_LAST, DEPTH_SNAPSHOT
from tradewind.model.errors import BadData
from tradewind.model.instruments import Instrument

SIDES = {"B": 1, "S": -1}
"""Who took, where the venue says it (crypto); else 0."""

Row = tuple[int, ...]
"""In the order of `net.row_columns.NAMES`."""


def trade_row(print_: TradePrint, instrument: Instrument, received_ns: int = 0) -> Row:
    """A print: time, venue's time, price, size, side. Of history (no arrival) both times are one.

    >>> goog = Instrument("GOOG.ALPACA", tick="0.01", lot="1", currency="USD")
    >>> from decimal import Decimal
    >>> frame = TradePrint(time="1970-01-01T00:00:01Z", price=Decimal("9.5"), size=Decimal(3))
    >>> trade_row(frame, goog)
    (1000000000, 1000000000, 950, 3, 0)
    """
    stamp = time_ns(print_.time)
    price = price_units(print_.price, instrument.price_digits)
    size = size_units(print_.size, instrument.quantity_digits)
    return (received_ns or stamp, stamp, price, size, SIDES.get(print_.taker, 0))


def quote_row(quote: Quote, instrument: Instrument, received_ns: int = 0) -> Row:
    """Best bid and ask: time, venue's time, bid, its size, ask, its size; 0 and 0: not there."""
    stamp = time_ns(quote.time)
    price_digits, quantity_digits = instrument.price_digits, instrument.quantity_digits
    bid = price_units(quote.bid, price_digits) if quote.bid else 0
    ask = price_units(quote.ask, price_digits) if quote.ask else 0
    if bid > ask > 0:
        raise BadData(f"a bid of {quote.bid} above an ask of {quote.ask}")
    bid_size = size_units(quote.bid_size, quantity_digits) if bid else 0
    ask_size = size_units(quote.ask_size, quantity_digits) if ask else 0
    return (received_ns or stamp, stamp, bid, bid_size, ask, ask_size)


def bar_row(bar: Bar, instrument: Instrument, length_ns: int) -> Row:
    """A bar: open and close time, open, high, low, close, volume.

    A day of an equity is stamped with its midnight in New York, and lasts as long as its session.
    """
    opened = time_ns(bar.time)
    closed = opened + length_ns
    if length_ns == DAY_NS and instrument.kind == "equity":
        opened, closed = session_of(opened)
    digits = instrument.price_digits
    first, last = price_units(bar.open, digits), price_units(bar.close, digits)
    high, low = price_units(bar.high, digits), price_units(bar.low, digits)
    if not low <= min(first, last) <= max(first, last) <= high:
        raise BadData(f"a bar whose low {bar.low} and high {bar.high} do not enclose it")
    volume = size_units(bar.volume, instrument.quantity_digits)
    return (opened, closed, first, high, low, last, volume)


def depth_rows(frame: OrderBookFrame, instrument: Instrument, received_ns: int) -> list[Row]:
    """Changed levels, or the whole book: time, venue's time, side, price, size, flags."""
    stamp = time_ns(frame.time)
    flags = DEPTH_SNAPSHOT if frame.is_whole else 0
    price_digits, quantity_digits = instrument.price_digits, instrument.quantity_digits
    rows: list[Row] = [
        (
            received_ns or stamp,
            stamp,
            side,
            price_units(level.price, price_digits),
            size_units(level.size, quantity_digits),
            flags,
        )
        for side, levels in ((1, frame.bids), (-1, frame.asks))
        for level in levels
    ]
    if rows:
        rows[-1] = (*rows[-1][:-1], flags | DEPTH_LAST)
    return rows
