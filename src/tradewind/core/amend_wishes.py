"""What people and strategies want of an order's terms: asked of the venue, or done in its stead."""

from __future__ import annotations

from tradewind.core.amendments import amend_command
from tradewind.core.entry import amended_breach, reserve
from tradewind.core.parent_wishes import (
    amend_kept,
    breach_of_child,
    foreign_denial,
    kept,
)
from tradewind.core.replacements import as_of_newest, changes_stops, replaced, stop_breach
from tradewind.core.state import State
from tradewind.core.trails import trail_terms, untrailed_breach
from tradewind.model import messages as m
from tradewind.model.orders import OrderState

Decisions = list[m.Decision]

_NOTHING: Decisions = []
_AWAITING = int(OrderState.AWAITING_FILLS)


def amend_intended(state: State, event: m.AmendIntended) -> Decisions:
    """Change a working order if the limits allow the new terms, a held one at once."""
    event = as_of_newest(state, event)
    held = kept(state, event.order_id)
    if held is not None:
        denied = foreign_denial(state, held, event.strategy)
        return [denied] if denied is not None else amend_kept(state, held, event)
    order = state.open_orders.get(event.order_id)
    if order is None or order.state == _AWAITING:
        return _NOTHING
    if (denied := foreign_denial(state, order, event.strategy)) is not None:
        return [denied]
    breach = breach_of_child(state, order)
    if trail_terms(event):
        breach = breach or untrailed_breach(event, state.markets[order.instrument])
    if event.stop_price:
        breach = breach or stop_breach(state, order, event.stop_price)
        if breach is None and not changes_stops(state, order):
            return replaced(state, order, event)
    price = event.limit_price or order.limit_price
    stop_price = event.stop_price or order.stop_price
    breach = breach or amended_breach(state, order, event.quantity, price, stop_price)
    if breach is not None:
        return [m.OrderDenied(state.time_ns, order.order_id, *breach)]
    added = event.quantity - order.filled_quantity - order.reserved
    if added > 0:
        reserve(state, order, added)
    return [amend_command(state, order, event.quantity, price, stop_price)]
