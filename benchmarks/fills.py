"""What a fill costs as fills grow: round trips on bars, in a netting and in a hedging account.

The ratio is the cost of a fill among the first tenth to one among the last: 1 is flat.

What limits it: a profile shows look-ups in the dicts of orders that wait for memory: the first
fills find all of them in the processor's cache, the last do not.
"""

from __future__ import annotations

import sys
import time

import floor
from _measure import ROUNDS, report, sized

import tradewind as tw
from tradewind.runtime.simulated_run import RunTerms, SimulatedRun
from tradewind.sim.venue import SimulatedVenue

TARGET = 0.85
PARTS = 10


class RoundTrips(tw.Strategy):
    """Buys at one bar and sells at the next."""

    leg: int = 0

    def on_start(self) -> None:
        """Ask for bars."""
        self.is_long = 0
        self.subscribe_bars(self.instrument)

    def on_bar(self, bar: tw.Bar) -> None:
        """Turn the position."""
        self.is_long = 1 - self.is_long
        if self.is_long:
            self.buy(10, leg=tw.Leg(self.leg))
        else:
            self.sell(10, leg=tw.Leg(self.leg))


def costs_us(columns: tw.Columns, *, leg: int) -> list[float]:
    """Microseconds a fill in each part of a run."""
    terms = RunTerms(cash="1000000", hedging=leg != 0)
    run = SimulatedRun(
        [RoundTrips(leg=leg)], [floor.INSTRUMENT], SimulatedVenue(), terms, start_time_ns=0
    )
    count = len(columns) // PARTS
    costs = []
    for part in range(PARTS):
        rows = columns.cut(part * count, (part + 1) * count)
        start = time.process_time()
        run.take(rows)
        costs.append((time.process_time() - start) / count * 1e6)
    return costs


def main() -> int:
    """Print the cost of a fill, and how flat it is."""
    rows = floor.bar_rows(sized(200_000, 20_000))
    columns = tw.Columns("bars", floor.INSTRUMENT, rows)
    netting = least([costs_us(columns, leg=0) for _ in range(ROUNDS)])
    hedging = least([costs_us(columns, leg=1) for _ in range(ROUNDS)])
    ratio = min(netting[0] / netting[-1], hedging[0] / hedging[-1])
    return report(
        "fills",
        netting[-1],
        "us/fill",
        floor=netting[0],
        ratio=ratio,
        target=TARGET,
        hedging_ratio=hedging[0] / hedging[-1],
        hedging_us=hedging[-1],
        hedging_first_us=hedging[0],
    )


def least(runs: list[list[float]]) -> list[float]:
    """The lowest cost of each part over some runs."""
    return [min(costs) for costs in zip(*runs, strict=True)]


if __name__ == "__main__":
    sys.exit(main())
