"""Matching against price levels."""

from __future__ import annotations

from tradewind.core.book import Book
from tradewind.model.columns import DEPTH_LAST, DEPTH_SNAPSHOT
from tradewind.model.numbers import UNITS_MAX
from tradewind.sim.listing import Listing
from tradewind.sim.matching import DEPTH
from tradewind.sim.order import AHEAD_UNKNOWN, WorkingOrder
from tradewind.sim.queue_position import QueueModel
from tradewind.sim.quote_matching import QuoteMatching, total
from tradewind.sim.reporting import Reporting
from tradewind.sim.slippage import SlippageModel

LEVELS_MAX = 1_000_000
"""More levels than a book holds."""

TAKEN_LENGTH_MAX = 1024
"""Levels whose consumption is remembered before those that are gone are looked for."""

LEVELS_FIRST = 8
"""Levels looked at first when an order takes; four times as many where they do not suffice."""

# C integers when compiled
LAST = DEPTH_LAST
SNAPSHOT = DEPTH_SNAPSHOT
PRICE_MAX = UNITS_MAX


class DepthMatching(QuoteMatching):
    """Fills orders from a book of levels and public trades.

    As `QuoteMatching`, but what an order takes walks the levels, a fill for each, and the
    quantity ahead is known at every price between the best and the worst level told so far;
    beyond, until the level is told. What we took of a level is gone until it is told with
    another size, over snapshots too. Orders are matched when an event of rows is whole, and
    not between a gap and the next snapshot.
    """

    __slots__ = ("book", "taken_asks", "taken_bids", "worst_ask", "worst_bid")

    def __init__(
        self,
        listing: Listing,
        reporting: Reporting,
        slippage: SlippageModel,
        queue: QueueModel,
        touch: int,
        slips: int,
    ) -> None:
        QuoteMatching.__init__(self, listing, reporting, slippage, queue, touch, slips)
        self.kind = DEPTH
        self.book = Book(listing.tick)
        # By price: the size that was displayed, and how much of it we took.
        self.taken_bids: dict[int, tuple[int, int]] = {}
        self.taken_asks: dict[int, tuple[int, int]] = {}
        self.worst_bid = PRICE_MAX
        self.worst_ask = 0

    def relist(self) -> None:
        """Keep the levels in a book of the new tick."""
        old = self.book
        self.book = Book(self.listing.tick)
        for side in (1, -1):
            for price, size in old.levels(side, LEVELS_MAX):
                self.book.apply(side, price, size, 0)

    def on_depth(self, time_ns: int, side: int, price: int, size: int, flags: int) -> None:
        """Take one row into the book; at the end of its event match."""
        book = self.book
        snapshots = book.snapshots
        refused = book.refused
        book.apply(side, price, size, flags)
        if book.snapshots != snapshots:
            self.worst_bid = PRICE_MAX
            self.worst_ask = 0
        # What was there before a snapshot is cleared; nothing says who canceled.
        before = size if flags & SNAPSHOT else book.before
        if book.is_stale:
            return
        if book.refused == refused:
            self.set_level(side, price, size, before)
        if flags & LAST:
            self.finish_event(time_ns)

    def set_level(self, side: int, price: int, size: int, before: int) -> None:
        """Move our orders at a level, and forget what we took of another size."""
        if side > 0:
            if price < self.worst_bid:
                self.worst_bid = price
            orders, taken = self.buys, self.taken_bids
        else:
            if price > self.worst_ask:
                self.worst_ask = price
            orders, taken = self.sells, self.taken_asks
        if orders:
            self.restate_level(orders, price, size, before)
        if taken:
            forget_other_size(taken, price, size)

    def restate_level(self, orders: list[WorkingOrder], price: int, size: int, before: int) -> None:
        """Move our orders at one price in their queue."""
        for order in orders:
            if order.limit_price == price:
                self.restate(order, before, size)

    def finish_event(self, time_ns: int) -> None:
        """Match against the book as an event leaves it."""
        book = self.book
        listing = self.listing
        listing.bid = book.best_bid
        listing.bid_size = book.best_bid_size
        listing.ask = book.best_ask
        listing.ask_size = book.best_ask_size
        if self.buys:
            self.look_ahead(self.buys, book.best_bid)
        if self.sells:
            self.look_ahead(self.sells, book.best_ask)
        self.match_quotes(time_ns)

    def look_ahead(self, orders: list[WorkingOrder], best: int) -> None:
        """Nothing is ahead of orders better than the best level; look for what is of the rest."""
        for order in orders:
            if best <= 0 or (order.limit_price - best) * order.side > 0:
                order.ahead = 0
            elif order.ahead < 0:
                order.ahead = self.displayed(order)

    def displayed(self, order: WorkingOrder) -> int:
        """The public size at the order's price; `AHEAD_UNKNOWN` beyond the levels told."""
        if not self.has_quotes:
            return AHEAD_UNKNOWN
        size = self.book.size_at(order.side, order.limit_price)
        worst = self.worst_bid if order.side > 0 else self.worst_ask
        is_told = (order.limit_price - worst) * order.side >= 0
        return size if size > 0 or is_told else AHEAD_UNKNOWN

    def offers(self, order: WorkingOrder) -> list[tuple[int, int]]:
        """What the order could take: (price, quantity), best first, within its limit."""
        if not self.crosses(order):
            return []
        count = LEVELS_FIRST
        while True:
            levels = self.book.levels(-order.side, count)
            offers = self.untaken(order, levels)
            enough = len(offers) < len(levels) or total(offers) >= order.leaves()
            if enough or len(levels) < count:
                return offers
            count *= 4

    def untaken(self, order: WorkingOrder, levels: list[tuple[int, int]]) -> list[tuple[int, int]]:
        """The levels within the order's limit, less what we took of them."""
        taken = self.taken_asks if order.side > 0 else self.taken_bids
        offers = []
        for price, size in levels:
            if not order.is_marketable_at(price):
                break
            offers.append((price, size - taken[price][1] if price in taken else size))
        return offers

    def consume(self, side: int, price: int, quantity: int) -> None:
        """Remember that a taker of this side took a quantity of a level."""
        taken = self.taken_asks if side > 0 else self.taken_bids
        if len(taken) >= TAKEN_LENGTH_MAX:
            self.forget_gone(taken, -side)
        size = self.book.size_at(-side, price)
        before = taken[price][1] if price in taken else 0
        taken[price] = (size, before + quantity)

    def forget_gone(self, taken: dict[int, tuple[int, int]], side: int) -> None:
        """Forget what we took of levels that are gone."""
        for price in list(taken):
            if self.book.size_at(side, price) == 0:
                del taken[price]


def forget_other_size(taken: dict[int, tuple[int, int]], price: int, size: int) -> None:
    """Forget what we took of a level that is told with another size.

    >>> taken = {100: (7, 3), 101: (5, 5)}
    >>> forget_other_size(taken, 100, 7)
    >>> forget_other_size(taken, 101, 6)
    >>> taken
    {100: (7, 3)}
    """
    if taken and price in taken and taken[price][0] != size:
        del taken[price]
