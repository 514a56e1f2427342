"""Depth and trades through book, venue and queue positions with latency, and orders that fill.

Every 100 ms the strategy moves its two orders to the best prices; trades eat the queue in front of
them. The yardstick keeps two dicts of levels and a toy order on each side.

What limits it: a profile of the whole run gives the engine's loop 12 % of the time, the two equal
books together 12, the matching 9, the venue around it 7, and most of the rest to what the strategy
does with its orders; merging the streams is 4. Tried: finished orders are looked for only where one
ended, a level is looked up once instead of twice, calls without orders on a side are left out:
about a sixth more rows. Not done: one book for both. The venue must not see the last row of an
event before a target of the same moment is sized, so a shared book changes results.
"""

from __future__ import annotations

import sys

import floor
import numpy as np
from _measure import best_in_turn_s, report, sized, timed
from depth import depth_rows

import tradewind as tw

TARGET = 0.5 if tw.COMPILED else 0.022
STEP_NS = 100_000_000
DEPTH_PER_TRADE = 5


class Maker(tw.Strategy):
    """One order at the best bid and one at the best ask, moved every 100 ms."""

    def on_start(self) -> None:
        """The book is read by the timer."""
        self.set_timer("look", STEP_NS, STEP_NS)

    def on_timer(self, name: str) -> None:
        """Move both orders."""
        self.cancel_all()
        self.buy(1, limit="9999.99")
        self.sell(1, limit="10000.01")


def trade_rows(depth: floor.Rows) -> floor.Rows:
    """A trade of a few units beside every fifth depth row, at the best price of a side."""
    chance = np.random.default_rng(11)
    times = depth["time_ns"][::DEPTH_PER_TRADE]
    side = chance.choice(np.array([-1, 1]), len(times))
    return {
        "time_ns": times,
        "price": 10_000_00 + side,
        "size": chance.integers(1, 40, len(times)),
        "side": side,
    }


def bare_loop(rows: list[tuple[int, int, int, int, int]]) -> int:
    """Two dicts of levels, and an order on each side that the third trade of its price fills."""
    levels: dict[int, dict[int, int]] = {1: {}, -1: {}}
    waiting = {10_000_00 - 1: 3, 10_000_00 + 1: 3}
    fills = 0
    for _time_ns, side, price, size, is_trade in rows:
        if is_trade:
            waiting[price] -= 1
            if waiting[price] == 0:
                waiting[price] = 3
                fills += 1
        elif size:
            levels[side][price] = size
        else:
            levels[side].pop(price, None)
    return fills


def bare_rows(depth: floor.Rows, trades: floor.Rows) -> list[tuple[int, int, int, int, int]]:
    """Both kinds in the order of their times."""
    names = ("time_ns", "side", "price", "size")
    tables = [
        np.column_stack([rows[name] for name in names] + [np.full(len(rows["price"]), is_trade)])
        for rows, is_trade in ((depth, 0), (trades, 1))
    ]
    table = np.concatenate(tables)
    ordered = table[np.argsort(table[:, 0], kind="stable")]
    return [tuple(row) for row in ordered.tolist()]


def run(depth: tw.Columns, trades: tw.Columns) -> tw.BacktestResult:
    """The replay that is measured."""
    latency = tw.latency.constant(order_ns=1_000_000, report_ns=1_000_000)
    return tw.backtest(Maker(), data=[depth, trades], cash="1000000", latency=latency)


def main() -> int:
    """Print rows a second against the loop."""
    rows = depth_rows(sized(500_000, 150_000))
    depth = tw.Columns("depth", floor.INSTRUMENT, rows)
    trades = tw.Columns("trades", floor.INSTRUMENT, trade_rows(rows))
    bare = bare_rows(depth.arrays, trades.arrays)
    count = len(depth) + len(trades)
    fills = len(run(depth, trades).fills)
    assert fills > 0
    run_s, bare_s = best_in_turn_s(
        timed(lambda: run(depth, trades)), timed(lambda: bare_loop(bare))
    )
    return report(
        "depth_fills",
        count / run_s,
        "rows/s",
        floor=count / bare_s,
        ratio=bare_s / run_s,
        target=TARGET,
        fills=fills,
    )


if __name__ == "__main__":
    sys.exit(main())
