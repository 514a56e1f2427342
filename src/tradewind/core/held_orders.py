"""Orders that the core holds: taken in, let go by prices or by other orders, ended.

They are no orders yet: risk looks at them when they are sent, and nothing of them is counted
before. What is decided is journaled behind the event that caused it, so a restart and a replay
hold the same.
"""

from __future__ import annotations

import heapq

from tradewind.core.cancels import cancel_command
from tradewind.core.entry import admit, submit_command
from tradewind.core.held_checks import breach_of_held, order_of
from tradewind.core.held_order import HeldOrder
from tradewind.core.market import Market
from tradewind.core.orders import Order
from tradewind.core.state import State, StrategyBook
from tradewind.model import messages as m
from tradewind.model.conditional_messages import (
    ConditionalIntended,
    HeldOrderEnded,
    OrderHeld,
    Trigger,
)
from tradewind.model.numbers import format_plain
from tradewind.model.orders import OrderState, TimeInForce

DAY_NS = 24 * 3600 * 10**9
CORE = ""
"""In the place of a strategy's name: a timer of the core's own."""

Decisions = list[m.Decision]

_PENDING_CANCEL = int(OrderState.PENDING_CANCEL)
_AWAITING = int(OrderState.AWAITING_FILLS)


def conditional_intended(state: State, event: ConditionalIntended) -> Decisions:
    """Hold an order, or deny it; one that waits for nothing is sent at once."""
    number = state.strategy_numbers.get(event.strategy)
    place = state.market_numbers.get(event.instrument)
    if number is None:
        return [_denied(state, event, "unknown_strategy", event.strategy, "a registered strategy")]
    state.strategies[number].intents += 1
    if place is None:
        known = "a listed instrument"
        return [_denied(state, event, "unknown_instrument", event.instrument, known)]
    held = HeldOrder(event, number, place, state.markets[place].tick)
    breach = breach_of_held(state, held)
    if breach is not None:
        return [_denied(state, event, *breach)]
    forget_groups(state)
    keep(state, held)
    return [OrderHeld(state.time_ns, held.order_id, why(state, held)), *_refresh(state, held)]


def keep(state: State, held: HeldOrder) -> None:
    """Hold an order from here on, until its time in force is over at the latest."""
    terms = held.terms
    state.held[terms.order_id] = held
    state.markets[held.instrument].held_count += 1
    if not held.is_waiting:
        held.follow(state.markets[held.instrument].mark)
    due_ns = _end_ns(state, held)
    if due_ns is not None:
        heapq.heappush(state.timers, (due_ns, CORE, terms.order_id, 0))


