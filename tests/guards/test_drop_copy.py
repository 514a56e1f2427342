"""Each kind of break between a journal and a venue, and what is none."""

from __future__ import annotations

import asyncio

import pytest
from msgspec import structs

from tests.runtime.venue_engine import COIN, placed
from tradewind.adapters.memory.journal import MemoryJournal
from tradewind.model import messages as m
from tradewind.model.orders import OrderType, Side
from tradewind.model.venue_account import VenueFill, VenueOrder
from tradewind.ports.journal import group_of
from tradewind.runtime.drop_copy import KINDS, SETTLE_NS, Break, DropCopy

NAME = "j0-person-1"
LATER_NS = 100 * SETTLE_NS
SENT = [placed(NAME, 100), m.OrderAccepted(1, NAME, "7")]
EXECUTED = m.OrderFilled(2, NAME, "f1", 100, 1, 0, "USD", 0)
THERE = VenueFill("f1", "", "7", COIN.id, Side.BUY, 100, 1, 0, "USD", 0, 2)
OPEN = VenueOrder(NAME, "7", COIN.id, Side.BUY, OrderType.LIMIT, 1, 0, 100)


class Venue:
    """What a venue lists."""

    venue = "SIM"

    def __init__(self) -> None:
        self.listed_orders: list[VenueOrder] = []
        self.listed_fills: list[VenueFill] = []

    async def open_orders(self) -> list[VenueOrder]:
        return self.listed_orders

    async def fills(self, instrument: str, *, since_ns: int) -> list[VenueFill]:
        return [one for one in self.listed_fills if one.instrument == instrument]


class Copying:
    """A drop copy of a journal in memory; the time is what a test says."""

    def __init__(self, records: list[m.Record], now_ns: int = LATER_NS) -> None:
        self.time_ns = now_ns
        self.alarms: list[Break] = []
        self.venue = Venue()
        journal = MemoryJournal("j0")
        epoch = journal.take_over()
        all_records = [m.RunStarted(1, "j0", epoch, ""), *records]
        journal.append(group_of(all_records, after_sequence=0, epoch=epoch, time_ns=2))
        self.drop_copy = DropCopy(
            self.venue, lambda: [COIN], lambda: journal, clock=self, alarm=self._alarm
        )

    def now_ns(self) -> int:
        return self.time_ns

    def look_twice(self) -> list[str]:
        async def look() -> tuple[Break, ...]:
            await self.drop_copy.look()
            return await self.drop_copy.look()

        return [one.kind for one in asyncio.run(look())]

    async def _alarm(self, breaks: tuple[Break, ...]) -> None:
        self.alarms += breaks


def broken(kind: str) -> Copying:
    """A journal and a venue that differ in one way."""
    if kind == "order_not_in_journal":
        copying = Copying([])
        copying.venue.listed_orders = [OPEN]
    elif kind == "order_over_in_journal":
        copying = Copying([*SENT, m.OrderCanceled(2, NAME)])
        copying.venue.listed_orders = [OPEN]
    elif kind == "order_not_at_venue":
        copying = Copying([*SENT])
    elif kind == "fill_not_at_venue":
        copying = Copying([*SENT, EXECUTED])
    else:
        copying = Copying([*SENT, EXECUTED] if kind == "fill_differs" else [*SENT])
        copying.venue.listed_orders = [OPEN] if kind == "fill_not_in_journal" else []
        price = 101 if kind == "fill_differs" else 100
        copying.venue.listed_fills = [structs.replace(THERE, price=price)]
    return copying


@pytest.mark.parametrize("kind", sorted(KINDS))
def test_each_kind_of_break_is_seen_twice_and_told_once(kind: str) -> None:
    copying = broken(kind)
    asyncio.run(copying.drop_copy.look())
    assert copying.alarms == []
    assert copying.look_twice() == [kind]
    assert [one.kind for one in copying.alarms] == [kind]


def test_a_journal_that_agrees_has_no_break() -> None:
    copying = Copying([*SENT, EXECUTED])
    copying.venue.listed_fills = [THERE]
    assert copying.look_twice() == []
    assert copying.drop_copy.metrics()["drop_copy_compared"] == 1


@pytest.mark.parametrize("kind", ["order_not_at_venue", "fill_not_at_venue"])
def test_what_was_heard_of_just_now_may_still_be_on_its_way(kind: str) -> None:
    copying = broken(kind)
    copying.time_ns = SETTLE_NS + 1
    assert copying.look_twice() == []
    copying.time_ns = SETTLE_NS + 3
    assert copying.look_twice() == [kind]


def test_an_execution_that_a_person_took_back_is_no_break() -> None:
    word = ("accepted_fill_not_at_venue", f"{NAME} f1", "filled", "not there", "adopt", "a bust")
    copying = Copying([*SENT, EXECUTED, m.VenueDiffered(3, "SIM", *word)])
    assert copying.look_twice() == []
