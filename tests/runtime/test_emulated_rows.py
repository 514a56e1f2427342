"""The row of an order whose type its venue lacks: what the core does, and how it ended."""

from __future__ import annotations

import msgspec
import pytest

from tests.runtime.test_projections import GOOG, intent, order_id, projected, the_order
from tradewind.model import messages as m
from tradewind.model.market import quote_of
from tradewind.model.orders import OrderType
from tradewind.ports.records import DenialRow

STOP = msgspec.structs.replace(intent(1), type=OrderType.STOP, stop_price=11000)
HELD: list[m.ControlEvent] = [m.VenueDescribed(4, "SIM", (OrderType.STOP,)), STOP]


def test_an_order_that_the_core_holds_for_its_venue_says_so_and_how_it_ended() -> None:
    row = the_order(projected([*HELD]))
    assert row.reason == "SIM has no STOP orders, so the core watches for a stop at 110"
    assert (row.state, row.is_open, row.venue) == ("PENDING_NEW", 1, "")
    ended = the_order(projected([*HELD, m.CancelIntended(6, "cross", order_id(1))]))
    assert (ended.state, ended.is_open, ended.reason) == ("CANCELED", 0, "canceled")


def amended(quantity: int, stop_price: int = 0, *, owner: str = "cross") -> m.AmendIntended:
    return m.AmendIntended(6, owner, order_id(1), quantity, 0, stop_price)


def test_other_terms_of_a_held_order_are_in_its_row_and_go_out() -> None:
    row = the_order(projected([*HELD, amended(2, 10500)]))
    assert (row.quantity, row.stop_price, row.venue) == ("2", "105.00", "")
    assert row.reason.endswith("a stop at 105")
    sent = the_order(projected([*HELD, amended(2), quote_of(GOOG, 7, 11000, 5, 11001, 5)]))
    assert (sent.quantity, sent.venue, sent.state) == ("2", "SIM", "PENDING_NEW")


@pytest.mark.parametrize(
    "refused",
    [
        amended(0),
        amended(2, 10500, owner="other"),
        m.CancelIntended(6, "other", order_id(1)),
    ],
)
def test_what_was_refused_leaves_a_held_order_as_it_is(refused: m.ControlEvent) -> None:
    other = m.StrategyRegistered(2, "other", "main", "code", {})
    records = projected([other, *HELD, refused])
    row, before = the_order(records), the_order(projected([other, *HELD]))
    assert len(records.rows(DenialRow)) == 1
    assert (row.state, row.is_open) == ("PENDING_NEW", 1)
    assert (row.quantity, row.stop_price, row.reason) == (
        before.quantity, before.stop_price, before.reason,
    )  # fmt: skip
