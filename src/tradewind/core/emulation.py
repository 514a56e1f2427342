"""Order types that a venue has not: the core holds such an order and sends what the venue has."""

from __future__ import annotations

import msgspec

from tradewind.core.held_orders import conditional_intended
from tradewind.core.state import State
from tradewind.model import messages as m
from tradewind.model.conditional_messages import ConditionalIntended, OrderHeld, Trigger
from tradewind.model.errors import UserError
from tradewind.model.orders import OrderType

EMULATED = (OrderType.STOP, OrderType.STOP_LIMIT)
"""What the core can do in a venue's place, with orders at market and with a limit."""


def venue_described(state: State, event: m.VenueDescribed) -> list[m.Decision]:
    """What a venue lacks and what it amends from here on; orders that work stay as they are."""
    for known, types in ((state.lacking, event.lacks), (state.amending, event.amends)):
        known.pop(event.venue, None)
        if types:
            known[event.venue] = tuple(map(int, types))
    state.icebergs.discard(event.venue)
    if event.has_icebergs:
        state.icebergs.add(event.venue)
    return []


def check_described(state: State, event: m.VenueDescribed) -> None:
    """Refuse types in whose place the core can do nothing."""
    wrong = sorted(set(map(int, (*event.lacks, *event.amends))) - set(map(int, EMULATED)))
    if wrong or not event.venue:
        names = ", ".join(each.name for each in EMULATED)
        raise UserError(f"{event.venue or 'a venue'}: the core can stand in for {names} only")


def emulated(state: State, event: m.OrderIntended) -> list[m.Decision] | None:
    """Hold an order whose type its venue lacks, and say so; None where the venue has it."""
    place = state.market_numbers.get(event.instrument)
    if place is None:
        return None
    venue = state.markets[place].venue
    if event.type not in state.lacking.get(venue, ()):
        return None
    decided = conditional_intended(
        state,
        ConditionalIntended(
            event.time_ns,
            event.order_id,
            event.strategy,
            event.instrument,
            event.side,
            event.quantity,
            Trigger.STOP,
            limit_price=event.limit_price,
            trigger_price=event.stop_price,
            time_in_force=event.time_in_force,
            flags=event.flags,
            expire_time_ns=event.expire_time_ns,
            leg=event.leg,
        ),
    )
    first = decided[0]
    if isinstance(first, OrderHeld):
        name = OrderType(event.type).name
        reason = f"{venue} has no {name} orders, so {first.reason}"
        decided[0] = msgspec.structs.replace(first, reason=reason)
    return decided
