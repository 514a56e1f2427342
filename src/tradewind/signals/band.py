"""Whether a signal left a band, and on which side: it changes at its edges."""

from __future__ import annotations

import math

from tradewind.model.errors import BadData
from tradewind.signals.price_signal import PriceSignal, checked_price_signal


class Band(PriceSignal):
    """1 above `high`, -1 below `low`, 0 once back between `inner_low` and `inner_high`.

    Between an outer and an inner edge it stays what it was, 0 at first; inner edges are the outer
    ones where they are not given, and give way to them where they lie beyond. Its value changes
    only at an edge, so that `subscribe_bars(when=...)` calls there and nowhere else. It feeds its
    signal itself: do not update that.

    >>> from tradewind.signals.sma import SMA
    >>> band = Band(SMA(1), low=-2, high=2, inner_low=-1, inner_high=1)
    >>> [band.update(price) for price in (0.0, 3.0, 1.5, 0.5, 1.5, -3.0)]
    [0.0, 1.0, 1.0, 0.0, 0.0, -1.0]
    """

    __slots__ = ("high", "inner_high", "inner_low", "low", "signal")

    parameters = ("low", "high", "inner_low", "inner_high")
    state = ("value", "signal")

    def __init__(
        self,
        signal: PriceSignal,
        *,
        low: float,
        high: float,
        inner_low: float | None = None,
        inner_high: float | None = None,
    ) -> None:
        self.signal = checked_price_signal(signal)
        self.low = float(low)
        self.high = float(high)
        self.inner_low = self.low if inner_low is None else float(inner_low)
        self.inner_high = self.high if inner_high is None else float(inner_high)
        if not self.low <= self.high:
            raise BadData(f"Band: low {low} and high {high} are refused: low must not be above")
        self.value = math.nan

    def update(self, price: float) -> float:
        """Take the next price and return the side, nan until the signal is ready."""
        level = self.signal.update(price)
        if level > self.high:
            self.value = 1.0
        elif level < self.low:
            self.value = -1.0
        elif self.inner_low < level < self.inner_high or (
            self.value != self.value and level == level
        ):
            self.value = 0.0
        return self.value

    @property
    def warmup(self) -> int:
        """That of its signal."""
        return self.signal.warmup
