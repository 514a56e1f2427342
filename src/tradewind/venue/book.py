"""The book of one listing: the market's levels, the accounts' orders, and who meets whom."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from decimal import Decimal
from typing import NamedTuple

from tradewind.venue.ladder import Ladder, visible_part
from tradewind.venue.listing import Listing
from tradewind.venue.orders import BUY, SELL, ZERO, Order

PriceLevel = tuple[Decimal, Decimal]


class Match(NamedTuple):
    """An aggressive order meets a maker, or the market where `maker` is None."""

    price: Decimal
    quantity: Decimal
    maker: Order | None


class _Turn(NamedTuple):
    """A maker in the queue of its price: what of it is shown, and how much market stands before."""

    maker: Order
    shown: Decimal
    leaves: Decimal
    behind: Decimal

    @classmethod
    def of(cls, maker: Order) -> _Turn:
        """The turn of an order as it stands in the book."""
        return cls(maker, visible_part(maker), maker.leaves, maker.queue_ahead)


class Book:
    """Price, then time: at one price the market that was there before an order goes first.

    In a replay the public book is the recorded one: `update_id` is the recording's, and what
    accounts do is not shown. Else every change of a level counts one up.
    """

    def __init__(self, listing: Listing) -> None:
        self.listing = listing
        self.sides = {BUY: Ladder(BUY), SELL: Ladder(SELL)}
        self.update_id = 0
        self.is_replayed = False
        self.last_price: Decimal | None = None
        self.watchers: list[dict[tuple[int, Decimal], None]] = []
        """Each is told (side, price) of every level that changes, and clears itself."""

    # --- the market --------------------------------------------------------------------------

    def set_market(self, side: int, price: Decimal, size: Decimal) -> None:
        """The market's size at a price, absolute."""
        self.sides[side].set_market(price, size)
        self.touch(side, price)

    def clear_market(self) -> None:
        """Forget the market's levels before a snapshot states them anew."""
        for side, ladder in self.sides.items():
            for price in list(ladder.prices()):
                self.touch(side, price)
            ladder.clear_market()

    def touch(self, side: int, price: Decimal) -> None:
        """A level changed: the public will hear of it."""
        if self.is_replayed:
            return
        self.update_id += 1
        for watcher in self.watchers:
            watcher[side, price] = None

    # --- what is to be seen ------------------------------------------------------------------

    def size_at(self, side: int, price: Decimal) -> Decimal:
        """The public size at a price."""
        level = self.sides[side].levels.get(price)
        if level is None:
            return ZERO
        return level.market if self.is_replayed else level.shown

    def levels(self, side: int, limit: int) -> list[PriceLevel]:
        """The best public levels of a side, the best first."""
        found: list[PriceLevel] = []
        for price in self.sides[side].prices():
            if len(found) == limit:
                break
            size = self.size_at(side, price)
            if size:
                found.append((price, size))
        return found

    def best(self, side: int) -> PriceLevel | None:
        """The best public price of a side and its size."""
        levels = self.levels(side, 1)
        return levels[0] if levels else None

    def reference_price(self) -> Decimal | None:
        """The last price, else a price between the best ones."""
        if self.last_price is not None:
            return self.last_price
        bid, ask = self.best(BUY), self.best(SELL)
        return bid[0] if bid else ask[0] if ask else None

    # --- orders ------------------------------------------------------------------------------

    def rest(self, order: Order) -> None:
        """Put what is left of an order into the book."""
        assert order.price is not None
        self.sides[order.side].add(order)
        self.touch(order.side, order.price)

    def filled(self, order: Order, quantity: Decimal) -> bool:
        """A part of a resting order was filled; True where a further part of it is shown now."""
        if not order.is_open:
            self.leave(order)
            return False
        order.tip -= quantity
        comes_again = order.visible is not None and order.tip <= 0
        if comes_again:
            self.sides[order.side].show_next(order)
        if order.price is not None:
            self.touch(order.side, order.price)
        return comes_again

    def leave(self, order: Order) -> None:
        """Take an order out of the book."""
        assert order.price is not None
        self.sides[order.side].remove(order)
        self.touch(order.side, order.price)

    def would_match(self, order: Order) -> bool:
        """True where an order would be filled at once, at least in part."""
        opposite = self.sides[-order.side]
        best = opposite.best()
        return best is not None and opposite.reaches(best, order.price)

    def available(self, order: Order) -> Decimal:
        """How much an order could be filled at once, at most what it wants."""
        return sum((match.quantity for match in self.matches(order, order.leaves)), ZERO)

    def matches(self, order: Order, wanted: Decimal) -> Iterator[Match]:
        """Whom an order would meet, the best first; nothing is changed."""
        opposite = self.sides[-order.side]
        for price in list(opposite.prices()):
            if wanted <= 0 or not opposite.reaches(price, order.price):
                return
            for match in self._at_price(opposite, price, wanted):
                wanted -= match.quantity
                yield match

    def _at_price(self, opposite: Ladder, price: Decimal, wanted: Decimal) -> Iterator[Match]:
        """The queue of a price: the market before each order, the orders, the market behind."""
        level = opposite.levels[price]
        left, passed = level.available, ZERO
        queue = deque(map(_Turn.of, level.orders))
        while queue and wanted > 0:
            maker, shown, leaves, behind = queue.popleft()
            ahead = min(left, max(ZERO, behind - passed), wanted)
            if ahead > 0:
                yield Match(price, ahead, None)
                left, passed, wanted = left - ahead, passed + ahead, wanted - ahead
            quantity = min(shown, wanted)
            if quantity > 0:
                yield Match(price, quantity, maker)
                wanted, leaves = wanted - quantity, leaves - quantity
            if maker.visible is not None and quantity == shown and leaves > 0:
                queue.append(_Turn(maker, min(maker.visible, leaves), leaves, passed + left))
        if min(left, wanted) > 0:
            yield Match(price, min(left, wanted), None)

    def consume(self, side: int, match: Match) -> None:
        """The market's part of a match is gone; `side` is that of the book."""
        if match.maker is None:
            self.sides[side].take_market(match.price, match.quantity)
        self.touch(side, match.price)
