"""Trading hours: whether an instrument's market is open for an order, and when its day ends."""

from __future__ import annotations

from datetime import UTC, datetime

from tradewind.core.market import Market
from tradewind.core.orders import Order
from tradewind.model.orders import OrderFlag, TimeInForce

_EXTENDED = int(OrderFlag.EXTENDED_HOURS)
_OPG = int(TimeInForce.OPG)
_CLS = int(TimeInForce.CLS)
_SECOND_NS = 1_000_000_000


def hours_breach(order: Order, market: Market, time_ns: int) -> tuple[str, str, str] | None:
    """Why an order may not go out at a time: its market is closed; None where it may.

    An order that says so may trade in the hours before and after a session as well. Orders for an
    opening or a close may wait for it.
    """
    sessions = market.sessions
    if sessions is None or market.is_open(time_ns):
        return None
    opens_ns = sessions.open_at_or_behind(time_ns)
    if order.time_in_force in (_OPG, _CLS) and opens_ns is not None:
        return None
    if order.flags & _EXTENDED and sessions.is_open_extended(time_ns):
        return None
    if opens_ns is None:
        return ("market_closed", market.id, f"{sessions.name} knows no later session")
    opens = datetime.fromtimestamp(opens_ns // _SECOND_NS, UTC)
    return ("market_closed", market.id, f"{sessions.name} opens {opens:%Y-%m-%d %H:%M} UTC")
