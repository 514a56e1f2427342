"""Runs a backtest with the Tradewind that is installed here, and says what it came to.

The argument says what must be installed: `compiled` or `plain`. Both print the same journal hash.
"""

from __future__ import annotations

import sys
from pathlib import Path

import tradewind as tw
from tradewind.sim.market_bars import generate_bars

GOOG = tw.Instrument("GOOG.SIM", tick="0.01", lot="1", currency="USD")


class Turns(tw.Strategy):
    """Long on one bar, short on the next."""

    def on_start(self) -> None:
        """Ask for bars."""
        self.quantity = 1
        self.subscribe_bars(self.instrument)

    def on_bar(self, bar: tw.Bar) -> None:
        """Turn the position."""
        self.quantity = -self.quantity
        self.target_position(self.quantity)


def main(expected: str) -> int:
    """Run 500 bars; 1 where another build is installed than was asked for."""
    bars = generate_bars(GOOG, 7, start_time_ns=0, duration_ns=60 * 10**9, count=500)
    result = tw.backtest(Turns(), data=[bars], fees=tw.fees.percent("0.0001"))
    found = "compiled" if tw.COMPILED else "plain"
    place = Path(tw.__file__).parent
    sys.stdout.write(f"{found} {len(result.fills)} fills {result.journal_hash} from {place}\n")
    return int(found != expected or not result.fills)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
