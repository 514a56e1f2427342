"""Relative strength index."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import ArrayLike, NDArray

from tradewind.signals.price_signal import PriceSignal
from tradewind.signals.signal import INPUT_MAX, checked_period, run


class RSI(PriceSignal):
    """Share of gains in the smoothed moves of the price, 0 to 100.

    Seed: the simple averages of the first `period` gains and losses; then Wilder's smoothing,
    (previous x (period - 1) + move) / period; ready after `period + 1` updates. A price that
    has not moved at all gives 50 (TA-Lib gives 0 there). Source: J. W. Wilder, "New Concepts in
    Technical Trading Systems", 1978.

    >>> rsi = RSI(2)
    >>> [rsi.update(price) for price in (1.0, 2.0, 1.0, 3.0)]
    [nan, nan, 50.0, 83.33333333333334]
    """

    __slots__ = ("count", "gain", "last", "loss", "period")

    parameters = ("period",)
    state = ("value", "count", "last", "gain", "loss")

    def __init__(self, period: int = 14) -> None:
        self.period = checked_period(period)
        self.count = 0
        self.last = self.gain = self.loss = 0.0
        self.value = math.nan

    def update(self, price: float) -> float:
        """Take the next price and return the index, nan before `period + 1` prices."""
        if not -INPUT_MAX <= price <= INPUT_MAX:
            self._refuse(price)
        move = price - self.last if self.count else 0.0
        self.last = price
        self._smooth(max(move, 0.0), max(-move, 0.0))
        if self.count > self.period:
            moved = self.gain + self.loss
            self.value = 100.0 * (self.gain / moved) if moved > 0.0 else 50.0
        return self.value

    def _smooth(self, gain: float, loss: float) -> None:
        period = self.period
        if self.count > period:
            self.gain = (self.gain * (period - 1) + gain) / period
            self.loss = (self.loss * (period - 1) + loss) / period
            return
        self.gain += gain
        self.loss += loss
        if self.count == period:
            self.gain /= period
            self.loss /= period
        self.count += 1

    @property
    def warmup(self) -> int:
        """`period + 1` updates."""
        return self.period + 1


def rsi(close: ArrayLike, period: int = 14) -> NDArray[np.float64]:
    """The index behind each price of a column; shape (n,), nan before `period + 1` prices.

    >>> rsi([1, 2, 1], 2).tolist()
    [nan, nan, 50.0]
    """
    return run(RSI(period), close)
