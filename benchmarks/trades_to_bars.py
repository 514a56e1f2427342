"""Trades into one-minute bars through the batch door, as a ratio to a bare CPython loop.

The claim is 30 million trades a second compiled. Machines differ and share their cores, so what
fails is the ratio measured in the same run: to a loop over the same rows, inlined and without an
engine, that keeps only the highest price and the volume.

What limits it: one pass over three columns with checked arithmetic, and no object for a trade.
"""

from __future__ import annotations

import sys

import numpy as np
from _measure import best_in_turn_s, report, sized, timed

import tradewind
from tradewind.signals.bars import BarBuilder

BARE_TRADES = 100_000
TARGET = 3.0 if tradewind.COMPILED else 0.025


def main() -> int:
    """Print trades a second; 1 when the ratio fell below 0.7 of its target."""
    count = sized(1_000_000, 100_000)
    chance = np.random.default_rng(1)
    time_ns = np.cumsum(chance.integers(0, 40_000_000, count))
    price = 6_000_000 + np.cumsum(chance.integers(-3, 4, count))
    size = chance.integers(1, 1_000, count)
    few = slice(0, BARE_TRADES)  # more would measure the cache
    rows = list(zip(*(c[few].tolist() for c in (time_ns, price, size)), strict=True))
    bars_s, bare_s = best_in_turn_s(
        timed(lambda: BarBuilder("time", 60_000_000_000).run(time_ns, price, size)),
        timed(lambda: bare_loop(rows)),
    )
    per_s, bare_per_s = count / bars_s, len(rows) / bare_s
    return report(
        "trades_to_bars",
        per_s,
        "trades/s",
        floor=bare_per_s,
        ratio=per_s / bare_per_s,
        target=TARGET,
    )


def bare_loop(rows: list[tuple[int, int, int]]) -> int:
    """Return the highest price times the volume."""
    high = volume = 0
    for _, price, size in rows:
        if price > high:
            high = price
        volume += size
    return high * volume


if __name__ == "__main__":
    sys.exit(main())
