"""Moving-average cross: long while the fast average is above the slow one, else flat or short."""

from __future__ import annotations

from tradewind.model.errors import UserError
from tradewind.model.market import Bar
from tradewind.signals.crossing import Crossing
from tradewind.signals.ema import EMA
from tradewind.signals.sma import SMA
from tradewind.strategies.base import Strategy

AVERAGES: dict[str, type[EMA] | type[SMA]] = {"ema": EMA, "sma": SMA}


class MaCrossover(Strategy):
    """Trade the cross of two averages of the close.

    `kind` is `ema` or `sma`; `weight` is the share of account equity a position gets; `short`
    says whether a cross down sells short or only closes. Signals come on the close, fills at
    the next price.

    >>> MaCrossover(fast=5, slow=20).parameters()["slow"]
    20
    """

    fast: int = 10
    slow: int = 30
    kind: str = "ema"
    weight: float = 0.95
    short: bool = False
    timeframe: str = ""

    def on_start(self) -> None:
        """Make the averages and ask for bars."""
        if self.kind not in AVERAGES:
            raise UserError(f"kind={self.kind!r} is not known: use {' or '.join(AVERAGES)}")
        average = AVERAGES[self.kind]
        self.cross = Crossing(average(self.fast), average(self.slow))
        self.side = 0
        self.subscribe_bars(self.instrument, self.timeframe, when=self.cross)

    def on_bar(self, bar: Bar) -> None:
        """Want the side the averages show, once for each cross."""
        side = int(self.cross.value)
        if side != self.side:
            self.side = side
            self.target_weight(self.weight if side > 0 else -self.weight * self.short)
