"""One side of a book: price levels with the market's size and the accounts' orders in turn."""

from __future__ import annotations

from bisect import bisect_left, insort
from collections.abc import Iterator
from decimal import Decimal

from tradewind.venue.orders import BUY, ZERO, Order


class Level:
    """One price. `market` is what others show, `taken` what of it accounts have taken since."""

    __slots__ = ("market", "orders", "taken")

    def __init__(self) -> None:
        self.market = ZERO
        self.taken = ZERO
        self.orders: list[Order] = []

    @property
    def available(self) -> Decimal:
        """What is left of the market's size."""
        return max(ZERO, self.market - self.taken)

    @property
    def shown(self) -> Decimal:
        """What the public book shows: the market's rest and the visible part of the orders."""
        return self.available + sum(map(visible_part, self.orders), ZERO)


class Ladder:
    """The levels of one side, the best first.

    >>> asks = Ladder(-1)
    >>> asks.set_market(Decimal(101), Decimal(2)), asks.set_market(Decimal(100), Decimal(1))
    (None, None)
    >>> [str(price) for price in asks.prices()]
    ['100', '101']
    """

    __slots__ = ("_keys", "_order_keys", "levels", "side")

    def __init__(self, side: int) -> None:
        self.side = side
        self.levels: dict[Decimal, Level] = {}
        # Keys are prices negated for bids, so that on both sides the best is the smallest.
        self._keys: list[Decimal] = []
        self._order_keys: list[Decimal] = []

    def _key(self, price: Decimal) -> Decimal:
        return -price if self.side == BUY else price

    def _price(self, key: Decimal) -> Decimal:
        return -key if self.side == BUY else key

    def set_market(self, price: Decimal, size: Decimal) -> None:
        """The market's size at a price, absolute; 0 leaves only the accounts' orders."""
        level = self.levels.get(price)
        if level is None:
            if size == 0:
                return
            level = self._new_level(price)
        level.market = size
        level.taken = ZERO
        for order in level.orders:
            order.queue_ahead = min(order.queue_ahead, size)
        self._drop_if_empty(price, level)

    def take_market(self, price: Decimal, quantity: Decimal) -> None:
        """Accounts took a part of the market's size at a price."""
        level = self.levels[price]
        level.taken += quantity
        for order in level.orders:
            order.queue_ahead = max(ZERO, order.queue_ahead - quantity)

    def add(self, order: Order) -> None:
        """Put an order at the end of its price."""
        assert order.price is not None
        level = self.levels.get(order.price) or self._new_level(order.price)
        if not level.orders:
            insort(self._order_keys, self._key(order.price))
        order.is_resting = True
        level.orders.append(order)
        self._queue(order, level)

    def show_next(self, order: Order) -> None:
        """Show the next part of an iceberg, at the end of its price."""
        assert order.price is not None
        level = self.levels[order.price]
        level.orders.remove(order)
        level.orders.append(order)
        self._queue(order, level)

    def remove(self, order: Order) -> None:
        """Take an order out."""
        assert order.price is not None
        level = self.levels[order.price]
        level.orders.remove(order)
        order.is_resting = False
        if not level.orders:
            del self._order_keys[bisect_left(self._order_keys, self._key(order.price))]
        self._drop_if_empty(order.price, level)

    def tidy(self, price: Decimal) -> None:
        """Forget a level that has become empty."""
        level = self.levels.get(price)
        if level is not None:
            self._drop_if_empty(price, level)

    def clear_market(self) -> None:
        """Forget the market's sizes; the accounts' orders stay."""
        for price in list(self.levels):
            self.set_market(price, ZERO)

    def prices(self) -> Iterator[Decimal]:
        """All prices, the best first."""
        return map(self._price, self._keys)

    def order_prices(self) -> list[Decimal]:
        """Prices at which accounts have orders, the best first."""
        return [self._price(key) for key in self._order_keys]

    def best(self) -> Decimal | None:
        """The best price at which anything is to be had."""
        for key in self._keys:
            price = self._price(key)
            level = self.levels[price]
            if level.available or level.orders:
                return price
        return None

    def best_market(self) -> Decimal | None:
        """The best price at which the market itself has something left."""
        for key in self._keys:
            price = self._price(key)
            if self.levels[price].available:
                return price
        return None

    def reaches(self, price: Decimal, limit: Decimal | None) -> bool:
        """True where a price of this side is good enough for an opposite order's limit."""
        return limit is None or self._key(price) <= self._key(limit)

    def _new_level(self, price: Decimal) -> Level:
        level = self.levels[price] = Level()
        insort(self._keys, self._key(price))
        return level

    @staticmethod
    def _queue(order: Order, level: Level) -> None:
        order.queue_ahead = level.available
        if order.visible is not None:
            order.tip = min(order.visible, order.leaves)

    def _drop_if_empty(self, price: Decimal, level: Level) -> None:
        if level.market == 0 and not level.orders:
            del self.levels[price]
            del self._keys[bisect_left(self._keys, self._key(price))]


def visible_part(order: Order) -> Decimal:
    """What the public sees of an order: all of it, or of an iceberg the part that is shown now."""
    return order.leaves if order.visible is None else min(order.tip, order.leaves)
