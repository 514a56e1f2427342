"""Buying power: what an account is worth, what its orders hold, what it may still open."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal

import msgspec

from tradewind.venue.alpaca.customer import (
    MULTIPLIER_DAY,
    MULTIPLIER_OVERNIGHT,
    PATTERN_DAY_EQUITY,
    Customer,
)
from tradewind.venue.alpaca.order import Order
from tradewind.venue.alpaca.position import ZERO

INITIAL_MARGIN = Decimal("0.5")
MAINTENANCE_MARGIN = Decimal("0.3")
COLLAR_FROM_FIFTY = Decimal("1.025")
COLLAR_BELOW_FIFTY = Decimal("1.04")
SHORT_COLLAR = Decimal("1.03")
FIFTY = Decimal(50)

PriceOf = Callable[[str], Decimal]
"""The last price of a symbol; 0 where there is none."""


class Balances(msgspec.Struct, frozen=True):
    """An account at current prices, in dollars."""

    cash: Decimal
    equity: Decimal
    long_value: Decimal
    short_value: Decimal
    initial_margin: Decimal
    maintenance_margin: Decimal
    reserved: Decimal
    multiplier: int
    regulation_t: Decimal
    day_trading: Decimal
    buying_power: Decimal
    cash_power: Decimal


def balances_of(customer: Customer, price_of: PriceOf) -> Balances:
    """An account at current prices, less what its open orders hold."""
    values = [
        (position.quantity * price_of(symbol), position.security)
        for symbol, position in customer.positions.items()
    ]
    long_value = sum((value for value, _ in values if value > 0), ZERO)
    short_value = sum((value for value, _ in values if value < 0), ZERO)
    # Crypto is paid in full: no loan against it, none for it.
    crypto = sum((value for value, security in values if security.is_crypto), ZERO)
    loanable = long_value - crypto - short_value
    equity = customer.cash + long_value + short_value
    initial = loanable * INITIAL_MARGIN + crypto
    maintenance = loanable * MAINTENANCE_MARGIN + crypto
    reserved = sum((reserved_for(order, price_of) for order in customer.open_orders.values()), ZERO)
    multiplier = MULTIPLIER_DAY if equity >= PATTERN_DAY_EQUITY else MULTIPLIER_OVERNIGHT
    regulation_t = max(ZERO, (equity - initial) * MULTIPLIER_OVERNIGHT - reserved)
    day_trading = max(ZERO, (equity - maintenance) * MULTIPLIER_DAY - reserved)
    return Balances(
        cash=customer.cash,
        equity=equity,
        long_value=long_value,
        short_value=short_value,
        initial_margin=initial,
        maintenance_margin=maintenance,
        reserved=reserved,
        multiplier=multiplier,
        regulation_t=regulation_t,
        day_trading=day_trading if multiplier == MULTIPLIER_DAY else ZERO,
        buying_power=day_trading if multiplier == MULTIPLIER_DAY else regulation_t,
        cash_power=max(ZERO, min(customer.cash, equity) - reserved),
    )


def reserved_for(order: Order, price_of: PriceOf) -> Decimal:
    """What an open order holds: buys and opening shorts do; closing sells give back when filled."""
    if order.parent is not None or order.position_intent in ("sell_to_close", "buy_to_close"):
        return ZERO
    if order.notional is not None and not order.quantity:
        return order.notional
    return order.leaves * collared_price(order, price_of(order.security.symbol))


def collared_price(order: Order, price: Decimal) -> Decimal:
    """The price that an order is reckoned at before it is filled."""
    if order.side < 0:
        return max(order.limit_price or ZERO, price * SHORT_COLLAR)
    stated = order.limit_price or order.stop_price
    if stated is not None:
        return stated
    return price * (COLLAR_FROM_FIFTY if price >= FIFTY else COLLAR_BELOW_FIFTY)
