"""A moving-average cross over a year of daily bars: what it earned and how it did it.

Run it with `python examples/moving_average_cross.py`.
"""

from __future__ import annotations

import tradewind as tw
from tradewind.signals.sma import SMA
from tradewind.sim.market_bars import generate_bars

DAY_NS = 86_400 * 10**9


class Cross(tw.Strategy):
    """Half of the account while the fast average is above the slow one."""

    fast: int = 10
    slow: int = 30

    def on_start(self) -> None:
        self.fast_average = SMA(self.fast)
        self.slow_average = SMA(self.slow)
        self.subscribe_bars(self.instrument, "1d")

    def on_bar(self, bar: tw.Bar) -> None:
        fast = self.fast_average.update(bar.close)
        slow = self.slow_average.update(bar.close)
        if not self.slow_average.ready:
            return
        if fast > slow and self.position.is_flat:
            self.target_weight(0.5)
        elif fast < slow and self.position.is_long:
            self.target_position(0)


def main() -> None:
    instrument = tw.Instrument("GOOG.SIM", tick="0.01", lot="1", currency="USD")
    # A simulated stock from a seed. Your own rows go in as bars=, a dict or a data frame with
    # open_time_ns, open, high, low, close and volume.
    bars = generate_bars(
        instrument, 7, start_time_ns=20_000 * DAY_NS, duration_ns=DAY_NS, count=365
    )
    result = tw.backtest(
        Cross(fast=10, slow=30),
        data=[bars],
        cash="100000",
        fees=tw.fees.percent("0.001"),
        slippage=tw.slippage.ticks(1),
        seed=7,
    )
    for fill in result.fills[:4]:
        print(f"{fill.side.name:<4} {fill.quantity} at {fill.price}, fee {fill.fee}")
    print(f"{len(result.fills)} fills, limits: {result.limits}")
    print(f"end equity {result.end_equity} {result.currency}")
    for name in ("total_return", "sharpe_ratio", "max_drawdown", "win_rate"):
        print(f"{name:<13} {result.metrics[name]}")
    print(f"the same inputs give the same journal: {result.journal_hash[:16]}")


if __name__ == "__main__":
    main()
