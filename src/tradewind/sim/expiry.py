"""Expiry: when orders end by themselves."""

from __future__ import annotations

import heapq
from bisect import bisect_right
from collections.abc import Sequence

from tradewind.core.venue_model import NEVER_NS
from tradewind.model.orders import TimeInForce
from tradewind.sim.listing import Listing
from tradewind.sim.order import WorkingOrder
from tradewind.sim.reporting import Reporting

DAY_NS = 24 * 3600 * 10**9
DAY = int(TimeInForce.DAY)
GTD = int(TimeInForce.GTD)


class Expiry:
    """The orders that end at a time, the earliest first; `next_ns` is when.

    DAY orders end with the session: at the first of `session_closes_ns` behind their arrival, or
    at the next close of the instrument's calendar (with EXTENDED_HOURS at the end of the hours
    after it), or, where there is neither, at midnight UTC. GTD orders end at their own time.
    """

    __slots__ = ("count", "heap", "next_ns", "reporting", "session_closes_ns")

    def __init__(self, reporting: Reporting, session_closes_ns: Sequence[int]) -> None:
        self.reporting = reporting
        self.session_closes_ns = sorted(session_closes_ns)
        self.heap: list[tuple[int, int, WorkingOrder]] = []
        self.count = 0
        self.next_ns = NEVER_NS

    def add(
        self,
        order: WorkingOrder,
        time_ns: int,
        time_in_force: int,
        expire_time_ns: int,
        listing: Listing,
    ) -> None:
        """Note when the order ends, if its time in force says so."""
        if time_in_force == DAY:
            expire_time_ns = self.day_end_ns(time_ns, listing, order.is_extended)
        elif time_in_force != GTD:
            return
        order.expire_time_ns = expire_time_ns
        if len(self.heap) > 2 * len(self.reporting.open_orders) + 64:
            self.forget_done()
        heapq.heappush(self.heap, (expire_time_ns, self.count, order))
        self.count += 1
        self.next_ns = self.heap[0][0]

    def day_end_ns(self, time_ns: int, listing: Listing, is_extended: int) -> int:
        """When a DAY order of a time ends; midnight UTC where no session is known behind it."""
        index = bisect_right(self.session_closes_ns, time_ns)
        if index < len(self.session_closes_ns):
            return int(self.session_closes_ns[index])
        sessions = listing.sessions
        if sessions is not None:
            behind = sessions.extended_close_behind if is_extended else sessions.close_behind
            found = behind(time_ns)
            if found is not None:
                return int(found)
        return (time_ns // DAY_NS + 1) * DAY_NS

    def forget_done(self) -> None:
        """Drop the orders that ended otherwise, so that the heap stays near the open ones."""
        self.heap = [entry for entry in self.heap if not entry[2].is_done]
        heapq.heapify(self.heap)

    def pop_before(self, time_ns: int) -> WorkingOrder | None:
        """The next open order whose time is before time_ns, taken out; None where none is."""
        while self.next_ns < time_ns:
            order = heapq.heappop(self.heap)[2]
            self.next_ns = self.heap[0][0] if self.heap else NEVER_NS
            if not order.is_done:
                return order
        return None
