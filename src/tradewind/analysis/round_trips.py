"""Round trips: what was opened and closed again, first in, first out, and how it went."""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Sequence
from typing import Final

from tradewind.analysis.fills import DUST_RATIO, FillRow

# C numbers when compiled: a fraction, and places in a fill
_DUST = DUST_RATIO
_SIDE: Final = 2
_QUANTITY: Final = 3


class RoundTrip:
    """A quantity opened by one fill and closed by another; both bear their share of the fees.

    `side` is +1 for a long and -1 for a short trip; `result` is after fees.
    """

    __slots__ = (
        "close_price",
        "close_time_ns",
        "fees",
        "instrument",
        "open_price",
        "open_time_ns",
        "quantity",
        "result",
        "side",
    )

    instrument: str
    side: int
    quantity: float
    open_time_ns: int
    close_time_ns: int
    open_price: float
    close_price: float
    fees: float
    result: float


def round_trips(fills: Sequence[FillRow]) -> list[RoundTrip]:
    """All round trips in the order of their closing; what is still open has none.

    Positions are netted by instrument: a fill against the position closes the oldest open
    quantity first, and what is left of it opens the other way.

    >>> from tradewind.analysis.fills import Fill
    >>> buy, more = Fill(0, "GOOG.SIM", 1, 1.0, 10.0, 0.0), Fill(1, "GOOG.SIM", 1, 1.0, 12.0, 0.0)
    >>> sale = Fill(2, "GOOG.SIM", -1, 2.0, 13.0, 1.0)
    >>> [(trip.open_price, trip.result) for trip in round_trips([buy, more, sale])]
    [(10.0, 2.5), (12.0, 0.5)]
    """
    trips: list[RoundTrip] = []
    open_by_instrument: dict[str, deque[tuple[FillRow, float]]] = {}
    for fill in fills:
        _, instrument, side, whole, _, _ = fill
        opened = open_by_instrument.get(instrument)
        if opened is None:
            opened = open_by_instrument[instrument] = deque()
        left = whole
        while left and opened and opened[0][0][_SIDE] != side:
            first, still_open = opened[0]
            quantity = min(still_open, left)
            trips.append(_trip(first, fill, quantity))
            left = _without(left, quantity, whole)
            still_open = _without(still_open, quantity, first[_QUANTITY])
            if still_open:
                opened[0] = (first, still_open)
            else:
                opened.popleft()
        if left:
            opened.append((fill, left))
    return trips


def win_rate(trips: Sequence[RoundTrip]) -> float | None:
    """Share of round trips with a result above zero; None without round trips."""
    return len(_wins(trips)) / len(trips) if trips else None


def profit_factor(trips: Sequence[RoundTrip]) -> float | None:
    """Sum of the winning results over the sum of the losing ones; None if none lost."""
    losses = _losses(trips)
    return math.fsum(_wins(trips)) / -math.fsum(losses) if losses else None


def average_win(trips: Sequence[RoundTrip]) -> float | None:
    """Mean result of the winning round trips, above zero; None if none won."""
    return _mean(_wins(trips))


def average_loss(trips: Sequence[RoundTrip]) -> float | None:
    """Mean result of the losing round trips, below zero; None if none lost."""
    return _mean(_losses(trips))


def expectancy(trips: Sequence[RoundTrip]) -> float | None:
    """Mean result of a round trip after fees; None without round trips.

    Equal to win rate x average win + loss rate x average loss (Tharp, "Trade Your Way to
    Financial Freedom", 1998, where it is further divided by the amount risked).
    """
    return _mean(_results(trips))


def average_holding_time_s(trips: Sequence[RoundTrip]) -> float | None:
    """Mean seconds from opening to closing, each round trip counted once."""
    times = []
    for trip in trips:
        times.append((trip.close_time_ns - trip.open_time_ns) / 1e9)
    return _mean(times)


def _without(quantity: float, taken: float, whole: float) -> float:
    """What is left of a fill of a whole quantity; a remainder that is only rounding is none."""
    left = quantity - taken
    return left if left > _DUST * whole else 0.0


def _trip(first: FillRow, last: FillRow, quantity: float) -> RoundTrip:
    """The round trip of a quantity of two fills."""
    open_time_ns, instrument, side, whole, open_price, open_fee = first
    close_time_ns, _, _, last_whole, close_price, close_fee = last
    fees = open_fee * quantity / whole + close_fee * quantity / last_whole
    trip = RoundTrip.__new__(RoundTrip)
    trip.instrument = instrument
    trip.side = side
    trip.quantity = quantity
    trip.open_time_ns = open_time_ns
    trip.close_time_ns = close_time_ns
    trip.open_price = open_price
    trip.close_price = close_price
    trip.fees = fees
    trip.result = (close_price - open_price) * quantity * side - fees
    return trip


def _wins(trips: Sequence[RoundTrip]) -> list[float]:
    """Results above zero."""
    return [result for result in _results(trips) if result > 0.0]


def _losses(trips: Sequence[RoundTrip]) -> list[float]:
    """Results below zero."""
    return [result for result in _results(trips) if result < 0.0]


def _results(trips: Sequence[RoundTrip]) -> list[float]:
    found = []
    for trip in trips:
        found.append(trip.result)
    return found


def _mean(values: Sequence[float]) -> float | None:
    return math.fsum(values) / len(values) if values else None
