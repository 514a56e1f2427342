"""The strategy that a new file begins with: short, commented, and it trades."""

from __future__ import annotations

TEMPLATE = '''"""{name}: say in one line what it does."""

import tradewind as tw
from tradewind.signals.ema import EMA


class {name}(tw.Strategy):
    """Long while the fast average of the close is above the slow one."""

    # Parameters: typed, with defaults. Change them with --param fast=5.
    fast: int = 10
    slow: int = 30
    weight: float = 0.5  # share of the account's equity

    def on_start(self) -> None:
        # Called once. Make signals, say what you want to hear of.
        self.fast_average = EMA(self.fast)
        self.slow_average = EMA(self.slow)
        self.subscribe_bars(self.instrument, "1d")

    def on_bar(self, bar: tw.Bar) -> None:
        # Called when a bar has closed: bar.open bar.high bar.low bar.close bar.volume.
        fast = self.fast_average.update(bar.close)
        slow = self.slow_average.update(bar.close)
        if not self.slow_average.ready:
            return
        # What you want is an intent: the risk checks may deny it. In a backtest it is filled
        # at the next open. Also: self.buy(3), self.sell(3, limit="10.50"), self.cancel_all().
        if fast > slow and self.position.is_flat:
            self.target_weight(self.weight)
        elif fast < slow and self.position.is_long:
            self.target_position(0)

    # More that you may write: on_trade(trade), on_quote(quote), on_depth(book), on_fill(fill),
    # on_order(order), on_timer(name), on_stop().
'''


def strategy_source(name: str) -> str:
    """The source of a file with a strategy class of that name.

    >>> strategy_source("MyCross").splitlines()[0]
    '\"""MyCross: say in one line what it does.\"""'
    """
    return TEMPLATE.replace("{name}", name)
