"""What people and strategies want of held orders: cancel, amend, cancel all; and their time."""

from __future__ import annotations

from tradewind.core.cancels import cancel_command, is_in
from tradewind.core.entry import count_message
from tradewind.core.held_checks import breach_of_held
from tradewind.core.held_order import HeldOrder
from tradewind.core.held_orders import end, filled_by_group, left_of, why
from tradewind.core.parent_orders import end_parent
from tradewind.core.risk import Breach
from tradewind.core.state import State
from tradewind.core.trails import trail_breach, trail_terms
from tradewind.model import messages as m
from tradewind.model.conditional_messages import CancelAllIntended, OrderHeld
from tradewind.model.ids import PERSON
from tradewind.model.numbers import format_plain
from tradewind.model.orders import OrderState

Decisions = list[m.Decision]

_AWAITING = int(OrderState.AWAITING_FILLS)


def cancel_held(state: State, held: HeldOrder) -> Decisions:
    """End a held order by request."""
    return end(state, held, "canceled")


def amend_held(state: State, held: HeldOrder, event: m.AmendIntended) -> Decisions:
    """Give a held order other terms at once; what cannot be held is denied, and it stays.

    The quantity of an order in another's stead is what will be sent; that of others counts what
    their group has filled.
    """
    wrong = trail_breach(state, held, event)
    if wrong is not None:
        return [m.OrderDenied(state.time_ns, held.order_id, *wrong)]
    before = held.terms
    done = filled_by_group(state, held)
    held.become(
        quantity=event.quantity + (done if held.is_stop else 0),
        limit_price=event.limit_price or before.limit_price,
        trigger_price=event.stop_price or before.trigger_price,
        **trail_terms(event),
    )
    del state.held[held.order_id]
    breach = breach_of_held(state, held) or _spent_breach(state, held, event.quantity)
    state.held[held.order_id] = held
    if breach is not None:
        held.terms = before
        return [m.OrderDenied(state.time_ns, held.order_id, *breach)]
    held.quantity = left_of(state, held)
    if event.stop_price or trail_terms(event):
        # another distance counts from the price of now, whatever the stop has followed before
        held.trigger_price = event.stop_price
    if trail_terms(event) and not held.is_waiting:
        held.follow(state.markets[held.instrument].mark)
    return [OrderHeld(state.time_ns, held.order_id, why(state, held))]


def _spent_breach(state: State, held: HeldOrder, quantity: int) -> Breach | None:
    """Whether its group has filled all of a quantity."""
    if left_of(state, held) > 0:
        return None
    digits = state.markets[held.instrument].instrument.quantity_digits
    done = format_plain(filled_by_group(state, held), digits)
    return ("amended_below", format_plain(quantity, digits), done)


def expire_held(state: State, order_id: str) -> Decisions:
    """End a held order whose time in force is over."""
    held = state.held.get(order_id)
    return [] if held is None else end(state, held, "the time in force is over")


def end_held_in(state: State, scope: str, reason: str) -> Decisions:
    """End all held orders of a scope that is halted."""
    decided: Decisions = []
    for held in list(state.held.values()):
        if held.order_id in state.held and is_in(state, held.strategy, held.instrument, scope):
            decided += end(state, held, reason)
    return decided


def cancel_all_intended(state: State, event: CancelAllIntended) -> Decisions:
    """Cancel all orders of a strategy and an instrument, or of all."""
    decided: Decisions = []
    for held in list(state.held.values()):
        if held.order_id in state.held and _is_meant(state, event, held.strategy, held.instrument):
            decided += end(state, held, "canceled")
    for order in list(state.open_orders.values()):
        if order.state == _AWAITING or not _is_meant(
            state, event, order.strategy, order.instrument
        ):
            continue
        count_message(state, order)
        decided.append(cancel_command(state, order))
    for parent in list(state.parents.values()):
        if any(_is_meant(state, event, parent.strategy, place) for place in parent.places):
            decided += end_parent(state, parent, "canceled")
    return decided


def _is_meant(state: State, event: CancelAllIntended, strategy: int, instrument: int) -> bool:
    name, place = state.strategies[strategy].name, state.markets[instrument].id
    if event.strategy in state.strategy_numbers and event.strategy not in (PERSON, name):
        return False
    return event.owner in ("", name) and event.instrument in ("", place)
