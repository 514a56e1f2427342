"""Mean reversion: buy far below the average, sell far above it, leave at the average."""

from __future__ import annotations

from tradewind.model.market import Bar
from tradewind.signals.band import Band
from tradewind.signals.zscore import ZScore
from tradewind.strategies.base import Strategy


class MeanReversion(Strategy):
    """Trade against large distances of the close from its average, in standard deviations
    over `period` bars.

    `entry` and `leave` are distances at which a position is opened and closed; `weight` is its
    share of account equity; `short` says whether distances above are sold short.

    >>> MeanReversion(entry=1.5).parameters()["entry"]
    1.5
    """

    period: int = 20
    entry: float = 2.0
    leave: float = 0.5
    weight: float = 0.3
    short: bool = False
    timeframe: str = ""

    def on_start(self) -> None:
        """Make the distance and ask for bars."""
        self.band = Band(
            ZScore(self.period),
            low=-self.entry,
            high=self.entry,
            inner_low=-self.leave,
            inner_high=self.leave,
        )
        self.side = 0
        self.subscribe_bars(self.instrument, self.timeframe, when=self.band)

    def on_bar(self, bar: Bar) -> None:
        """Open beyond `entry`, close within `leave`."""
        side = -int(self.band.value)
        if side < 0 and not self.short:
            side = 0
        if side != self.side:
            self.side = side
            self.target_weight(self.weight * side)
