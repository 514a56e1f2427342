"""backtesting.py over the bars of `benchmarks/bars.py`: the same cross, the same fee."""

from __future__ import annotations

import json
import sys
import time
import warnings
from typing import Any

import numpy as np
import pandas as pd
from backtesting import Backtest, Strategy

FAST, SLOW = 2 / (10 + 1), 2 / (30 + 1)


class Cross(Strategy):
    """Turns ten units at each cross, at the next open."""

    def init(self) -> None:
        """Begin flat."""
        self.fast = self.slow = 0.0
        self.side = 0

    def next(self) -> None:
        """One bar."""
        close = self.data.Close[-1]
        self.fast += (close - self.fast) * FAST
        self.slow += (close - self.slow) * SLOW
        side = 1 if self.fast > self.slow else -1
        if side != self.side:
            self.side = side
            self.position.close()
            if side > 0:
                self.buy(size=10)
            else:
                self.sell(size=10)


def main() -> None:
    """Run over the file named and print seconds of CPU, fills and end equity."""
    warnings.simplefilter("ignore")
    rows: Any = np.load(sys.argv[1])
    names = ("open", "high", "low", "close")
    frame = pd.DataFrame({name.title(): rows[name] / 100 for name in names})
    frame["Volume"] = rows["volume"]
    frame.index = pd.to_datetime(rows["open_time_ns"])
    test = Backtest(frame, Cross, cash=1_000_000, commission=0.0001, finalize_trades=True)
    start = time.process_time()
    result = test.run()
    seconds = time.process_time() - start
    trades = int(result["# Trades"])
    print(json.dumps({"seconds": seconds, "rows": len(frame), "fills": 2 * trades}))


if __name__ == "__main__":
    main()
