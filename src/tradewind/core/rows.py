"""One market row: what is due before it, its price, the venue inside, and who listens."""

from __future__ import annotations

from tradewind.core.book import Book
from tradewind.core.curve import Curve
from tradewind.core.market import Market
from tradewind.core.pricing import Pricer
from tradewind.core.state import Account, State
from tradewind.core.tape import Tape
from tradewind.core.venue_model import VenueModel
from tradewind.model.columns import DEPTH_LAST
from tradewind.model.errors import BadData

_LAST = DEPTH_LAST  # a C integer when compiled (rows.pxd)


class Rows(Pricer):
    """A `Pricer` that takes one row after another; `curve` is the first account's equity.

    The curve has a point at each close of a bar, where there is a venue inside.
    """

    __slots__ = ("curve",)

    def __init__(
        self, state: State, venue: VenueModel | None = None, tape: Tape | None = None
    ) -> None:
        Pricer.__init__(self, state, venue, tape)
        self.curve = Curve()

    def _begin(self, time_ns: int) -> None:
        """Count a row, let what is due before it happen, move the time."""
        state = self.state
        if time_ns < state.time_ns:
            raise BadData(
                f"a market row of {time_ns} comes behind {state.time_ns}: rows must be in order"
            )
        venue = self.venue  # a row may have put reports on their way
        if time_ns >= self.next_due_ns or (venue is not None and time_ns >= venue.next_due_ns):
            self._advance(time_ns)
        state.sequence += 1
        state.time_ns = time_ns

    def _on_bar_opened(self, market: Market, time_ns: int, price: int) -> None:
        self._begin(time_ns)
        market.last = price
        self._price(market, time_ns, price, price, price)
        if market.held_count > 0:
            self._watch(market, price, price)
        venue = self.venue
        if venue is not None and venue.working > 0:
            venue.on_bar_opened(market.index, time_ns, price)
            if venue.reports:
                self._drain()

    def _on_bar(
        self,
        market: Market,
        open_time_ns: int,
        time_ns: int,
        open_price: int,
        high: int,
        low: int,
        close: int,
        volume: int,
    ) -> None:
        self._begin(time_ns)
        state = self.state
        if market.held_count > 0:
            self._watch_bar(market, high, low, close, volume)
        venue = self.venue
        if venue is not None and venue.working > 0:
            venue.on_bar(market.index, time_ns, open_price, high, low, close, volume)
            if venue.reports:
                self._drain()
        market.mark = market.last = close
        market.mark_time_ns = time_ns
        if not market.is_repriced and market.holders:
            state.reprice(market)
        if market.bar_listeners and not self.is_folding:
            bar = market.bar(open_time_ns, time_ns, open_price, high, low, close, volume)
            self._tell(market.bar_listeners, bar)
        if venue is not None and state.accounts:
            # the first account's equity; of points of equal times the last stands
            account: Account = state.accounts[0]
            self.curve.add(time_ns, state.equity(account))

    def _on_trade(self, market: Market, time_ns: int, price: int, size: int, side: int) -> None:
        self._begin(time_ns)
        market.last = price
        self._price(market, time_ns, price, price, price)
        if market.held_count > 0:
            self._watch_trade(market, price, size)
        venue = self.venue
        if venue is not None and venue.working > 0:
            venue.on_trade(market.index, time_ns, price, size, side)
            if venue.reports:
                self._drain()
        if market.trade_listeners and not self.is_folding:
            self._tell(market.trade_listeners, market.trade(time_ns, price, size, side))

    def _on_quote(
        self, market: Market, time_ns: int, bid: int, bid_size: int, ask: int, ask_size: int
    ) -> None:
        self._begin(time_ns)
        market.bid = bid
        market.ask = ask
        if bid > 0 and ask > 0:
            self._price(market, time_ns, (bid + ask) // 2, ask, bid)
            if market.held_count > 0:
                self._watch(market, ask, bid)
        elif market.marking:
            self._reprice(market)
        venue = self.venue
        if venue is not None and venue.working > 0:
            venue.on_quote(market.index, time_ns, bid, bid_size, ask, ask_size)
            if venue.reports:
                self._drain()
        if market.quote_listeners and not self.is_folding:
            quote = market.quote(time_ns, bid, bid_size, ask, ask_size)
            self._tell(market.quote_listeners, quote)

    def _on_depth(
        self, market: Market, time_ns: int, side: int, price: int, size: int, flags: int
    ) -> None:
        self._begin(time_ns)
        book: Book = market.book
        book.apply(side, price, size, flags)
        if flags & _LAST:
            # behind a gap both are 0: an old price is none
            market.bid = book.best_bid
            market.ask = book.best_ask
            if market.bid > 0 and market.ask > 0:
                mid = (market.bid + market.ask) // 2
                self._price(market, time_ns, mid, market.ask, market.bid)
                if market.held_count > 0:
                    self._watch(market, market.ask, market.bid)
            elif market.marking:
                self._reprice(market)
        venue = self.venue
        if venue is not None and venue.working > 0:
            venue.on_depth(market.index, time_ns, side, price, size, flags)
            if venue.reports:
                self._drain()
        if flags & _LAST and market.depth_listeners and not self.is_folding:
            self._tell(market.depth_listeners, book)
