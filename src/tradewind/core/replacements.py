"""Orders in the stead of others: where a venue changes no stop price, cancel and place anew.

The new order has an id of its own, the old one's with `_2`, `_3` behind it, and is held until the
venue says that the old one works no more; then it is sent for what is left. So both never work.
Who amends or cancels by an earlier id means the newest.
"""

from __future__ import annotations

import msgspec

from tradewind.core.entry import amended_breach, count_message
from tradewind.core.held_checks import HELD_MAX
from tradewind.core.held_order import HeldOrder
from tradewind.core.held_orders import forget_groups, group_of, keep, release
from tradewind.core.market import Market
from tradewind.core.orders import Order
from tradewind.core.risk import Breach
from tradewind.core.state import State
from tradewind.model import messages as m
from tradewind.model.conditional_messages import ConditionalIntended, OrderHeld, Trigger
from tradewind.model.numbers import format_plain
from tradewind.model.orders import Leg, OrderFlag, OrderState, OrderType, Side, TimeInForce

STOPS = (OrderType.STOP, OrderType.STOP_LIMIT)

_PENDING_CANCEL = int(OrderState.PENDING_CANCEL)


def next_id(order_id: str) -> str:
    """The id of the order in an order's stead.

    >>> next_id("j0-my_own-1"), next_id("j0-my_own-1_2")
    ('j0-my_own-1_2', 'j0-my_own-1_3')
    """
    head, _, tail = order_id.rpartition("_")
    return f"{head}_{int(tail) + 1}" if head and tail.isdigit() else f"{order_id}_2"


def newest_id(state: State, order_id: str) -> str:
    """The id under which an order is wanted now: its own, or that of the last in its stead."""
    while (following := next_id(order_id)) in state.held or following in state.orders:
        order_id = following
    return order_id


def as_of_newest(state: State, event: m.AmendIntended) -> m.AmendIntended:
    """The wish for the newest order in an order's stead, less what those before it filled."""
    newest = newest_id(state, event.order_id)
    filled, order_id = 0, event.order_id
    while order_id != newest:
        filled += state.orders[order_id].filled_quantity if order_id in state.orders else 0
        order_id = next_id(order_id)
    return msgspec.structs.replace(event, order_id=newest, quantity=event.quantity - filled)


def stop_breach(state: State, order: Order, stop_price: int) -> Breach | None:
    """Why an order takes no other stop price."""
    market: Market = state.markets[order.instrument]
    price = format_plain(stop_price, market.instrument.price_digits)
    if order.order_type not in STOPS:
        return ("amend_stop", price, "an order with a stop price")
    if order.state == _PENDING_CANCEL:
        return ("amend_stop", price, "an order that is not being canceled")
    return None


def changes_stops(state: State, order: Order) -> bool:
    """Whether the order's venue gives such an order another stop price by itself."""
    venue = state.markets[order.instrument].venue
    return order.order_type in state.amending.get(venue, ())


def replaced(state: State, order: Order, event: m.AmendIntended) -> list[m.Decision]:
    """Cancel a stop and hold one with other terms in its stead, where the limits allow it."""
    breach = _breach(state, order, event)
    if breach is not None:
        return [m.OrderDenied(state.time_ns, order.order_id, *breach)]
    market: Market = state.markets[order.instrument]
    terms = _terms(state, order, event)
    held = HeldOrder(terms, order.strategy, order.instrument, market.tick)
    held.quantity = event.quantity - order.filled_quantity
    held.is_due = True
    forget_groups(state)
    keep(state, held)
    state.groups[group_of(held)] = {order.order_id: order.filled_quantity}
    count_message(state, order)
    reason = (
        f"{market.venue} changes no stop price, so {order.order_id} is canceled and this placed "
        "in its stead"
    )
    return [OrderHeld(state.time_ns, held.order_id, reason), *release(state, held)]


def _breach(state: State, order: Order, event: m.AmendIntended) -> Breach | None:
    market: Market = state.markets[order.instrument]
    if any(held.terms.parent == order.order_id for held in state.held.values()):
        price = format_plain(event.stop_price, market.instrument.price_digits)
        return ("amend_stop", price, "an order that no other waits for: cancel both, place anew")
    if len(state.held) >= HELD_MAX:
        return ("too_many_held", str(len(state.held) + 1), str(HELD_MAX))
    limit_price = event.limit_price or order.limit_price
    return amended_breach(state, order, event.quantity, limit_price, event.stop_price)


def _terms(state: State, order: Order, event: m.AmendIntended) -> ConditionalIntended:
    return ConditionalIntended(
        state.time_ns,
        next_id(order.order_id),
        state.strategies[order.strategy].name,
        state.markets[order.instrument].id,
        Side(order.side),
        event.quantity,
        Trigger.AT_ONCE,
        limit_price=event.limit_price or order.limit_price,
        trigger_price=event.stop_price,
        time_in_force=TimeInForce(order.time_in_force),
        flags=OrderFlag(order.flags),
        expire_time_ns=order.expire_time_ns,
        leg=Leg(order.leg),
        group=f"instead of {order.order_id}",
    )