def _end_ns(state: State, held: HeldOrder) -> int | None:
    """When the order ends by its time in force."""
    terms = held.terms
    if terms.time_in_force == TimeInForce.GTD:
        return max(terms.expire_time_ns, state.time_ns)
    if terms.time_in_force != TimeInForce.DAY:
        return None
    sessions = state.markets[held.instrument].sessions
    close_ns = None if sessions is None else sessions.close_behind(state.time_ns)
    return close_ns or (state.time_ns // DAY_NS + 1) * DAY_NS


# --- prices ----------------------------------------------------------------------------------


def due_at(state: State, market: Market, buy: int, sell: int) -> Decisions:
    """What prices let go: what a buyer would pay and a seller would get."""
    due = []
    for held in _watching(state, market):
        price = buy if held.terms.side > 0 else sell
        if held.is_due or held.is_reached_by(price):
            due.append(held)
        else:
            held.follow(price)
    return _let_go(state, due)


def due_in_bar(state: State, market: Market, high: int, low: int, close: int) -> Decisions:
    """What a bar lets go; what it does inside is known at its close, and sent then."""
    watching = _watching(state, market)
    due = [held for held in watching if held.is_due or held.is_reached_in(high, low, close)]
    return _let_go(state, due)


def _watching(state: State, market: Market) -> list[HeldOrder]:
    """Stops first, as in a bar nobody knows what came first; else the oldest first."""
    found = [
        held
        for held in state.held.values()
        if held.instrument == market.index
        and not held.is_waiting
        and (held.terms.trigger != Trigger.AT_ONCE or held.is_due)
    ]
    return sorted(found, key=lambda held: held.terms.trigger == Trigger.TOUCH)


def _let_go(state: State, due: list[HeldOrder]) -> Decisions:
    decided: Decisions = []
    for held in due:
        if held.order_id in state.held:  # another of its group may have ended it
            decided += release(state, held)
    return decided


# --- other orders ----------------------------------------------------------------------------


def follow(state: State, order: Order) -> Decisions:
    """What held orders do when an order they wait for, or of their group, has moved."""
    decided: Decisions = []
    for held in list(state.held.values()):
        group = state.groups.get(group_of(held), {}) if held.terms.group else {}
        is_linked = order.order_id == held.terms.parent or order.order_id in group
        if is_linked and held.order_id in state.held:
            decided += _refresh(state, held)
    return decided


def _refresh(state: State, held: HeldOrder) -> Decisions:
    """Let an order do what its parent and its group allow: wait, watch, go out, or end."""
    terms = held.terms
    parent = state.orders.get(terms.parent)
    if terms.parent in state.held:
        return []
    most = terms.quantity
    if parent is not None:
        most = min(most, parent.filled_quantity)
        if most == 0:
            return [] if parent.is_open else end(state, held, f"{terms.parent} ended unfilled")
        if not parent.is_open:
            held.become(parent="", quantity=most)
    most -= filled_by_group(state, held)
    if most <= 0:
        is_over = parent is None or not parent.is_open
        return end(state, held, "its group has filled") if is_over else []
    held.quantity = most
    is_at_once = terms.trigger == Trigger.AT_ONCE
    decided: Decisions = []
    if held.is_waiting and not (is_at_once and parent is not None and parent.is_open):
        held.is_waiting = False
        held.follow(state.markets[held.instrument].mark)
        decided.append(OrderHeld(state.time_ns, held.order_id, why(state, held)))
    if held.is_due or (is_at_once and not held.is_waiting):
        # a cancel that was refused is tried again with the next price, not at once for ever
        is_free = not any(order.is_open for order in _before(state, held))
        return [*decided, *release(state, held)] if is_free else decided
    return decided


def release(state: State, held: HeldOrder) -> Decisions:
    """Send an order, once nothing of its group or parent works any more."""
    working = [order for order in _before(state, held) if order.is_open]
    if working:
        if held.terms.trigger == Trigger.AT_ONCE and not held.is_due:
            return []  # it waits for its turn
        held.is_due = True
        leaving = [o for o in working if o.state not in (_PENDING_CANCEL, _AWAITING)]
        return [cancel_command(state, order) for order in leaving]
    _drop(state, held)
    book: StrategyBook = state.strategies[held.strategy]
    order = order_of(state, held)
    state.orders[order.order_id] = order
    was_stopped, book.is_stopped = book.is_stopped, False  # what it wanted before still stands
    denied = admit(state, order, book, state.markets[held.instrument])
    book.is_stopped = was_stopped
    if denied is None and held.terms.group:
        state.groups.setdefault(group_of(held), {})[order.order_id] = 0
    if denied is not None:
        return [denied, *follow(state, order)]
    return [submit_command(state, order)]


def end(state: State, held: HeldOrder, reason: str) -> Decisions:
    """End an order that was never sent, and those that waited for it."""
    _drop(state, held)
    decided: Decisions = [HeldOrderEnded(state.time_ns, held.order_id, reason)]
    for child in list(state.held.values()):
        if child.terms.parent == held.order_id and child.order_id in state.held:
            decided += end(state, child, f"{held.order_id} ended: {reason}")
    return decided


def _drop(state: State, held: HeldOrder) -> None:
    del state.held[held.order_id]
    state.markets[held.instrument].held_count -= 1
    kept = [timer for timer in state.timers if timer[1] != CORE or timer[2] != held.order_id]
    if len(kept) != len(state.timers):
        state.timers = kept
        heapq.heapify(state.timers)


def forget_groups(state: State) -> None:
    """Forget groups of which nothing is held, and nothing sent has moved in this moment."""
    if not state.groups:
        return
    held = {group_of(one) for one in state.held.values()}
    for group, fills in list(state.groups.items()):
        sent = [state.orders[one] for one in fills if one in state.orders]
        is_over = all(not o.is_open and o.changed_time_ns < state.time_ns for o in sent)
        if group not in held and is_over:
            del state.groups[group]


def left_of(state: State, held: HeldOrder) -> int:
    """What is left of its quantity: no more than its parent filled, less what its group did."""
    parent = state.orders.get(held.terms.parent)
    most = held.terms.quantity
    if parent is not None and parent.filled_quantity:
        most = min(most, parent.filled_quantity)
    return most - filled_by_group(state, held)


def filled_by_group(state: State, held: HeldOrder) -> int:
    """What the sent orders of its group have filled."""
    fills = state.groups.get(group_of(held))
    if not held.terms.group or not fills:
        return 0
    for order_id in fills:
        order = state.orders.get(order_id)
        if order is not None:  # one that was forgotten moves no more
            fills[order_id] = order.filled_quantity
    return sum(fills.values())


def _before(state: State, held: HeldOrder) -> list[Order]:
    """The sent orders that must not work beside it: its parent and those of its group."""
    group = state.groups.get(group_of(held), {}) if held.terms.group else {}
    ids = [held.terms.parent, *group]
    return [state.orders[one] for one in ids if one in state.orders]


def group_of(held: HeldOrder) -> str:
    """The key of its group in the state."""
    return f"{held.strategy}:{held.terms.group}"


def why(state: State, held: HeldOrder) -> str:
    """What a held order waits for, for people."""
    if held.is_waiting:
        return f"waits for {held.terms.parent}"
    market = state.markets[held.instrument]
    price = format_plain(held.trigger_price, market.instrument.price_digits)
    return {
        Trigger.AT_ONCE: _turn(price if held.is_stop else ""),
        Trigger.STOP: f"the core watches for a stop at {price}",
        Trigger.TOUCH: f"the core watches for a touch of {price}",
        Trigger.TRAIL: f"the core lets the stop follow, now at {price}",
    }[held.terms.trigger]


def _turn(stop_price: str) -> str:
    stop = f"as a stop at {stop_price} " if stop_price else ""
    return f"goes out {stop}when nothing of its group works"


def _denied(
    state: State, event: ConditionalIntended, rule: str, value: str, limit: str
) -> m.OrderDenied:
    return m.OrderDenied(state.time_ns, event.order_id, rule, value, limit)
