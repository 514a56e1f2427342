"""A simulated venue that clears: it charges, passes corporate actions on, and liquidates."""

from __future__ import annotations

from typing import Any

from tradewind.model.messages import (
    InstrumentDelisted,
    InstrumentSplit,
    OrderCanceled,
)
from tradewind.sim.clearing import Clearing
from tradewind.sim.venue import SimulatedVenue

LIQUIDATED = "margin call"
_ENDING = (InstrumentSplit, InstrumentDelisted)


class ClearedVenue(SimulatedVenue):
    """A `SimulatedVenue` with a `Clearing` behind it; its other options are the same.

    Margin is checked at every price. Of a bar it is checked at the open, at the extreme that is
    worse for the position (where a liquidation then trades: the price may have been there before
    the close), and at the close.

    >>> from tradewind.sim.charges import funding
    >>> venue = ClearedVenue(Clearing(charges=[funding("0.0001")]))
    >>> venue.clearing.is_margined
    False
    """

    def __init__(self, clearing: Clearing, **options: Any) -> None:
        SimulatedVenue.__init__(self, **options)
        self.clearing = clearing
        self.reporting.clearing = clearing
        self.working += 1  # marks are needed while no order works, too

    def settle(self, time_ns: int) -> None:
        """Hand over reports; the next due time may be one of the clearing's."""
        SimulatedVenue.settle(self, time_ns)
        self.next_due_ns = min(self.next_due_ns, self.clearing.next_ns)

    def advance(self, time_ns: int) -> None:
        """Do what is due: orders on their way, and what the clearing has for its times."""
        while self.clearing.next_ns <= time_ns:
            due_ns = self.clearing.next_ns
            SimulatedVenue.advance(self, due_ns)
            for event in self.clearing.due_events(due_ns):
                self.tell(due_ns, event)
            self.watch(due_ns)
        SimulatedVenue.advance(self, time_ns)

    def tell(self, time_ns: int, event: Any) -> None:
        """Send an event of the clearing; an action ends what works in its instrument before."""
        if isinstance(event, _ENDING):
            number = self.clearing.state.market_numbers[event.instrument]
            self.cancel_working(time_ns, "corporate action", number)
        if isinstance(event, InstrumentDelisted):
            self.halt(number, "delisted")
        self.reporting.send(self.reporting.learn_ns(time_ns), event)

    def on_bar_opened(self, instrument: int, time_ns: int, price: int) -> None:
        """The first price of a bar."""
        SimulatedVenue.on_bar_opened(self, instrument, time_ns, price)
        self.marked(instrument, time_ns, price)

    def on_bar(
        self,
        instrument: int,
        time_ns: int,
        open_price: int,
        high: int,
        low: int,
        close: int,
        volume: int,
    ) -> None:
        """The whole bar: its worse extreme, then its close."""
        SimulatedVenue.on_bar(self, instrument, time_ns, open_price, high, low, close, volume)
        position = self.clearing.position(instrument)
        if position and self.clearing.is_margined:
            self.marked(instrument, time_ns, low if position > 0 else high)
        self.marked(instrument, time_ns, close)

    def on_trade(self, instrument: int, time_ns: int, price: int, size: int, side: int) -> None:
        """A public trade."""
        SimulatedVenue.on_trade(self, instrument, time_ns, price, size, side)
        self.marked(instrument, time_ns, price)

    def on_quote(
        self, instrument: int, time_ns: int, bid: int, bid_size: int, ask: int, ask_size: int
    ) -> None:
        """Best bid and ask: positions are valued at the middle."""
        SimulatedVenue.on_quote(self, instrument, time_ns, bid, bid_size, ask, ask_size)
        if bid > 0 and ask > 0:
            self.marked(instrument, time_ns, (bid + ask) // 2)

    def on_depth(
        self, instrument: int, time_ns: int, side: int, price: int, size: int, flags: int
    ) -> None:
        """One row of depth: the middle of the book behind it."""
        SimulatedVenue.on_depth(self, instrument, time_ns, side, price, size, flags)
        listing = self.matchings[instrument].listing
        if listing.bid > 0 and listing.ask > 0:
            self.marked(instrument, time_ns, (listing.bid + listing.ask) // 2)

    def marked(self, instrument: int, time_ns: int, price: int) -> None:
        """A new mark, and what margin says of it."""
        self.clearing.mark(instrument, time_ns, price)
        if self.clearing.is_margined and self.clearing.position(instrument):
            self.watch(time_ns)

    def watch(self, time_ns: int) -> None:
        """Call an account that is short of margin, cancel its orders and close what it must."""
        if not self.clearing.is_margined:
            return
        called = self.clearing.call(time_ns)
        if called is None:
            return
        self.reporting.send(self.reporting.learn_ns(time_ns), called)
        self.cancel_working(time_ns, LIQUIDATED)
        while called is not None:
            closed = self.clearing.liquidation(time_ns, self.quotes())
            if closed is None:
                break
            self.reporting.send(self.reporting.learn_ns(time_ns), closed)
            called = self.clearing.call(time_ns)
        self.settle(time_ns)

    def quotes(self) -> dict[int, tuple[int, int]]:
        """Best bid and ask of each instrument, 0 where there is none."""
        listings = [matching.listing for matching in self.matchings]
        return {number: (one.bid, one.ask) for number, one in enumerate(listings)}

    def cancel_working(self, time_ns: int, reason: str, instrument: int = -1) -> None:
        """End the open orders of an instrument, or all of them."""
        for order in list(self.reporting.open_orders.values()):
            if instrument in (-1, order.instrument):
                self.matchings[order.instrument].remove(order)
                due_ns = self.reporting.learn_ns(time_ns)
                done = order.filled_quantity
                self.reporting.send(due_ns, OrderCanceled(due_ns, order.order_id, reason, done))
                self.reporting.finish(order, "canceled")
