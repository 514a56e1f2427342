"""What the core knows of one instrument: its factors, last prices, and who listens."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tradewind.core.book import Book
from tradewind.model.instruments import Instrument
from tradewind.model.market import Bar, Quote, Trade, scaled_bar, scaled_quote, scaled_trade
from tradewind.model.marking import Marking
from tradewind.model.numbers import multiply_units
from tradewind.model.sessions import sessions_of

# C integers when compiled (market.pxd)
_LAST = int(Marking.LAST)
_MID = int(Marking.MID)
_BID_ASK = int(Marking.BID_ASK)

Listener = tuple[int, Callable[[Any], None]]
"""Number of the strategy and what to call with the event."""


class Market:
    """One instrument in the core; prices in its units, 0 while unknown.

    `mark` is the latest price: of a trade or a bar, or the middle of a quote (rounded down to a
    unit); checks look at it. `last` is that of a trade or a bar alone. What a position is valued
    at is `valued_at`, by the `marking`. `target_count` is how many targets wait for the next
    price, `held_count` how many orders the core holds. `holders` are the accounts' holdings, which
    a new mark makes worth another amount; `is_repriced` says that they do not know of it yet, and
    `next_repriced` is the next such market (see `State.revalue`).

    >>> goog = Instrument("GOOG.SIM", tick="0.01", lot="1", currency="USD")
    >>> market = Market(goog, 0)
    >>> market.notional(10050, 3)  # 3 x 100.50 in 10^-6 USD
    301500000
    """

    __slots__ = (
        "ask",
        "bar_listeners",
        "bid",
        "book",
        "closes_ns",
        "currency",
        "depth_listeners",
        "held_count",
        "holders",
        "id",
        "index",
        "instrument",
        "is_repriced",
        "last",
        "lot",
        "mark",
        "mark_time_ns",
        "marking",
        "min_notional",
        "money_divisor",
        "money_factor",
        "next_repriced",
        "opens_ns",
        "price_scale",
        "quantity_scale",
        "quantity_unit",
        "quote_listeners",
        "sessions",
        "target_count",
        "tick",
        "trade_listeners",
        "venue",
    )

    def __init__(self, instrument: Instrument, index: int) -> None:
        self.index = index
        self.instrument = instrument
        self.book = Book(instrument.tick_units)
        self.mark = 0
        self.marking = 0
        self.last = 0
        self.bid = 0
        self.ask = 0
        self.mark_time_ns = 0
        self.target_count = 0
        self.held_count = 0
        self.holders: list[Any] = []
        self.is_repriced = False
        self.next_repriced: Market | None = None
        self.bar_listeners: list[Listener] = []
        self.trade_listeners: list[Listener] = []
        self.quote_listeners: list[Listener] = []
        self.depth_listeners: list[Listener] = []
        self.relist(instrument)

    def relist(self, instrument: Instrument) -> None:
        """Take a new version of the instrument; prices of another grid are forgotten."""
        if instrument.tick_units != self.book.tick or (
            instrument.price_digits != self.instrument.price_digits
        ):
            self.book = Book(instrument.tick_units)
            self.mark = self.last = self.bid = self.ask = self.mark_time_ns = 0
        self.instrument = instrument
        self.id = instrument.id
        self.venue = instrument.venue
        self.currency = instrument.currency
        self.tick = instrument.tick_units
        self.lot = instrument.lot_units
        self.money_factor = instrument.money_factor
        self.money_divisor = instrument.money_divisor
        self.min_notional = instrument.min_notional_money
        self.price_scale = 10.0**instrument.price_digits
        self.quantity_scale = 10.0**instrument.quantity_digits
        self.quantity_unit = int(10**instrument.quantity_digits)
        self.sessions = sessions_of(instrument.calendar)
        self.opens_ns = self.closes_ns = 0

    def is_open(self, time_ns: int) -> bool:
        """Whether the calendar has a session at a time, its two ends included."""
        if self.sessions is None or self.opens_ns <= time_ns <= self.closes_ns:
            return True
        if not self.sessions.is_open(time_ns):
            return False
        self.opens_ns, self.closes_ns = self.sessions.around(time_ns)
        return True

    def notional(self, price: int, quantity: int) -> int:
        """Money of a quantity at a price in the instrument's currency, half-even; signed."""
        return multiply_units(price, quantity, self.money_factor, self.money_divisor)

    def valued_at(self, quantity: int) -> int:
        """The price that a position of a signed quantity is valued at; 0 while none is known."""
        marking = self.marking
        price = 0
        if marking == _BID_ASK:
            price = self.bid if quantity > 0 else self.ask
        elif marking == _MID and self.bid > 0 and self.ask > 0:
            price = (self.bid + self.ask) // 2
        elif marking == _LAST:
            price = self.last
        return price if price > 0 else self.mark

    def bar(
        self,
        open_time_ns: int,
        close_time_ns: int,
        open_price: int,
        high: int,
        low: int,
        close: int,
        volume: int,
    ) -> Bar:
        """A bar of the instrument."""
        return scaled_bar(
            self.instrument, self.price_scale, self.quantity_scale,
            open_time_ns, close_time_ns, open_price, high, low, close, volume,
        )  # fmt: skip

    def trade(self, time_ns: int, price: int, size: int, side: int) -> Trade:
        """A public trade of the instrument."""
        price_scale, size_scale = self.price_scale, self.quantity_scale
        return scaled_trade(self.instrument, price_scale, size_scale, time_ns, price, size, side)

    def quote(self, time_ns: int, bid: int, bid_size: int, ask: int, ask_size: int) -> Quote:
        """A quote of the instrument."""
        return scaled_quote(
            self.instrument, self.price_scale, self.quantity_scale,
            time_ns, bid, bid_size, ask, ask_size,
        )  # fmt: skip

    def listen(self, kind: str, listener: Listener) -> None:
        """Add a listener to bars, trades, quotes or depth, from the next event on.

        The list is a new one, so that loops over the former go on.
        """
        if kind == "bars":
            self.bar_listeners = with_one(self.bar_listeners, listener)
        elif kind == "trades":
            self.trade_listeners = with_one(self.trade_listeners, listener)
        elif kind == "quotes":
            self.quote_listeners = with_one(self.quote_listeners, listener)
        else:
            assert kind == "depth", f"no such kind: {kind}"
            self.depth_listeners = with_one(self.depth_listeners, listener)

    def forget(self, strategy: int) -> None:
        """Take a strategy's listeners away; the lists are new, so that loops over them go on."""
        self.bar_listeners = without(self.bar_listeners, strategy)
        self.trade_listeners = without(self.trade_listeners, strategy)
        self.quote_listeners = without(self.quote_listeners, strategy)
        self.depth_listeners = without(self.depth_listeners, strategy)


def with_one(listeners: list[Listener], listener: Listener) -> list[Listener]:
    """The listeners with one more, which is told once however often it asks.

    >>> with_one(with_one([], (0, print)), (0, print)) == [(0, print)]
    True
    """
    return listeners if listener in listeners else [*listeners, listener]


def without(listeners: list[Listener], strategy: int) -> list[Listener]:
    """The listeners of all other strategies.

    >>> without([(0, print), (1, print)], 0) == [(1, print)]
    True
    """
    return [entry for entry in listeners if entry[0] != strategy]
