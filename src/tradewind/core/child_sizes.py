"""Whether the children of a parent can ever pass the limits of a single order."""

from __future__ import annotations

from tradewind.core.bounds import OFF
from tradewind.core.exposure import Holding, Scope
from tradewind.core.market import Market
from tradewind.core.parent_order import ParentOrder
from tradewind.core.risk import Breach
from tradewind.core.state import State, StrategyBook
from tradewind.model.algorithm_messages import SLICED, Algorithm
from tradewind.model.numbers import format_units, magnitude

RULE = "child_size"


def smallest_child(parent: ParentOrder, market: Market) -> int:
    """A quantity that its children are never below but for the last; 0 where that is open.

    A share of the volume is as large as what others trade: with `participation` it is open. A slice
    that does not go out is added to the next: the smallest one is the least of all.
    """
    terms = parent.terms
    if terms.participation:
        return 0
    if terms.algorithm in SLICED:
        weights = terms.weights
        due = parent.quantity * min(filter(None, weights)) // sum(weights)
    elif terms.algorithm == Algorithm.ICEBERG:
        due = terms.display
    else:
        due = parent.quantity
    lot: int = market.lot
    return max(due // lot * lot, terms.min_child)


def size_breach(
    state: State, parent: ParentOrder, book: StrategyBook, market: Market
) -> Breach | None:
    """What is said where not even the smallest child would pass a limit of a single order.

    A route is not judged: its listings have prices and limits of their own.
    """
    quantity = smallest_child(parent, market)
    if not quantity or parent.terms.route:
        return None
    for scope, holding in zip(book.scopes, state.stakes(book, market), strict=True):
        if scope.is_limited:
            breach = _breach_of(scope, holding, parent.limit_price or market.mark, quantity)
            if breach is not None:
                return breach
    return None


def _breach_of(scope: Scope, holding: Holding, price: int, quantity: int) -> Breach | None:
    bounds, instrument = holding.bounds, holding.market.instrument
    child = f"children of {format_units(quantity, instrument.quantity_digits)}"
    if bounds.order_quantity != OFF and quantity > bounds.order_quantity:
        return (RULE, child, f"order_quantity {scope.limits.order_quantity} of {scope.name}")
    if bounds.order_notional == OFF or price <= 0 or holding.rate <= 0:
        return None
    if magnitude(holding.money(price, quantity)) > bounds.order_notional:
        at = f"{child} at {format_units(price, instrument.price_digits)}"
        return (RULE, at, f"order_notional {scope.limits.order_notional} of {scope.name}")
    return None
