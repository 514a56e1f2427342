"""Trailing stops: a stop that follows the best price at a distance, and sells when it is met."""

from __future__ import annotations

from decimal import ROUND_HALF_EVEN, Decimal

from tradewind.venue.alpaca.numbers import CENT
from tradewind.venue.alpaca.order import Order

HUNDRED = Decimal(100)


class Trailing:
    """The trailing stops that are watched, by symbol."""

    def __init__(self) -> None:
        self._watched: dict[str, dict[str, Order]] = {}

    def watch(self, order: Order, price: Decimal) -> None:
        """Follow prices from here; a mark from an earlier session stays."""
        self._watched.setdefault(order.security.symbol, {})[order.id] = order
        if price:
            follow(order, price)

    def drop(self, order: Order) -> None:
        """Follow no more."""
        self._watched.get(order.security.symbol, {}).pop(order.id, None)

    def due(self, symbol: str, price: Decimal) -> list[Order]:
        """The orders whose stop a price meets; the others move with it."""
        watched = self._watched.get(symbol)
        if not watched:
            return []
        found = [order for order in watched.values() if is_met(order, price)]
        for order in found:
            del watched[order.id]
        for order in watched.values():
            follow(order, price)
        return found


def is_met(order: Order, price: Decimal) -> bool:
    """True where a price reaches the stop as it stands."""
    return order.stop_price is not None and (price - order.stop_price) * order.side >= 0


def follow(order: Order, price: Decimal) -> None:
    """Move mark and stop with a better price: higher for a sell, lower for a buy."""
    mark = order.high_water_mark
    if mark is not None and (price - mark) * order.side >= 0:
        return
    order.high_water_mark = price
    distance = order.trail_price
    if distance is None:
        distance = price * (order.trail_percent or Decimal(0)) / HUNDRED
    stop = price + distance * order.side
    order.stop_price = max(CENT, stop.quantize(CENT, ROUND_HALF_EVEN))
