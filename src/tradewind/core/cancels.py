"""Cancels as commands, and which orders a scope is of."""

from __future__ import annotations

from tradewind.core.market import Market
from tradewind.core.order_lifecycle import Happening
from tradewind.core.orders import Order
from tradewind.core.report_moves import move_order
from tradewind.core.state import State
from tradewind.model import messages as m

_CANCEL_SENT = int(Happening.CANCEL_SENT)


def cancel_command(state: State, order: Order) -> m.CancelOrder:
    """Mark an order as being canceled and say so to its venue."""
    move_order(state, order, _CANCEL_SENT)
    market: Market = state.markets[order.instrument]
    return m.CancelOrder(state.time_ns, order.order_id, market.venue, market.id)


def is_in(state: State, strategy: int, instrument: int, scope: str) -> bool:
    """Whether what a strategy has in an instrument (by number) is in a scope that can be halted."""
    kind, _, rest = scope.partition(":")
    if kind == "instrument":
        return bool(state.markets[instrument].id == rest)
    if kind == "venue":
        return bool(state.markets[instrument].venue == rest)
    if kind == "account":
        return bool(state.strategies[strategy].account.name == rest)
    if kind == "strategy":
        return bool(state.strategies[strategy].name == rest)
    return scope == "all"
