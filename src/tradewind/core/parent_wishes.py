"""What people and strategies want of what the core keeps: cancel and amend, held or worked."""

from __future__ import annotations

from tradewind.core.held_order import HeldOrder
from tradewind.core.held_wishes import amend_held, cancel_held
from tradewind.core.orders import Order
from tradewind.core.parent_checks import breach_of_parent
from tradewind.core.parent_order import ParentOrder
from tradewind.core.parent_orders import end_parent, parent_of, pulse
from tradewind.core.state import State
from tradewind.core.trails import trail_terms, untrailed_breach
from tradewind.model import messages as m
from tradewind.model.ids import PERSON
from tradewind.model.numbers import format_plain

Decisions = list[m.Decision]
Kept = HeldOrder | ParentOrder


def kept(state: State, order_id: str) -> Kept | None:
    """What the core holds or works under an id."""
    found: Kept | None = state.held.get(order_id) or state.parents.get(order_id)
    return found


def cancel_kept(state: State, wanted: Kept) -> Decisions:
    """End it by request; a parent ends with the last of its children."""
    if isinstance(wanted, ParentOrder):
        return end_parent(state, wanted, "canceled")
    return cancel_held(state, wanted)


def amend_kept(state: State, wanted: Kept, event: m.AmendIntended) -> Decisions:
    """Give it other terms at once, or deny them and leave it as it is."""
    if isinstance(wanted, ParentOrder):
        return _amend_parent(state, wanted, event)
    return amend_held(state, wanted, event)


def _amend_parent(state: State, parent: ParentOrder, event: m.AmendIntended) -> Decisions:
    """Another quantity or limit price; children that do not suit it are canceled first."""
    before = (parent.quantity, parent.limit_price)
    breach = _form_of_amend(state, parent, event)
    if breach is None:
        parent.quantity = event.quantity
        parent.limit_price = event.limit_price or parent.limit_price
        del state.parents[parent.order_id]
        breach = breach_of_parent(state, parent)
        state.parents[parent.order_id] = parent
    if breach is not None:
        parent.quantity, parent.limit_price = before
        return [m.OrderDenied(state.time_ns, parent.order_id, *breach)]
    return pulse(state, parent)


def _form_of_amend(
    state: State, parent: ParentOrder, event: m.AmendIntended
) -> tuple[str, str, str] | None:
    digits = state.markets[parent.instrument].instrument.quantity_digits
    if parent.ending:
        return ("ending", parent.ending, "a parent that goes on")
    if trail_terms(event):
        return untrailed_breach(event, state.markets[parent.instrument])
    if event.stop_price:
        return ("amend_stop", str(event.stop_price), "a quantity and a limit price")
    if event.limit_price and not parent.limit_price:
        return ("amend_limit", str(event.limit_price), "market children, as it began")
    if event.quantity < max(parent.filled_quantity, parent.terms.display):
        least = max(parent.filled_quantity, parent.terms.display)
        return ("amended_below", format_plain(event.quantity, digits), format_plain(least, digits))
    return None


def breach_of_child(state: State, order: Order) -> tuple[str, str, str] | None:
    """Why a child is not amended by itself: its parent would not know what is open."""
    parent = parent_of(state, order.order_id) if state.parents else None
    if parent is None:
        return None
    return ("child_order", order.order_id, f"amend {parent.order_id}, whose child it is")


def foreign_denial(state: State, order: Order | Kept, strategy: str) -> m.OrderDenied | None:
    """Why a strategy may not touch an order: it is another's. Persons may."""
    owner = state.strategies[order.strategy].name
    if strategy in (owner, PERSON) or strategy not in state.strategy_numbers:
        return None
    return m.OrderDenied(state.time_ns, order.order_id, "not_own_order", strategy, owner)
