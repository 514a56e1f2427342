"""Limits of a scope turned into integers of one instrument."""

from __future__ import annotations

from tradewind.model.instruments import Instrument, currency_digits
from tradewind.model.limits import Limits
from tradewind.model.numbers import money_of, parse_units

OFF = -1
SHARE = 10**9
"""Shares (of equity, of price) are integers of 10^-9."""


class Bounds:
    """What `core.risk` compares with: quantities in units, money in the scope's currency.

    `OFF` (-1) is no limit. `stress` is the instrument's stress move as a share.

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
        self.order_quantity = _quantity(limits.order_quantity, quantity_digits)
        self.position_quantity = _quantity(limits.position_quantity, quantity_digits)
        self.order_notional = _money(limits.order_notional, digits)
        self.position_notional = _money(limits.position_notional, digits)
        self.gross_exposure = _money(limits.gross_exposure, digits)
        self.net_exposure = _money(limits.net_exposure, digits)
        self.capital = _money(limits.capital, digits)
        self.leverage = _money(limits.leverage, 9)
        self.concentration = _money(limits.concentration, 9)
        self.risk_per_trade = _money(limits.risk_per_trade, 9)
        self.price_collar = _money(limits.price_collar, 9)
        self.stress = money_of(instrument.stress_move, 9)
        self.stale_price_ns = _whole(limits.stale_price_ns)
        self.duplicate_ns = _whole(limits.duplicate_ns)
        self.orders_per_second = _whole(limits.orders_per_second)
        self.open_orders = _whole(limits.open_orders)
        self.is_short_allowed = limits.short_sale
        allowed = limits.allowed_instruments
        self.is_allowed = instrument.id not in limits.restricted_instruments and (
            allowed is None or instrument.id in allowed
        )


def _quantity(text: str | None, digits: int) -> int:
    return OFF if text is None else parse_units(text, digits)


def _money(text: str | None, digits: int) -> int:
    return OFF if text is None else money_of(text, digits)


def _whole(number: int | None) -> int:
    return OFF if number is None else number
