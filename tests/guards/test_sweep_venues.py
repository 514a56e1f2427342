"""Sweeping several venues: one that does not answer holds up no other."""

from __future__ import annotations

import asyncio

from tradewind.model.errors import OutsideError
from tradewind.model.messages import CancelOrder
from tradewind.model.orders import OrderType, Side
from tradewind.model.venue_account import VenueOrder
from tradewind.runtime.metric_file import metric_text
from tradewind.runtime.sweep_orders import sweep_venues


class Listing:
    """A venue with one order, or one that is away."""

    has_cancel_all = False

    def __init__(self, venue: str, failure: Exception | None = None) -> None:
        self.venue = venue
        self.failure = failure
        self.canceled: list[str] = []

    async def open_orders(self) -> list[VenueOrder]:
        if self.failure is not None:
            raise self.failure
        return [VenueOrder("o1", "7", f"X.{self.venue}", Side.BUY, OrderType.LIMIT, 1)]

    async def cancel(self, command: CancelOrder) -> None:
        self.canceled.append(command.venue)

    async def cancel_all(self, instrument: str) -> None:
        raise AssertionError(instrument)


def test_all_venues_are_swept_though_the_first_is_away() -> None:
    away = Listing("A", OutsideError("nobody there", fault="theirs", retry=True))
    there = [Listing("B"), Listing("C")]
    swept = asyncio.run(sweep_venues([away, *there]))
    assert (swept.found, swept.problems) == (2, ("A: open orders: nobody there",))
    assert [one.canceled for one in there] == [["B"], ["C"]]


def test_a_metric_of_several_venues_is_described_once() -> None:
    text = metric_text({'breaks_total{venue="A"}': 1.0, 'breaks_total{venue="B"}': 2.0, "f": 0.0})
    assert text.splitlines() == [
        "# TYPE tradewind_breaks_total counter",
        'tradewind_breaks_total{venue="A"} 1',
        'tradewind_breaks_total{venue="B"} 2',
        "# TYPE tradewind_f gauge",
        "tradewind_f 0",
    ]
