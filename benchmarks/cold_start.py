"""From an empty process to the result of a first backtest, best of five, by the wall.

The floor is the import of numpy and msgspec in an empty process.

What limits it: importing numpy, msgspec and the engine's modules.
"""

from __future__ import annotations

import sys

from _measure import report
from import_time import best_s

import tradewind as tw

TARGET = 0.45 if tw.COMPILED else 0.3
START_S_MAX = 1.0
PROGRAM = """
import tradewind as tw
class Hold(tw.Strategy):
    def on_start(self): self.subscribe_bars(self.instrument, "1d")
    def on_bar(self, bar):
        if self.position.is_flat: self.buy(10)
day = 86_400 * 10**9
prices = [100 + number % 7 for number in range(1000)]
bars = {"open_time_ns": [day * number for number in range(1000)], "open": prices,
        "high": prices, "low": prices, "close": prices, "volume": [1000] * 1000}
goog = tw.Instrument("GOOG.SIM", tick="0.01", lot="1", currency="USD")
result = tw.backtest(Hold(), bars=bars, instrument=goog, cash="100000")
assert len(result.fills) == 1
"""


def main() -> int:
    """Print seconds from the start of a process to its first result."""
    ours_s, bare_s = best_s("-c", PROGRAM), best_s("-c", "import numpy, msgspec")
    code = report("cold_start", ours_s, "s", floor=bare_s, ratio=bare_s / ours_s, target=TARGET)
    return max(code, int(ours_s > START_S_MAX))


if __name__ == "__main__":
    sys.exit(main())
