"""Moving average convergence and divergence."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import ArrayLike, NDArray

from tradewind.model.errors import BadData
from tradewind.signals.ema import EMA
from tradewind.signals.price_signal import PriceSignal
from tradewind.signals.signal import INPUT_MAX, checked_period, run


class MACD(PriceSignal):
    """Fast less slow exponential average, its own average (`signal`), and their difference.

    Seed: both averages start at the same price, the slow one's first: the fast one is seeded
    with the mean of the `fast` prices up to it, and `signal_period` values of the line seed the
    signal, all as TA-Lib does. The three outputs come together, after
    `slow + signal_period - 1` updates. Source: TA-Lib documentation, "MACD".

    >>> macd = MACD(fast=2, slow=3, signal_period=2)
    >>> [macd.update(price) for price in (1.0, 2.0, 4.0, 8.0)]
    [nan, nan, nan, 1.166666666666667]
    >>> round(macd.signal, 6), round(macd.histogram, 6)
    (0.916667, 0.25)
    """

    __slots__ = (
        "count",
        "fast",
        "fast_average",
        "histogram",
        "signal",
        "signal_average",
        "signal_period",
        "slow",
        "slow_average",
    )

    outputs = ("value", "signal", "histogram")
    parameters = ("fast", "slow", "signal_period")
    state = (
        "value",
        "signal",
        "histogram",
        "count",
        "fast_average",
        "slow_average",
        "signal_average",
    )

    def __init__(self, *, fast: int = 12, slow: int = 26, signal_period: int = 9) -> None:
        if fast >= checked_period(slow):
            raise BadData(f"MACD: fast {fast} must be shorter than slow {slow}")
        self.fast = fast
        self.slow = slow
        self.signal_period = signal_period
        self.count = 0
        self.fast_average = EMA(fast)
        self.slow_average = EMA(slow)
        self.signal_average = EMA(signal_period)
        self.value = self.signal = self.histogram = math.nan

    def update(self, price: float) -> float:
        """Take the next price and return the line, nan before the signal has its first value."""
        if not -INPUT_MAX <= price <= INPUT_MAX:
            self._refuse(price)
        slow = self.slow_average.update(price)
        if self.count < self.slow - self.fast:
            self.count += 1
            return self.value
        line = self.fast_average.update(price) - slow
        if line != line:
            return self.value
        signal = self.signal_average.update(line)
        if signal == signal:
            self.value, self.signal, self.histogram = line, signal, line - signal
        return self.value

    @property
    def warmup(self) -> int:
        """`slow + signal_period - 1` updates."""
        return self.slow + self.signal_period - 1


def macd(
    close: ArrayLike, *, fast: int = 12, slow: int = 26, signal_period: int = 9
) -> NDArray[np.float64]:
    """Line, signal and histogram behind each price; shape (n, 3), nan until all are known.

    >>> macd([1, 2, 4, 8], fast=2, slow=3, signal_period=2).shape
    (4, 3)
    """
    return run(MACD(fast=fast, slow=slow, signal_period=signal_period), close)
