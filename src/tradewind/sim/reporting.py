"""The venue's reports: built, delayed on their way to us, and the orders they end."""

from __future__ import annotations

from collections import deque
from typing import Any

from tradewind.core.reports import acceptance, execution
from tradewind.core.venue_model import NEVER_NS, VenueModel
from tradewind.model.messages import (
    AmendRejected,
    CancelRejected,
    OrderAmended,
    OrderCanceled,
    OrderExpired,
    OrderRejected,
)
from tradewind.sim.fees import FeeModel
from tradewind.sim.latency import LatencyModel
from tradewind.sim.listing import Listing
from tradewind.sim.order import WorkingOrder

FINISHED_LENGTH_MIN = 10_000
"""Finished orders whose ids are kept at least, to refuse their reuse and to answer late cancels.

So few that they stay in the processor's cache: a fill of a long run costs what the first did.
"""

_FINISHED_MIN = FINISHED_LENGTH_MIN  # a C integer when compiled


class Reporting:
    """Writes reports into `venue.reports` when we learn of them, and keeps the orders' register.

    `open_orders` are the orders the venue works, by id; `finished` the words for the last ones
    that it works no more, up to 10,000, and `finished_before` for the 10,000 before those. Reports
    arrive in the order in which they were written. Where there is a `clearing` (see
    `sim.clearing`), it learns of each fill as it happens.
    """

    __slots__ = (
        "clearing",
        "count",
        "due_ns",
        "ended",
        "fees",
        "finished",
        "finished_before",
        "late",
        "latency",
        "next_due_ns",
        "open_orders",
        "venue",
    )

    def __init__(self, venue: VenueModel, fees: FeeModel, latency: LatencyModel) -> None:
        self.venue = venue
        self.clearing: Any = None
        self.fees = fees
        self.latency = latency
        self.ended = 0
        self.open_orders: dict[str, WorkingOrder] = {}
        self.finished: dict[str, str] = {}
        self.finished_before: dict[str, str] = {}
        self.late: deque[tuple[int, Any]] = deque()
        self.count = 0
        self.due_ns = 0
        self.next_due_ns = NEVER_NS

    def accept(self, order: WorkingOrder, time_ns: int) -> None:
        """Take the order into the register and tell so."""
        self.open_orders[order.order_id] = order
        self.venue.working += 1
        due_ns = self.learn_ns(time_ns)
        self.send(due_ns, acceptance(due_ns, order.order_id, "sim:" + order.order_id))

    def register(self, order: WorkingOrder) -> None:
        """Take the order into the register."""
        self.open_orders[order.order_id] = order
        self.venue.working += 1

    def reject(self, order_id: str, time_ns: int, reason: str) -> None:
        """Tell that an order was refused; an id in use stays what it was."""
        if order_id not in self.open_orders and not self.is_finished(order_id):
            self.remember(order_id, "rejected")
        due_ns = self.learn_ns(time_ns)
        self.send(due_ns, OrderRejected(due_ns, order_id, reason))

    def fill(
        self,
        order: WorkingOrder,
        listing: Listing,
        time_ns: int,
        price: int,
        quantity: int,
        liquidity: int,
    ) -> None:
        """Fill a part of the order and tell so; the last part ends it."""
        fee = self.fees.fee(listing, price, quantity, order.filled_quantity, liquidity)
        if self.clearing is not None:
            self.clearing.on_fill(order.instrument, order.side * quantity, price, fee)
        order.filled_quantity += quantity
        due_ns = self.learn_ns(time_ns)
        order_id = order.order_id
        # What is filled in all makes an id that is new with each fill, after a restart too.
        fill_id = f"{order_id}:{order.filled_quantity}"
        self.send(
            due_ns,
            execution(due_ns, order_id, fill_id, price, quantity, fee, listing.currency, liquidity),
        )
        if order.filled_quantity >= order.quantity:
            self.finish(order, "filled")

    def cancel(self, order: WorkingOrder, time_ns: int) -> None:
        """End the order by request."""
        due_ns = self.learn_ns(time_ns)
        self.send(due_ns, OrderCanceled(due_ns, order.order_id, "", order.filled_quantity))
        self.finish(order, "canceled")

    def expire(self, order: WorkingOrder, time_ns: int, reason: str) -> None:
        """End the order by its time in force."""
        due_ns = self.learn_ns(time_ns)
        self.send(due_ns, OrderExpired(due_ns, order.order_id, reason, order.filled_quantity))
        self.finish(order, "expired")

    def amend(self, order: WorkingOrder, time_ns: int, number: int) -> None:
        """Tell the order's new terms."""
        due_ns = self.learn_ns(time_ns)
        quantity, price = order.quantity, order.limit_price
        self.send(due_ns, OrderAmended(due_ns, order.order_id, quantity, price, number))

    def reject_cancel(self, order_id: str, time_ns: int) -> None:
        """Tell that there is no such open order to cancel."""
        due_ns = self.learn_ns(time_ns)
        self.send(due_ns, CancelRejected(due_ns, order_id, self.why_not_open(order_id)))

    def reject_amend(self, order_id: str, time_ns: int, reason: str, number: int) -> None:
        """Tell that the order stays as it is."""
        due_ns = self.learn_ns(time_ns)
        self.send(due_ns, AmendRejected(due_ns, order_id, reason, number))

    def why_not_open(self, order_id: str) -> str:
        """What is known of an order that is not open."""
        word = self.finished.get(order_id) or self.finished_before.get(order_id)
        return "the order is not known here" if word is None else f"the order is {word}"

    def finish(self, order: WorkingOrder, word: str) -> None:
        """Forget the order but for its id."""
        order.is_done = 1
        self.ended += 1
        del self.open_orders[order.order_id]
        self.venue.working -= 1
        if len(self.finished) < _FINISHED_MIN:
            self.finished[order.order_id] = word
        else:
            self.remember(order.order_id, word)

    def is_finished(self, order_id: str) -> bool:
        """Whether an order of this id is known to be over."""
        return order_id in self.finished or order_id in self.finished_before

    def remember(self, order_id: str, word: str) -> None:
        """Keep an id among the finished; the oldest leave together, when as many are younger."""
        if len(self.finished) >= _FINISHED_MIN:
            self.finished_before = self.finished
            self.finished = {}
        self.finished[order_id] = word

    def learn_ns(self, time_ns: int) -> int:
        """When we learn of what happens at the venue at time_ns; never before earlier reports."""
        if not self.latency.is_instant:
            time_ns += self.latency.report_ns(time_ns, self.count)
            self.count += 1
        if time_ns > self.due_ns:
            self.due_ns = time_ns
        return self.due_ns

    def send(self, due_ns: int, report: Any) -> None:
        """Put a report on its way."""
        if self.latency.is_instant:
            self.venue.reports.append(report)
            return
        if not self.late:
            self.next_due_ns = due_ns
        self.late.append((due_ns, report))

    def deliver(self, time_ns: int) -> None:
        """Hand over the reports due up to and including time_ns."""
        while self.late and self.late[0][0] <= time_ns:
            self.venue.reports.append(self.late.popleft()[1])
        self.next_due_ns = self.late[0][0] if self.late else NEVER_NS
