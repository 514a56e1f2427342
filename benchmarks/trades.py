"""Trades through the whole engine, a Python callback on each.

What limits it: making the trade and calling Python, seven tenths of a row. Rows at which nothing
can happen but a price and a call are run without asking at each, and the venue inside is told the
last of them alone: that brought plain Python from 0.15 to 0.2 in one hour. One guard around the
calls of all quiet rows and an object in fewer calls: 0.57 to 0.62M rows/s before and 0.66 to 0.75M
after in plain Python, three short runs in turn at a load of 6.
"""

from __future__ import annotations

import sys

import floor
from _measure import best_in_turn_s, report, sized, timed

import tradewind as tw

TARGET = 1.2 if tw.COMPILED else 0.18


class Count(tw.Strategy):
    """The strategy of the loop."""

    def on_start(self) -> None:
        """Ask for trades."""
        self.fast = 0.0
        self.above = 0
        self.subscribe_trades(self.instrument)

    def on_trade(self, trade: tw.Trade) -> None:
        """Count the trades above the average."""
        price = trade.price
        fast = self.fast = self.fast + (price - self.fast) * floor.FAST
        if price > fast:
            self.above += 1


def run(columns: tw.Columns) -> tw.BacktestResult:
    """The backtest that is measured."""
    return tw.backtest(Count(), data=[columns], limits=tw.Limits(leverage="5"))


def main() -> int:
    """Print trades a second against the loop."""
    count = sized(1_000_000, 100_000)
    rows = floor.trade_rows(count)
    columns = tw.Columns("trades", floor.INSTRUMENT, rows)
    bare = floor.trade_columns(rows)
    run_s, bare_s = best_in_turn_s(
        timed(lambda: run(columns)), timed(lambda: floor.run_trades(bare))
    )
    return report(
        "trades",
        count / run_s,
        "trades/s",
        floor=count / bare_s,
        ratio=bare_s / run_s,
        target=TARGET,
    )


if __name__ == "__main__":
    sys.exit(main())
