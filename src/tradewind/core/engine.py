"""The engine: one deterministic step, with a door for single events and one for columns."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tradewind.core.book import depth_rows
from tradewind.core.event_checks import check
from tradewind.core.market import Market
from tradewind.core.merge import KINDS, Stream, has_plain_bars, merge
from tradewind.core.quiet import QuietRows, extremes
from tradewind.core.transitions import Decisions
from tradewind.model import messages as m
from tradewind.model.columns import Columns
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
_BARS, _TRADES, _QUOTES = KINDS.index("bars"), KINDS.index("trades"), KINDS.index("quotes")


class Engine(QuietRows):
    """What takes market data: `step` one event, `run` columns.

    Both doors go through the same methods, so any cutting of the same rows gives the same state
    and records.
    """

    __slots__ = ()

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
        state = self.state
        open_times, close_times = stream.first, stream.second
        opens, highs, lows, closes = stream.third, stream.fourth, stream.fifth, stream.sixth
        volumes = stream.seventh
        low, high = extremes(closes)
        count = len(open_times)
        row = 0
        while row < count:
            start = row
            quiet_ns = self._quiet_until(market)
            if quiet_ns > 0 and (
                open_times[row] < state.time_ns or not self._is_curve_simple(market, low, high)
            ):
                quiet_ns = 0
            while row < count and close_times[row] < quiet_ns:
                state.sequence += 2  # it opened and closed
                state.time_ns = market.mark_time_ns = close_times[row]
                market.mark = market.last = closes[row]
                if not market.is_repriced and market.holders:
                    state.reprice(market)
                row += 1
                if market.bar_listeners:
                    bar = self._bar_at(stream, row - 1)
                    for listener in market.bar_listeners:
                        self._call(listener[0], listener[1], bar)
                    if self.intents:
                        break
            if row > start:
                self._end_quiet_bars(stream, start, row)
                continue
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
            row += 1

    def _run_trades(self, stream: Stream) -> None:
        market: Market = stream.market
        state = self.state
        times, prices, sizes, sides = stream.first, stream.second, stream.third, stream.fourth
        count = len(times)
        row = 0
        while row < count:
            start = row
            quiet_ns = self._quiet_until(market)
            while row < count and state.time_ns <= times[row] < quiet_ns:
                state.sequence += 1
                state.time_ns = market.mark_time_ns = times[row]
                market.mark = market.last = prices[row]
                if not market.is_repriced and market.holders:
                    state.reprice(market)
                row += 1
                if market.trade_listeners:
                    trade = market.trade(
                        times[row - 1], prices[row - 1], sizes[row - 1], sides[row - 1]
                    )
                    for listener in market.trade_listeners:
                        self._call(listener[0], listener[1], trade)
                    if self.intents:
                        break
            if row > start:
                last = row - 1
                self._end_quiet_trades(market, times[last], prices[last], sizes[last], sides[last])
            else:
                self._on_trade(market, times[row], prices[row], sizes[row], sides[row])
                row += 1

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

    # --- one event ---------------------------------------------------------------------------

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


_MARKET_EVENTS = frozenset({Bar, BarOpened, Trade, Quote, DepthUpdate})
