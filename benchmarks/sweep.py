"""A grid of 10 x 10 parameters over 100,000 bars, from process start to result.

The yardstick runs the same grid with the bare loop of `floor.py` in as many forked processes. The
figure is CPU time of all processes together, since the cores of shared machines are rarely free;
`wall_s` is what a person waits.

What limits it: nothing alone. Counted by callgrind, one run of the hundred is to a third the
strategy's own Python, to a third the life of its orders, one in 27 bars, to a sixth the engine's
part of a bar and to a sixth the metrics. Tried: a strategy's source parsed once, metrics without
exact numbers for each fill, hashing without a copy; round trips and exposure compiled, tails found
without sorting all returns, the market data hashed once for all runs: these three brought the ratio
from 0.386 to 0.444 on one afternoon. Quiet bars without questions and orders with fewer: 0.473 and
0.495 after that; the equity curve of the metrics made once instead of twice was not measured. The
loop alone takes 5.0 s of CPU time here, as much as the goal leaves for two cores in all.
"""

from __future__ import annotations

import multiprocessing
import os
import subprocess
import sys
import time

import bars
import floor
from _measure import IS_SHORT, report

import tradewind as tw

TARGET = 0.4 if tw.COMPILED else 0.2
COUNT = 10_000 if IS_SHORT else 100_000
SIDE = 3 if IS_SHORT else 10
ROUNDS = 2 if IS_SHORT else 3
GRID = {"fast": list(range(5, 5 + SIDE)), "slow": list(range(20, 20 + 3 * SIDE, 3))}


class Cross(tw.Strategy):
    """The cross of two averages."""

    fast: int = 10
    slow: int = 30

    def on_start(self) -> None:
        """Ask for bars."""
        self.fast_average = self.slow_average = 0.0
        self.fast_share, self.slow_share = 2 / (self.fast + 1), 2 / (self.slow + 1)
        self.side = 0
        self.subscribe_bars(self.instrument)

    def on_bar(self, bar: tw.Bar) -> None:
        """Turn the position at each cross."""
        close = bar.close
        fast = self.fast_average = self.fast_average + (close - self.fast_average) * self.fast_share
        slow = self.slow_average = self.slow_average + (close - self.slow_average) * self.slow_share
        side = 1 if fast > slow else -1
        if side != self.side:
            self.side = side
            self.target_position(10 * side)


def columns() -> tw.Columns:
    """The bars."""
    return tw.Columns("bars", floor.INSTRUMENT, floor.bar_rows(COUNT))


def sweep_once() -> int:
    """The sweep that is measured, in a process of its own."""
    result = tw.sweep(
        Cross,
        GRID,
        data=[columns()],
        cash="1000000",
        limits=bars.LIMITS,
        fees=tw.fees.percent("0.0001"),
    )
    assert len(result.runs) == SIDE * SIDE
    assert all(run.fills > 10 for run in result.runs)
    return 0


def bare_once() -> int:
    """The loop as often, over the same bars, in as many processes as there are cores."""
    global _bare  # noqa: PLW0603  # what forked processes find in their memory
    _bare = floor.bar_columns(floor.bar_rows(COUNT))
    with multiprocessing.get_context("fork").Pool() as pool:
        return sum(pool.map(bare_run, range(SIDE * SIDE), chunksize=1)) * 0


_bare: list[list[float]] = []


def bare_run(_number: int) -> int:
    """One run of the loop."""
    return floor.run_bars(_bare).fills


def main() -> int:
    """Print seconds of the sweep against those of the loop."""
    ours, bare = [], []
    for _ in range(ROUNDS):
        ours.append(spent_s("sweep"))
        bare.append(spent_s("bare"))
    own_s, bare_s = (min(cpu_s for cpu_s, _ in times) for times in (ours, bare))
    return report(
        "sweep",
        own_s,
        "CPU s",
        floor=bare_s,
        ratio=bare_s / own_s,
        target=TARGET,
        wall_s=min(wall_s for _, wall_s in ours),
        runs=SIDE * SIDE,
        bars=COUNT,
    )


def spent_s(what: str) -> tuple[float, float]:
    """Seconds of CPU and of the wall that a process of this file and its workers took."""
    start, before = time.perf_counter(), os.times()
    words = [sys.executable, __file__, *(["--short"] if IS_SHORT else []), what]
    subprocess.run(words, check=True)
    after = os.times()
    cpu_s = after.children_user + after.children_system
    cpu_s -= before.children_user + before.children_system
    return cpu_s, time.perf_counter() - start


if __name__ == "__main__":
    actions = {"sweep": sweep_once, "bare": bare_once}
    sys.exit(actions.get(sys.argv[-1], main)())
