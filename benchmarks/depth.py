"""Depth rows through book, venue and queue positions with latency, a Python timer every 100 ms.

What limits it: two equal books, the engine's for the strategy and the venue's for the queue, and
merging the streams; no part takes more than a seventh.
"""

from __future__ import annotations

import sys

import floor
import numpy as np
from _measure import best_in_turn_s, report, sized, timed

import tradewind as tw

TARGET = 0.42 if tw.COMPILED else 0.024
STEP_NS = 100_000_000


class Quoter(tw.Strategy):
    """Keeps one order on each side, looked at every 100 ms."""

    def on_start(self) -> None:
        """Ask for depth; the book is read by the timer."""
        self.rows = 0
        self.set_timer("look", STEP_NS, STEP_NS)

    def on_timer(self, name: str) -> None:
        """Replace the orders now and then."""
        self.rows += 1
        if self.rows % 10 == 0:
            self.cancel_all()
            self.buy(1, limit="9999.90")
            self.sell(1, limit="10000.10")


def depth_rows(count: int) -> floor.Rows:
    """Levels within ten ticks of a middle that stays."""
    chance = np.random.default_rng(9)
    side = chance.choice(np.array([-1, 1]), count)
    return {
        "time_ns": np.cumsum(chance.integers(0, 400_000, count)),
        "side": side,
        "price": 10_000_00 - side * chance.integers(1, 11, count),
        "size": chance.integers(0, 50, count),
        "flags": np.ones(count, np.int64),
    }


def bare_loop(rows: list[tuple[int, int, int, int]]) -> int:
    """Two dicts of levels and the best of each side when it may have changed."""
    levels: dict[int, dict[int, int]] = {1: {}, -1: {}}
    best = {1: 0, -1: 0}
    changes = 0
    for _time_ns, side, price, size in rows:
        known = levels[side]
        if size:
            known[price] = size
            if (price - best[side]) * side > 0 or best[side] == 0:
                best[side] = price
                changes += 1
        elif known.pop(price, 0) and price == best[side]:
            best[side] = max(known, key=lambda one: one * side, default=0)
            changes += 1
    return changes


def run(columns: tw.Columns) -> tw.BacktestResult:
    """The replay that is measured."""
    latency = tw.latency.constant(order_ns=1_000_000, report_ns=1_000_000)
    return tw.backtest(Quoter(), data=[columns], cash="1000000", latency=latency)


def main() -> int:
    """Print depth rows a second against two dicts."""
    count = sized(1_000_000, 50_000)
    rows = depth_rows(count)
    columns = tw.Columns("depth", floor.INSTRUMENT, rows)
    names = ("time_ns", "side", "price", "size")
    bare = list(zip(*(rows[name].tolist() for name in names), strict=True))
    run_s, bare_s = best_in_turn_s(timed(lambda: run(columns)), timed(lambda: bare_loop(bare)))
    fills = len(run(columns).fills)
    return report(
        "depth",
        count / run_s,
        "rows/s",
        floor=count / bare_s,
        ratio=bare_s / run_s,
        target=TARGET,
        fills=fills,
    )


if __name__ == "__main__":
    sys.exit(main())
