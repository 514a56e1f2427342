"""Standard deviation of the last inputs."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import ArrayLike, NDArray

from tradewind.model.errors import BadData
from tradewind.signals.price_signal import PriceSignal
from tradewind.signals.signal import INPUT_MAX, checked_period, run

CANCELLED = 1e-8
"""Share of the squares below which too few of their digits are left: an outlier has gone."""


class Deviation(PriceSignal):
    """Standard deviation (and `mean`) of the last `period` inputs; ready after `period` updates.

    `ddof` 0 divides by period (a population, as Bollinger and TA-Lib do), 1 by period - 1 (a
    sample). Source: B. P. Welford, Technometrics 4 (1962), with the old input taken out as the
    new one comes in; once in `period` updates both moments are computed anew from the window,
    so that rounding never gathers. Equal inputs give exactly 0.

    >>> deviation = Deviation(2)
    >>> [deviation.update(price) for price in (1.0, 3.0, 3.0)]
    [nan, 1.0, 0.0]
    """

    __slots__ = ("ddof", "equal_count", "index", "mean", "period", "squares", "window")

    outputs = ("value", "mean")
    parameters = ("period", "ddof")
    state = ("value", "mean", "index", "equal_count", "squares", "window")

    def __init__(self, period: int, *, ddof: int = 0) -> None:
        if ddof not in (0, 1):
            raise BadData(f"ddof {ddof!r} is refused: use 0 (population) or 1 (sample)")
        self.period = checked_period(period, least=1 + ddof)
        self.ddof = ddof
        self.window = [0.0] * period
        self.index = 0
        self.equal_count = 0  # inputs in a row that were the same
        self.squares = 0.0
        self.mean = self.value = math.nan

    def update(self, price: float) -> float:
        """Take the next price and return the deviation, nan before `period` prices."""
        if not -INPUT_MAX <= price <= INPUT_MAX:
            self._refuse(price)
        self._count_equal(price)
        old = self.window[self.index]
        self.window[self.index] = price
        self.index += 1
        if self.index == self.period:
            self.index = 0
            self._compute_anew()
        elif self.value == self.value:
            self._replace(old, price)
        else:
            return self.value
        self.value = math.sqrt(self.squares / (self.period - self.ddof))
        return self.value

    def _count_equal(self, price: float) -> None:
        same = price == self.window[self.index - 1]
        self.equal_count = min(self.equal_count + 1, self.period) if same else 1

    def _replace(self, old: float, new: float) -> None:
        before = self.mean
        self.mean = before + (new - old) / self.period
        moved = (new - old) * (new - self.mean + old - before)
        if self.equal_count == self.period or self.squares + moved < self.squares * CANCELLED:
            self._compute_anew()
        else:
            self.squares += moved

    def _compute_anew(self) -> None:
        if self.equal_count == self.period:
            self.mean, self.squares = self.window[0], 0.0
            return
        self.mean = mean = math.fsum(self.window) / self.period
        self.squares = math.fsum([(price - mean) * (price - mean) for price in self.window])

    @property
    def warmup(self) -> int:
        """`period` updates."""
        return self.period


def deviation(close: ArrayLike, period: int, *, ddof: int = 0) -> NDArray[np.float64]:
    """Deviation and mean behind each price; shape (n, 2), nan before `period` prices.

    >>> deviation([1, 3, 3], 2)[1].tolist()
    [1.0, 2.0]
    """
    return run(Deviation(period, ddof=ddof), close)
