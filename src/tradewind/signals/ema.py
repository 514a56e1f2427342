"""Exponential moving average."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import ArrayLike, NDArray

from tradewind.signals.price_signal import PriceSignal
from tradewind.signals.signal import INPUT_MAX, checked_period, run


class EMA(PriceSignal):
    """Exponential moving average with the weight 2 / (period + 1).

    Seed: the simple average of the first `period` inputs, as TA-Lib does (its `EMA` with
    classic compatibility); ready after `period` updates. Source: TA-Lib documentation,
    "Exponential Moving Average".

    >>> ema = EMA(3)
    >>> [ema.update(price) for price in (1.0, 2.0, 3.0, 4.0)]
    [nan, nan, 2.0, 3.0]
    """

    __slots__ = ("average", "count", "period", "weight")

    parameters = ("period",)
    state = ("value", "count", "average")

    def __init__(self, period: int) -> None:
        self.period = checked_period(period)
        self.weight = 2.0 / (period + 1)
        self.count = 0
        self.average = 0.0  # the sum of the inputs until the average is seeded
        self.value = math.nan

    def update(self, price: float) -> float:
        """Take the next price and return the average, nan before `period` prices."""
        if not -INPUT_MAX <= price <= INPUT_MAX:
            self._refuse(price)
        if self.count >= self.period:
            self.value = self.average = (price - self.average) * self.weight + self.average
            return self.value
        self.average += price
        self.count += 1
        if self.count == self.period:
            self.value = self.average = self.average / self.period
        return self.value

    @property
    def warmup(self) -> int:
        """`period` updates."""
        return self.period


def ema(close: ArrayLike, period: int) -> NDArray[np.float64]:
    """The average behind each price of a column; shape (n,), nan before `period` prices.

    >>> ema([1, 2, 3, 4], 3).tolist()
    [nan, nan, 2.0, 3.0]
    """
    return run(EMA(period), close)
