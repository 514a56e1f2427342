"""What limits must be before they are journaled."""

from __future__ import annotations

from decimal import Decimal, InvalidOperation

from tradewind.model.errors import UserError
from tradewind.model.limits import Limits

COUNT_MAX = 2**62
"""Counts and durations are below it."""

_NUMBERS = (
    "order_quantity",
    "order_notional",
    "position_quantity",
    "position_notional",
    "gross_exposure",
    "net_exposure",
    "leverage",
    "concentration",
    "capital",
    "risk_per_trade",
    "price_collar",
)
_COUNTS = ("stale_price_ns", "duplicate_ns", "orders_per_second", "open_orders")


def check_limits(limits: Limits) -> None:
    """Refuse with `UserError` limits that say no number, or one below zero.

    >>> check_limits(Limits(leverage="ten"))
    Traceback (most recent call last):
    tradewind.model.errors.UserError: leverage: 'ten' is not a number: write it like 12.5
    """
    for name in _NUMBERS:
        text = getattr(limits, name)
        if text is not None:
            _check_number(name, text)
    for name in _COUNTS:
        count = getattr(limits, name)
        if count is not None and not 0 <= count < COUNT_MAX:
            raise UserError(f"{name}: {count} is out of range: use 0 or more")


def _check_number(name: str, text: str) -> None:
    try:
        number = Decimal(text)
    except (InvalidOperation, TypeError):
        raise UserError(f"{name}: {text!r} is not a number: write it like 12.5") from None
    if not number.is_finite() or number < 0:
        raise UserError(f"{name}: {text!r} is no limit: use a number from 0")


def check_venue_limits(scope: str, limits: Limits) -> None:
    """Refuse with `UserError` limits that are not counted for a venue."""
    if limits != Limits(orders_per_second=limits.orders_per_second):
        raise UserError(f"{scope} has one limit only: orders_per_second")
