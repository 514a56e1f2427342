"""Distance of the price from its mean, in standard deviations."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import ArrayLike, NDArray

from tradewind.signals.deviation import Deviation
from tradewind.signals.price_signal import PriceSignal
from tradewind.signals.signal import run


class ZScore(PriceSignal):
    """(price - mean) / deviation of the last `period` prices, the newest among them.

    0 where all of them are equal. Ready after `period` updates; `ddof` as in `Deviation`.

    >>> zscore = ZScore(2)
    >>> [zscore.update(price) for price in (1.0, 3.0, 3.0)]
    [nan, 1.0, 0.0]
    """

    __slots__ = ("ddof", "deviation", "period")

    parameters = ("period", "ddof")
    state = ("value", "deviation")

    def __init__(self, period: int, *, ddof: int = 0) -> None:
        self.deviation = Deviation(period, ddof=ddof)
        self.period = period
        self.ddof = ddof
        self.value = math.nan

    def update(self, price: float) -> float:
        """Take the next price and return its score, nan before `period` prices."""
        width = self.deviation.update(price)
        if width > 0.0:
            self.value = (price - self.deviation.mean) / width
        elif width == 0.0:
            self.value = 0.0
        return self.value

    @property
    def warmup(self) -> int:
        """`period` updates."""
        return self.period


def zscore(close: ArrayLike, period: int, *, ddof: int = 0) -> NDArray[np.float64]:
    """The score of each price of a column; shape (n,), nan before `period` prices.

    >>> zscore([1, 3, 3], 2).tolist()
    [nan, 1.0, 0.0]
    """
    return run(ZScore(period, ddof=ddof), close)
