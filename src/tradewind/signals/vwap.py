"""Volume-weighted average price of a session."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import ArrayLike, NDArray

from tradewind.signals.signal import INPUT_MAX, Signal, run


class VWAP(Signal):
    """Sum of price x volume over the sum of volume, since the start or the last `reset`.

    Ready after the first input that has volume. A bar gives its typical price,
    (high + low + close) / 3, or its close, as the caller likes. Source: S. Berkowitz,
    D. Logue and E. Noser, Journal of Finance 43 (1988).

    >>> vwap = VWAP()
    >>> [vwap.update(price, volume) for price, volume in ((10.0, 1.0), (13.0, 2.0))]
    [10.0, 12.0]
    >>> vwap.reset(); vwap.ready, vwap.update(20.0, 5.0)
    (False, 20.0)
    """

    __slots__ = ("turnover", "volume")

    inputs = ("price", "volume")
    state = ("value", "turnover", "volume")

    def __init__(self) -> None:
        self.reset()

    def reset(self) -> None:
        """Start a new session: forget every input."""
        self.turnover = self.volume = 0.0
        self.value = math.nan

    def update(self, price: float, volume: float) -> float:
        """Take the next price and its volume and return the average, nan before any volume."""
        if not (-INPUT_MAX <= price <= INPUT_MAX and 0.0 <= volume <= INPUT_MAX):
            self._refuse(price, volume)
        self.turnover += price * volume
        self.volume += volume
        if self.volume > 0.0:
            self.value = self.turnover / self.volume
        return self.value

    @property
    def warmup(self) -> int:
        """One update that has volume."""
        return 1


def vwap(price: ArrayLike, volume: ArrayLike) -> NDArray[np.float64]:
    """The average behind each row of one session; shape (n,).

    >>> vwap([10, 13], [1, 2]).tolist()
    [10.0, 12.0]
    """
    return run(VWAP(), price, volume)
