"""What traded at the venue: trades, trades of one aggressor together, bars; the newest are kept."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal

from tradewind.venue.events import PublicTrade
from tradewind.venue.orders import ZERO

TRADES_MAX = 200_000
BARS_MAX = 200_000
"""Beyond these the oldest are forgotten."""
NS_PER_MS = 1_000_000
MINUTE_MS = 60_000


@dataclass(slots=True)
class TradedBar:
    """A bar as it grows; times in milliseconds, `close_ms` is the last one that belongs to it."""

    open_ms: int
    close_ms: int
    open: Decimal
    high: Decimal
    low: Decimal
    close: Decimal
    volume: Decimal = ZERO
    value: Decimal = ZERO
    count: int = 0
    taker_volume: Decimal = ZERO
    taker_value: Decimal = ZERO
    first_id: int = -1
    last_id: int = -1

    def add(self, trade: PublicTrade) -> None:
        """Take a trade in."""
        price, quantity = trade.price, trade.quantity
        if not self.count:
            self.open = self.high = self.low = price
            self.first_id = trade.id
        self.high, self.low, self.close = max(self.high, price), min(self.low, price), price
        self.volume += quantity
        self.value += price * quantity
        self.count += 1
        self.last_id = trade.id
        if not trade.is_buyer_maker:
            self.taker_volume += quantity
            self.taker_value += price * quantity

    def merge(self, later: TradedBar) -> None:
        """Take a later bar in."""
        if not later.count:
            return
        if not self.count:
            self.open, self.high, self.low = later.open, later.high, later.low
            self.first_id = later.first_id
        self.high, self.low = max(self.high, later.high), min(self.low, later.low)
        self.close = later.close
        self.volume += later.volume
        self.value += later.value
        self.count += later.count
        self.taker_volume += later.taker_volume
        self.taker_value += later.taker_value
        self.last_id = later.last_id


@dataclass(slots=True)
class AggregateTrade:
    """Trades of one aggressor at one price in one millisecond."""

    id: int
    price: Decimal
    quantity: Decimal
    first_id: int
    last_id: int
    time_ms: int
    is_buyer_maker: bool


Flat = Callable[[int, int, Decimal], TradedBar]


class TradeHistory:
    """The trades of one symbol and what is made of them."""

    def __init__(self) -> None:
        self.trades: deque[PublicTrade] = deque(maxlen=TRADES_MAX)
        self.aggregates: deque[AggregateTrade] = deque(maxlen=TRADES_MAX)
        self.minutes: dict[int, TradedBar] = {}
        self._next_aggregate_id = 1
        self._open_aggregate: AggregateTrade | None = None

    @property
    def last(self) -> PublicTrade | None:
        """The newest trade."""
        return self.trades[-1] if self.trades else None

    def add(self, trade: PublicTrade) -> AggregateTrade | None:
        """Take a trade in; the aggregate that it ended, if it did."""
        self.trades.append(trade)
        time_ms = trade.time_ns // NS_PER_MS
        open_ms = time_ms - time_ms % MINUTE_MS
        bar = self.minutes.get(open_ms)
        if bar is None:
            bar = self.minutes[open_ms] = flat_bar(open_ms, MINUTE_MS, trade.price)
            if len(self.minutes) > BARS_MAX:
                del self.minutes[next(iter(self.minutes))]
        bar.add(trade)
        return self._aggregate(trade, time_ms)

    def _aggregate(self, trade: PublicTrade, time_ms: int) -> AggregateTrade | None:
        grown = self._open_aggregate
        key = (trade.price, trade.is_buyer_maker, time_ms)
        if grown is not None and key == (grown.price, grown.is_buyer_maker, grown.time_ms):
            grown.quantity += trade.quantity
            grown.last_id = trade.id
            return None
        ended = self.end_aggregate()
        self._open_aggregate = AggregateTrade(
            self._next_aggregate_id, trade.price, trade.quantity, trade.id, trade.id, time_ms,
            trade.is_buyer_maker,
        )  # fmt: skip
        self._next_aggregate_id += 1
        return ended

    def end_aggregate(self) -> AggregateTrade | None:
        """The aggregate that was growing is complete."""
        ended, self._open_aggregate = self._open_aggregate, None
        if ended is not None:
            self.aggregates.append(ended)
        return ended

    def window(self, from_ms: int, to_ms: int) -> TradedBar | None:
        """One bar over the minutes that begin in a stretch, its end excluded."""
        found: TradedBar | None = None
        for open_ms in reversed(self.minutes):
            if open_ms < from_ms:
                break
            if open_ms < to_ms:
                bar = self.minutes[open_ms]
                if found is None:
                    found = flat_bar(from_ms, to_ms - from_ms, bar.open)
                    found.close = bar.close
                earlier = flat_bar(from_ms, to_ms - from_ms, bar.open)
                earlier.merge(bar)
                earlier.merge(found)
                found = earlier
        return found


def flat_bar(open_ms: int, length_ms: int, price: Decimal) -> TradedBar:
    """A bar in which nothing traded yet."""
    return TradedBar(open_ms, open_ms + length_ms - 1, price, price, price, price)
