"""Parents that the core works: taken in, children sent for what is due, wound up, ended.

What has filled and what works of the children never exceeds the parent: a child is sent for what
is due beyond both, and counts until its venue has said that it works no more. Timers, prints and
reports are events, so a replay and a restart send the same children.
"""

from __future__ import annotations

import heapq

import msgspec

from tradewind.core.cancels import cancel_command, is_in
from tradewind.core.entry import admit
from tradewind.core.held_orders import CORE, follow
from tradewind.core.market import Market
from tradewind.core.native_icebergs import command_of, is_shown_by_venue, lowered, note_refusal
from tradewind.core.orders import Order, new_order
from tradewind.core.parent_checks import breach_of_parent
from tradewind.core.parent_order import PAUSE_NS, ParentOrder
from tradewind.core.parent_reasons import child_reason, parent_reason
from tradewind.core.route import divide, factors_of, in_units_of
from tradewind.core.state import State, StrategyBook
from tradewind.model import messages as m
from tradewind.model.algorithm_messages import Algorithm, AlgorithmIntended, ChildSent, ParentEnded
from tradewind.model.conditional_messages import OrderHeld
from tradewind.model.ids import base36
from tradewind.model.orders import OrderState, OrderType, TimeInForce

CHILDREN_MAX = 10_000
"""Children of one parent; it ends behind them."""
FAILURES_MAX = 10
"""Children that come to nothing in a row; then their parent ends."""

Decisions = list[m.Decision]

_CANCELABLE = frozenset(
    map(int, (OrderState.PENDING_NEW, OrderState.NEW, OrderState.PARTIALLY_FILLED))
)

_VENUES_ENDS = frozenset(map(int, (OrderState.FILLED, OrderState.REJECTED, OrderState.EXPIRED)))
"""Ends that tell how a venue fills; a cancel was wanted."""


def algorithm_intended(state: State, event: AlgorithmIntended) -> Decisions:
    """Take a parent in and send what is due at once, or deny it."""
    number = state.strategy_numbers.get(event.strategy)
    place = state.market_numbers.get(event.instrument)
    if number is None:
        return [_denied(state, event, "unknown_strategy", event.strategy, "a registered strategy")]
    state.strategies[number].intents += 1
    if place is None:
        known = "a listed instrument"
        return [_denied(state, event, "unknown_instrument", event.instrument, known)]
    start_ns = max(event.start_time_ns, state.time_ns)
    parent = ParentOrder(msgspec.structs.replace(event, start_time_ns=start_ns), number, place)
    breach = breach_of_parent(state, parent)
    if breach is not None:
        return [_denied(state, event, *breach)]
    if event.route:
        legs = state.routes[event.route].terms.legs
        parent.places = [state.market_numbers[leg.instrument] for leg in legs]
        parent.factors = factors_of(state, parent)
    parent.is_whole = is_shown_by_venue(state, parent)
    state.parents[event.order_id] = parent
    for each in parent.places:
        state.markets[each].held_count += 1
    held = OrderHeld(state.time_ns, event.order_id, parent_reason(state, parent))
    return [held, *pulse(state, parent)]


def pulse(state: State, parent: ParentOrder) -> Decisions:
    """Do what a parent wants now: cancel, send, or end; and note when to be asked again."""
    decided = _act(state, parent)
    if parent.order_id in state.parents:
        _arm(state, parent)
    return decided


def venue_back(state: State) -> Decisions:
    """A venue or an instrument takes orders again: parents go on with what is due by now."""
    decided: Decisions = []
    for parent in list(state.parents.values()):
        decided += pulse(state, parent)
    return decided


def _is_cut_off(state: State, parent: ParentOrder) -> bool:
    """Whether none of its venues can be reached, or takes orders."""
    lost = state.lost_venues
    return bool(lost) and all(
        state.markets[place].venue in lost or state.markets[place].id in lost
        for place in parent.places
    )


def _act(state: State, parent: ParentOrder) -> Decisions:
    if _is_cut_off(state, parent) and (parent.working or not parent.ending):
        return []
    if not parent.ending:
        parent.ending = _why_over(state, parent)
    if parent.ending:
        return _wind_up(state, parent)
    less = lowered(
        state,
        parent,
        excess=committed(state, parent) - parent.quantity,
        limit_price=limit_in(state, parent, parent.instrument),
    )
    if less is not None:
        return less
    unwanted = _unwanted(state, parent)
    if unwanted:
        return _withdraw(state, parent, unwanted)
    if parent.leaving or state.time_ns < max(parent.terms.start_time_ns, parent.pause_ns):
        return []
    return _send_due(state, parent)


