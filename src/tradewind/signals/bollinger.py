"""Bollinger bands."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import ArrayLike, NDArray

from tradewind.model.errors import BadData
from tradewind.signals.deviation import Deviation
from tradewind.signals.price_signal import PriceSignal
from tradewind.signals.signal import checked_period, run


class Bollinger(PriceSignal):
    """Mean of the last `period` prices, and bands `width` deviations above and below it.

    `value` is the middle; `upper` and `lower` are the bands. The deviation divides by `period`
    (population), as J. Bollinger and TA-Lib do. Ready after `period` updates. Source:
    J. Bollinger, "Bollinger on Bollinger Bands", 2001.

    >>> bands = Bollinger(2, width=2.0)
    >>> [bands.update(price) for price in (1.0, 3.0)], bands.upper, bands.lower
    ([nan, 2.0], 4.0, 0.0)
    """

    __slots__ = ("deviation", "lower", "period", "upper", "width")

    outputs = ("value", "upper", "lower")
    parameters = ("period", "width")
    state = ("value", "upper", "lower", "deviation")

    def __init__(self, period: int = 20, *, width: float = 2.0) -> None:
        if not 0.0 < width <= 100.0:
            raise BadData(f"Bollinger: width {width} is refused: use more than 0, at most 100")
        self.period = checked_period(period)
        self.width = float(width)
        self.deviation = Deviation(period)
        self.value = self.upper = self.lower = math.nan

    def update(self, price: float) -> float:
        """Take the next price and return the middle band, nan before `period` prices."""
        reach = self.deviation.update(price) * self.width
        self.value = middle = self.deviation.mean
        self.upper = middle + reach
        self.lower = middle - reach
        return middle

    @property
    def warmup(self) -> int:
        """`period` updates."""
        return self.period


def bollinger(close: ArrayLike, period: int = 20, *, width: float = 2.0) -> NDArray[np.float64]:
    """Middle, upper and lower band behind each price; shape (n, 3), nan before `period` prices.

    >>> bollinger([1, 3], 2)[1].tolist()
    [2.0, 4.0, 0.0]
    """
    return run(Bollinger(period, width=width), close)
