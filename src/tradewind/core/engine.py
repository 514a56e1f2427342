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
                self._tell(market.bar_listeners, stream.bar(row))

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
        low, high = extremes(stream.sixth)
        count = len(stream.first)
        while stream.row < count:
            row = stream.row
            stream.quiet_ns = self._quiet_until(market)
            if (
                stream.second[row] < stream.quiet_ns
                and stream.first[row] >= self.state.time_ns
                and self._is_curve_simple(market, low, high)
            ):
                self._run_quiet_bars(stream)
                continue
            stream.row = row + 1
            self._on_bar_opened(market, stream.first[row], stream.third[row])
            self._on_bar(
                market,
                stream.first[row],
                stream.second[row],
                stream.third[row],
                stream.fourth[row],
                stream.fifth[row],
                stream.sixth[row],
                stream.seventh[row],
            )

    def _run_trades(self, stream: Stream) -> None:
        market: Market = stream.market
        count = len(stream.first)
        while stream.row < count:
            row = stream.row
            stream.quiet_ns = self._quiet_until(market)
            if self.state.time_ns <= stream.first[row] < stream.quiet_ns:
                self._run_quiet_trades(stream)
                continue
            stream.row = row + 1
            self._on_trade(
                market, stream.first[row], stream.second[row], stream.third[row], stream.fourth[row]
            )

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
