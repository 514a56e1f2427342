"""The common yardstick: a loop over the rows without an engine.

`for row in zip(*columns): strategy.on_bar(Bar(*row))` with a msgspec Bar, the same arithmetic as
the strategy of the engine's run and a toy fill; the same over trades.

What limits it: the interpreter. It is the yardstick itself.
"""

from __future__ import annotations

import sys

import msgspec
import numpy as np
from _measure import best_in_turn_s, report, sized, timed
from numpy.typing import NDArray

import tradewind as tw

FAST = 2 / (10 + 1)
SLOW = 2 / (30 + 1)
MINUTE_NS = 60_000_000_000
INSTRUMENT = tw.Instrument("TEST.SIM", tick="0.01", lot="1", currency="USD")

Rows = dict[str, NDArray[np.int64]]


class Bar(msgspec.Struct):
    """A bar of the loop."""

    time_ns: int
    open: float
    high: float
    low: float
    close: float
    volume: float


class Trade(msgspec.Struct):
    """A trade of the loop."""

    time_ns: int
    price: float
    size: float
    side: int


class ToyCross:
    """Long above the cross of two averages and short below it, filled at once and for nothing."""

    def __init__(self) -> None:
        self.fast = self.slow = 0.0
        self.side = 0
        self.position = 0
        self.cash = 0.0
        self.fills = 0

    def on_bar(self, bar: Bar) -> None:
        """Turn the position at each cross."""
        close = bar.close
        fast = self.fast = self.fast + (close - self.fast) * FAST
        slow = self.slow = self.slow + (close - self.slow) * SLOW
        side = 1 if fast > slow else -1
        if side != self.side:
            self.side = side
            self.fill(10 * side - self.position, close)

    def fill(self, quantity: int, price: float) -> None:
        """Post a fill."""
        self.position += quantity
        self.cash -= quantity * price
        self.fills += 1


class ToyCount:
    """Watches an average of the trades."""

    def __init__(self) -> None:
        self.fast = 0.0
        self.above = 0

    def on_trade(self, trade: Trade) -> None:
        """Count the trades above the average."""
        price = trade.price
        fast = self.fast = self.fast + (price - self.fast) * FAST
        if price > fast:
            self.above += 1


def bar_rows(count: int) -> Rows:
    """Bars of a random walk, in units; with an EMA 10/30 cross about every 28 bars."""
    chance = np.random.default_rng(7)
    close = 10_000_00 + np.cumsum(chance.integers(-60, 61, count))
    opens = np.concatenate(([10_000_00], close[:-1])) + chance.integers(-3, 4, count)
    high = np.maximum(opens, close) + chance.integers(0, 40, count)
    low = np.minimum(opens, close) - chance.integers(0, 40, count)
    open_time_ns = np.arange(count, dtype=np.int64) * MINUTE_NS
    volume = chance.integers(1, 10_000, count)
    return {
        "open_time_ns": open_time_ns,
        "close_time_ns": open_time_ns + MINUTE_NS,
        "open": opens,
        "high": high,
        "low": low,
        "close": close,
        "volume": volume,
    }


def trade_rows(count: int) -> Rows:
    """Trades of a random walk, in units."""
    chance = np.random.default_rng(8)
    return {
        "time_ns": np.cumsum(chance.integers(0, 40_000_000, count)),
        "price": 10_000_00 + np.cumsum(chance.integers(-3, 4, count)),
        "size": chance.integers(1, 1_000, count),
        "side": chance.choice(np.array([-1, 1]), count),
    }


def bar_columns(rows: Rows) -> list[list[float]]:
    """The columns of the loop's bars, as lists of numbers."""
    prices = [(rows[name] / 100).tolist() for name in ("open", "high", "low", "close")]
    return [rows["close_time_ns"].tolist(), *prices, (rows["volume"] / 1).tolist()]


def trade_columns(rows: Rows) -> list[list[float]]:
    """The columns of the loop's trades, as lists of numbers."""
    return [
        rows["time_ns"].tolist(),
        (rows["price"] / 100).tolist(),
        (rows["size"] / 1).tolist(),
        rows["side"].tolist(),
    ]


def run_bars(columns: list[list[float]]) -> ToyCross:
    """The loop over bars."""
    strategy = ToyCross()
    for row in zip(*columns, strict=True):
        strategy.on_bar(Bar(*row))  # type: ignore[arg-type]
    return strategy


def run_trades(columns: list[list[float]]) -> ToyCount:
    """The loop over trades."""
    strategy = ToyCount()
    for row in zip(*columns, strict=True):
        strategy.on_trade(Trade(*row))  # type: ignore[arg-type]
    return strategy


def main() -> int:
    """Print how fast the loop itself is."""
    count = sized(500_000, 50_000)
    bars, trades = bar_columns(bar_rows(count)), trade_columns(trade_rows(count))
    bars_s, trades_s = best_in_turn_s(
        timed(lambda: run_bars(bars)), timed(lambda: run_trades(trades))
    )
    per_s = count / bars_s
    return report(
        "floor", per_s, "bars/s", floor=per_s, ratio=1.0, target=1.0, trades_per_s=count / trades_s
    )


if __name__ == "__main__":
    sys.exit(main())
