"""A strategy's position and account, as they are now."""

from __future__ import annotations

from decimal import Decimal

from tradewind.core.market import Market
from tradewind.core.positions import Position
from tradewind.core.state import Account, State, StrategyBook
from tradewind.model.instruments import currency_digits
from tradewind.model.numbers import to_decimal


class PositionView:
    """A strategy's position in one instrument, as of now.

    `quantity` and `average_price` are exact; `quantity_units` is the integer of the
    instrument's digits.
    """

    __slots__ = ("_book", "_market")

    def __init__(self, book: StrategyBook, market: Market) -> None:
        self._book = book
        self._market = market

    @property
    def quantity_units(self) -> int:
        """Signed quantity over all legs, in units."""
        return self._book.quantity(self._market.index)

    @property
    def quantity(self) -> Decimal:
        """Signed quantity."""
        return to_decimal(self.quantity_units, self._market.instrument.quantity_digits)

    @property
    def is_flat(self) -> bool:
        """Whether there is no position."""
        return self.quantity_units == 0

    @property
    def is_long(self) -> bool:
        """Whether the quantity is positive."""
        return self.quantity_units > 0

    @property
    def is_short(self) -> bool:
        """Whether the quantity is negative."""
        return self.quantity_units < 0

    @property
    def cost(self) -> Decimal:
        """What the open quantity cost, in the instrument's currency; signed like it."""
        total = sum(leg.cost for leg in self._legs())
        return to_decimal(total, self._market.instrument.money_digits)

    @property
    def average_price(self) -> Decimal:
        """Cost per unit of quantity; 0 where flat."""
        quantity = self.quantity * self._market.instrument.multiplier
        return self.cost / quantity if quantity else Decimal(0)

    @property
    def realized(self) -> Decimal:
        """Profit of what was closed, before fees, in the instrument's currency."""
        total = sum(leg.realized for leg in self._legs())
        return to_decimal(total, self._market.instrument.money_digits)

    def _legs(self) -> list[Position]:
        return [self._book.position(self._market.index, leg) for leg in (-1, 0, 1)]


class AccountView:
    """Cash and equity of the strategy's account, in its currency."""

    __slots__ = ("_account", "_state")

    def __init__(self, state: State, account: Account) -> None:
        self._state = state
        self._account = account

    @property
    def currency(self) -> str:
        """The account's currency."""
        return self._account.currency

    @property
    def cash(self) -> Decimal:
        """Cash in the account's currency."""
        return to_decimal(self._account.home.cash, currency_digits(self._account.currency))

    @property
    def equity(self) -> Decimal:
        """Cash and positions at their marks."""
        money = self._state.equity(self._account)
        return to_decimal(money, currency_digits(self._account.currency))
