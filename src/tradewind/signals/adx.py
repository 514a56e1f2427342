"""Average directional index."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import ArrayLike, NDArray

from tradewind.signals.atr import true_range
from tradewind.signals.signal import INPUT_MAX, Signal, checked_period, run


class ADX(Signal):
    """Strength of a trend, 0 to 100, and its two directions `plus_di` and `minus_di`.

    Seed: sums of the first `period` true ranges and directional moves, from the second bar on;
    then Wilder's smoothing, sum - sum / period + new. The first ADX is the simple average of
    the first `period` DX values; then (previous x (period - 1) + DX) / period. DX is 0 where
    nothing moved. Ready after `2 x period` updates (TA-Lib seeds its sums with one bar less;
    both agree within 1e-4 after 200 bars). Source: J. W. Wilder, "New Concepts in Technical
    Trading Systems", 1978.

    >>> adx = ADX(2)
    >>> bars = ((2.0, 1.0, 2.0), (3.0, 2.0, 3.0), (4.0, 3.0, 4.0), (5.0, 4.0, 5.0))
    >>> [adx.update(*bar) for bar in bars]
    [nan, nan, nan, 100.0]
    """

    __slots__ = (
        "average",
        "close",
        "count",
        "high",
        "low",
        "minus",
        "minus_di",
        "period",
        "plus",
        "plus_di",
        "reach",
    )

    inputs = ("high", "low", "close")
    outputs = ("value", "plus_di", "minus_di")
    parameters = ("period",)
    state = (
        "value",
        "plus_di",
        "minus_di",
        "count",
        "high",
        "low",
        "close",
        "reach",
        "plus",
        "minus",
        "average",
    )

    def __init__(self, period: int = 14) -> None:
        self.period = checked_period(period)
        self.count = 0
        self.high = self.low = self.close = 0.0
        self.reach = self.plus = self.minus = 0.0
        self.average = 0.0  # the sum of the DX values until the average is seeded
        self.value = self.plus_di = self.minus_di = math.nan

    def update(self, high: float, low: float, close: float) -> float:
        """Take the next bar and return the index, nan before `2 x period` bars."""
        if not (-INPUT_MAX <= low <= high <= INPUT_MAX and -INPUT_MAX <= close <= INPUT_MAX):
            self._refuse(high, low, close)
        if self.count:
            self._move(high, low)
        self.high, self.low, self.close = high, low, close
        if self.count < 2 * self.period:
            self.count += 1
        if self.count > self.period:
            self._average()
        return self.value

    def _move(self, high: float, low: float) -> None:
        up = high - self.high
        down = self.low - low
        kept = 1.0 if self.count <= self.period else 1.0 - 1.0 / self.period
        self.reach = self.reach * kept + true_range(high, low, self.close)
        self.plus = self.plus * kept + (up if up > down and up > 0.0 else 0.0)
        self.minus = self.minus * kept + (down if down > up and down > 0.0 else 0.0)

    def _average(self) -> None:
        plus = 100.0 * (self.plus / self.reach) if self.reach > 0.0 else 0.0
        minus = 100.0 * (self.minus / self.reach) if self.reach > 0.0 else 0.0
        index = 100.0 * (abs(plus - minus) / (plus + minus)) if plus + minus > 0.0 else 0.0
        period = self.period
        if self.value == self.value:
            self.average = (self.average * (period - 1) + index) / period
        else:
            self.average += index
            if self.count < 2 * period:
                return
            self.average /= period
        self.value, self.plus_di, self.minus_di = self.average, plus, minus

    def take_bar(self, high: float, low: float, close: float, volume: float) -> float:
        """Take high, low and close of a bar and return the value."""
        return self.update(high, low, close)

    @property
    def warmup(self) -> int:
        """`2 x period` updates."""
        return 2 * self.period


def adx(high: ArrayLike, low: ArrayLike, close: ArrayLike, period: int = 14) -> NDArray[np.float64]:
    """ADX, +DI and -DI behind each bar; shape (n, 3), nan before `2 x period` bars.

    >>> adx([2, 3, 4, 5], [1, 2, 3, 4], [2, 3, 4, 5], 2)[3].tolist()
    [100.0, 100.0, 0.0]
    """
    return run(ADX(period), high, low, close)
