"""What an order must be to be held, and the order that is sent of it."""

from __future__ import annotations

from tradewind.core.entry import form_breach, halt_breach
from tradewind.core.held_order import HeldOrder
from tradewind.core.orders import Order, new_order
from tradewind.core.risk import Breach
from tradewind.core.state import State, StrategyBook
from tradewind.model.conditional_messages import Trigger
from tradewind.model.numbers import format_plain
from tradewind.model.orders import OrderFlag, OrderType

HELD_MAX = 10_000
"""Orders held at once; one more is denied."""


def breach_of_held(state: State, held: HeldOrder) -> Breach | None:
    """The first reason against holding an order; limits look at it when it is sent."""
    terms = held.terms
    market = state.markets[held.instrument]
    if terms.order_id in state.orders or terms.order_id in state.held:
        return ("duplicate_id", terms.order_id, "an id used once")
    if len(state.held) >= HELD_MAX:
        return ("too_many_held", str(len(state.held) + 1), str(HELD_MAX))
    if terms.parent and not _is_own(state, held.strategy, terms.parent):
        return ("unknown_parent", terms.parent, "an order of the strategy")
    price = format_plain(terms.trigger_price, market.instrument.price_digits)
    if terms.trigger == Trigger.TRAIL and (terms.trail > 0) == (terms.trail_share > 0):
        return ("no_trail", format_plain(terms.trail, market.instrument.price_digits), "a distance")
    if terms.trigger in (Trigger.STOP, Trigger.TOUCH) and terms.trigger_price <= 0:
        return ("no_stop_price", price, "a stop price")
    book: StrategyBook = state.strategies[held.strategy]
    order = order_of(state, held)
    order.quantity = terms.quantity
    order.stop_price = terms.trigger_price
    order.flags &= ~int(OrderFlag.REDUCE_ONLY)  # what there is to reduce is known when it is sent
    return form_breach(state, order, book, market) or halt_breach(state, book, market)


def _is_own(state: State, strategy: int, order_id: str) -> bool:
    """Whether an order of this id, sent or held, is the strategy's."""
    order, held = state.orders.get(order_id), state.held.get(order_id)
    if order is not None:
        return bool(order.strategy == strategy)
    return held is not None and held.strategy == strategy


def order_of(state: State, held: HeldOrder) -> Order:
    """The order that is sent: with its limit price if it has one, a stop if it is one."""
    terms = held.terms
    book: StrategyBook = state.strategies[held.strategy]
    account = book.account.index
    order = new_order(
        terms.order_id, held.strategy, account, held.instrument, int(terms.side), held.quantity
    )
    order.order_type = int(_type_of(held))
    order.limit_price = terms.limit_price
    order.stop_price = terms.trigger_price if held.is_stop else 0
    order.time_in_force = int(terms.time_in_force)
    order.flags = int(terms.flags)
    order.expire_time_ns = terms.expire_time_ns
    order.leg = int(terms.leg)
    order.intended_time_ns = state.time_ns
    return order


def _type_of(held: HeldOrder) -> OrderType:
    if held.is_stop:
        return OrderType.STOP_LIMIT if held.terms.limit_price else OrderType.STOP
    return OrderType.LIMIT if held.terms.limit_price else OrderType.MARKET
