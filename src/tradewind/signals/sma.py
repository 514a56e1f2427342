"""Simple moving average."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import ArrayLike, NDArray

from tradewind.signals.price_signal import PriceSignal
from tradewind.signals.signal import INPUT_MAX, checked_period, run


class SMA(PriceSignal):
    """Mean of the last `period` inputs; ready after `period` updates.

    The sum is kept by adding the new and taking the old; once in `period` updates it is summed
    anew, exactly, so that rounding never gathers over more than one period.

    >>> sma = SMA(2)
    >>> [sma.update(price) for price in (1.0, 2.0, 4.0)]
    [nan, 1.5, 3.0]
    """

    __slots__ = ("index", "period", "total", "window")

    parameters = ("period",)
    state = ("value", "index", "total", "window")

    def __init__(self, period: int) -> None:
        self.period = checked_period(period)
        self.window = [0.0] * period
        self.index = 0
        self.total = 0.0
        self.value = math.nan

    def update(self, price: float) -> float:
        """Take the next price and return the mean, nan before `period` prices."""
        if not -INPUT_MAX <= price <= INPUT_MAX:
            self._refuse(price)
        self.total += price - self.window[self.index]
        self.window[self.index] = price
        self.index += 1
        if self.index == self.period:
            self.index = 0
            self.total = math.fsum(self.window)
            self.value = self.total / self.period
        elif self.value == self.value:
            self.value = self.total / self.period
        return self.value

    @property
    def warmup(self) -> int:
        """`period` updates."""
        return self.period


def sma(close: ArrayLike, period: int) -> NDArray[np.float64]:
    """The mean behind each price of a column; shape (n,), nan before `period` prices.

    >>> sma([1, 2, 4], 2).tolist()
    [nan, 1.5, 3.0]
    """
    return run(SMA(period), close)
