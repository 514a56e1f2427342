"""Trades into one-minute bars through the batch door, as a ratio to a bare CPython loop.

The claim is 30 million trades a second compiled. Machines differ and share their cores, so what
fails is the ratio measured in the same run: to a loop over the same rows, inlined and without an
engine, that keeps only the highest price and the volume.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable

import numpy as np

import tradewind
from tradewind.signals.bars import BarBuilder

TRADES = 1_000_000 if tradewind.COMPILED else 100_000
BARE_TRADES = 100_000
ROUNDS = 5
RATIO_FLOOR = 1.2 if tradewind.COMPILED else 0.025
SHARE_OF_FLOOR = 0.7


def main() -> int:
    """Print the measurement; 1 when the ratio fell below 0.7 of its floor."""
    chance = np.random.default_rng(1)
    time_ns = np.cumsum(chance.integers(0, 40_000_000, TRADES))
    price = 6_000_000 + np.cumsum(chance.integers(-3, 4, TRADES))
    size = chance.integers(1, 1_000, TRADES)
    few = slice(0, BARE_TRADES)  # more would measure the cache
    rows = list(zip(*(c[few].tolist() for c in (time_ns, price, size)), strict=True))
    bars_s = best(lambda: BarBuilder("time", 60_000_000_000).run(time_ns, price, size))
    bare_s = best(lambda: bare_loop(rows))
    ratio = (TRADES / bars_s) / (BARE_TRADES / bare_s)
    result = {
        "compiled": tradewind.COMPILED,
        "trades_per_s": round(TRADES / bars_s),
        "bare_loop_per_s": round(BARE_TRADES / bare_s),
        "ratio": round(ratio, 3),
        "ratio_floor": RATIO_FLOOR,
    }
    print(json.dumps(result))
    return int(ratio < SHARE_OF_FLOOR * RATIO_FLOOR)


def bare_loop(rows: list[tuple[int, int, int]]) -> int:
    """Return the highest price times the volume."""
    high = volume = 0
    for _, price, size in rows:
        if price > high:
            high = price
        volume += size
    return high * volume


def best(work: Callable[[], int]) -> float:
    """Return the shortest of several runs in seconds."""
    lengths = []
    for _ in range(ROUNDS):
        start = time.perf_counter()
        work()
        lengths.append(time.perf_counter() - start)
    return min(lengths)


if __name__ == "__main__":
    sys.exit(main())
