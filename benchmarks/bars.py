"""One-minute bars through the whole engine: an EMA 10/30 cross in Python, limits and ledger on.

What limits it: the strategy's own arithmetic takes as long as in the loop, and a bar that nobody
trades costs 0.05 us beside it. The rest are the fills, one in 27 bars: each is the whole life of an
order (`order_life`), more than half of the run. Tried: fills without a dict, a tuple and a chain of
lists, which brought the ratio from 0.37-0.45 to 0.5; objects that the collector does not walk and
that are used again, and records written by a bare pointer: 0.52-0.53; rows at which nothing can
happen but a price and a call are run without asking at each, and the equity curve over them is
drawn at the end of the quiet: an idle bar makes four calls of ours instead of twelve. In plain
Python the orders, one in 27 bars and 53 to 68 us each, take more than the goal leaves for all.
"""

from __future__ import annotations

import sys

import floor
from _measure import best_in_turn_s, report, sized, timed

import tradewind as tw

TARGET = 0.55 if tw.COMPILED else 0.06
LIMITS = tw.Limits(
    order_quantity="100",
    order_notional="2000000",
    position_quantity="100",
    gross_exposure="5000000",
    leverage="5",
    price_collar="0.1",
    orders_per_second=100,
    open_orders=10,
)


class Cross(tw.Strategy):
    """The strategy of the loop, with orders instead of toy fills."""

    def on_start(self) -> None:
        """Ask for bars."""
        self.fast = self.slow = 0.0
        self.side = 0
        self.subscribe_bars(self.instrument)

    def on_bar(self, bar: tw.Bar) -> None:
        """Turn the position at each cross."""
        close = bar.close
        fast = self.fast = self.fast + (close - self.fast) * floor.FAST
        slow = self.slow = self.slow + (close - self.slow) * floor.SLOW
        side = 1 if fast > slow else -1
        if side != self.side:
            self.side = side
            self.target_position(10 * side)


def run(columns: tw.Columns) -> tw.BacktestResult:
    """The backtest that is measured."""
    return tw.backtest(
        Cross(), data=[columns], cash="1000000", limits=LIMITS, fees=tw.fees.percent("0.0001")
    )


def main() -> int:
    """Print bars a second against the loop."""
    count = sized(500_000, 50_000)
    rows = floor.bar_rows(count)
    columns = tw.Columns("bars", floor.INSTRUMENT, rows)
    bare = floor.bar_columns(rows)
    fills = len(run(columns).fills)
    run_s, bare_s = best_in_turn_s(timed(lambda: run(columns)), timed(lambda: floor.run_bars(bare)))
    return report(
        "bars",
        count / run_s,
        "bars/s",
        floor=count / bare_s,
        ratio=bare_s / run_s,
        target=TARGET,
        fills=fills,
        toy_fills=floor.run_bars(bare).fills,
    )


if __name__ == "__main__":
    sys.exit(main())
