"""Rows of the orders that the core holds, for people."""

from __future__ import annotations

from tradewind.core.held_order import HeldOrder
from tradewind.core.state import State
from tradewind.model.conditional_messages import Trigger
from tradewind.model.numbers import format_units
from tradewind.model.orders import Side
from tradewind.runtime.read_models import OrderRow

HELD = "HELD"
"""In the place of an order's state: it was never sent yet."""


def held_row(state: State, held: HeldOrder) -> OrderRow:
    """One held order; its limit price is that of the order it would become."""
    market = state.markets[held.instrument]
    digits, limit = market.instrument.quantity_digits, held.terms.limit_price
    quantity = format_units(held.quantity, digits)
    return OrderRow(
        order_id=held.order_id,
        strategy=state.strategies[held.strategy].name,
        instrument=market.id,
        side=Side(held.terms.side).name,
        type=Trigger(held.terms.trigger).name,
        state=HELD,
        quantity=quantity,
        filled_quantity=format_units(0, digits),
        leaves_quantity=quantity,
        limit_price=format_units(limit, market.instrument.price_digits) if limit else "",
        average_price="",
        time_ns=held.terms.time_ns,
    )
