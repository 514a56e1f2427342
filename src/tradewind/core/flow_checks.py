"""The rules of a scope's flow and of an instrument's limits, asked for one order."""

from __future__ import annotations

from typing import Any

from tradewind.core.exposure import Scope
from tradewind.core.instrument_limits import instrument_breach
from tradewind.core.market import Market
from tradewind.core.orders import Order
from tradewind.core.risk import Breach


def flow_breach(state: Any, order: Order, scope: Scope, book: Any) -> Breach | None:
    """The rules on what a scope did of late, and on meeting its own orders."""
    working: list[Any] = []
    if not scope.limits.self_trade:
        for other in state.open_orders.values():
            is_of_scope = scope is state.firm or other.account == order.account
            if is_of_scope and (scope is not book.scope or other.strategy == order.strategy):
                working.append(other)
    flow: Any = scope.flow
    breach: Breach | None = flow.breach(order, working, state.time_ns)
    return breach


def breach_of_instrument(state: Any, order: Order, book: Any, market: Market) -> Breach | None:
    """The first limit of the instrument itself that an order would break."""
    scope = state.instrument_scopes.get(market.id)
    if scope is None or not scope.is_limited:
        return None
    firm = state.holding(state.firm, market, book.account)
    equity = state.equity(book.account)
    return instrument_breach(scope, order, firm, equity, state.time_ns)
