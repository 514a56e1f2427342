"""The equity curve: points of time and money in memory that grows by doubling."""

from __future__ import annotations

from array import array
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tradewind.core.market import Market
from tradewind.model.numbers import multiply_units

ROOM = 1024
"""Points that have room at first."""

_COMPILED = not __file__.endswith(".py")


class Curve:
    """Times in UTC ns and equity in money units; of points of one time the last stands.

    >>> curve = Curve()
    >>> curve.add(5, 100); curve.add(6, 101); curve.add(6, 99)
    >>> curve.time_ns.tolist(), curve.equity.tolist()
    ([5, 6], [100, 99])
    """

    __slots__ = ("_equities", "_length", "_times")

    def __init__(self) -> None:
        self._times: Any = array("q", bytes(8 * ROOM))
        self._equities: Any = array("q", bytes(8 * ROOM))
        self._length = 0

    def __len__(self) -> int:
        return self._length

    @property
    def time_ns(self) -> NDArray[np.int64]:
        """Times of the points."""
        return np.array(self._times[: self._length], np.int64)

    @property
    def equity(self) -> NDArray[np.int64]:
        """Equity at those times."""
        return np.array(self._equities[: self._length], np.int64)

    def make_room(self, count: int) -> None:
        """Take memory for so many points at once."""
        more = self._length + count - len(self._times)
        if more > 0:
            self._times = lengthened(self._times, more)
            self._equities = lengthened(self._equities, more)

    def add(self, time_ns: int, equity: int) -> None:
        """One point, not before the last."""
        place = self._length
        if place > 0 and self._times[place - 1] == time_ns:
            place -= 1
        elif place == len(self._times):
            self._times = lengthened(self._times, place)
            self._equities = lengthened(self._equities, place)
        self._times[place] = time_ns
        self._equities[place] = equity
        self._length = place + 1

    def add_valued(
        self,
        times: Any,
        prices: Any,
        start: int,
        stop: int,
        rest: int,
        position: int,
        market: Market,
    ) -> None:
        """Points at rows of two columns: the rest of the equity, and a position at each price.

        The times are in order; no value comes near the bounds of 64 bits.
        """
        self.make_room(stop - start)
        place = self._length
        factor, divisor = market.money_factor, market.money_divisor
        exact = position * factor
        for row in range(start, stop):
            time_ns = times[row]
            if place > 0 and self._times[place - 1] == time_ns:
                place -= 1
            self._times[place] = time_ns
            if divisor == 1:
                self._equities[place] = rest + prices[row] * exact
            else:
                self._equities[place] = rest + multiply_units(
                    prices[row], position, factor, divisor
                )
            place += 1
        self._length = place


def lengthened(column: Any, count: int) -> Any:
    """A column of integers with room for so many more.

    >>> lengthened(array("q", [1, 2]), 1).tolist()
    [1, 2, 0]
    """
    longer = np.zeros(len(column) + count, np.int64)
    longer[: len(column)] = column
    return longer if _COMPILED else array("q", longer.tobytes())
