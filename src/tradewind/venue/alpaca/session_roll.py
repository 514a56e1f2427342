"""The turn of sessions: what begins at the open, ends at the close, and counts anew next day."""

from __future__ import annotations

from tradewind.venue.alpaca.hours import can_work
from tradewind.venue.alpaca.order import Order
from tradewind.venue.alpaca.router import Router
from tradewind.venue.equities.calendar import Session, latest_session


class SessionRoll:
    """Moves orders with the clock; `turn` is called again and again with the time."""

    def __init__(self, router: Router, start_ns: int) -> None:
        self.router = router
        self.session = latest_session(start_ns)
        self._done_ns = start_ns

    def turn(self, time_ns: int) -> bool:
        """Do what is due since the last call; True where a new session has begun."""
        has_begun = False
        for due_ns, action in self._due(time_ns):
            has_begun = has_begun or action == "begin"
            self._do(action, due_ns)
        self._done_ns = max(self._done_ns, time_ns)
        return has_begun

    def _due(self, time_ns: int) -> list[tuple[int, str]]:
        """What is due, the earliest first, of at most one session after the running one."""
        marks = marks_of(self.session)
        following = latest_session(time_ns)
        if following != self.session:
            marks += marks_of(following)
            self.session = following
        return sorted(mark for mark in marks if self._done_ns < mark[0] <= time_ns)

    def _do(self, action: str, time_ns: int) -> None:
        if action in ("begin", "open"):
            self._release(time_ns)
        elif action == "close":
            self._auction(time_ns)
            self._close(time_ns, extended=False)
        else:
            self._close(time_ns, extended=True)

    def _release(self, time_ns: int) -> None:
        """Let waiting orders work whose market is open now."""
        for order in list(self.router.waiting.values()):
            if order.is_open and can_work(order, time_ns):
                self.router.enter(order, time_ns)

    def _auction(self, time_ns: int) -> None:
        """Orders of the closing auction are filled at the close, or end."""
        for order in list(self.router.waiting.values()):
            if order.time_in_force == "cls" and order.is_open:
                self.router.work(order, time_ns)

    def _close(self, time_ns: int, *, extended: bool) -> None:
        """Day orders of the session expire, others wait for the next one."""
        for customer in self.router.customers.values():
            for order in list(customer.open_orders.values()):
                if order.security.is_crypto or order.has_extended_hours is not extended:
                    continue
                if not order.is_open or not is_of_session(order):
                    continue
                if order.time_in_force == "gtc":
                    self.router.park(order, time_ns)
                else:
                    self.router.withdraw(order, "expired", time_ns)


def is_of_session(order: Order) -> bool:
    """True where an order has worked in this session; one that came too late waits for the next."""
    return order.is_working or order.status in ("new", "partially_filled")


def marks_of(session: Session) -> list[tuple[int, str]]:
    """The times of a session at which something is to be done."""
    return [
        (session.pre_ns, "begin"),
        (session.open_ns, "open"),
        (session.close_ns, "close"),
        (session.post_ns, "end"),
    ]
