"""A position: signed quantity, exact cost, and what closing it has realized."""

from __future__ import annotations

from typing import Any

from tradewind.model.numbers import MONEY_MAX, magnitude, multiply_units


class Position:
    """Quantity in units, cost and realized profit in money units of the instrument's currency.

    Cost has the sign of the quantity, so quantity x mark - cost is the unrealized profit of a
    long and of a short alike. Every fill changes cost, cash and realized profit by amounts that
    sum to zero.

    >>> position = Position()
    >>> position.fill(10, 100, 1, 1)   # buy 10 at 100
    0
    >>> position.fill(-4, 110, 1, 1)   # sell 4 at 110: 4 x 10 realized
    40
    >>> position.quantity, position.cost, position.released
    (6, 600, 400)
    """

    __slots__ = ("cost", "notional", "quantity", "realized", "released")

    def __init__(self) -> None:
        self.quantity = 0
        self.cost = 0
        self.realized = 0
        self.released = 0
        self.notional = 0

    def fill(self, signed_quantity: int, price: int, money_factor: int, money_divisor: int) -> int:
        """Post one execution and return the profit it realized; the quantity carries the side.

        `notional` is then its money.

        A partial close releases floor(cost x closed / quantity) of the cost, a full one all of
        it. `released` is the change of cost with its sign turned, for the ledger.
        """
        notional = multiply_units(price, signed_quantity, money_factor, money_divisor)
        self.notional = notional
        if self.quantity == 0 or (self.quantity > 0) == (signed_quantity > 0):
            self.quantity += signed_quantity
            self.cost += notional
            self.released = -notional
            return 0
        if magnitude(signed_quantity) < magnitude(self.quantity):
            released = share_of_cost(self.cost, -signed_quantity, self.quantity)
            realized = -notional - released
        elif signed_quantity == -self.quantity:
            released = self.cost
            realized = -notional - released
        else:
            closing = multiply_units(price, -self.quantity, money_factor, money_divisor)
            realized = -closing - self.cost
            released = self.cost - (notional - closing)
        self.quantity += signed_quantity
        self.cost -= released
        self.released = released
        self.realized += realized
        return realized

    def restate(self, quantity: int, cost: int, realized: int) -> None:
        """Take other numbers: a corporate action changed what is held."""
        self.quantity, self.cost, self.realized = quantity, cost, realized

    def snapshot(self) -> list[int]:
        """Quantity, cost, realized."""
        return [self.quantity, self.cost, self.realized]


def share_of_cost(cost: int, closed: int, quantity: int) -> int:
    """floor(cost x closed / quantity), through wider integers where 64 bits do not do.

    `closed` and `quantity` have one sign.

    >>> share_of_cost(100, 1, 3), share_of_cost(-100, -1, -3), share_of_cost(2**62, 9, 10)
    (33, -34, 4150517416584649113)
    """
    if magnitude(cost) <= MONEY_MAX // magnitude(closed):
        return cost * closed // quantity
    wide: Any = cost
    return int(wide * closed // quantity)


def position_from(state: list[int]) -> Position:
    """The position that `snapshot` gave."""
    position = Position()
    position.restate(*state)
    return position
