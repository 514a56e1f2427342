"""Limits of a scope turned into integers of one instrument."""

from __future__ import annotations

from decimal import ROUND_FLOOR, Decimal

from tradewind.model.instruments import Instrument, currency_digits
from tradewind.model.limits import Limits
from tradewind.model.numbers import MONEY_MAX, money_of

OFF = -1
SHARE = 10**9
"""Shares (of equity, of price) are integers of 10^-9."""


class Bounds:
    """What `core.risk` compares with: quantities in units, money in the scope's currency.

    `OFF` (-1) is no limit; a number finer than the digits is taken down to them, one beyond
    64 bits to the largest. `stress` is the instrument's stress move as a share.

    >>> goog = Instrument("GOOG.SIM", tick="0.01", lot="1", currency="USD")
    >>> bounds = Bounds(Limits(position_quantity="2", price_collar="0.05"), goog, "USD")
    >>> bounds.position_quantity, bounds.price_collar, bounds.order_quantity
    (2, 50000000, -1)
    """

    __slots__ = (
        "capital",
        "concentration",
        "duplicate_ns",
        "gross_exposure",
        "is_allowed",
        "is_short_allowed",
        "leverage",
        "located",
        "net_exposure",
        "open_orders",
        "order_notional",
        "order_quantity",
        "orders_per_second",
        "position_notional",
        "position_quantity",
        "price_collar",
        "risk_per_trade",
        "stale_price_ns",
        "stress",
    )

    def __init__(self, limits: Limits, instrument: Instrument, currency: str) -> None:
        digits = currency_digits(currency)
        quantity_digits = instrument.quantity_digits
        self.order_quantity = _taken_down(limits.order_quantity, quantity_digits)
        self.position_quantity = _taken_down(limits.position_quantity, quantity_digits)
        self.order_notional = _taken_down(limits.order_notional, digits)
        self.position_notional = _taken_down(limits.position_notional, digits)
        self.gross_exposure = _taken_down(limits.gross_exposure, digits)
        self.net_exposure = _taken_down(limits.net_exposure, digits)
        self.capital = _taken_down(limits.capital, digits)
        self.leverage = _taken_down(limits.leverage, 9)
        self.concentration = _taken_down(limits.concentration, 9)
        self.risk_per_trade = _taken_down(limits.risk_per_trade, 9)
        self.price_collar = _taken_down(limits.price_collar, 9)
        self.stress = money_of(instrument.stress_move, 9)
        self.stale_price_ns = _whole(limits.stale_price_ns)
        self.duplicate_ns = _whole(limits.duplicate_ns)
        self.orders_per_second = _whole(limits.orders_per_second)
        self.open_orders = _whole(limits.open_orders)
        self.is_short_allowed = limits.short_sale
        located = limits.located
        self.located = (
            OFF
            if located is None
            else _taken_down(located.get(instrument.id, "0"), quantity_digits)
        )
        allowed = limits.allowed_instruments
        self.is_allowed = instrument.id not in limits.restricted_instruments and (
            allowed is None or instrument.id in allowed
        )


def _taken_down(text: str | None, digits: int) -> int:
    """A limit in units of 10^-digits, never looser than the text says."""
    if text is None:
        return OFF
    number = Decimal(text)
    if number >= Decimal(MONEY_MAX).scaleb(-digits):
        return MONEY_MAX
    return int(number.scaleb(digits).to_integral_value(ROUND_FLOOR))


def _whole(number: int | None) -> int:
    return OFF if number is None else number
