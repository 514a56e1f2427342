"""Lots: what was realized, lot by lot, by first in, last in or highest cost out.

The core keeps an average cost for each position; lots are a reading of its fills beside that, for
reports. All three methods realize the same once a position is flat, and differ before.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from enum import Enum

import msgspec

from tradewind.core.positions import share_of_cost
from tradewind.model.errors import UserError
from tradewind.model.instruments import Instrument
from tradewind.model.numbers import format_units, multiply_units


class Method(Enum):
    """Which open lot a sale (or, short, a purchase) closes first."""

    FIFO = "fifo"
    LIFO = "lifo"
    HIFO = "hifo"
    """The dearest lot of a long, the cheapest of a short: the smallest profit first."""


class LotFill(msgspec.Struct, frozen=True):
    """One execution: a signed quantity and its price, in units."""

    time_ns: int
    quantity: int
    price: int


class OpenLot(msgspec.Struct):
    """What is left of one opening: a signed quantity and its exact cost in money units."""

    opened_ns: int
    quantity: int
    cost: int
    price: int


class ClosedLot(msgspec.Struct, frozen=True):
    """A part of a lot that was closed; quantity signed as it was held, money in units."""

    opened_ns: int
    closed_ns: int
    quantity: int
    open_price: int
    close_price: int
    cost: int
    proceeds: int

    @property
    def realized(self) -> int:
        """Profit before fees."""
        return self.proceeds - self.cost


class Lots(msgspec.Struct, frozen=True):
    """The lots of one position: those still open, oldest first, and those closed, in order."""

    instrument: Instrument
    method: Method
    open: list[OpenLot]
    closed: list[ClosedLot]

    @property
    def realized(self) -> int:
        """Profit of all closed lots, in money units."""
        return sum(lot.realized for lot in self.closed)

    def rows(self) -> list[dict[str, str]]:
        """The closed lots as decimal text."""
        one = self.instrument
        return [
            {
                "opened_time_ns": str(lot.opened_ns),
                "closed_time_ns": str(lot.closed_ns),
                "quantity": format_units(lot.quantity, one.quantity_digits),
                "open_price": format_units(lot.open_price, one.price_digits),
                "close_price": format_units(lot.close_price, one.price_digits),
                "realized": format_units(lot.realized, one.money_digits),
            }
            for lot in self.closed
        ]


def lots_of(instrument: Instrument, fills: Iterable[LotFill], method: Method) -> Lots:
    """The lots that fills in order of time make.

    >>> goog = Instrument("GOOG.SIM", tick="1", lot="1", currency="USD")
    >>> fills = [LotFill(1, 10, 100), LotFill(2, 10, 120), LotFill(3, -10, 130)]
    >>> [lots_of(goog, fills, method).realized // 10**6 for method in Method]
    [300, 100, 100]
    """
    lots = Lots(instrument, method, [], [])
    for fill in fills:
        post(lots, fill)
    return lots


def post(lots: Lots, fill: LotFill) -> None:
    """Let an execution close lots by their method; what is left of it opens one."""
    left = fill.quantity
    while left and lots.open and (lots.open[0].quantity > 0) != (left > 0):
        lot = _PICKS[lots.method](lots.open)
        closed = max(-lot.quantity, left) if left < 0 else min(-lot.quantity, left)
        _close(lots, lot, -closed, fill)
        left -= closed
    if left:
        cost = _money(lots.instrument, fill.price, left)
        lots.open.append(OpenLot(fill.time_ns, left, cost, fill.price))


def split_lots(lots: Lots, new: int, old: int) -> None:
    """Multiply the open lots; their cost stays.

    Raises `UserError` where a lot would have a part of a unit: nobody says which lots a payment
    for fractions came out of.

    >>> goog = Instrument("GOOG.SIM", tick="1", lot="1", currency="USD")
    >>> lots = lots_of(goog, [LotFill(1, 10, 100)], Method.FIFO)
    >>> split_lots(lots, 3, 2)
    >>> lots.open[0].quantity
    15
    """
    if any(lot.quantity * new % old for lot in lots.open):
        raise UserError(
            f"the split {new}:{old} of {lots.instrument.id} leaves a lot with a part of a unit: "
            "lots cannot be told beyond it"
        )
    for lot in lots.open:
        lot.quantity = lot.quantity * new // old


def _close(lots: Lots, lot: OpenLot, quantity: int, fill: LotFill) -> None:
    """Close a signed part of a lot: a part releases the floor of its share of the cost."""
    whole = quantity == lot.quantity
    cost = lot.cost if whole else share_of_cost(lot.cost, quantity, lot.quantity)
    proceeds = _money(lots.instrument, fill.price, quantity)
    lots.closed.append(
        ClosedLot(lot.opened_ns, fill.time_ns, quantity, lot.price, fill.price, cost, proceeds)
    )
    lot.quantity -= quantity
    lot.cost -= cost
    if whole:
        # by identity: two lots may be equal in all they say
        del lots.open[next(place for place, one in enumerate(lots.open) if one is lot)]


def _money(instrument: Instrument, price: int, quantity: int) -> int:
    return multiply_units(price, quantity, instrument.money_factor, instrument.money_divisor)


def _oldest(lots: list[OpenLot]) -> OpenLot:
    return lots[0]


def _newest(lots: list[OpenLot]) -> OpenLot:
    return lots[-1]


def _dearest(lots: list[OpenLot]) -> OpenLot:
    sign = 1 if lots[0].quantity > 0 else -1
    return max(lots, key=lambda lot: sign * lot.price)


_PICKS: dict[Method, Callable[[list[OpenLot]], OpenLot]] = {
    Method.FIFO: _oldest,
    Method.LIFO: _newest,
    Method.HIFO: _dearest,
}
