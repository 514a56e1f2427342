"""Depth rows and trades through book, venue and queue positions with latency, and fills.

The strategy is called by a timer every 100 ms and keeps an order on each side; one row in twenty
is a trade, so that queues move and orders fill. The yardstick is two dicts of levels in Python.
"""

from __future__ import annotations

import sys

import floor
import numpy as np
from _measure import best_in_turn_s, report, sized, timed
from numpy.typing import NDArray

import tradewind as tw
from tradewind.sim import queue_position

TARGET = 0.42 if tw.COMPILED else 0.04
STEP_NS = 100_000_000


class Quoter(tw.Strategy):
    """Keeps one order on each side, looked at every 100 ms."""

    def on_start(self) -> None:
        """The book is read by the timer."""
        self.calls = 0
        self.set_timer("look", STEP_NS, STEP_NS)

    def on_timer(self, name: str) -> None:
        """Put back what was filled; every second begin anew."""
        self.calls += 1
        if self.calls % 10 == 0:
            self.cancel_all()
        sides = {order.side for order in self.open_orders if order.is_open}
        if tw.Side.BUY not in sides or self.calls % 10 == 0:
            self.buy(1, limit="9999.99")
        if tw.Side.SELL not in sides or self.calls % 10 == 0:
            self.sell(1, limit="10000.01")


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


def trade_rows(times: NDArray[np.int64]) -> floor.Rows:
    """A trade at every twentieth of some times, at the best levels."""
    chance = np.random.default_rng(10)
    some = times[::20]
    side = chance.choice(np.array([-1, 1]), len(some))
    return {
        "time_ns": some,
        "price": 10_000_00 + side,
        "size": chance.integers(1, 60, len(some)),
        "side": side,
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


def run(columns: list[tw.Columns]) -> tw.BacktestResult:
    """The replay that is measured."""
    latency = tw.latency.constant(order_ns=1_000_000, report_ns=1_000_000)
    return tw.backtest(
        Quoter(),
        data=columns,
        cash="1000000",
        latency=latency,
        venue={"queue": queue_position.power(3)},
    )


def main() -> int:
    """Print depth rows a second against two dicts."""
    count = sized(1_000_000, 50_000)
    rows = depth_rows(count)
    trades = trade_rows(rows["time_ns"])
    columns = [
        tw.Columns("depth", floor.INSTRUMENT, rows),
        tw.Columns("trades", floor.INSTRUMENT, trades),
    ]
    count += len(trades["time_ns"])
    names = ("time_ns", "side", "price", "size")
    bare = list(zip(*(rows[name].tolist() for name in names), strict=True))
    run_s, bare_s = best_in_turn_s(timed(lambda: run(columns)), timed(lambda: bare_loop(bare)))
    fills = len(run(columns).fills)
    return report(
        "depth",
        count / run_s,
        "rows/s",
        floor=len(bare) / bare_s,
        ratio=count / run_s / (len(bare) / bare_s),
        target=TARGET,
        fills=fills,
    )


if __name__ == "__main__":
    sys.exit(main())
