"""The drop-copy reconciler: a second, read-only look at the venue, held against the journal.

A process of its own with a key that may only read. It trusts neither the engine's memory nor its
connection: the journal is read from disk, the venue is asked anew. A difference counts when two
looks in a row have seen it.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Iterable, Iterator
from contextlib import closing
from typing import Protocol, TypeVar

import msgspec

from tradewind.model.errors import TradewindError
from tradewind.model.instruments import Instrument
from tradewind.model.numbers import format_units
from tradewind.model.venue_account import VenueFill, VenueOrder
from tradewind.ports.journal import JournalReader
from tradewind.ports.platform import Clock
from tradewind.ports.trading import Refused
from tradewind.runtime.journaled_orders import JournaledFill, JournaledOrder, JournaledOrders

WINDOW_NS = 24 * 3600 * 10**9
"""How far back executions are compared."""
SETTLE_NS = 5 * 10**9
"""What was heard of within so short a time may still be on its way to one of the two."""
CALL_DEADLINE_S = 20.0

T = TypeVar("T")

LOG = logging.getLogger("tradewind.drop_copy")

KINDS = {
    "order_not_in_journal": "an order with our name works at the venue, the journal has none such",
    "order_over_in_journal": "an order works at the venue that is over in the journal",
    "order_not_at_venue": "an order is open in the journal that the venue does not list",
    "fill_not_in_journal": "the venue executed what the journal does not have",
    "fill_not_at_venue": "the journal has an execution that the venue does not list",
    "fill_differs": "price or quantity of an execution differ",
}
"""Kinds of breaks, for people."""


class Break(msgspec.Struct, frozen=True):
    """One thing on which journal and venue differ."""

    kind: str
    subject: str
    journal: str
    venue: str

    @property
    def text(self) -> str:
        """In a sentence."""
        return f"{self.kind} {self.subject}: journal {self.journal}, venue {self.venue}"


class Reading(Protocol):
    """The part of a `Trading` that only reads."""

    @property
    def venue(self) -> str:
        """The venue's name in instrument ids."""

    async def open_orders(self) -> list[VenueOrder]:
        """Every order that works in this account."""

    async def fills(self, instrument: str, *, since_ns: int) -> list[VenueFill]:
        """Executions at or behind a time."""


