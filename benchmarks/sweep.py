"""A grid of 10 x 10 parameters over 100,000 bars, from process start to result.

The strategy asks to be called where two averages cross (`when=`, docs/guides/signals.md): that form
is the figure. `each_bar_cpu_s` and `each_bar_wall_s` are the same rule asked at each bar in Python;
both are held to the same fills and equity. The yardstick runs the same grid with the bare loop of
`floor.py`, a call of Python at each bar, in as many forked processes. Figure and yardstick are CPU
time of all processes together, since the cores of shared machines are rarely free; `wall_s` is what
a person waits.

What limits it: the life of the orders, one in 27 bars. Of a run of the hundred they took 37 of 44
ms on a busy machine; all bars with both averages took 7, so that averages shared among runs have
little left to save; metrics took 10 besides. Asked at each bar the strategy's own Python is a third
of all. Tried: a strategy's source parsed once, metrics without exact numbers for each fill, hashing
without a copy; round trips and exposure compiled, tails found without sorting all returns, the
market data hashed once for all runs: these three brought the ratio of the form that is asked at
each bar from 0.386 to 0.444 on one afternoon. Quiet bars without questions and orders with fewer:
0.473 and 0.495 after that. Rows of fills made in compiled code, round trips without tuples and a
quantile by one place instead of two: metrics of 13.6 ms took 10.4. The collector switched off, or
frozen before the runs, made no difference that could be measured. Called at crosses only: 0.88
where the same rule asked at each bar had 0.62, in turn at a load of 18.
"""

from __future__ import annotations

import json
import multiprocessing
import os
import subprocess
import sys
import time

import bars
import floor
from _measure import IS_SHORT, report

import tradewind as tw
from tradewind.signals import EMA, Crossing

TARGET = 0.6 if tw.COMPILED else 0.2
COUNT = 10_000 if IS_SHORT else 100_000
SIDE = 3 if IS_SHORT else 10
ROUNDS = 2 if IS_SHORT else 3
GRID = {"fast": list(range(5, 5 + SIDE)), "slow": list(range(20, 20 + 3 * SIDE, 3))}


class Cross(tw.Strategy):
    """The cross of two averages, called where they cross."""

    fast: int = 10
    slow: int = 30

    def on_start(self) -> None:
        """Ask for the bars at which they cross."""
        self.cross = Crossing(EMA(self.fast), EMA(self.slow))
        self.subscribe_bars(self.instrument, when=self.cross)

    def on_bar(self, bar: tw.Bar) -> None:
        """Turn the position."""
        self.target_position(10 if self.cross.value > 0 else -10)


class CrossAtEachBar(tw.Strategy):
    """The same rule, called at each bar."""

    fast: int = 10
    slow: int = 30

    def on_start(self) -> None:
        """Ask for all bars."""
        self.cross = Crossing(EMA(self.fast), EMA(self.slow))
        self.side = 0.0
        self.subscribe_bars(self.instrument)

    def on_bar(self, bar: tw.Bar) -> None:
        """Turn the position at each cross."""
        side = self.cross.update(bar.close)
        if side != self.side and self.cross.ready:
            self.side = side
            self.target_position(10 if side > 0 else -10)


def columns() -> tw.Columns:
    """The bars."""
    return tw.Columns("bars", floor.INSTRUMENT, floor.bar_rows(COUNT))


def sweep_once(strategy: type[tw.Strategy]) -> int:
    """The sweep that is measured, in a process of its own; prints what came of each run."""
    result = tw.sweep(
        strategy,
        GRID,
        data=[columns()],
        cash="1000000",
        limits=bars.LIMITS,
        fees=tw.fees.percent("0.0001"),
    )
    assert len(result.runs) == SIDE * SIDE
    assert all(run.fills > 10 for run in result.runs)
    sys.stdout.write(json.dumps([(run.fills, run.end_equity) for run in result.runs]))
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
    spent: dict[str, list[tuple[float, float]]] = {"gated": [], "each_bar": [], "bare": []}
    results = {}
    for _ in range(ROUNDS):
        for what, times in spent.items():
            cpu_s, wall_s, results[what] = spent_s(what)
            times.append((cpu_s, wall_s))
    assert results["gated"] == results["each_bar"], "the two forms traded differently"
    best = {
        what: [min(column) for column in zip(*times, strict=True)] for what, times in spent.items()
    }
    return report(
        "sweep",
        best["gated"][0],
        "CPU s",
        floor=best["bare"][0],
        ratio=best["bare"][0] / best["gated"][0],
        target=TARGET,
        wall_s=best["gated"][1],
        each_bar_cpu_s=best["each_bar"][0],
        each_bar_wall_s=best["each_bar"][1],
        runs=SIDE * SIDE,
        bars=COUNT,
    )


def spent_s(what: str) -> tuple[float, float, str]:
    """Seconds of CPU and of the wall of a process of this file and its workers; its words."""
    start, before = time.perf_counter(), os.times()
    words = [sys.executable, __file__, *(["--short"] if IS_SHORT else []), what]
    done = subprocess.run(words, check=True, stdout=subprocess.PIPE, text=True)
    after = os.times()
    cpu_s = after.children_user + after.children_system
    cpu_s -= before.children_user + before.children_system
    return cpu_s, time.perf_counter() - start, done.stdout


if __name__ == "__main__":
    actions = {
        "gated": lambda: sweep_once(Cross),
        "each_bar": lambda: sweep_once(CrossAtEachBar),
        "bare": bare_once,
    }
    sys.exit(actions.get(sys.argv[-1], main)())