def _why_over(state: State, parent: ParentOrder) -> str:
    """Why a parent shall go on no more, "" where it shall."""
    if parent.filled_quantity >= parent.quantity:
        return "filled"
    if parent.failures >= FAILURES_MAX or (parent.crossing and parent.failures):
        return f"its children came to nothing: {parent.failure}"
    if parent.sent >= CHILDREN_MAX and not parent.working:
        return f"it has had {CHILDREN_MAX} children"
    if not parent.is_past(state.time_ns):
        return ""
    is_crossing = parent.is_crossing_at(state.time_ns)
    if not is_crossing or (parent.crossing and not parent.working):
        return "its window is over"
    return ""


# --- cancels ---------------------------------------------------------------------------------


def _unwanted(state: State, parent: ParentOrder) -> list[Order]:
    """Children that work at another price than wanted, or beyond the quantity."""
    working = [state.orders[one] for one in parent.working]
    excess = committed(state, parent) - parent.quantity
    is_crossing = parent.is_crossing_at(state.time_ns)
    found = []
    for order in reversed(working):
        is_resting = is_crossing and not parent.crossing and order.limit_price > 0
        if (
            order.limit_price != limit_in(state, parent, order.instrument)
            or is_resting
            or excess > 0
        ):
            found.append(order)
            excess -= parent.in_own_units(order.instrument, order.reserved)
    return [order for order in found if order.order_id not in parent.leaving]


def _withdraw(state: State, parent: ParentOrder, orders: list[Order]) -> Decisions:
    """Cancel children; one whose cancel was refused is left alone for a while."""
    if state.time_ns < parent.pause_ns:
        return []
    leaving = [order for order in orders if order.state in _CANCELABLE]
    parent.leaving += [order.order_id for order in leaving]
    return [cancel_command(state, order) for order in leaving]


def _wind_up(state: State, parent: ParentOrder) -> Decisions:
    """Cancel what works; end once nothing does."""
    if parent.working:
        return _withdraw(state, parent, [state.orders[one] for one in parent.working])
    _forget(state, parent)
    return [ParentEnded(state.time_ns, parent.order_id, parent.filled_quantity, parent.ending)]


def end_parent(state: State, parent: ParentOrder, reason: str) -> Decisions:
    """Wind a parent up; its children are canceled, and it ends with the last of them."""
    parent.ending = parent.ending or reason
    return pulse(state, parent)


def _forget(state: State, parent: ParentOrder) -> None:
    del state.parents[parent.order_id]
    for place in parent.places:
        state.markets[place].held_count -= 1
    _disarm(state, parent)


# --- children --------------------------------------------------------------------------------


def committed(state: State, parent: ParentOrder) -> int:
    """What has filled, and what may still fill of the children that left."""
    working = [state.orders[one] for one in parent.working]
    return parent.filled_quantity + sum(
        parent.in_own_units(order.instrument, order.reserved) for order in working
    )


def _send_due(state: State, parent: ParentOrder) -> Decisions:
    """Send a child of what is due beyond what has filled and works."""
    lot = min(parent.in_own_units(place, state.markets[place].lot) for place in parent.places)
    due = parent.due_quantity(state.time_ns)
    before = committed(state, parent)
    quantity = (min(due, parent.quantity) - before) // lot * lot
    if parent.terms.algorithm == Algorithm.ICEBERG and parent.working:
        return []  # one is shown at a time
    is_crossing = parent.is_crossing_at(state.time_ns)
    least = 0 if is_crossing else parent.terms.min_child
    if quantity <= 0 or (quantity < least and quantity < parent.quantity - before):
        return []
    reason = child_reason(state, parent, due)
    if parent.terms.route:
        return _send_routed(state, parent, quantity, reason)
    return _send(state, parent, parent.instrument, quantity, reason)


def _send_routed(state: State, parent: ParentOrder, quantity: int, reason: str) -> Decisions:
    """Send what is due to the legs of the route, and say how it was divided."""
    route = state.routes.get(parent.terms.route)
    if route is None:
        return end_parent(state, parent, f"there is no route {parent.terms.route} any more")
    routed, shares = divide(state, route, parent, quantity)
    decided: Decisions = [routed]
    for place, share in shares:
        decided += _send(state, parent, place, in_units_of(parent, place, share), reason)
    if not shares:
        reasons = "; ".join(f"{one.instrument} {one.reason}" for one in routed.scores)
        parent.fail(f"no leg takes it: {reasons}", state.time_ns)
    return decided


def _send(state: State, parent: ParentOrder, place: int, quantity: int, reason: str) -> Decisions:
    order = _child(state, parent, place, quantity)
    parent.sent += 1
    parent.children[order.order_id] = 0
    if parent.is_crossing_at(state.time_ns):
        parent.failures = parent.failures if parent.crossing else 0
        parent.crossing = order.order_id
    state.orders[order.order_id] = order
    book: StrategyBook = state.strategies[parent.strategy]
    denied = admit(state, order, book, state.markets[order.instrument])
    sent = ChildSent(state.time_ns, order.order_id, parent.order_id, reason)
    if denied is None:
        parent.working.append(order.order_id)
        return [sent, command_of(state, parent, order)]
    parent.fail(f"{denied.rule} {denied.value}, limit {denied.limit}", state.time_ns)
    return [sent, denied]


