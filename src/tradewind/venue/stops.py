"""Orders of one listing that are held back until the last price reaches their stop price."""

from __future__ import annotations

from decimal import Decimal

from tradewind.venue.orders import Order


class Stops:
    """Held orders, asked with every last price; trailing stops move behind the best price."""

    def __init__(self) -> None:
        self._held: dict[int, Order] = {}

    def hold(self, order: Order, last: Decimal | None) -> None:
        """Keep an order back. A trailing one without a stop price begins at the last price."""
        if order.trailing_share is not None and order.stop_price is None:
            order.trailing_extreme = last
        self._held[order.id] = order

    def drop(self, order: Order) -> None:
        """Forget an order that ended."""
        self._held.pop(order.id, None)

    def due(self, last: Decimal) -> list[Order]:
        """Take out the orders that a last price sets off, the oldest first."""
        found = [order for order in self._held.values() if _is_due(order, last)]
        for order in found:
            del self._held[order.id]
        return found


def _is_due(order: Order, last: Decimal) -> bool:
    """True where the price has come; on the way a trailing stop follows its extreme."""
    if order.trailing_share is None:
        return _has_reached(order, last)
    if order.trailing_extreme is None:
        if not _has_reached(order, last):
            return False
        order.trailing_extreme = last
    if order.stops_above:
        order.trailing_extreme = min(order.trailing_extreme, last)
        return last >= order.trailing_extreme * (1 + order.trailing_share)
    order.trailing_extreme = max(order.trailing_extreme, last)
    return last <= order.trailing_extreme * (1 - order.trailing_share)


def _has_reached(order: Order, last: Decimal) -> bool:
    """True where the last price is at the stop price or beyond; one without begins at once."""
    if order.stop_price is None:
        return True
    return last >= order.stop_price if order.stops_above else last <= order.stop_price
