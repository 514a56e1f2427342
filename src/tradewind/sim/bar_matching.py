"""Matching against bars, where only open, high, low and close of each interval are known."""

from __future__ import annotations

from tradewind.model.orders import TimeInForce
from tradewind.sim.listing import Listing
from tradewind.sim.matching import BARS, Matching
from tradewind.sim.order import WorkingOrder
from tradewind.sim.rates import share_below
from tradewind.sim.reporting import Reporting
from tradewind.sim.slippage import SlippageModel

OPG = int(TimeInForce.OPG)
CLS = int(TimeInForce.CLS)
NEXT_OPEN = 1
NEXT_CLOSE = 2
SIGNAL_CLOSE = 3

UNLIMITED = -1


class BarMatching(Matching):
    """Fills orders from bars, and where a bar does not tell, decides against us.

    - Market orders fill as `fill_rule` says: at the next open, the next close, or the close of
      the bar that was the last when they arrived.
    - A limit order fills at the open where that is better; else, at its limit, where the bar
      goes through it (with `touch` 1: where it only reaches it).
    - A stop is triggered where the bar reaches it and fills at its stop price, or at the open
      where that is beyond. A stop-limit order that cannot fill when it is triggered is judged
      on that bar by its close alone.
    - Inside a bar stops come before limits, whatever the path was.
    - An order that arrives inside a bar is judged on that bar by its close alone. With
      `acts_inside` 1 (latency) it first acts on the open, the last price known to the venue.
    - With `participation` (a share of 10^-9; 0 is no cap) all orders together fill at most
      that share of a bar's volume, the rest later; the volume is known at the close, so those
      fills are reported then, at the price of the open.
    - OPG orders fill at the first open of a session, CLS orders at the close of the bar that ends
      with it; what their limit does not allow expires.
    - POST_ONLY orders never take; they are not refused, as bars do not show the other side.
    """

    __slots__ = (
        "acts_inside",
        "budget",
        "fill_rule",
        "fills_at_close",
        "fills_at_signal",
        "is_open",
        "participation",
        "rested_before",
        "seen_before",
        "touch",
    )

    def __init__(
        self,
        listing: Listing,
        reporting: Reporting,
        slippage: SlippageModel,
        fill_rule: int,
        touch: int,
        participation: int,
        acts_inside: int,
    ) -> None:
        Matching.__init__(self, listing, reporting, slippage)
        self.kind = BARS
        self.fill_rule = fill_rule
        self.fills_at_close = 1 if fill_rule == NEXT_CLOSE else 0
        self.fills_at_signal = 1 if fill_rule == SIGNAL_CLOSE else 0
        self.touch = touch
        self.participation = participation
        self.acts_inside = acts_inside
        self.is_open = 0
        self.budget = UNLIMITED
        # Orders with a lower number were there at this bar's open, or at an earlier bar's.
        self.seen_before = 0
        self.rested_before = 0
        reads_state = self.fills_at_signal or listing.min_notional > 0
        self.needs_rows = 1 if acts_inside or reads_state or slippage.reads_volume() else 0

    def arrive(self, order: WorkingOrder, time_ns: int) -> None:
        """Fill the order now where its convention says so, else let it wait for a price."""
        price = self.listing.last
        if price > 0 and self.acts_now():
            self.act(order, time_ns, price)
        if not order.is_done:
            self.rest(order)

    def acts_now(self) -> int:
        """1 where an arriving order acts on the last price."""
        if self.fills_at_signal:
            return 1
        if self.fills_at_close or self.participation:
            return 0
        return 1 if self.acts_inside and self.is_open else 0

    def act(self, order: WorkingOrder, time_ns: int, price: int) -> None:
        """Let an order that just arrived, or was just triggered, take at a price."""
        if order.stop_price:
            if not order.is_triggered_by(price):
                return
            order.stop_price = 0
        if not order.post_only and order.is_marketable_at(price):
            self.fill_at(order, time_ns, price)
        self.end_immediate(order, time_ns)

    def on_bar_opened(self, time_ns: int, price: int) -> None:
        """Let every order act on the first price, unless a share of the volume is asked for."""
        self.is_open = 1
        self.rested_before = self.seen_before
        self.seen_before = self.count
        if self.needs_rows:
            self.listing.last = price
        if self.auctions:
            self.hold_auction(OPG, time_ns, price, price)
        if not self.participation:
            self.match_open(time_ns, price)

    def on_bar(
        self, time_ns: int, open_price: int, high: int, low: int, close: int, volume: int
    ) -> None:
        """Let the orders act on the rest of the bar."""
        if self.participation:
            budget = share_below(volume, self.participation)
            self.budget = budget - budget % self.listing.lot
            self.match_open(time_ns, open_price)
        if self.stops:
            self.match_stops(time_ns, high, low, close)
        if self.buys:
            self.match_limits(self.buys, time_ns, low, close)
        if self.sells:
            self.match_limits(self.sells, time_ns, high, close)
        if self.fills_at_close:
            self.match_waiting(time_ns, close, self.count)
        if self.auctions:
            self.hold_auction(CLS, time_ns, close, close)
        self.drop_all_done()
        self.is_open = 0
        if self.needs_rows:
            self.listing.last = close
            self.listing.volume = volume

    def match_open(self, time_ns: int, price: int) -> None:
        """Let the orders that were there at the open act on its price."""
        if self.stops:
            self.trigger_stops(time_ns, price)
        if self.waiting and not self.fills_at_close:
            self.match_waiting(time_ns, price, self.seen_before)
        if self.buys:
            self.match_open_limits(self.buys, time_ns, price)
        if self.sells:
            self.match_open_limits(self.sells, time_ns, price)
        self.drop_all_done()

    def match_waiting(self, time_ns: int, price: int, before: int) -> None:
        """Fill the market orders with a lower number than `before`."""
        for order in self.waiting:
            if order.number < before:
                self.fill_at(order, time_ns, price)
                if order.is_immediate:
                    self.end_immediate(order, time_ns)

    def match_open_limits(self, orders: list[WorkingOrder], time_ns: int, price: int) -> None:
        """Fill the limit orders that the open is better for."""
        for order in orders:
            if order.number >= self.seen_before:
                continue
            if self.is_reached(order, price):
                self.fill_open(order, time_ns, price)
            self.end_immediate(order, time_ns)

    def fill_open(self, order: WorkingOrder, time_ns: int, price: int) -> None:
        """Fill a limit order at an open: as a taker at its first, later as a maker."""
        if order.post_only:
            self.fill_resting(order, time_ns, order.limit_price)
        elif order.number >= self.rested_before:
            self.fill_at(order, time_ns, price)
        else:
            self.fill_resting(order, time_ns, price)

    def trigger_stops(self, time_ns: int, price: int) -> None:
        """Trigger the stops that a bar opens at or beyond; they act on the open."""
        index = 0
        while index < len(self.stops):
            order = self.stops[index]
            if order.number < self.seen_before and order.is_triggered_by(price):
                del self.stops[index]
                self.start(order, time_ns, price)
            else:
                index += 1

    def match_stops(self, time_ns: int, high: int, low: int, close: int) -> None:
        """Trigger the stops that a bar reached inside; they act on their stop price."""
        index = 0
        while index < len(self.stops):
            order = self.stops[index]
            price = order.stop_price
            extreme = high if order.side > 0 else low
            if order.number >= self.seen_before:
                price = extreme = close
            if order.is_triggered_by(extreme):
                del self.stops[index]
                self.start(order, time_ns, price)
            else:
                index += 1

    def start(self, order: WorkingOrder, time_ns: int, price: int) -> None:
        """Let a stop that was triggered act; what is left is a new order from now on."""
        order.stop_price = 0
        self.act(order, time_ns, price)
        if not order.is_done:
            self.rest(order)

    def match_limits(
        self, orders: list[WorkingOrder], time_ns: int, extreme: int, close: int
    ) -> None:
        """Fill the limit orders that the bar's best price for them, or its close, reached."""
        for order in orders:
            price = extreme if order.number < self.seen_before else close
            if not order.is_immediate and self.is_reached(order, price):
                self.fill_resting(order, time_ns, order.limit_price)

    def is_reached(self, order: WorkingOrder, price: int) -> int:
        """1 where a price is beyond the order's limit, or with `touch` at it."""
        return 1 if (order.limit_price - price) * order.side + self.touch > 0 else 0

    def fill_at(self, order: WorkingOrder, time_ns: int, price: int) -> None:
        """Fill what the budget allows as a taker; all or nothing for a FOK order."""
        quantity = self.allowed(order)
        if order.is_all_or_none and quantity < order.leaves():
            return
        if quantity > 0:
            if self.budget >= 0:
                self.budget -= quantity
            self.take(order, time_ns, price, quantity)

    def fill_resting(self, order: WorkingOrder, time_ns: int, price: int) -> None:
        """Fill what the budget allows as a maker: at the limit, or at an open that is better."""
        quantity = self.allowed(order)
        if quantity > 0:
            if self.budget >= 0:
                self.budget -= quantity
            self.make(order, time_ns, price, quantity)

    def allowed(self, order: WorkingOrder) -> int:
        """What is left of the order, cut to the budget of the bar."""
        leaves = order.quantity - order.filled_quantity
        return leaves if self.budget < 0 or leaves < self.budget else self.budget
