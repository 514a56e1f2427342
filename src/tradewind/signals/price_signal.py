"""A signal of one price a bar, its close."""

from __future__ import annotations

from tradewind.model.errors import BadData
from tradewind.signals.signal import Signal


class PriceSignal(Signal):
    """A `Signal` with one input: `update(price)`; of a bar it takes the close."""

    __slots__ = ()

    def update(self, price: float) -> float:
        """Take the next price and return the value."""
        raise NotImplementedError

    def take_bar(self, high: float, low: float, close: float, volume: float) -> float:
        """Take the close of a bar and return the value."""
        return self.update(close)


def checked_price_signal(signal: object) -> PriceSignal:
    """A signal of one price, refused with `BadData` where it is something else.

    >>> from tradewind.signals.ema import EMA
    >>> checked_price_signal(EMA(3)).warmup
    3
    """
    if not isinstance(signal, PriceSignal):
        raise BadData(f"{signal!r} is no signal of one price: give one like EMA(10)")
    return signal
