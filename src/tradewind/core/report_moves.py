"""What a venue's reports do to an order: one function a report."""

from __future__ import annotations

from tradewind.core.amendments import answered, is_outdated, pending_behind_query
from tradewind.core.entry import close_order, reserve, settle_reserve
from tradewind.core.order_lifecycle import Happening, next_state
from tradewind.core.orders import Order
from tradewind.core.posting import post_fill
from tradewind.core.reports import execution_of
from tradewind.core.state import State
from tradewind.model import messages as m
from tradewind.model.orders import OrderState

Decisions = list[m.Decision]

_NOTHING: Decisions = []

_AWAITING = int(OrderState.AWAITING_FILLS)
_UNKNOWN = int(OrderState.UNKNOWN)
_ACCEPTED = int(Happening.ACCEPTED)


def order_accepted(state: State, event: m.OrderAccepted) -> Decisions:
    """The venue works it."""
    order = _known(state, event.order_id)
    if order is not None:
        order.venue_order_id = event.venue_order_id
        move_order(state, order, _ACCEPTED)
    return _NOTHING


def order_rejected(state: State, event: m.OrderRejected) -> Decisions:
    """The venue refused it."""
    refused: Order | None = state.orders.get(event.order_id)
    if refused is not None and refused.is_open:
        for scope in state.strategies[refused.strategy].scopes:
            if scope.flow is not None:
                scope.flow.count_reject(state.time_ns)
    return _report(state, event.order_id, Happening.REJECTED)


def order_filled(state: State, event: m.OrderFilled) -> Decisions:
    """Money moved."""
    post_fill(state, execution_of(event))
    return _NOTHING


def order_canceled(state: State, event: m.OrderCanceled) -> Decisions:
    """It works no more."""
    return _ended(state, event.order_id, Happening.CANCELED, event.filled_quantity)


def order_expired(state: State, event: m.OrderExpired) -> Decisions:
    """Its time is over."""
    return _ended(state, event.order_id, Happening.EXPIRED, event.filled_quantity)


def order_amended(state: State, event: m.OrderAmended) -> Decisions:
    """It works with other terms; filled beyond the new quantity it is done."""
    order = _known(state, event.order_id)
    if order is None:
        return _NOTHING
    if not order.is_open:
        _take_terms(order, event)
        state.note("amended_behind_the_end")
    elif _is_answer(state, order, event.number):
        _take_terms(order, event)
        _settle(state, order, Happening.AMENDED)
    return _NOTHING


def order_restated(state: State, event: m.OrderRestated) -> Decisions:
    """The terms it works with, and with them the answer to amendments before the query.

    An answer that may be older than one to a later amendment says nothing of terms: the venue
    is asked again.
    """
    order = _known(state, event.order_id)
    if order is None:
        return _NOTHING
    order.venue_order_id = event.venue_order_id
    if not order.is_open:
        if order.state != OrderState.FILLED:
            state.note("restated_behind_the_end")
        return _NOTHING
    if is_outdated(order.amends, order.amends_sent, event.amends):
        return [_query(state, order)]
    order.amends = pending_behind_query(order.amends, event.amends)
    _take_terms(order, event)
    _settle(state, order, Happening.ACCEPTED)
    return _NOTHING


def cancel_rejected(state: State, event: m.CancelRejected) -> Decisions:
    """It works on."""
    return _report(state, event.order_id, Happening.CANCEL_REJECTED)


def amend_rejected(state: State, event: m.AmendRejected) -> Decisions:
    """It works with the old terms, and is counted with them."""
    order = _known(state, event.order_id)
    if order is not None and order.is_open and _is_answer(state, order, event.number):
        _settle(state, order, Happening.AMEND_REJECTED)
    return _NOTHING


def order_unknown(state: State, event: m.OrderUnknown) -> Decisions:
    """Nobody knows: its exposure stays counted and the venue is asked."""
    order = _known(state, event.order_id)
    if order is None or not order.is_open:
        return _NOTHING
    move_order(state, order, Happening.UNKNOWN)
    return [_query(state, order)]


def _known(state: State, order_id: str) -> Order | None:
    order: Order | None = state.orders.get(order_id)
    if order is None:
        state.note("report_of_unknown_order")
    return order


def _report(state: State, order_id: str, happening: int) -> Decisions:
    order = _known(state, order_id)
    if order is not None:
        move_order(state, order, happening)
    return _NOTHING


def move_order(state: State, order: Order, happening: int) -> None:
    """One move of the table; an order that it ends is counted no more."""
    was_open = order.state <= _UNKNOWN
    order.state = next_state(order.state, happening, order.filled_quantity)
    order.changed_time_ns = state.time_ns
    if was_open and order.state > _UNKNOWN:
        close_order(state, order)


def _ended(state: State, order_id: str, happening: Happening, stated: int) -> Decisions:
    """The end of an order, unless the venue counts fills that have not come: it waits for them."""
    order = _known(state, order_id)
    if order is None:
        return _NOTHING
    is_awaiting = order.state == _AWAITING
    if stated <= order.filled_quantity or not order.is_open:
        if stated >= 0 or not is_awaiting:
            move_order(state, order, happening)
        return _NOTHING
    order.stated_quantity = stated
    order.end_state = next_state(_UNKNOWN, happening, 0)
    reserve(state, order, stated - order.filled_quantity - order.reserved)
    move_order(state, order, Happening.FILLS_MISSING)
    return _NOTHING if is_awaiting else [_query(state, order)]


def _query(state: State, order: Order) -> m.QueryOrder:
    market = state.markets[order.instrument]
    return m.QueryOrder(state.time_ns, order.order_id, market.venue, market.id, order.amends_sent)


def _take_terms(order: Order, event: m.OrderAmended | m.OrderRestated) -> None:
    order.quantity = event.quantity
    order.limit_price = event.limit_price or order.limit_price
    order.stop_price = event.stop_price or order.stop_price


def _is_answer(state: State, order: Order, number: int) -> bool:
    """Take an amendment off those on their way; one that was answered before says nothing."""
    pending = answered(order.amends, number)
    if pending is None:
        state.note("amendment_answered_again")
        return False
    order.amends = pending
    return True


def _settle(state: State, order: Order, happening: Happening) -> None:
    """Count what may still be filled; with no amendment on its way a full order is done."""
    if order.state == _AWAITING:
        return
    is_full = order.filled_quantity >= order.quantity and not order.amends
    settle_reserve(state, order)
    move_order(state, order, Happening.FULL_FILL if is_full else happening)
