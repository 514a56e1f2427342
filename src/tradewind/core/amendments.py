"""Amendments on their way: which of an order's are unanswered, by their numbers from 1."""

from __future__ import annotations

from tradewind.core.market import Market
from tradewind.core.orders import Order
from tradewind.core.state import State
from tradewind.model.messages import AmendOrder

Pending = tuple[int, ...]
"""Numbers of the amendments that left and are not answered, the oldest first."""


def answered(pending: Pending, number: int) -> Pending | None:
    """What is pending behind an answer; None where that one was answered before.

    A venue that names no number (0) answers in turn.

    >>> answered((2, 3), 3), answered((2, 3), 0), answered((2, 3), 1)
    ((2,), (3,), None)
    """
    if number == 0:
        return pending[1:]
    if number not in pending:
        return None
    return tuple(one for one in pending if one != number)


def pending_behind_query(pending: Pending, asked: int) -> Pending:
    """What is pending behind the answer to a query that was asked behind number `asked`.

    >>> pending_behind_query((1, 2, 3), 2)
    (3,)
    """
    return tuple(one for one in pending if one > asked)


def is_outdated(pending: Pending, sent: int, asked: int) -> bool:
    """Whether one that left behind the query is answered: the query's answer may be older.

    >>> is_outdated((1, 2), 2, 1), is_outdated((1,), 2, 1)
    (False, True)
    """
    return len(pending_behind_query(pending, asked)) < sent - asked


def amend_command(
    state: State, order: Order, quantity: int, limit_price: int, stop_price: int
) -> AmendOrder:
    """Count an amendment of an order as on its way, and ask its venue for these terms."""
    order.amends_sent += 1
    order.amends = (*order.amends, order.amends_sent)
    market: Market = state.markets[order.instrument]
    return AmendOrder(
        state.time_ns,
        order.order_id,
        market.venue,
        market.id,
        quantity,
        limit_price,
        order.amends_sent,
        stop_price,
    )
