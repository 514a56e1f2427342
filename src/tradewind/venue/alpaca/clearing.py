"""Clearing of the Alpaca venue: fills are booked against cash and margin of its customers."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import date
from decimal import Decimal

from tradewind.venue.accounts import Account
from tradewind.venue.alpaca.customer import Customer
from tradewind.venue.alpaca.numbers import plain
from tradewind.venue.equities.calendar import new_york_time
from tradewind.venue.equities.times import rfc3339
from tradewind.venue.equities.universe import SECURITIES
from tradewind.venue.listing import Listing
from tradewind.venue.orders import Fill, Order


class MarginClearing:
    """Books fills; what an order may cost is checked when the broker takes it, not here."""

    def __init__(self, customer_of: Callable[[str], Customer]) -> None:
        self._customer_of = customer_of

    def reserve(self, account: Account, order: Order, listing: Listing, cost: Decimal) -> str:
        """Nothing is set aside here."""
        return ""

    def release(self, account: Account, order: Order, listing: Listing) -> None:
        """Nothing was set aside here."""

    def settle(self, account: Account, order: Order, listing: Listing, fill: Fill) -> Iterable[str]:
        """Book a fill; what closes shares of the same day is a day trade."""
        customer = self._customer_of(account.name)
        quantity = order.side * fill.quantity
        count_day_trade(customer, listing.symbol, quantity, new_york_time(fill.time_ns).date())
        customer.book(SECURITIES[listing.symbol], quantity, fill.price)
        position = customer.positions.get(listing.symbol)
        if position is not None:
            position.opened_today += quantity
        return shown_balances(account, customer, listing.symbol)

    def reverse(
        self, account: Account, order: Order, listing: Listing, fill: Fill
    ) -> Iterable[str]:
        """Book the opposite."""
        customer = self._customer_of(account.name)
        customer.book(SECURITIES[listing.symbol], -order.side * fill.quantity, fill.price)
        drop_activity(customer, order, fill)
        return shown_balances(account, customer, listing.symbol)


def shown_balances(account: Account, customer: Customer, symbol: str) -> tuple[str, str]:
    """Show the operator what the customer has: dollars, and shares of the symbol."""
    account.balance("USD").free = customer.cash
    account.balance(symbol).free = customer.held(symbol)
    return (symbol, "USD")


def drop_activity(customer: Customer, order: Order, fill: Fill) -> None:
    """Forget the execution that was taken back."""
    stamp, client_id = rfc3339(fill.time_ns), order.client_id
    order_id = customer.client_order_ids.get(client_id)
    for row in customer.activities:
        terms = tuple(row.get(name) for name in ("order_id", "transaction_time", "qty", "price"))
        if terms == (order_id, stamp, plain(fill.quantity), plain(fill.price)):
            customer.activities.remove(row)
            return


def count_day_trade(customer: Customer, symbol: str, quantity: Decimal, today: date) -> None:
    """Count a day trade where a fill closes what was opened today; crypto has none."""
    position = customer.positions.get(symbol)
    if position is None or position.security.is_crypto:
        return
    if position.opened_today * quantity < 0 and position.quantity * quantity < 0:
        customer.day_trades.append(today)
        # The shares that are left of today's count as older ones: one order is one day trade.
        position.opened_today = Decimal(0)
