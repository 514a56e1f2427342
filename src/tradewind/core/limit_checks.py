"""What limits must be before they are journaled."""

from __future__ import annotations

from decimal import Decimal, InvalidOperation

from tradewind.core.instrument_limits import FIELDS as INSTRUMENT_LIMITS
from tradewind.core.state import State
from tradewind.model.errors import UserError
from tradewind.model.limits import Limits
from tradewind.model.messages import LimitsChanged

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
_COUNTS = (
    "stale_price_ns",
    "duplicate_ns",
    "orders_per_second",
    "open_orders",
    "fills",
    "fills_ns",
    "messages_per_fill",
    "rejects_per_minute",
)


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
    for instrument, text in (limits.located or {}).items():
        _check_number(f"located {instrument}", text)
    _check_contradictions(limits)


def _check_contradictions(limits: Limits) -> None:
    """Limits that cannot both be meant."""
    both = sorted(set(limits.allowed_instruments or ()) & set(limits.restricted_instruments))
    if both:
        raise UserError(f"{both[0]} is allowed and restricted: name it in one of the two")
    if (limits.fills is None) != (limits.fills_ns is None):
        raise UserError("fills and fills_ns go together: so many executions within so long")
    if limits.located and not limits.short_sale:
        raise UserError("located says what may be sold short, short_sale that nothing may: set one")


def _check_number(name: str, text: str) -> None:
    try:
        number = Decimal(text)
    except (InvalidOperation, TypeError):
        raise UserError(f"{name}: {text!r} is not a number: write it like 12.5") from None
    if not number.is_finite() or number < 0:
        raise UserError(f"{name}: {text!r} is no limit: use a number from 0")


def check_instrument_limits(scope: str, limits: Limits) -> None:
    """Refuse with `UserError` limits that an instrument cannot have."""
    others = [name for name in set(limits.__struct_fields__) - set(INSTRUMENT_LIMITS)
              if getattr(limits, name) != getattr(Limits(), name)]  # fmt: skip
    if others:
        raise UserError(
            f"{scope} has no limit {min(others)}: it is of firm, account or strategy; an "
            f"instrument has {', '.join(INSTRUMENT_LIMITS)}"
        )


def check_venue_limits(scope: str, limits: Limits) -> None:
    """Refuse with `UserError` limits that are not counted for a venue."""
    if limits != Limits(orders_per_second=limits.orders_per_second):
        raise UserError(f"{scope} has one limit only: orders_per_second")


def limits_changed(state: State, event: LimitsChanged) -> None:
    """Refuse limits of a scope that there is not, or that it cannot have."""
    kind, _, name = event.scope.partition(":")
    if kind == "account":
        state.account(name)
    elif kind == "strategy":
        state.strategy(name)
    elif kind == "instrument":
        state.market(name)
        check_instrument_limits(event.scope, event.limits)
    elif kind == "venue" and name:
        check_venue_limits(event.scope, event.limits)
    elif event.scope != "firm":
        raise UserError(
            f"{event.scope!r} has no limits: use firm, account:NAME, strategy:NAME, instrument:ID "
            "or venue:NAME"
        )
    check_limits(event.limits)
