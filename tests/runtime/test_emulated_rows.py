"""The row of an order whose type its venue lacks: what the core does, and how it ended."""

from __future__ import annotations

import msgspec

from tests.runtime.test_projections import intent, order_id, projected, the_order
from tradewind.model import messages as m
from tradewind.model.orders import OrderType


def test_an_order_that_the_core_holds_for_its_venue_says_so_and_how_it_ended() -> None:
    stop = msgspec.structs.replace(intent(1), type=OrderType.STOP, stop_price=11000)
    events = [m.VenueDescribed(4, "SIM", (OrderType.STOP,)), stop]
    row = the_order(projected([*events]))
    assert row.reason == "SIM has no STOP orders, so the core watches for a stop at 110"
    assert (row.state, row.is_open, row.venue) == ("PENDING_NEW", 1, "")
    ended = the_order(projected([*events, m.CancelIntended(6, "cross", order_id(1))]))
    assert (ended.state, ended.is_open, ended.reason) == ("CANCELED", 0, "canceled")
