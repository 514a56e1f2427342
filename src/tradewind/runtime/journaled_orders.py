"""What a journal says of orders and executions, read record by record and by nothing of the core.

The drop-copy reconciler's own side: were it the core's state, an error of the core would agree with
itself.
"""

from __future__ import annotations

import msgspec

from tradewind.core.snapshot import decode_state
from tradewind.model import messages as m
from tradewind.ports.journal import JournalReader, numbered
from tradewind.runtime.recovery import oldest_snapshot, parts_of

ENDS = (m.OrderRejected, m.OrderCanceled, m.OrderExpired)
BUST = "accepted_fill_not_at_venue"


class JournaledFill(msgspec.Struct, frozen=True):
    """One execution as it was journaled; `price` 0 where only a snapshot tells of it."""

    order_id: str
    fill_id: str
    quantity: int
    price: int
    time_ns: int


class JournaledOrder(msgspec.Struct):
    """An order that was sent: what of it is filled, and when it was last heard of."""

    order_id: str
    venue: str
    instrument: str
    quantity: int
    time_ns: int
    venue_order_id: str = ""
    filled: int = 0
    is_over: bool = False
    is_settled: bool = False
    """Whether the venue has told of it: until then it may not be there yet."""


class JournaledOrders:
    """Follows one journal; `follow` reads what is new."""

    def __init__(self) -> None:
        self.journal_id = ""
        self.orders: dict[str, JournaledOrder] = {}
        self.by_venue_id: dict[tuple[str, str], str] = {}
        self.fills: dict[tuple[str, str], JournaledFill] = {}
        self.began_ns = 0
        """Time of the first record that is kept: of before it nothing is known."""
        self._sequence = 0

    def follow(self, journal: JournalReader) -> None:
        """Read on to the journal's end."""
        self.journal_id = journal.journal_id
        if self._sequence < journal.first_sequence - 1:
            self._begin_behind(journal)
        for group in journal.groups(self._sequence):
            for number, record in numbered(group):
                if number > self._sequence:
                    self.take(record)
            self._sequence = group.last

    def take(self, record: m.Record) -> None:
        """Note one record."""
        self.began_ns = self.began_ns or record.time_ns
        if isinstance(record, m.SubmitOrder):
            self.orders[record.order_id] = JournaledOrder(
                record.order_id, record.venue, record.instrument, record.quantity, record.time_ns
            )
        elif isinstance(record, m.VenueDiffered):
            if record.kind == BUST:
                order_id, _, fill_id = record.subject.partition(" ")
                self.fills.pop((order_id, fill_id), None)
        elif isinstance(record, m.Report):
            self._report(record)

    def forget(self, before_ns: int) -> None:
        """Let go of executions and finished orders of long ago."""
        gone = [key for key, fill in self.fills.items() if fill.time_ns < before_ns]
        for key in gone:
            del self.fills[key]
        for one in list(self.orders.values()):
            if one.is_over and one.time_ns < before_ns:
                del self.orders[one.order_id]
                self.by_venue_id.pop((one.instrument, one.venue_order_id), None)

    def _report(self, report: m.Report) -> None:
        order = self.orders.get(report.order_id)
        if order is None:
            return
        order.time_ns = report.time_ns
        if isinstance(report, m.OrderAccepted | m.OrderRestated):
            self._named(order, report.venue_order_id)
            order.is_settled = True
        elif isinstance(report, m.OrderFilled):
            key = (report.order_id, report.fill_id)
            if key not in self.fills:
                order.filled += report.quantity
            self.fills[key] = JournaledFill(*key, report.quantity, report.price, report.time_ns)
            order.is_settled = True
            order.is_over = order.is_over or order.filled >= order.quantity
        elif isinstance(report, m.OrderAmended):
            order.quantity = report.quantity or order.quantity
            order.is_over = order.is_over or order.filled >= order.quantity
        elif isinstance(report, ENDS):
            order.is_over = True

    def _named(self, order: JournaledOrder, venue_order_id: str) -> None:
        order.venue_order_id = venue_order_id or order.venue_order_id
        self.by_venue_id[order.instrument, order.venue_order_id] = order.order_id

    def _begin_behind(self, journal: JournalReader) -> None:
        """A pruned journal begins with what its oldest snapshot knows."""
        oldest = oldest_snapshot(journal)
        if oldest is None:
            return
        state = decode_state(parts_of(oldest).state)
        self._sequence, self.began_ns = oldest.sequence, state.time_ns
        for order in state.orders.values():
            market = state.markets[order.instrument]
            known = JournaledOrder(
                order.order_id,
                market.venue,
                market.id,
                order.quantity,
                order.changed_time_ns,
                filled=order.filled_quantity,
                is_over=not order.is_open,
                is_settled=True,
            )
            self.orders[order.order_id] = known
            self._named(known, order.venue_order_id)
            for fill_id in order.fill_ids:
                key = (order.order_id, fill_id)
                self.fills[key] = JournaledFill(*key, 0, 0, order.changed_time_ns)
