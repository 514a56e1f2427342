"""Matching against the best bid and ask, and public trades."""

from __future__ import annotations

from tradewind.model.orders import TimeInForce
from tradewind.sim.listing import Listing
from tradewind.sim.matching import QUOTES, Matching
from tradewind.sim.order import AHEAD_UNKNOWN, WorkingOrder
from tradewind.sim.queue_position import QueueModel
from tradewind.sim.reporting import Reporting
from tradewind.sim.slippage import SlippageModel

OPG = int(TimeInForce.OPG)
CLS = int(TimeInForce.CLS)


class QuoteMatching(Matching):
    """Fills orders from quotes and trades, or from trades alone.

    - An order that takes fills at the opposite quote up to its size; the rest waits for the
      next quote, or with `slips` 1 a market order fills whole. What we took of a displayed
      size is gone until that side is quoted anew, with another price or size.
    - A resting order fills at its limit where the opposite quote reaches it, up to the size.
    - A trade beyond the limit fills a resting order whole. A trade at the limit, by an
      aggressor of the other side (or unknown), first eats the quantity ahead in the queue, then
      fills our orders. The quantity ahead is the size quoted at our price when we came or when
      it became the best; `queue` says how cancels change it. While it cannot be seen, trades
      at the limit do not fill us (with `touch` 1 they do, as if nothing were ahead).
    - Stops are triggered by trades; while none has ever come, by the opposite quote.
    - OPG and CLS orders fill whole at the first trade at or behind the opening or the close; while
      no trade has ever come, at the opposite quote.
    - With trades alone, orders that take wait for the next trade and fill at its price up to
      its size.
    """

    __slots__ = ("has_quotes", "has_trades", "queue", "slips", "taken_ask", "taken_bid", "touch")

    def __init__(
        self,
        listing: Listing,
        reporting: Reporting,
        slippage: SlippageModel,
        queue: QueueModel,
        touch: int,
        slips: int,
    ) -> None:
        Matching.__init__(self, listing, reporting, slippage)
        self.kind = QUOTES
        self.notes_last = 1
        self.queue = queue
        self.touch = touch
        self.slips = slips
        self.has_quotes = 0
        self.has_trades = 0
        self.taken_bid = 0
        self.taken_ask = 0

    def would_take(self, order: WorkingOrder) -> int:
        """1 where the opposite quote is within the order's limit."""
        return self.crosses(order)

    def crosses(self, order: WorkingOrder) -> int:
        """1 where there is an opposite quote and the order accepts its price."""
        quoted = self.listing.ask if order.side > 0 else self.listing.bid
        return 1 if quoted > 0 and order.is_marketable_at(quoted) else 0

    def arrive(self, order: WorkingOrder, time_ns: int) -> None:
        """Take what the last quote offers; what is left rests, waits or expires."""
        price = self.trigger_price(order.side)
        if order.stop_price and price > 0 and order.is_triggered_by(price):
            order.stop_price = 0
        if not order.stop_price and self.has_quotes:
            self.take_offers(order, time_ns)
            self.end_immediate(order, time_ns)
        if not order.is_done:
            self.rest(order)

    def rest(self, order: WorkingOrder) -> None:
        """Put the order behind all others of its price, ours and what is displayed."""
        Matching.rest(self, order)
        order.traded = 0
        order.ahead = self.displayed(order)

    def displayed(self, order: WorkingOrder) -> int:
        """The public size at the order's price; `AHEAD_UNKNOWN` where it cannot be seen."""
        quoted = self.listing.bid if order.side > 0 else self.listing.ask
        size = self.listing.bid_size if order.side > 0 else self.listing.ask_size
        if self.has_quotes and order.limit_price == quoted:
            return size
        if self.has_quotes and (quoted == 0 or (order.limit_price - quoted) * order.side > 0):
            return 0
        return AHEAD_UNKNOWN

    # --- quotes ------------------------------------------------------------------------------

    def on_quote(self, time_ns: int, bid: int, bid_size: int, ask: int, ask_size: int) -> None:
        """Move the queues, then match."""
        listing = self.listing
        if self.buys:
            self.requote(self.buys, listing.bid, listing.bid_size, bid, bid_size)
        if self.sells:
            self.requote(self.sells, listing.ask, listing.ask_size, ask, ask_size)
        if bid != listing.bid or bid_size != listing.bid_size:
            listing.bid = bid
            listing.bid_size = bid_size
            self.taken_bid = 0
        if ask != listing.ask or ask_size != listing.ask_size:
            listing.ask = ask
            listing.ask_size = ask_size
            self.taken_ask = 0
        self.match_quotes(time_ns)

    def requote(
        self, orders: list[WorkingOrder], old: int, old_size: int, new: int, size: int
    ) -> None:
        """Move our orders in their queues when the best price of their side is told anew."""
        for order in orders:
            distance = (order.limit_price - new) * order.side
            if distance < 0 and new > 0:
                break
            if distance > 0 or new == 0:
                order.ahead = 0
            else:
                self.restate(order, old_size if old == new else size, size)

    def restate(self, order: WorkingOrder, before: int, now: int) -> None:
        """Move one order in its queue when the level's public size goes from before to now."""
        if order.ahead < 0:
            order.ahead = now
        else:
            order.ahead = self.queue.ahead(order.ahead, max(0, before - order.traded), now)
        order.traded = 0

    def match_quotes(self, time_ns: int) -> None:
        """Match all orders against the quotes as they are now."""
        self.has_quotes = 1
        if self.is_idle():
            return
        if self.auctions and not self.has_trades:
            self.hold_auctions(time_ns, self.listing.ask, self.listing.bid)
        if self.stops and not self.has_trades:
            self.trigger_stops(time_ns)
        for order in self.waiting:
            self.take_offers(order, time_ns)
            self.end_immediate(order, time_ns)
        if self.buys:
            self.match_crossed(self.buys, self.listing.ask, time_ns)
        if self.sells:
            self.match_crossed(self.sells, self.listing.bid, time_ns)
        self.drop_all_done()

    def match_crossed(self, orders: list[WorkingOrder], quoted: int, time_ns: int) -> None:
        """Fill the resting orders that the opposite quotes reach."""
        for order in orders:
            if order.is_immediate:  # it came before anything was quoted
                self.take_offers(order, time_ns)
                self.end_immediate(order, time_ns)
            elif quoted > 0 and order.is_marketable_at(quoted):
                self.make_offers(order, time_ns)

    def trigger_stops(self, time_ns: int) -> None:
        """Trigger the stops that the price of the moment reaches."""
        index = 0
        while index < len(self.stops):
            order = self.stops[index]
            price = self.trigger_price(order.side)
            if price > 0 and order.is_triggered_by(price):
                del self.stops[index]
                self.arrive(order, time_ns)
            else:
                index += 1

    def trigger_price(self, side: int) -> int:
        """What triggers stops: the last trade, or the quote a taker would get; 0 if none."""
        return self.listing.last if self.has_trades else self.listing.reference(side)

    def hold_auctions(self, time_ns: int, buy: int, sell: int) -> None:
        """Hold the opening and the close that are due, at the first price behind them."""
        self.hold_auction(CLS, time_ns, buy, sell)
        self.hold_auction(OPG, time_ns, buy, sell)

    # --- what is on offer --------------------------------------------------------------------

    def offers(self, order: WorkingOrder) -> list[tuple[int, int]]:
        """What the order could take: (price, quantity), best first, within its limit."""
        if not self.crosses(order):
            return []
        if order.side > 0:
            return [(self.listing.ask, self.listing.ask_size - self.taken_ask)]
        return [(self.listing.bid, self.listing.bid_size - self.taken_bid)]

    def consume(self, side: int, price: int, quantity: int) -> None:
        """Remember that a taker of this side took a quantity of what is displayed."""
        if side > 0:
            self.taken_ask += quantity
        else:
            self.taken_bid += quantity

    def take_offers(self, order: WorkingOrder, time_ns: int) -> None:
        """Fill what is on offer as a taker; a FOK order whole or not at all."""
        offers = self.offers(order)
        slips = self.slips and not order.limit_price
        if order.is_all_or_none and not slips and total(offers) < order.leaves():
            return
        for price, offered in offers:
            quantity = min(order.leaves(), offered)
            if quantity > 0:
                self.consume(order.side, price, quantity)
                self.take(order, time_ns, price, quantity)
        if slips and offers and not order.is_done:
            self.take(order, time_ns, offers[-1][0], order.leaves())

    def make_offers(self, order: WorkingOrder, time_ns: int) -> None:
        """Fill a resting order at its limit with what is on offer within it."""
        for price, offered in self.offers(order):
            quantity = min(order.leaves(), offered)
            if quantity > 0:
                self.consume(order.side, price, quantity)
                self.make(order, time_ns, order.limit_price, quantity)

    # --- trades ------------------------------------------------------------------------------

    def on_trade(self, time_ns: int, price: int, size: int, side: int) -> None:
        """Let the trade fill, move the queues and trigger stops."""
        if self.auctions:
            self.hold_auctions(time_ns, price, price)
        self.listing.last = price
        if self.is_idle():
            self.has_trades = 1
            return
        if not self.has_quotes:
            self.take_trade(time_ns, price, size)
        self.match_trade(self.buys, time_ns, price, size, 1 if side <= 0 else 0)
        self.match_trade(self.sells, time_ns, price, size, 1 if side >= 0 else 0)
        self.has_trades = 1
        if self.stops:
            self.trigger_stops(time_ns)
        self.drop_all_done()

    def match_trade(
        self, orders: list[WorkingOrder], time_ns: int, price: int, size: int, at_price: int
    ) -> None:
        """Fill resting orders beyond the trade's price, and behind their queue at it."""
        left = size
        for order in orders:
            distance = (order.limit_price - price) * order.side
            if distance < 0:
                break
            if distance > 0:
                self.make(order, time_ns, order.limit_price, order.leaves())
            elif at_price and (order.ahead >= 0 or self.touch):
                order.ahead = max(0, order.ahead)
                quantity = min(left - order.ahead, order.leaves())
                order.ahead = max(0, order.ahead - size)
                order.traded += size
                if quantity > 0:
                    left -= quantity
                    self.make(order, time_ns, price, quantity)

    def take_trade(self, time_ns: int, price: int, size: int) -> None:
        """Let takers that wait fill at a trade's price, up to its size."""
        left = size
        for order in [*self.waiting, *self.buys, *self.sells]:
            if order.limit_price and not order.is_immediate:
                continue
            slips = self.slips and not order.limit_price
            quantity = order.leaves() if slips else min(order.leaves(), left)
            if order.is_all_or_none and quantity < order.leaves():
                quantity = 0
            if quantity > 0 and order.is_marketable_at(price):
                left = max(0, left - quantity)
                self.take(order, time_ns, price, quantity)
            self.end_immediate(order, time_ns)
        self.drop_all_done()


def total(offers: list[tuple[int, int]]) -> int:
    """The quantity on offer in all.

    >>> total([(100, 5), (101, 7)])
    12
    """
    quantity = 0
    for _price, offered in offers:
        quantity += offered
    return quantity
