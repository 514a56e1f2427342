"""A listener to bars that is called only where a signal's value changes."""

from __future__ import annotations

from collections.abc import Callable

from tradewind.core.merge import Stream
from tradewind.model.market import Bar
from tradewind.signals.price_signal import PriceSignal
from tradewind.signals.signal import Signal


class Gate:
    """Takes each bar into a signal, and calls a function with those that change its value.

    The first value counts as a change, becoming undefined does not. Whatever runs whole columns may
    `seek` the next bar to call for; one bar after the other the gate is called as any listener.

    >>> from tradewind.model.instruments import Instrument
    >>> from tradewind.model.market import bar_of
    >>> from tradewind.signals.crossing import Crossing
    >>> from tradewind.signals.sma import SMA
    >>> goog = Instrument("GOOG.SIM", tick="1", lot="1", currency="USD")
    >>> seen = []
    >>> gate = Gate(lambda bar: seen.append(bar.close), Crossing(SMA(1), SMA(2)))
    >>> for close in (1, 2, 3, 1): gate(bar_of(goog, 0, 1, close, close, close, close, 1))
    >>> seen
    [2.0, 1.0]
    """

    __slots__ = ("_priced", "function", "signal")

    def __init__(self, function: Callable[[Bar], None], signal: Signal) -> None:
        self.function = function
        self.signal = signal
        self._priced = signal if isinstance(signal, PriceSignal) else None

    def __call__(self, bar: Bar) -> None:
        """Take one bar."""
        before = self.signal.value
        value = self.signal.take_bar(bar.high, bar.low, bar.close, bar.volume)
        if is_change(before, value):
            self.function(bar)

    def seek(self, stream: Stream) -> bool:
        """Take the quiet rows of a stream from `row` on; whether the last one is to be called for.

        `row` ends behind the last row that was taken, also where the signal refuses it.
        """
        market, signal, priced = stream.market, self.signal, self._priced
        times, highs, lows = stream.second, stream.fourth, stream.fifth
        closes, volumes = stream.sixth, stream.seventh
        price_scale, size_scale = market.price_scale, market.quantity_scale
        quiet_ns = stream.quiet_ns
        row, count = stream.row, len(times)
        value = signal.value
        try:
            while row < count and times[row] < quiet_ns:
                row += 1
                before = value
                if priced is not None:
                    value = priced.update(closes[row - 1] / price_scale)
                else:
                    value = signal.take_bar(
                        highs[row - 1] / price_scale,
                        lows[row - 1] / price_scale,
                        closes[row - 1] / price_scale,
                        volumes[row - 1] / size_scale,
                    )
                if is_change(before, value):
                    return True
            return False
        finally:
            stream.row = row


def is_change(before: float, after: float) -> bool:
    """Whether a value became another number.

    >>> nan = float("nan")
    >>> is_change(nan, 1.0), is_change(1.0, 1.0), is_change(1.0, nan)
    (True, False, False)
    """
    return before != after and after == after
