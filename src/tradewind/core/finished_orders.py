"""Finished orders in the order of their ends, until they leave memory."""

from __future__ import annotations

from collections.abc import Iterator

from tradewind.core.orders import Order

DONE_ORDERS_MAX = 100_000
"""Finished orders kept in memory; the oldest leave first."""
DONE_ORDER_AGE_MAX_NS = 24 * 3600 * 1_000_000_000
"""Finished orders older than this leave memory as well."""

# C integers when compiled (finished_orders.pxd)
_ORDERS_MAX = DONE_ORDERS_MAX
_ORDER_AGE_MAX_NS = DONE_ORDER_AGE_MAX_NS
_GAP_MAX = 1024
"""Places left empty in front until the list is moved up: seldom, so that it costs nothing."""


class FinishedOrders:
    """The last finished orders, the oldest first; those taken out leave an empty place in front.

    >>> done = FinishedOrders()
    >>> done.add(Order("j0-cross-1", 0, 0, 0, 1, 5))
    >>> [order.order_id for order in done], done.take_old(5)
    (['j0-cross-1'], None)
    >>> done.take_old(DONE_ORDER_AGE_MAX_NS + 1).order_id, len(done)
    ('j0-cross-1', 0)
    """

    __slots__ = ("_first", "_from_ns", "_kept")

    def __init__(self) -> None:
        self._kept: list[Order | None] = []
        self._first = 0
        self._from_ns = 0

    def __len__(self) -> int:
        return len(self._kept) - self._first

    def __iter__(self) -> Iterator[Order]:
        return iter([order for order in self._kept if order is not None])

    def add(self, order: Order) -> None:
        """Take an order behind those before it."""
        if self._first == len(self._kept):
            self._from_ns = order.changed_time_ns
        self._kept.append(order)

    def take_old(self, time_ns: int) -> Order | None:
        """Take the first one out where it is beyond the number or the age; else None."""
        first = self._first
        count = len(self._kept) - first
        oldest_ns = time_ns - _ORDER_AGE_MAX_NS
        if count == 0 or (count <= _ORDERS_MAX and self._from_ns >= oldest_ns):
            return None
        order = self._kept[first]
        assert order is not None, "no place behind the first is empty"
        # a finished order may still change, then it is younger than was noted
        self._from_ns = order.changed_time_ns
        if count <= _ORDERS_MAX and self._from_ns >= oldest_ns:
            return None
        self._kept[first] = None
        self._first = first + 1
        if self._first > _GAP_MAX and self._first > count:
            del self._kept[: self._first]
            self._first = 0
        return order
