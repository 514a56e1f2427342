"""Rows of the orders that the core holds or works, for people."""

from __future__ import annotations

from tradewind.core.held_order import HeldOrder
from tradewind.core.held_terms import PERCENT_DIGITS
from tradewind.core.parent_order import ParentOrder
from tradewind.core.state import State
from tradewind.model.algorithm_messages import Algorithm
from tradewind.model.conditional_messages import Trigger
from tradewind.model.numbers import format_units, to_decimal
from tradewind.model.orders import Leg, Side, TimeInForce
from tradewind.runtime.read_models import HeldStory, OrderRow

HELD = "HELD"
"""In the place of an order's state: it was never sent yet."""
WORKED = "WORKED"
"""In the place of a parent's state: the core works it with children, which have rows of theirs."""


def kept_rows(state: State) -> list[OrderRow]:
    """All orders that the core works or holds, the newest first."""
    parents = [parent_row(state, one) for one in reversed(state.parents.values())]
    return parents + [held_row(state, one) for one in reversed(state.held.values())]


def parent_row(state: State, parent: ParentOrder) -> OrderRow:
    """One parent; its type is its algorithm, and it has no average price of its own."""
    market = state.markets[parent.instrument]
    digits, limit = market.instrument.quantity_digits, parent.limit_price
    leaves = max(0, parent.quantity - parent.filled_quantity)
    return OrderRow(
        order_id=parent.order_id,
        strategy=state.strategies[parent.strategy].name,
        instrument=market.id,
        side=Side(parent.terms.side).name,
        type=Algorithm(parent.terms.algorithm).name,
        state=WORKED,
        quantity=format_units(parent.quantity, digits),
        filled_quantity=format_units(parent.filled_quantity, digits),
        leaves_quantity=format_units(leaves, digits),
        limit_price=format_units(limit, market.instrument.price_digits) if limit else "",
        average_price="",
        time_ns=parent.terms.time_ns,
    )


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


def held_story(state: State, held: HeldOrder) -> HeldStory:
    """One held order with its terms, in the shape of the orders that were written down."""
    row, terms = held_row(state, held), held.terms
    price_digits = state.markets[held.instrument].instrument.price_digits
    stop = held.trigger_price
    return HeldStory(
        sequence=state.sequence,
        order_id=held.order_id,
        strategy=row["strategy"],
        account=state.strategies[held.strategy].account.name,
        venue="",
        instrument=row["instrument"],
        side=row["side"],
        type=row["type"],
        state=HELD,
        is_open=1,
        quantity=row["quantity"],
        filled_quantity=row["filled_quantity"],
        limit_price=row["limit_price"],
        stop_price=format_units(stop, price_digits) if stop > 0 else "",
        average_price="",
        filled_notional="0",
        time_in_force=TimeInForce(terms.time_in_force).name,
        leg=Leg(terms.leg).name,
        venue_order_id="",
        reason=_waits_for(held, price_digits),
        intended_time_ns=terms.time_ns,
        changed_time_ns=terms.time_ns,
    )


def _waits_for(held: HeldOrder, price_digits: int) -> str:
    """What a held order waits for, in words: its entry, its price, or others of its group."""
    terms = held.terms
    if held.is_waiting:
        return f"waits for fills of {terms.parent}"
    if held.is_due:
        return f"its price came: waits for the others of group {terms.group} to end"
    if terms.trail:
        return f"trails its price by {format_units(terms.trail, price_digits)}"
    if terms.trail_share:
        return (
            f"trails its price by {to_decimal(terms.trail_share, PERCENT_DIGITS).normalize():f} %"
        )
    return "waits for its price"
