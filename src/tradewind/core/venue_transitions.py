"""What events about a venue do to the state: lost, paused, a position that was transferred."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tradewind.core.account_transitions import post_quantity
from tradewind.core.parent_orders import venue_back
from tradewind.core.venue_cash import move_cash
from tradewind.model import messages as m

if TYPE_CHECKING:
    from tradewind.core.state import State


def venue_lost(state: State, event: m.VenueLost) -> list[m.Decision]:
    """No new orders to the venue until it is back."""
    state.lost_venues[event.venue] = event.reason
    return []


def venue_recovered(state: State, event: m.VenueRecovered) -> list[m.Decision]:
    """Orders may go again."""
    state.lost_venues.pop(event.venue, None)
    return venue_back(state) if state.parents else []


def instrument_paused(state: State, event: m.InstrumentPaused) -> list[m.Decision]:
    """No new orders of an instrument; what works stays. Its id is no venue's name."""
    state.lost_venues[event.instrument] = event.reason
    return []


def instrument_resumed(state: State, event: m.InstrumentResumed) -> list[m.Decision]:
    """Orders of the instrument may go again."""
    state.lost_venues.pop(event.instrument, None)
    return venue_back(state) if state.parents else []


def venue_differed(state: State, event: m.VenueDiffered) -> list[m.Decision]:
    """An execution that a person lets the venue take back is forgotten: reported anew it counts."""
    if event.kind == "accepted_fill_not_at_venue":
        order_id, _, fill_id = event.subject.partition(" ")
        order = state.orders.get(order_id)
        if order is not None:
            order.drop_fill(fill_id)
    return []


def position_transferred(state: State, event: m.PositionTransferred) -> list[m.Decision]:
    """A position at a cost against capital; cash stays what it was.

    A transfer that takes a position away realizes nothing by itself: the capital that leaves is
    what the event's price says, the rest of the cost is profit or loss.
    """
    book = state.strategy(event.strategy)
    market = state.market(event.instrument)
    if market.mark == 0:
        market.mark = event.price
        market.mark_time_ns = state.time_ns
    post_quantity(state, book, market, leg=event.leg, quantity=event.quantity, price=event.price)
    capital = market.notional(event.price, event.quantity)
    book.account.wallet(market.currency).deposit(capital)
    move_cash(book.account, market.venue, market.currency, capital)
    return []
