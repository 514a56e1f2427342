"""The tape of one security: its past, and what has happened since the venue began."""

from __future__ import annotations

from bisect import bisect_left

import msgspec
import numpy as np
from numpy.typing import NDArray

from tradewind.venue.equities.calendar import MINUTE_NS
from tradewind.venue.equities.history import PRINTS_PER_MINUTE, Ints, Past, prints_of
from tradewind.venue.equities.universe import Security

ROWS_MAX = 200_000
"""Live trades, and quotes, that are kept; the oldest go."""
ROWS_CUT = 20_000


class TapeTrade(msgspec.Struct, frozen=True, gc=False):
    """A public trade in the security's units; side +1 where the taker bought."""

    time_ns: int
    price: int
    size: int
    side: int
    number: int


class TapeQuote(msgspec.Struct, frozen=True, gc=False):
    """Best bid and ask in the security's units."""

    time_ns: int
    bid: int
    bid_size: int
    ask: int
    ask_size: int


class TapeBar(msgspec.Struct, gc=False):
    """A minute in the making, or made; `value` is the sum of price times size."""

    open_ns: int
    open: int
    high: int
    low: int
    close: int
    volume: int
    count: int
    value: int

    def add(self, trade: TapeTrade) -> None:
        """Count a trade in."""
        self.high = max(self.high, trade.price)
        self.low = min(self.low, trade.price)
        self.close = trade.price
        self.volume += trade.size
        self.count += 1
        self.value += trade.price * trade.size


class MinuteTable(msgspec.Struct, frozen=True):
    """Minutes as columns; `value` is the sum of price times size, as a float."""

    open_ns: Ints
    open: Ints
    high: Ints
    low: Ints
    close: Ints
    volume: Ints
    count: Ints
    value: NDArray[np.float64]

    def chosen(self, mask: NDArray[np.bool_]) -> MinuteTable:
        """The rows that a mask leaves."""
        return MinuteTable(*(column[mask] for column in msgspec.structs.astuple(self)))


