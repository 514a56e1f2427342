"""When an order may work: sessions, auctions, extended hours."""

from __future__ import annotations

from tradewind.venue.alpaca.order import Order
from tradewind.venue.alpaca.refusal import unprocessable
from tradewind.venue.equities.calendar import (
    MINUTE_NS,
    current_session,
    is_open,
)
from tradewind.venue.equities.universe import Security

OPENING_CUTOFF_NS = 2 * MINUTE_NS
"""Orders for the opening auction are taken until so long before it."""
CLOSING_CUTOFF_NS = 10 * MINUTE_NS
EVENING_NS = 180 * MINUTE_NS
"""Three hours behind the close, orders for the next day's auctions are taken."""


def can_work(order: Order, time_ns: int) -> bool:
    """True where the order may be in the market at a time.

    Orders of the opening auction begin with the session; those of the closing auction are begun
    by `Broker` as it closes.
    """
    if order.security.is_crypto:
        return True
    if order.time_in_force == "cls":
        return False
    if order.has_extended_hours:
        return current_session(time_ns) is not None
    return is_open(time_ns)


def check_auction(order: Order, time_ns: int) -> None:
    """Refuse orders that come too late for their auction."""
    session = current_session(time_ns)
    if session is None or order.security.is_crypto:
        return
    is_behind = time_ns < session.close_ns + EVENING_NS
    if (
        order.time_in_force == "opg"
        and session.open_ns - OPENING_CUTOFF_NS <= time_ns
        and is_behind
    ):
        raise unprocessable("opg orders must be submitted after 7:00pm and before 9:28am ET")
    if (
        order.time_in_force == "cls"
        and session.close_ns - CLOSING_CUTOFF_NS <= time_ns
        and is_behind
    ):
        raise unprocessable("cls orders must be submitted after 7:00pm and before 3:50pm ET")


def is_market_open(security: Security, time_ns: int) -> bool:
    """True where the security trades at a time, extended hours included."""
    return security.is_crypto or current_session(time_ns) is not None
