"""Updates of orders as reports, and what has to be remembered of orders to tell them. No I/O."""

from __future__ import annotations

from collections.abc import Callable

from tradewind.adapters.alpaca.instruments import Listing
from tradewind.adapters.alpaca.order_wire import Order, TradeUpdate
from tradewind.adapters.alpaca.orders import REPLACED_MARK, ended, fill_of, order_id_of
from tradewind.adapters.alpaca.replacements import Replacements
from tradewind.adapters.net.decimals import floor_units
from tradewind.model import messages as m

ORDERS_REMEMBERED_MAX = 10_000
"""Beyond it the oldest is forgotten: its venue id is asked for again."""

Reports = list[m.Report] | None
"""Reports; or None where an update does not tell all, and the order has to be asked for."""

REPORTS_REMEMBERED_MAX = 50_000
"""Beyond it the oldest may be told twice; the core drops doubles as well."""

REPEATABLE = (
    m.OrderAmended, m.OrderRestated, m.CancelRejected, m.AmendRejected, m.OrderUnknown
)  # fmt: skip
"""An order may be amended to and fro; all else happens to it once."""

ENDINGS = frozenset({"fill", "canceled", "expired", "rejected"})


class OrderUpdates:
    """Knows orders by both ids, which of them work, and which replacements are under way.

    `replacements` are those that this process sent.
    """

    def __init__(self) -> None:
        self.replacements = Replacements(0.0)
        self.venue_ids: dict[str, str] = {}
        """The venue's id of what an order of ours is now."""
        self.order_ids: dict[str, str] = {}
        self.working: dict[str, Listing] = {}
        self._told: dict[m.Report, None] = {}

    def is_news(self, report: m.Report) -> bool:
        """Whether a report that can come only once comes for the first time."""
        if isinstance(report, REPEATABLE):
            return True
        is_new = report not in self._told
        self._told[report] = None
        while len(self._told) > REPORTS_REMEMBERED_MAX:
            del self._told[next(iter(self._told))]
        return is_new

    def remember(self, order: Order, listing: Listing) -> None:
        """An order of ours, as the venue has it now."""
        order_id = order_id_of(order.client_order_id)
        self.venue_ids[order_id] = order.id
        self.order_ids[order.id] = order_id
        self.working[order_id] = listing
        for known in (self.venue_ids, self.order_ids, self.working):
            while len(known) > ORDERS_REMEMBERED_MAX:
                del known[next(iter(known))]

    def reports(self, update: TradeUpdate, listing: Listing) -> Reports:
        """What an update is to the core; nothing where it changes nothing that we keep."""
        happened = HAPPENINGS.get(update.event)
        told: Reports = happened(self, update, listing) if happened else []
        if update.event in ENDINGS:
            self.working.pop(order_id_of(update.order.client_order_id), None)
        return told

    def _filled(self, update: TradeUpdate, listing: Listing) -> Reports:
        order = update.order
        if update.price is None or update.quantity is None:
            return None
        fill = fill_of(order, update.price, update.quantity, order.filled_quantity, listing)
        return [] if fill is None else [fill]

    def _accepted(self, update: TradeUpdate, listing: Listing) -> Reports:
        """A replacement is told by `replaced`: to the core it is the same order."""
        order = update.order
        if REPLACED_MARK in order.client_order_id:
            return []
        self.remember(order, listing)
        return [m.OrderAccepted(0, order.client_order_id, order.id)]

    def _canceled(self, update: TradeUpdate, listing: Listing) -> Reports:
        return _ended("canceled", update.order, listing)

    def _expired(self, update: TradeUpdate, listing: Listing) -> Reports:
        return _ended("expired", update.order, listing)

    def _rejected(self, update: TradeUpdate, listing: Listing) -> Reports:
        """A replacement that is rejected leaves the order before it as it was."""
        order, order_id = update.order, order_id_of(update.order.client_order_id)
        if not order.replaces:
            return _ended("rejected", order, listing)
        self.venue_ids[order_id] = order.replaces
        return self._amend_rejected(update, listing)

    def _replaced(self, update: TradeUpdate, listing: Listing) -> Reports:
        """The venue names the old order with `replaced_by`, or the new one with `replaces`.

        An old one that replaced another itself has both.
        """
        order, order_id = update.order, order_id_of(update.order.client_order_id)
        old_id = order.id if order.replaced_by else order.replaces or order.id
        command = self.replacements.taken(old_id)
        if command is None:
            return None
        self.venue_ids[order_id] = order.replaced_by or order.id
        terms = command.quantity, command.limit_price
        return [m.OrderAmended(0, order_id, *terms, command.number, command.stop_price)]

    def _amend_rejected(self, update: TradeUpdate, listing: Listing) -> Reports:
        order, order_id = update.order, order_id_of(update.order.client_order_id)
        command = self.replacements.taken(order.replaces or order.id)
        if command is None:
            return None
        reason = "Alpaca rejected the replacement"
        return [m.AmendRejected(0, order_id, reason, command.number)]

    def _cancel_rejected(self, update: TradeUpdate, listing: Listing) -> Reports:
        order_id = order_id_of(update.order.client_order_id)
        return [m.CancelRejected(0, order_id, "Alpaca rejected the cancel")]


def _ended(status: str, order: Order, listing: Listing) -> list[m.Report]:
    """The end of an order. What one that was replaced states may count what went before or not."""
    filled = floor_units(order.filled_quantity, listing.instrument.quantity_digits)
    if REPLACED_MARK in order.client_order_id:
        filled = m.NOT_STATED
    return ended(status, order_id_of(order.client_order_id), filled)


_Happening = Callable[[OrderUpdates, TradeUpdate, Listing], Reports]

HAPPENINGS: dict[str, _Happening] = {
    "new": OrderUpdates._accepted,
    "accepted": OrderUpdates._accepted,
    "pending_new": OrderUpdates._accepted,
    "fill": OrderUpdates._filled,
    "partial_fill": OrderUpdates._filled,
    "canceled": OrderUpdates._canceled,
    "expired": OrderUpdates._expired,
    "rejected": OrderUpdates._rejected,
    "replaced": OrderUpdates._replaced,
    "order_replace_rejected": OrderUpdates._amend_rejected,
    "order_cancel_rejected": OrderUpdates._cancel_rejected,
}
"""What an event of the stream is to us; `stopped`, `calculated`, `restated` and such are not."""