class Tape:
    """Trades, quotes and minutes of a security; reading is by time, its end excluded."""

    def __init__(self, security: Security, seed: int, *, start_ns: int, days: int) -> None:
        self.security = security
        self.past = Past(security, seed, before_ns=start_ns, days=days)
        self.start_ns = start_ns
        self.lot_units = security.public_instrument("PAST").lot_units
        self.trades: list[TapeTrade] = []
        self.quotes: list[TapeQuote] = []
        self.minutes: list[TapeBar] = []
        self._next_number = first_number(start_ns)

    @property
    def last_price(self) -> int:
        """The price of the last trade; 0 where there never was one."""
        if self.trades:
            return self.trades[-1].price
        return self.past.last_close if self.security.is_active else 0

    # --- what happens ------------------------------------------------------------------------

    def add_trade(self, time_ns: int, price: int, size: int, side: int) -> TapeTrade:
        """A public trade happened."""
        trade = TapeTrade(time_ns, price, size, side, self._next_number)
        self._next_number += 1
        self.trades.append(trade)
        drop_oldest(self.trades)
        open_ns = time_ns // MINUTE_NS * MINUTE_NS
        if not self.minutes or self.minutes[-1].open_ns < open_ns:
            self.minutes.append(TapeBar(open_ns, price, price, price, price, 0, 0, 0))
            drop_oldest(self.minutes)
        self.minutes[-1].add(trade)
        return trade

    def add_quote(self, quote: TapeQuote) -> None:
        """Best bid or ask changed."""
        self.quotes.append(quote)
        drop_oldest(self.quotes)

    # --- what happened -----------------------------------------------------------------------

    def trades_between(self, begin_ns: int, end_ns: int) -> list[TapeTrade]:
        """Trades from a time to another, oldest first."""
        found = past_trades(self, begin_ns, end_ns)
        first = bisect_left(self.trades, begin_ns, key=lambda each: each.time_ns)
        last = bisect_left(self.trades, end_ns, key=lambda each: each.time_ns)
        return found + self.trades[first:last]

    def quotes_between(self, begin_ns: int, end_ns: int) -> list[TapeQuote]:
        """Quotes from a time to another, oldest first; before each past trade stood one."""
        tick = self.security.instrument("PAST").tick_units
        found = [
            TapeQuote(
                trade.time_ns - 1_000,
                trade.price - (tick if trade.side > 0 else 0),
                4 * self.lot_units,
                trade.price + (0 if trade.side > 0 else tick),
                3 * self.lot_units,
            )
            for trade in past_trades(self, begin_ns + 1_000, end_ns + 1_000)
        ]
        first = bisect_left(self.quotes, begin_ns, key=lambda each: each.time_ns)
        last = bisect_left(self.quotes, end_ns, key=lambda each: each.time_ns)
        return found + self.quotes[first:last]

    def last_trade(self) -> TapeTrade | None:
        """The newest trade, of the past where none happened since."""
        if self.trades:
            return self.trades[-1]
        found = past_trades(self, *self._last_minute())
        return found[-1] if found else None

    def last_quote(self) -> TapeQuote | None:
        """The newest quote, of the past where none came since."""
        if self.quotes:
            return self.quotes[-1]
        found = self.quotes_between(*self._last_minute())
        return found[-1] if found else None

    def minutes_between(self, begin_ns: int, end_ns: int) -> list[TapeBar]:
        """Minutes that open from a time to another, oldest first, one in the making included."""
        table = self.table_between(begin_ns, end_ns)
        return [
            TapeBar(open_ns, first, high, low, close, volume, count, int(value))
            for open_ns, first, high, low, close, volume, count, value in zip(
                *(column.tolist() for column in msgspec.structs.astuple(table)), strict=True
            )
        ]

    def table_between(self, begin_ns: int, end_ns: int) -> MinuteTable:
        """The same as columns."""
        past = past_table(self, begin_ns, end_ns)
        first = bisect_left(self.minutes, begin_ns, key=lambda each: each.open_ns)
        last = bisect_left(self.minutes, end_ns, key=lambda each: each.open_ns)
        if first == last:
            return past
        rows = [msgspec.structs.astuple(bar) for bar in self.minutes[first:last]]
        live = zip(msgspec.structs.astuple(past), zip(*rows, strict=True), strict=True)
        return MinuteTable(
            *(np.concatenate([column, np.array(new, column.dtype)]) for column, new in live)
        )

    def _last_minute(self) -> tuple[int, int]:
        newest = self.past.last_minute()
        open_ns = int(newest.open_ns[0]) if len(newest) else 0
        return open_ns, open_ns + MINUTE_NS


def past_trades(tape: Tape, begin_ns: int, end_ns: int) -> list[TapeTrade]:
    """Trades of the past from a time to another, numbered by their place."""
    bars = tape.past.between(begin_ns // MINUTE_NS * MINUTE_NS, end_ns)
    if not len(bars):
        return []
    prints = prints_of(bars, tape.lot_units)
    begin, end = np.searchsorted(prints.time_ns, (begin_ns, end_ns)).tolist()
    steps = np.arange(PRINTS_PER_MINUTE, dtype=np.int64)
    numbers = (bars.open_ns[:, None] // MINUTE_NS * PRINTS_PER_MINUTE + steps).ravel()
    rows = zip(
        prints.time_ns[begin:end].tolist(),
        prints.price[begin:end].tolist(),
        prints.size[begin:end].tolist(),
        prints.side[begin:end].tolist(),
        numbers[begin:end].tolist(),
        strict=True,
    )
    return [TapeTrade(*row) for row in rows]


def first_number(start_ns: int) -> int:
    """The number of the first trade since the start; those of the past are lower."""
    return start_ns // MINUTE_NS * PRINTS_PER_MINUTE


def past_table(tape: Tape, begin_ns: int, end_ns: int) -> MinuteTable:
    """Minutes of the past from a time to another."""
    bars = tape.past.between(begin_ns, end_ns)
    prints = prints_of(bars, tape.lot_units)
    value = (prints.price.astype(np.float64) * prints.size).reshape(-1, PRINTS_PER_MINUTE)
    return MinuteTable(
        bars.open_ns, bars.open, bars.high, bars.low, bars.close, bars.volume,
        np.full(len(bars), PRINTS_PER_MINUTE, np.int64), value.sum(axis=1),
    )  # fmt: skip


def drop_oldest(rows: list) -> None:
    """Keep the newest rows."""
    if len(rows) > ROWS_MAX:
        del rows[:ROWS_CUT]