class DropCopy:
    """Compares one account at one venue with one journal; `look` once, or `run` for ever.

    `instruments` is asked at each look: those of the venue, once it has answered.
    """

    def __init__(
        self,
        trading: Reading,
        instruments: Callable[[], Iterable[Instrument]],
        read: Callable[[], JournalReader],
        *,
        clock: Clock,
        alarm: Callable[[tuple[Break, ...]], Awaitable[None]],
    ) -> None:
        self._trading = trading
        self._list = instruments
        self._instruments: dict[str, Instrument] = {}
        self._read = read
        self._clock = clock
        self._alarm = alarm
        self._journaled = JournaledOrders()
        self._suspected: frozenset[Break] = frozenset()
        self._told: frozenset[Break] = frozenset()
        self.breaks: tuple[Break, ...] = ()
        self.looks = 0
        self.compared = 0
        """Executions and open orders that the last look held against each other."""
        self.failed = ""
        """Why the last look did not end, or ""."""

    async def run(self, interval_s: float) -> None:
        """Look for ever."""
        while True:
            await self.look()
            await asyncio.sleep(interval_s)

    async def look(self) -> tuple[Break, ...]:
        """One look; the breaks that two looks in a row have seen."""
        try:
            found = frozenset(await self._compare())
        except (TradewindError, TimeoutError) as error:
            self.failed = str(error) or "the venue did not answer in time"
            LOG.error("look_failed error=%r", self.failed)
            return self.breaks
        self.failed = ""
        self.looks += 1
        confirmed = found & self._suspected
        self._suspected = found
        self.breaks = tuple(sorted(confirmed, key=lambda one: (one.kind, one.subject)))
        new = tuple(one for one in self.breaks if one not in self._told)
        self._told = confirmed
        if new:
            await self._alarm(new)
        return self.breaks

    def metrics(self) -> dict[str, float]:
        """Numbers for a monitoring system."""
        return {
            "drop_copy_breaks": float(len(self.breaks)),
            "drop_copy_looks_total": float(self.looks),
            "drop_copy_compared": float(self.compared),
            "drop_copy_failed": float(bool(self.failed)),
        }

    async def _compare(self) -> list[Break]:
        """Ask the venue first: what it tells must be in the journal by the time that is read."""
        now_ns = self._clock.now_ns()
        since_ns = max(self._journaled.began_ns, now_ns - WINDOW_NS)
        orders = await _asked(self._trading.open_orders())
        self._instruments = {one.id: one for one in self._list()}
        fills: list[VenueFill] = []
        for instrument in self._instruments:
            fills += await self._fills(instrument, since_ns)
        is_first = not self._journaled.journal_id
        await asyncio.to_thread(self._follow)
        if is_first:  # what was before the journal began is nobody's here
            fills = [one for one in fills if one.venue_time_ns >= self._journaled.began_ns]
        self._journaled.forget(now_ns - WINDOW_NS - SETTLE_NS)
        settled_ns = now_ns - SETTLE_NS
        self.compared = len(orders) + len(fills)
        return [
            *self._order_breaks(orders, settled_ns),
            *self._fill_breaks(fills, settled_ns, now_ns - WINDOW_NS + SETTLE_NS),
        ]

    async def _fills(self, instrument: str, since_ns: int) -> list[VenueFill]:
        try:
            return await _asked(self._trading.fills(instrument, since_ns=since_ns))
        except Refused as error:  # not listed any more
            LOG.warning("no_fills instrument=%s reason=%r", instrument, str(error))
            return []

    def _follow(self) -> None:
        with closing(self._read()) as journal:
            self._journaled.follow(journal)

    def _order_breaks(self, orders: list[VenueOrder], settled_ns: int) -> Iterator[Break]:
        ours, prefix = self._journaled.orders, self._journaled.journal_id + "-"
        there = {one.order_id for one in orders}
        for one in orders:
            known = ours.get(one.order_id)
            if known is None:
                if one.order_id.startswith(prefix):
                    yield Break("order_not_in_journal", one.order_id, "nothing", "open")
            elif known.is_over and known.time_ns < settled_ns:
                yield Break("order_over_in_journal", one.order_id, "over", "open")
        for known in ours.values():
            if not self._is_expected(known, settled_ns) or known.order_id in there:
                continue
            yield Break("order_not_at_venue", known.order_id, "open", "not listed")

    def _is_expected(self, order: JournaledOrder, settled_ns: int) -> bool:
        is_open = order.is_settled and not order.is_over
        return is_open and order.venue == self._trading.venue and order.time_ns < settled_ns

    def _fill_breaks(
        self, fills: list[VenueFill], settled_ns: int, listed_ns: int
    ) -> Iterator[Break]:
        there = set()
        for fill in fills:
            order_id = self._order_of(fill)
            there.add((order_id, fill.fill_id))
            known = self._journaled.fills.get((order_id, fill.fill_id))
            if known is not None:
                if known.price and (known.quantity, known.price) != (fill.quantity, fill.price):
                    yield self._break("fill_differs", fill, self._terms(fill.instrument, known))
            elif fill.venue_time_ns < settled_ns:
                yield self._break("fill_not_in_journal", fill, "nothing")
        for key, known in self._journaled.fills.items():
            order = self._journaled.orders.get(known.order_id)
            if order is None or order.venue != self._trading.venue or key in there:
                continue
            if listed_ns < known.time_ns < settled_ns:
                terms = self._terms(order.instrument, known)
                yield Break("fill_not_at_venue", " ".join(key), terms, "not listed")

    def _order_of(self, fill: VenueFill) -> str:
        """Our id of the order of an execution; the venue's where the journal does not know it."""
        if fill.order_id:
            return fill.order_id
        known = self._journaled.by_venue_id.get((fill.instrument, fill.venue_order_id))
        return known or f"#{fill.venue_order_id}"

    def _break(self, kind: str, fill: VenueFill, ours: str) -> Break:
        theirs = self._terms(fill.instrument, fill)
        return Break(kind, f"{self._order_of(fill)} {fill.fill_id}", ours, theirs)

    def _terms(self, instrument: str, fill: VenueFill | JournaledFill) -> str:
        listed = self._instruments.get(instrument)
        if listed is None:
            return f"{fill.quantity} @ {fill.price} units"
        quantity = format_units(fill.quantity, listed.quantity_digits)
        return f"{quantity} @ {format_units(fill.price, listed.price_digits)}"


async def _asked(question: Awaitable[T]) -> T:
    async with asyncio.timeout(CALL_DEADLINE_S):
        return await question
