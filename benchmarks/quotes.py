"""Quotes through the whole engine, a Python callback on each.

What limits it: as with trades, making the quote and calling Python.
"""

from __future__ import annotations

import sys

import floor
import msgspec
import numpy as np
from _measure import best_in_turn_s, report, sized, timed

import tradewind as tw

TARGET = 0.8 if tw.COMPILED else 0.05


class ToyQuote(msgspec.Struct):
    """A quote of the loop."""

    time_ns: int
    bid: float
    bid_size: float
    ask: float
    ask_size: float


class ToyWide:
    """Watches an average of the spread."""

    def __init__(self) -> None:
        self.spread = 0.0
        self.wide = 0

    def on_quote(self, quote: ToyQuote) -> None:
        """Count the quotes that are wider than the average."""
        spread = quote.ask - quote.bid
        average = self.spread = self.spread + (spread - self.spread) * floor.FAST
        if spread > average:
            self.wide += 1


class Wide(tw.Strategy):
    """The strategy of the loop."""

    def on_start(self) -> None:
        """Ask for quotes."""
        self.spread = 0.0
        self.wide = 0
        self.subscribe_quotes(self.instrument)

    def on_quote(self, quote: tw.Quote) -> None:
        """Count the quotes that are wider than the average."""
        spread = quote.ask - quote.bid
        average = self.spread = self.spread + (spread - self.spread) * floor.FAST
        if spread > average:
            self.wide += 1


def quote_rows(count: int) -> floor.Rows:
    """Quotes around a random walk, in units."""
    chance = np.random.default_rng(10)
    bid = 10_000_00 + np.cumsum(chance.integers(-3, 4, count))
    return {
        "time_ns": np.cumsum(chance.integers(0, 40_000_000, count)),
        "bid": bid,
        "bid_size": chance.integers(1, 1_000, count),
        "ask": bid + chance.integers(1, 20, count),
        "ask_size": chance.integers(1, 1_000, count),
    }


def bare_columns(rows: floor.Rows) -> list[list[float]]:
    """The columns of the loop's quotes, as lists of numbers."""
    prices = {name: (rows[name] / 100).tolist() for name in ("bid", "ask")}
    sizes = {name: (rows[name] / 1).tolist() for name in ("bid_size", "ask_size")}
    return [
        rows["time_ns"].tolist(),
        prices["bid"],
        sizes["bid_size"],
        prices["ask"],
        sizes["ask_size"],
    ]


def run_bare(columns: list[list[float]]) -> ToyWide:
    """The loop over quotes."""
    strategy = ToyWide()
    for row in zip(*columns, strict=True):
        strategy.on_quote(ToyQuote(*row))  # type: ignore[arg-type]
    return strategy


def run(columns: tw.Columns) -> tw.BacktestResult:
    """The backtest that is measured."""
    return tw.backtest(Wide(), data=[columns], limits=tw.Limits(leverage="5"))


def main() -> int:
    """Print quotes a second against the loop."""
    count = sized(1_000_000, 100_000)
    rows = quote_rows(count)
    columns = tw.Columns("quotes", floor.INSTRUMENT, rows)
    bare = bare_columns(rows)
    run_s, bare_s = best_in_turn_s(timed(lambda: run(columns)), timed(lambda: run_bare(bare)))
    return report(
        "quotes",
        count / run_s,
        "quotes/s",
        floor=count / bare_s,
        ratio=bare_s / run_s,
        target=TARGET,
    )


if __name__ == "__main__":
    sys.exit(main())
