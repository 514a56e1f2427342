"""Icebergs that their venue shows in parts: one order of all, lowered where it is, or refused.

The parent stays: its window, its amendments and its limits are the core's. Its one child has the
whole quantity, so that risk, the books and reconciliation see all of it.
"""

from __future__ import annotations

import msgspec

from tradewind.core.amendments import amend_command
from tradewind.core.entry import count_message, submit_command
from tradewind.core.orders import Order
from tradewind.core.parent_order import ParentOrder
from tradewind.core.state import State
from tradewind.model import messages as m
from tradewind.model.algorithm_messages import Algorithm
from tradewind.model.orders import OrderState

NEVER_REACHED = "never_reached_venue"
"""The reason of a rejection that no venue spoke (`OrderRejected`)."""

_WORKING = frozenset(map(int, (OrderState.NEW, OrderState.PARTIALLY_FILLED)))


def is_shown_by_venue(state: State, parent: ParentOrder) -> bool:
    """Whether it goes out whole: an iceberg at one venue, which has icebergs of its own."""
    terms = parent.terms
    is_plain = terms.algorithm == Algorithm.ICEBERG and not terms.route
    return is_plain and state.markets[parent.instrument].venue in state.icebergs


def command_of(state: State, parent: ParentOrder, child: Order) -> m.SubmitOrder:
    """The command that sends a child: an iceberg where it has more than the venue shall show."""
    plain = submit_command(state, child)
    display = parent.terms.display
    is_crossing = parent.is_crossing_at(state.time_ns)
    if not parent.is_whole or is_crossing or child.quantity <= display:
        return plain
    return iceberg_of(plain, display)


def iceberg_of(whole: m.SubmitOrder, display: int) -> m.SubmitIceberg:
    """The command that sends the same order, of which the venue shows a part."""
    return m.SubmitIceberg(*(*msgspec.structs.astuple(whole), display))


def lowered(
    state: State, parent: ParentOrder, *, excess: int, limit_price: int
) -> list[m.Decision] | None:
    """What to do with a child that has more than its parent wants; None where it must leave.

    The venue lowers it where it is, so that its place in the queue stays.
    """
    if not parent.is_whole or len(parent.working) != 1 or excess <= 0:
        return None
    order: Order = state.orders[parent.working[0]]
    quantity = order.filled_quantity + order.reserved - excess
    is_leaving = order.order_id in parent.leaving
    if is_leaving or order.limit_price != limit_price or quantity <= order.filled_quantity:
        return None
    if order.amends or order.state not in _WORKING or state.time_ns < parent.pause_ns:
        return []  # what the venue answers comes first
    count_message(state, order)
    return [amend_command(state, order, quantity, limit_price, order.stop_price)]


def note_refusal(parent: ParentOrder, report: m.OrderRejected) -> None:
    """The venue took no iceberg: the core works it from here on, and says why."""
    if parent.is_whole and report.reason != NEVER_REACHED:
        parent.is_whole, parent.refusal = False, report.reason