def limit_in(state: State, parent: ParentOrder, place: int) -> int:
    """The parent's limit price on the grid of a market, not worse."""
    limit = parent.limit_price
    market, own = state.markets[place], state.markets[parent.instrument]
    step = market.tick * 10**own.instrument.price_digits
    wide = limit * 10**market.instrument.price_digits
    steps = wide // step if parent.terms.side > 0 else -(-wide // step)
    return int(steps * market.tick)


def _child(state: State, parent: ParentOrder, place: int, quantity: int) -> Order:
    terms = parent.terms
    order = new_order(
        f"{parent.order_id}.{base36(parent.sent + 1)}",
        parent.strategy,
        state.strategies[parent.strategy].account.index,
        place,
        int(terms.side),
        quantity,
    )
    order.flags = int(terms.flags)
    order.leg = int(terms.leg)
    order.limit_price = limit_in(state, parent, place)
    order.intended_time_ns = state.time_ns
    if parent.limit_price:
        order.order_type = int(OrderType.LIMIT)
        if parent.is_crossing_at(state.time_ns):
            order.time_in_force = int(TimeInForce.IOC)
    return order


# --- what happens around it ------------------------------------------------------------------


def parent_of(state: State, order_id: str) -> ParentOrder | None:
    """The parent whose child an order is."""
    parent = state.parents.get(order_id.rpartition(".")[0])
    return parent if parent is not None and order_id in parent.children else None


def order_moved(state: State, order: Order, event: object) -> Decisions:
    """What orders that the core holds or works do when an order has moved."""
    decided = follow(state, order) if state.held else []
    return decided + _child_moved(state, order, event) if state.parents else decided


def _child_moved(state: State, order: Order, event: object) -> Decisions:
    """What a parent does when the venue has told something of a child."""
    parent = parent_of(state, order.order_id)
    if parent is None:
        return []
    was_working = order.order_id in parent.working
    if isinstance(event, m.OrderRejected) and was_working:
        note_refusal(parent, event)
    parent.note(order, state.time_ns)
    route = state.routes.get(parent.terms.route)
    if route is not None and was_working and order.state in _VENUES_ENDS:
        name = state.markets[order.instrument].id
        route.note(name, order.quantity, order.filled_quantity)
    if isinstance(event, m.CancelRejected):
        parent.pause_ns = state.time_ns + PAUSE_NS
        if order.order_id in parent.leaving:
            parent.leaving.remove(order.order_id)
    if isinstance(event, m.AmendRejected) and was_working and not parent.leaving:
        return [*_withdraw(state, parent, [order]), *pulse(state, parent)]
    return pulse(state, parent)


def volume_traded(state: State, market: Market, size: int, *, of_bar: int) -> Decisions:
    """What has traded in a market; bars say nothing more once prints have come."""
    decided: Decisions = []
    for parent in list(state.parents.values()):
        if market.index not in parent.places or state.time_ns < parent.terms.start_time_ns:
            continue
        if of_bar and parent.counts_trades:
            continue
        parent.counts_trades = not of_bar
        parent.volume += parent.in_own_units(market.index, size)
        if parent.terms.participation:
            decided += pulse(state, parent)
    return decided


def parent_due(state: State, order_id: str) -> Decisions:
    """A timer of a parent fired."""
    parent: ParentOrder = state.parents[order_id]
    _disarm(state, parent)
    return pulse(state, parent)


def end_parents_in(state: State, scope: str, reason: str) -> Decisions:
    """Wind up all parents of a scope that is halted, or of a strategy that was stopped."""
    decided: Decisions = []
    for parent in list(state.parents.values()):
        if all(is_in(state, parent.strategy, place, scope) for place in parent.places):
            decided += end_parent(state, parent, reason)
    return decided


# --- timers ----------------------------------------------------------------------------------


def _arm(state: State, parent: ParentOrder) -> None:
    """Be asked again when the next slice begins, a pause or the window ends."""
    due_ns = parent.next_ns(state.time_ns)
    if due_ns == parent.timer_ns:
        return
    _disarm(state, parent)
    if due_ns:
        parent.timer_ns = due_ns
        heapq.heappush(state.timers, (due_ns, CORE, parent.order_id, 0))


def _disarm(state: State, parent: ParentOrder) -> None:
    if not parent.timer_ns:
        return
    parent.timer_ns = 0
    kept = [timer for timer in state.timers if timer[1] != CORE or timer[2] != parent.order_id]
    state.timers = kept
    heapq.heapify(state.timers)


def _denied(
    state: State, event: AlgorithmIntended, rule: str, value: str, limit: str
) -> m.OrderDenied:
    return m.OrderDenied(state.time_ns, event.order_id, rule, value, limit)
