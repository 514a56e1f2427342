"""The engine: one deterministic step, with a door for single events and one for columns."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tradewind.core.book import Book, depth_rows
from tradewind.core.curve import Curve
from tradewind.core.event_checks import check
from tradewind.core.market import Market
from tradewind.core.merge import KINDS, Stream, has_plain_bars, merge
from tradewind.core.pricing import Pricer
from tradewind.core.state import Account, State
from tradewind.core.tape import Tape
from tradewind.core.transitions import Decisions
from tradewind.core.venue_model import VenueModel
from tradewind.model import messages as m
from tradewind.model.columns import DEPTH_LAST, Columns
from tradewind.model.errors import BadData
from tradewind.model.market import (
    Bar,
    BarOpened,
    DepthUpdate,
    Quote,
    Trade,
)

ROWS_AT_ONCE = 65_536
"""Rows of one batch that are laid out for the loop at a time."""

# C integers when compiled (engine.pxd)
_LAST = DEPTH_LAST
_BARS, _TRADES, _QUOTES = KINDS.index("bars"), KINDS.index("trades"), KINDS.index("quotes")


class Engine(Pricer):
    """A `Pricer` that takes market data: `step` one event, `run` columns.

    Both doors go through the same methods, so any cutting of the same rows gives the same state
    and records. `curve` is the first account's equity at bar closes.
    """

    __slots__ = ("curve",)

    def __init__(
        self, state: State, venue: VenueModel | None = None, tape: Tape | None = None
    ) -> None:
        Pricer.__init__(self, state, venue, tape)
        self.curve = Curve()

    # --- doors -------------------------------------------------------------------------------

    def step(self, event: m.Event) -> Decisions:
        """One event; what it decided, in order (commands, and denials with their reasons).

        Raises `UserError` for an event that cannot be (see `core.event_checks`); nothing is
        journaled then.
        """
        self.decisions = []
        kind = type(event)
        if kind in _MARKET_EVENTS:
            self._step_market(event)
        else:
            check(self.state, event)
            if event.time_ns >= self.next_due_ns:
                self._advance(event.time_ns)
            self._control(event)
            self._drain()
        return self.decisions

    def fold_rows(self, columns: Columns) -> Decisions:
        """Apply recorded market rows in recovery."""
        self.decisions = []
        self.is_folding = True
        if columns.kind == "bars":
            self.run_closes(columns)
        else:
            self.run(columns)
        self.is_folding = False
        return self.decisions

    def run(self, *batches: Columns) -> None:
        """All rows of one or more columns, merged by time (then in the order given)."""
        if len(batches) == 1 and (batches[0].kind != "bars" or has_plain_bars(batches[0])):
            self._run_one(batches[0])
        else:
            streams = [self._stream(columns) for columns in batches]
            self._run_merged(streams, merge(streams))

    def run_closes(self, columns: Columns) -> None:
        """Bars built from rows that were run themselves: told, but no price of their own.

        One may be told a moment late; its times stay what they are.
        """
        stream = self._stream(columns)
        market = stream.market
        for row in range(len(columns)):
            self._begin(max(stream.second[row], self.state.time_ns))
            if market.bar_listeners and not self.is_folding:
                self._tell(market.bar_listeners, self._bar_at(stream, row))

    def _bar_at(self, stream: Stream, row: int) -> Bar:
        return stream.market.bar(
            stream.first[row],
            stream.second[row],
            stream.third[row],
            stream.fourth[row],
            stream.fifth[row],
            stream.sixth[row],
            stream.seventh[row],
        )

    def _stream(self, columns: Columns) -> Stream:
        return Stream(columns, self.state.market(columns.instrument.id))

    def call(self, strategy: int, function: Callable[[Any], None], event: Any) -> None:
        """Call a strategy outside of an event: its start and its end, guarded as ever.

        What it wants happens at once: a timer must not wait for the first callback.
        """
        self._call(strategy, function, event)
        self._drain()

    # --- the batch door ----------------------------------------------------------------------

    def _run_one(self, columns: Columns) -> None:
        """One batch in cuts, so that plain Python holds few rows as objects."""
        if columns.kind == "bars":
            self.curve.make_room(len(columns))
        for start in range(0, len(columns), ROWS_AT_ONCE):
            stream = self._stream(columns.cut(start, start + ROWS_AT_ONCE))
            if columns.kind == "bars":
                self._run_bars(stream)
            elif columns.kind == "trades":
                self._run_trades(stream)
            elif columns.kind == "quotes":
                self._run_quotes(stream)
            else:
                self._run_depth(stream)

    def _run_bars(self, stream: Stream) -> None:
        market: Market = stream.market
        open_times, close_times = stream.first, stream.second
        opens, highs, lows, closes = stream.third, stream.fourth, stream.fifth, stream.sixth
        volumes = stream.seventh
        for row in range(len(open_times)):
            self._on_bar_opened(market, open_times[row], opens[row])
            self._on_bar(
                market,
                open_times[row],
                close_times[row],
                opens[row],
                highs[row],
                lows[row],
                closes[row],
                volumes[row],
            )

    def _run_trades(self, stream: Stream) -> None:
        market: Market = stream.market
        times, prices, sizes, sides = stream.first, stream.second, stream.third, stream.fourth
        for row in range(len(times)):
            self._on_trade(market, times[row], prices[row], sizes[row], sides[row])

    def _run_quotes(self, stream: Stream) -> None:
        market: Market = stream.market
        times, bids, bid_sizes = stream.first, stream.second, stream.third
        asks, ask_sizes = stream.fourth, stream.fifth
        for row in range(len(times)):
            self._on_quote(market, times[row], bids[row], bid_sizes[row], asks[row], ask_sizes[row])

    def _run_depth(self, stream: Stream) -> None:
        market: Market = stream.market
        times, sides, prices = stream.first, stream.second, stream.third
        sizes, flags = stream.fourth, stream.fifth
        for row in range(len(times)):
            self._on_depth(market, times[row], sides[row], prices[row], sizes[row], flags[row])

    def _run_merged(self, streams: list[Stream], order: Any) -> None:
        numbers, rows, parts = order
        for place in range(len(numbers)):
            stream: Stream = streams[numbers[place]]
            row: int = rows[place]
            kind = stream.kind_number
            if kind == _BARS:
                self._merged_bar(stream, row, parts[place])
            elif kind == _TRADES:
                self._on_trade(
                    stream.market,
                    stream.first[row],
                    stream.second[row],
                    stream.third[row],
                    stream.fourth[row],
                )
            elif kind == _QUOTES:
                self._on_quote(
                    stream.market,
                    stream.first[row],
                    stream.second[row],
                    stream.third[row],
                    stream.fourth[row],
                    stream.fifth[row],
                )
            else:
                self._on_depth(
                    stream.market,
                    stream.first[row],
                    stream.second[row],
                    stream.third[row],
                    stream.fourth[row],
                    stream.fifth[row],
                )

    def _merged_bar(self, stream: Stream, row: int, part: int) -> None:
        if part == 1:
            self._on_bar_opened(stream.market, stream.first[row], stream.third[row])
            return
        self._on_bar(
            stream.market,
            stream.first[row],
            stream.second[row],
            stream.third[row],
            stream.fourth[row],
            stream.fifth[row],
            stream.sixth[row],
            stream.seventh[row],
        )

    # --- one market row ----------------------------------------------------------------------

    def _step_market(self, event: Any) -> None:
        market: Market = self.state.market(event.instrument.id)
        if isinstance(event, Bar):
            self._on_bar(
                market,
                event.open_time_ns,
                event.close_time_ns,
                event.open_units,
                event.high_units,
                event.low_units,
                event.close_units,
                event.volume_units,
            )
        elif isinstance(event, Trade):
            self._on_trade(market, event.time_ns, event.price_units, event.size_units, event.side)
        elif isinstance(event, Quote):
            self._on_quote(
                market,
                event.time_ns,
                event.bid_units,
                event.bid_size_units,
                event.ask_units,
                event.ask_size_units,
            )
        elif isinstance(event, BarOpened):
            self._on_bar_opened(market, event.time_ns, event.price_units)
        else:
            for row in depth_rows(event):
                self._on_depth(market, event.time_ns, row[0], row[1], row[2], row[3])

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


_MARKET_EVENTS = frozenset({Bar, BarOpened, Trade, Quote, DepthUpdate})
