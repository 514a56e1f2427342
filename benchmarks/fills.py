"""What a fill costs as fills grow: round trips on bars, in a netting and in a hedging account.

`last_by_first` is the cost of a fill in the last tenth of a run by that of one in the first: 1 is
flat, 1.1 is a tenth dearer. `figure` is the last tenth's cost and `floor` the first's, both in the
netting account; `ratio` is turned round, so that more is better: first by last, the worse account.

What limits it: objects of the first fills lie together in the processor's cache, those of the last
come from all over the memory. A tenth to a sixth more was the venue's dict of a hundred thousand
finished orders, from which each fill took the oldest away (a profile by tenths showed it); it keeps
two generations of ten thousand now. Before, the collector walked each order and fill that was kept.
"""

from __future__ import annotations

import sys
import time

import floor
from _measure import ROUNDS, report, sized

import tradewind as tw
from tradewind.runtime.simulated_run import RunTerms, SimulatedRun
from tradewind.sim.venue import SimulatedVenue

TARGET = 0.9
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
    last_by_first = netting[-1] / netting[0]
    hedging_last_by_first = hedging[-1] / hedging[0]
    return report(
        "fills",
        netting[-1],
        "us/fill",
        floor=netting[0],
        ratio=1 / max(last_by_first, hedging_last_by_first),
        target=TARGET,
        last_by_first=last_by_first,
        hedging_last_by_first=hedging_last_by_first,
        hedging_last_us=hedging[-1],
        hedging_first_us=hedging[0],
    )


def least(runs: list[list[float]]) -> list[float]:
    """The lowest cost of each part over some runs."""
    return [min(costs) for costs in zip(*runs, strict=True)]


if __name__ == "__main__":
    sys.exit(main())
