"""Limits of an instrument: what the whole firm may do in it, beside the limits of the scopes."""

from __future__ import annotations

from typing import Any

from tradewind.core.exposure import Holding, Scope
from tradewind.core.market import Market
from tradewind.core.orders import Order
from tradewind.core.risk import Breach, breach_of

PREFIX = "instrument:"
FIELDS = (
    "order_quantity", "order_notional", "position_quantity", "position_notional",
    "concentration", "risk_per_trade", "price_collar", "stale_price_ns", "short_sale", "located",
)  # fmt: skip
"""The limits that an instrument can have; the others are of firm, account and strategy."""


def instrument_breach(
    scope: Scope, order: Order, firm: Holding, equity: int, time_ns: int
) -> Breach | None:
    """The first limit of the instrument that an order would break; measured on the firm."""
    kept, own = firm.bounds, own_holding(scope)
    if own is None:
        return None
    firm.bounds = own.bounds
    try:
        return breach_of(order, firm, scope, equity, time_ns)
    finally:
        firm.bounds = kept


def own_holding(scope: Scope) -> Holding | None:
    """The one holding of an instrument's scope: it carries the bounds."""
    return next((one for one in scope.holdings if one is not None), None)


def instrument_scope(state: Any, name: str) -> Scope:
    """The scope of an instrument by its id, made on first use."""
    market: Market = state.market(name)
    scopes: dict[str, Scope] = state.instrument_scopes
    scope = scopes.get(market.id)
    if scope is None:
        scope = scopes[market.id] = Scope(PREFIX + market.id, state.firm.currency)
        state.set_rate(scope.holding(market, None), scope)
    return scope


def rename_scope(state: Any, former: str, renamed: str) -> None:
    """The limits follow an instrument to its new id."""
    scope = state.instrument_scopes.pop(former, None)
    if scope is not None:
        instrument_scope(state, renamed).set_limits(scope.limits)
