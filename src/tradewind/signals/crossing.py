"""Which of two signals is the greater: it changes where they cross."""

from __future__ import annotations

import math

from tradewind.signals.price_signal import PriceSignal, checked_price_signal


class Crossing(PriceSignal):
    """1 while the fast signal is above the slow one, else -1; ready when both are.

    Its value changes at each cross, so that `subscribe_bars(when=...)` calls there and nowhere
    else. It feeds its two signals itself: do not update them.

    >>> from tradewind.signals.sma import SMA
    >>> crossing = Crossing(SMA(1), SMA(2))
    >>> [crossing.update(price) for price in (1.0, 2.0, 3.0, 1.0)]
    [nan, 1.0, 1.0, -1.0]
    """

    __slots__ = ("fast", "slow")

    state = ("value", "fast", "slow")

    def __init__(self, fast: PriceSignal, slow: PriceSignal) -> None:
        self.fast = checked_price_signal(fast)
        self.slow = checked_price_signal(slow)
        self.value = math.nan

    def update(self, price: float) -> float:
        """Take the next price and return the side, nan until both signals are ready."""
        fast = self.fast.update(price)
        slow = self.slow.update(price)
        if fast > slow:
            self.value = 1.0
        elif fast <= slow:  # neither is true of a nan
            self.value = -1.0
        return self.value

    @property
    def warmup(self) -> int:
        """That of the slower of the two."""
        return max(self.fast.warmup, self.slow.warmup)
