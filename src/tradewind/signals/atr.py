"""Average true range."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import ArrayLike, NDArray

from tradewind.signals.signal import INPUT_MAX, Signal, checked_period, run


class ATR(Signal):
    """Wilder's average of the true range: the widest of high - low and the two gaps to the
    close before.

    Seed: the simple average of the first `period` true ranges, the first of which is high - low
    since it has no close before it (TA-Lib leaves the first bar out; both agree within 1e-4
    after 200 bars). Then (previous x (period - 1) + range) / period. Ready after `period`
    updates. Source: J. W. Wilder, "New Concepts in Technical Trading Systems", 1978.

    >>> atr = ATR(2)
    >>> [atr.update(*bar) for bar in ((3.0, 1.0, 2.0), (5.0, 4.0, 4.0), (6.0, 4.0, 5.0))]
    [nan, 2.5, 2.25]
    """

    __slots__ = ("average", "close", "count", "period")

    inputs = ("high", "low", "close")
    parameters = ("period",)
    state = ("value", "count", "close", "average")

    def __init__(self, period: int = 14) -> None:
        self.period = checked_period(period)
        self.count = 0
        self.close = self.average = 0.0
        self.value = math.nan

    def update(self, high: float, low: float, close: float) -> float:
        """Take the next bar and return the average, nan before `period` bars."""
        if not (-INPUT_MAX <= low <= high <= INPUT_MAX and -INPUT_MAX <= close <= INPUT_MAX):
            self._refuse(high, low, close)
        period = self.period
        reach = true_range(high, low, self.close) if self.count else high - low
        self.close = close
        if self.count >= period:
            self.value = self.average = (self.average * (period - 1) + reach) / period
            return self.value
        self.average += reach
        self.count += 1
        if self.count == period:
            self.value = self.average = self.average / period
        return self.value

    def take_bar(self, high: float, low: float, close: float, volume: float) -> float:
        """Take high, low and close of a bar and return the value."""
        return self.update(high, low, close)

    @property
    def warmup(self) -> int:
        """`period` updates."""
        return self.period


def true_range(high: float, low: float, close_before: float) -> float:
    """The widest of high - low and the distances of both to the close before.

    >>> true_range(5.0, 4.0, 2.0)
    3.0
    """
    return max(high, close_before) - min(low, close_before)


def atr(high: ArrayLike, low: ArrayLike, close: ArrayLike, period: int = 14) -> NDArray[np.float64]:
    """The average behind each bar; shape (n,), nan before `period` bars.

    >>> atr([3, 5, 6], [1, 4, 4], [2, 4, 5], 2).tolist()
    [nan, 2.5, 2.25]
    """
    return run(ATR(period), high, low, close)
