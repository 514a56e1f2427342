"""Market data as a strategy sees it: exact units inside, float and Decimal at the edge."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

import msgspec

from tradewind.model.numbers import to_decimal

if TYPE_CHECKING:
    from tradewind.model.instruments import Instrument


class Bar:
    """Open, high, low, close and volume of `[open_time_ns, close_time_ns)`.

    `bar.close` is a float for maths, `bar.close_exact` the Decimal, `bar.close_units` the
    integer of the instrument's price digits; the same for the others. Volume has the digits of
    the quantity.

    >>> from tradewind.model.instruments import Instrument
    >>> goog = Instrument("GOOG.SIM", tick="0.01", lot="1", currency="USD")
    >>> bar = bar_of(goog, 0, 60, 10000, 10100, 9900, 10050, 7)
    >>> bar.close, bar.close_exact, bar.volume, bar.time_ns
    (100.5, Decimal('100.50'), 7.0, 60)
    """

    __slots__ = (
        "close_time_ns",
        "close_units",
        "high_units",
        "instrument",
        "low_units",
        "open_time_ns",
        "open_units",
        "price_scale",
        "quantity_scale",
        "volume_units",
    )

    instrument: Instrument
    open_time_ns: int
    close_time_ns: int
    open_units: int
    high_units: int
    low_units: int
    close_units: int
    volume_units: int
    price_scale: float
    quantity_scale: float

    @property
    def time_ns(self) -> int:
        """When the bar is known: its close."""
        return self.close_time_ns

    @property
    def open(self) -> float:
        """First price."""
        return self.open_units / self.price_scale

    @property
    def high(self) -> float:
        """Highest price."""
        return self.high_units / self.price_scale

    @property
    def low(self) -> float:
        """Lowest price."""
        return self.low_units / self.price_scale

    @property
    def close(self) -> float:
        """Last price."""
        return self.close_units / self.price_scale

    @property
    def volume(self) -> float:
        """Quantity traded."""
        return self.volume_units / self.quantity_scale

    @property
    def open_exact(self) -> Decimal:
        """First price, exact."""
        return to_decimal(self.open_units, self.instrument.price_digits)

    @property
    def high_exact(self) -> Decimal:
        """Highest price, exact."""
        return to_decimal(self.high_units, self.instrument.price_digits)

    @property
    def low_exact(self) -> Decimal:
        """Lowest price, exact."""
        return to_decimal(self.low_units, self.instrument.price_digits)

    @property
    def close_exact(self) -> Decimal:
        """Last price, exact."""
        return to_decimal(self.close_units, self.instrument.price_digits)

    @property
    def volume_exact(self) -> Decimal:
        """Quantity traded, exact."""
        return to_decimal(self.volume_units, self.instrument.quantity_digits)

    def __repr__(self) -> str:
        return (
            f"Bar({self.instrument.id} {self.open_time_ns} o={self.open_exact} "
            f"h={self.high_exact} l={self.low_exact} c={self.close_exact} v={self.volume_exact})"
        )


class Trade:
    """A public print between others; side is +1 where the aggressor bought, -1 sold, 0 unknown.

    >>> from tradewind.model.instruments import Instrument
    >>> goog = Instrument("GOOG.SIM", tick="0.01", lot="1", currency="USD")
    >>> trade_of(goog, 5, 10001, 3, -1)
    Trade(GOOG.SIM 5 3 @ 100.01 side=-1)
    """

    __slots__ = (
        "instrument",
        "price_scale",
        "price_units",
        "quantity_scale",
        "side",
        "size_units",
        "time_ns",
    )

    instrument: Instrument
    time_ns: int
    price_units: int
    size_units: int
    side: int
    price_scale: float
    quantity_scale: float

    @property
    def price(self) -> float:
        """Price."""
        return self.price_units / self.price_scale

    @property
    def size(self) -> float:
        """Quantity traded."""
        return self.size_units / self.quantity_scale

    @property
    def price_exact(self) -> Decimal:
        """Price, exact."""
        return to_decimal(self.price_units, self.instrument.price_digits)

    @property
    def size_exact(self) -> Decimal:
        """Quantity traded, exact."""
        return to_decimal(self.size_units, self.instrument.quantity_digits)

    def __repr__(self) -> str:
        return (
            f"Trade({self.instrument.id} {self.time_ns} {self.size_exact} @ {self.price_exact} "
            f"side={self.side})"
        )


class Quote:
    """Best bid and ask with their sizes; a price of 0 says that the side is absent.

    >>> from tradewind.model.instruments import Instrument
    >>> goog = Instrument("GOOG.SIM", tick="0.01", lot="1", currency="USD")
    >>> quote = quote_of(goog, 5, 10000, 1, 10001, 3)
    >>> quote.bid, quote.ask, quote.mid, quote
    (100.0, 100.01, 100.005, Quote(GOOG.SIM 5 1 @ 100.00 / 3 @ 100.01))
    """

    __slots__ = (
        "ask_size_units",
        "ask_units",
        "bid_size_units",
        "bid_units",
        "instrument",
        "price_scale",
        "quantity_scale",
        "time_ns",
    )

    instrument: Instrument
    time_ns: int
    bid_units: int
    bid_size_units: int
    ask_units: int
    ask_size_units: int
    price_scale: float
    quantity_scale: float

    @property
    def bid(self) -> float:
        """Best bid price."""
        return self.bid_units / self.price_scale

    @property
    def ask(self) -> float:
        """Best ask price."""
        return self.ask_units / self.price_scale

    @property
    def bid_size(self) -> float:
        """Quantity at the best bid."""
        return self.bid_size_units / self.quantity_scale

    @property
    def ask_size(self) -> float:
        """Quantity at the best ask."""
        return self.ask_size_units / self.quantity_scale

    @property
    def mid(self) -> float:
        """Middle of bid and ask."""
        return (self.bid_units + self.ask_units) / (2.0 * self.price_scale)

    @property
    def bid_exact(self) -> Decimal:
        """Best bid price, exact."""
        return to_decimal(self.bid_units, self.instrument.price_digits)

    @property
    def ask_exact(self) -> Decimal:
        """Best ask price, exact."""
        return to_decimal(self.ask_units, self.instrument.price_digits)

    def __repr__(self) -> str:
        digits = self.instrument.quantity_digits
        bid_size = to_decimal(self.bid_size_units, digits)
        ask_size = to_decimal(self.ask_size_units, digits)
        return (
            f"Quote({self.instrument.id} {self.time_ns} {bid_size} @ {self.bid_exact} / "
            f"{ask_size} @ {self.ask_exact})"
        )


class BarOpened(msgspec.Struct, frozen=True):
    """The first price of an interval, before the rest of its bar is known."""

    instrument: Instrument
    time_ns: int
    price_units: int


class DepthUpdate(msgspec.Struct, frozen=True):
    """One event of the book: absolute sizes by price; a snapshot replaces the whole book.

    `bids` and `asks` are (price units, size units); size 0 removes the level.
    """

    instrument: Instrument
    time_ns: int
    bids: tuple[tuple[int, int], ...]
    asks: tuple[tuple[int, int], ...]
    is_snapshot: bool = False


def bar_of(
    instrument: Instrument,
    open_time_ns: int,
    close_time_ns: int,
    open_units: int,
    high_units: int,
    low_units: int,
    close_units: int,
    volume_units: int,
) -> Bar:
    """A bar from one row of columns."""
    return scaled_bar(
        instrument,
        10.0**instrument.price_digits,
        10.0**instrument.quantity_digits,
        open_time_ns,
        close_time_ns,
        open_units,
        high_units,
        low_units,
        close_units,
        volume_units,
    )


def scaled_bar(
    instrument: Instrument,
    price_scale: float,
    quantity_scale: float,
    open_time_ns: int,
    close_time_ns: int,
    open_units: int,
    high_units: int,
    low_units: int,
    close_units: int,
    volume_units: int,
) -> Bar:
    """The same with 10^digits of price and quantity at hand."""
    bar = Bar.__new__(Bar)
    bar.instrument = instrument
    bar.open_time_ns = open_time_ns
    bar.close_time_ns = close_time_ns
    bar.open_units = open_units
    bar.high_units = high_units
    bar.low_units = low_units
    bar.close_units = close_units
    bar.volume_units = volume_units
    bar.price_scale = price_scale
    bar.quantity_scale = quantity_scale
    return bar


def trade_of(
    instrument: Instrument, time_ns: int, price_units: int, size_units: int, side: int
) -> Trade:
    """A trade from one row of columns."""
    return scaled_trade(
        instrument,
        10.0**instrument.price_digits,
        10.0**instrument.quantity_digits,
        time_ns,
        price_units,
        size_units,
        side,
    )


def scaled_trade(
    instrument: Instrument,
    price_scale: float,
    quantity_scale: float,
    time_ns: int,
    price_units: int,
    size_units: int,
    side: int,
) -> Trade:
    """The same with 10^digits of price and quantity at hand."""
    trade = Trade.__new__(Trade)
    trade.instrument = instrument
    trade.time_ns = time_ns
    trade.price_units = price_units
    trade.size_units = size_units
    trade.side = side
    trade.price_scale = price_scale
    trade.quantity_scale = quantity_scale
    return trade


def quote_of(
    instrument: Instrument,
    time_ns: int,
    bid_units: int,
    bid_size_units: int,
    ask_units: int,
    ask_size_units: int,
) -> Quote:
    """A quote from one row of columns."""
    return scaled_quote(
        instrument,
        10.0**instrument.price_digits,
        10.0**instrument.quantity_digits,
        time_ns,
        bid_units,
        bid_size_units,
        ask_units,
        ask_size_units,
    )


def scaled_quote(
    instrument: Instrument,
    price_scale: float,
    quantity_scale: float,
    time_ns: int,
    bid_units: int,
    bid_size_units: int,
    ask_units: int,
    ask_size_units: int,
) -> Quote:
    """The same with 10^digits of price and quantity at hand."""
    quote = Quote.__new__(Quote)
    quote.instrument = instrument
    quote.time_ns = time_ns
    quote.bid_units = bid_units
    quote.bid_size_units = bid_size_units
    quote.ask_units = ask_units
    quote.ask_size_units = ask_size_units
    quote.price_scale = price_scale
    quote.quantity_scale = quantity_scale
    return quote
