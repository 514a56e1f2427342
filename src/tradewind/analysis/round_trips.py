"""Round trips: what was opened and closed again, first in, first out, and how it went."""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

from tradewind.analysis.fills import DUST_RATIO, Fill


class RoundTrip(NamedTuple):
    """A quantity opened by one fill and closed by another; both bear their share of the fees.

    `side` is +1 for a long and -1 for a short trip; `result` is after fees.
    """

    instrument: str
    side: int
    quantity: float
    open_time_ns: int
    close_time_ns: int
    open_price: float
    close_price: float
    fees: float
    result: float


@dataclass(slots=True)
class _Remainder:
    """What is still open, or still to be closed, of one fill."""

    fill: Fill
    quantity: float

    def take(self, quantity: float) -> float:
        """Use up a part, and return the share of the fee that goes with it."""
        self.quantity -= quantity
        if self.quantity <= DUST_RATIO * self.fill.quantity:
            self.quantity = 0.0
        return self.fill.fee * quantity / self.fill.quantity


def round_trips(fills: Sequence[Fill]) -> list[RoundTrip]:
    """All round trips in the order of their closing; what is still open has none.

    Positions are netted by instrument: a fill against the position closes the oldest open
    quantity first, and what is left of it opens the other way.

    >>> buy, more = Fill(0, "GOOG.SIM", 1, 1.0, 10.0, 0.0), Fill(1, "GOOG.SIM", 1, 1.0, 12.0, 0.0)
    >>> sale = Fill(2, "GOOG.SIM", -1, 2.0, 13.0, 1.0)
    >>> [(trip.open_price, trip.result) for trip in round_trips([buy, more, sale])]
    [(10.0, 2.5), (12.0, 0.5)]
    """
    trips: list[RoundTrip] = []
    open_by_instrument: dict[str, deque[_Remainder]] = {}
    for fill in fills:
        opened = open_by_instrument.setdefault(fill.instrument, deque())
        closing = _Remainder(fill, fill.quantity)
        while closing.quantity and opened and opened[0].fill.side != fill.side:
            trips.append(_close(opened[0], closing))
            if not opened[0].quantity:
                opened.popleft()
        if closing.quantity:
            opened.append(closing)
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
    return _mean([trip.result for trip in trips])


def average_holding_time_s(trips: Sequence[RoundTrip]) -> float | None:
    """Mean seconds from opening to closing, each round trip counted once."""
    return _mean([(trip.close_time_ns - trip.open_time_ns) / 1e9 for trip in trips])


def _close(opened: _Remainder, closing: _Remainder) -> RoundTrip:
    """The round trip of as much as both have; both lose that quantity."""
    quantity = min(opened.quantity, closing.quantity)
    first, last = opened.fill, closing.fill
    fees = opened.take(quantity) + closing.take(quantity)
    return RoundTrip(
        instrument=first.instrument,
        side=first.side,
        quantity=quantity,
        open_time_ns=first.time_ns,
        close_time_ns=last.time_ns,
        open_price=first.price,
        close_price=last.price,
        fees=fees,
        result=(last.price - first.price) * quantity * first.side - fees,
    )


def _wins(trips: Sequence[RoundTrip]) -> list[float]:
    return [trip.result for trip in trips if trip.result > 0.0]


def _losses(trips: Sequence[RoundTrip]) -> list[float]:
    return [trip.result for trip in trips if trip.result < 0.0]


def _mean(values: Sequence[float]) -> float | None:
    return math.fsum(values) / len(values) if values else None
