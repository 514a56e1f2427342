"""Matching: what all ways of filling orders of one instrument have in common."""

from __future__ import annotations

from tradewind.model.orders import Liquidity
from tradewind.sim.listing import Listing
from tradewind.sim.order import WorkingOrder
from tradewind.sim.reporting import Reporting
from tradewind.sim.slippage import SlippageModel

MAKER = int(Liquidity.MAKER)
TAKER = int(Liquidity.TAKER)

UNTOLD = 0
BARS = 1
QUOTES = 2
DEPTH = 3


class Matching:
    """The open orders of one instrument before any of its market data came: they wait.

    Orders stand in five lists: `stops` are not triggered yet, `waiting` take any price, `buys`
    and `sells` have a limit and stand by price, then time, `auctions` wait for an opening or a
    close. A subclass knows one kind of market
    data. `needs_rows` is 1 where it must see rows even without orders, and `notes_last` where of
    many trades without orders the last is enough.
    """

    __slots__ = (
        "auctions",
        "buys",
        "count",
        "dropped",
        "kind",
        "listing",
        "needs_rows",
        "notes_last",
        "reporting",
        "sells",
        "slippage",
        "stops",
        "waiting",
    )

    def __init__(self, listing: Listing, reporting: Reporting, slippage: SlippageModel) -> None:
        self.listing = listing
        self.reporting = reporting
        self.slippage = slippage
        self.kind = UNTOLD
        self.needs_rows = 1
        self.notes_last = 0
        self.count = 0
        self.dropped = -1
        self.stops: list[WorkingOrder] = []
        self.waiting: list[WorkingOrder] = []
        self.buys: list[WorkingOrder] = []
        self.sells: list[WorkingOrder] = []
        self.auctions: list[WorkingOrder] = []

    def relist(self) -> None:
        """The listing has new terms."""

    def would_take(self, order: WorkingOrder) -> int:
        """1 where the order would fill at once: what POST_ONLY must not do."""
        return 0

    def arrive(self, order: WorkingOrder, time_ns: int) -> None:
        """Take a new order, or one that lost its place, behind all others; fill what can be."""
        self.rest(order)

    def rest(self, order: WorkingOrder) -> None:
        """Put the order behind all others of its price."""
        order.number = self.count
        self.count += 1
        if order.limit_price or order.stop_price or order.auction:
            self.place(order)
        else:
            self.waiting.append(order)

    def place(self, order: WorkingOrder) -> None:
        """Put the order into the list it belongs to, behind all others of its price."""
        orders = self.list_of(order)
        index = len(orders)
        if orders is self.buys or orders is self.sells:
            while index > 0 and order.precedes(orders[index - 1]):
                index -= 1
        orders.insert(index, order)

    def list_of(self, order: WorkingOrder) -> list[WorkingOrder]:
        """The list the order belongs to in its present state."""
        if order.auction:
            return self.auctions
        if order.stop_price:
            return self.stops
        if not order.limit_price:
            return self.waiting
        return self.buys if order.side > 0 else self.sells

    def is_idle(self) -> bool:
        """Whether there is no order that a price could move."""
        return not (self.waiting or self.buys or self.sells or self.stops or self.auctions)

    def remove(self, order: WorkingOrder) -> None:
        """Take the order out of its list."""
        self.list_of(order).remove(order)

    def take_over(self, other: Matching) -> None:
        """Continue with the orders of another matching of the same instrument."""
        self.count = other.count
        self.dropped = -1
        self.stops = other.stops
        self.waiting = other.waiting
        self.buys = other.buys
        self.sells = other.sells
        self.auctions = other.auctions

    def take(self, order: WorkingOrder, time_ns: int, price: int, quantity: int) -> None:
        """Fill as a taker: worse by the slippage, never beyond the order's limit."""
        price = self.slippage.price(self.listing, order.side, price, quantity)
        if order.limit_price and not order.is_marketable_at(price):
            price = order.limit_price
        self.reporting.fill(order, self.listing, time_ns, price, quantity, TAKER)

    def make(self, order: WorkingOrder, time_ns: int, price: int, quantity: int) -> None:
        """Fill as a maker, at exactly this price."""
        self.reporting.fill(order, self.listing, time_ns, price, quantity, MAKER)

    def end_immediate(self, order: WorkingOrder, time_ns: int) -> None:
        """Expire what an IOC or FOK order could not fill."""
        if order.is_done or not order.is_immediate:
            return
        word = "FOK" if order.is_all_or_none else "IOC"
        self.reporting.expire(order, time_ns, f"{word}: no more could be filled at once")

    def hold_auction(self, word: int, time_ns: int, buy: int, sell: int) -> None:
        """Fill the orders whose opening (OPG) or close (CLS) is due, whole; others end with it."""
        for order in self.auctions:
            price = buy if order.side > 0 else sell
            if order.auction != word or order.auction_ns > time_ns or price <= 0:
                continue
            if order.is_marketable_at(price):
                self.take(order, time_ns, price, order.leaves())
            else:
                self.reporting.expire(order, time_ns, "the auction's price was beyond the limit")
        self.drop_done(self.auctions)

    def drop_done(self, orders: list[WorkingOrder]) -> None:
        """Take the finished orders out of a list."""
        kept = 0
        for order in orders:
            if not order.is_done:
                orders[kept] = order
                kept += 1
        if kept == 0:
            orders.clear()
        elif kept < len(orders):
            del orders[kept:]

    def drop_all_done(self) -> None:
        """Take the finished orders out of all lists, where any order ended since the last time."""
        if self.dropped == self.reporting.ended:
            return
        self.dropped = self.reporting.ended
        if self.stops:
            self.drop_done(self.stops)
        if self.waiting:
            self.drop_done(self.waiting)
        if self.buys:
            self.drop_done(self.buys)
        if self.sells:
            self.drop_done(self.sells)

    def on_bar_opened(self, time_ns: int, price: int) -> None:
        """The first price of a bar."""

    def on_bar(
        self, time_ns: int, open_price: int, high: int, low: int, close: int, volume: int
    ) -> None:
        """The whole bar at its close."""

    def on_trade(self, time_ns: int, price: int, size: int, side: int) -> None:
        """A public trade."""

    def on_quote(self, time_ns: int, bid: int, bid_size: int, ask: int, ask_size: int) -> None:
        """Best bid and ask."""

    def on_depth(self, time_ns: int, side: int, price: int, size: int, flags: int) -> None:
        """One depth row."""
