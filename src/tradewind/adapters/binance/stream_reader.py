"""The stream reader: frames of a market stream as columns, many at a time.

Trades and quotes, which are nearly all frames, take a short way (`usual_frames`). Whatever does not
fit it takes the long way (`rows.read_frame`), which says why.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable

import msgspec
import numpy as np

from tradewind.adapters.binance.batches import Batches
from tradewind.adapters.binance.decoded_frames import DecodedFrames
from tradewind.adapters.binance.depth_sync import DepthSync
from tradewind.adapters.binance.rows import (
    AggregateTradeRow,
    AnyRow,
    BarRow,
    DepthSnapshotRow,
    DepthUpdateRow,
    Grid,
    QuoteRow,
    TradeRow,
    grids_of,
    read_frame,
)
from tradewind.adapters.binance.stream_names import PrintKind
from tradewind.adapters.binance.usual_frames import (
    IS_COMPILED,
    ORDERED_FRAMES_MAX,
    Lane,
    Rows,
    UsualFrames,
)
from tradewind.model.columns import ColumnKind, Columns
from tradewind.model.instruments import Instrument
from tradewind.model.messages import BadTick

BAD_TICKS_KEPT_MAX = 100
GAPS_MAX = 100
"""Gaps of an instrument that wait to be filled; one more forgets the oldest."""


class StreamStatistics(msgspec.Struct):
    """What came through a connection; `bad_ticks_kept` are the first refused frames."""

    frames: int = 0
    trades: int = 0
    quotes: int = 0
    depth_updates: int = 0
    depth_gaps: int = 0
    trade_gaps: int = 0
    bars: int = 0
    skipped: int = 0
    bad_ticks: int = 0
    bad_ticks_kept: list[BadTick] = []


class Stream:
    """One instrument's place in the reader: its grid, its book's sync, its last print."""

    __slots__ = (
        "batches",
        "grid",
        "instrument",
        "lane",
        "last_bar_ns",
        "missed",
        "sync",
    )

    def __init__(self, instrument: Instrument) -> None:
        self.instrument = instrument
        self.grid = Grid.of(instrument)
        self.batches = Batches(instrument)
        self.lane = Lane(self.grid, self.batches)
        self.sync = DepthSync()
        self.missed: deque[tuple[int, int]] = deque(maxlen=GAPS_MAX)
        """Ids of the prints around those that are missed, a pair for each gap."""
        self.last_bar_ns = 0

    @property
    def last_print(self) -> int:
        """Id of the last print; -1 before the first."""
        return self.lane.last_print


class StreamReader:
    """Reads frames of several instruments; asks for snapshots by `wants_snapshot`.

    `prints` says which stream tells the trades, so that no print counts twice.

    >>> btc = Instrument("BTC/USDT.BINANCE", tick="0.01", lot="0.00001")
    >>> reader = StreamReader([btc])
    >>> frame = (b'{"stream":"btcusdt@trade","data":{"e":"trade","E":1723161255343,"s":"BTCUSDT",'
    ...          b'"t":7,"p":"61837.63","q":"0.02","T":1723161255342,"m":true}}')
    >>> [columns["price"].tolist() for columns in reader.take([frame], 1723161255350000000)]
    [[6183763]]
    """

    def __init__(self, instruments: Iterable[Instrument], prints: PrintKind = "trade") -> None:
        self.statistics = StreamStatistics()
        self.streams = {each.grid.symbol: each for each in map(Stream, instruments)}
        self.time_ns = 0
        self._of_lane = {each.lane: each for each in self.streams.values()}
        self._by_id = {each.instrument.id: each for each in self.streams.values()}
        self._grids = grids_of(each.instrument for each in self.streams.values())
        self._alone = {name: {name: each.grid} for name, each in self.streams.items()}
        self.prints = prints
        usual = UsualFrames if IS_COMPILED else DecodedFrames
        self._usual = usual([each.lane for each in self.streams.values()], prints)
        self._is_ordered = True

    def take(self, frames: list[bytes], received_time_ns: int) -> list[Columns]:
        """Columns of what arrived together; their time is that of arrival, and never goes back."""
        if received_time_ns > self.time_ns:
            self.time_ns = received_time_ns
        self.statistics.frames += len(frames)
        self._is_ordered = 1 < len(frames) <= ORDERED_FRAMES_MAX
        self._usual.take(frames, self.time_ns, self._take_long)
        return self._finished()

    def take_snapshot(self, symbol: str, body: bytes, received_time_ns: int) -> list[Columns]:
        """The answer to a depth request, as it arrived."""
        self.time_ns = max(self.time_ns, received_time_ns)
        row = read_frame(body, self._alone[symbol], self.time_ns)
        if isinstance(row, DepthSnapshotRow):
            self._touch(self.streams[symbol])
            self._take_depth(self.streams[symbol], row)
        elif isinstance(row, BadTick):
            self._refuse(row)
        return self._finished()

    def wants_snapshot(self) -> list[str]:
        """Symbols whose book waits for a snapshot, with updates to put on top of it."""
        return [
            symbol
            for symbol, stream in self.streams.items()
            if stream.sync.needs_snapshot and stream.sync.is_waiting
        ]

    def lost(self) -> list[Columns]:
        """The connection is gone: books are wrong until the next snapshot, prints may be missed."""
        for stream in self.streams.values():
            self._touch(stream)
            for event in stream.sync.lose():
                stream.batches.add_depth(event, self.time_ns)
        return self._finished()

    def behind(self) -> list[Stream]:
        """Instruments of which prints were missed."""
        return [stream for stream in self.streams.values() if stream.missed]

    def late(self, stream: Stream, rows: list[TradeRow], received_time_ns: int) -> list[Columns]:
        """Prints that were missed, fetched since; they come behind newer ones."""
        self.time_ns = max(self.time_ns, received_time_ns)
        self._touch(stream)
        for row in rows:
            stream.batches.add_trade(row, self.time_ns)
        return self._finished()

    def late_bars(self, stream: Stream, bars: Columns) -> list[Columns]:
        """Bars that were missed, fetched since; those that came meanwhile are left out."""
        begins = bars["open_time_ns"]
        first = int(np.searchsorted(begins, stream.last_bar_ns, side="right"))
        if first == len(begins):
            return []
        stream.last_bar_ns = int(begins[-1])
        return [bars.cut(first)]

    def _take_long(self, raw: bytes) -> None:
        row = read_frame(raw, self._grids, self.time_ns)
        if isinstance(row, BadTick):
            self._refuse(row)
            return
        self._take_row(row)

    def _take_row(self, row: AnyRow) -> None:
        stream = self._by_id.get(row.instrument)
        if stream is None:
            self.statistics.skipped += 1
            return
        self._touch(stream)
        match row:
            case QuoteRow():
                bid, ask = (row.bid, row.bid_size), (row.ask, row.ask_size)
                values = (self.time_ns, *bid, *ask, row.venue_time_ns, row.update_id)
                self._add(stream, "quotes", stream.lane.quotes, values)
            case DepthUpdateRow() | DepthSnapshotRow():
                self._take_depth(stream, row)
            case TradeRow() if isinstance(row, AggregateTradeRow) == (self.prints == "aggTrade"):
                self._take_trade(stream, row)
            case BarRow() if row.is_closed and row.open_time_ns > stream.last_bar_ns:
                stream.last_bar_ns = row.open_time_ns
                stream.batches.add_bar(row)
            case _:
                self.statistics.skipped += 1

    def _take_trade(self, stream: Stream, row: TradeRow) -> None:
        """A print, perhaps behind a gap; one that was told before is passed over."""
        last = stream.lane.last_print
        if last >= 0 and row.id <= last:
            self.statistics.skipped += 1
            return
        if last >= 0 and row.id != last + 1:
            self.statistics.trade_gaps += 1
            stream.missed.append((last, row.id))
        stream.lane.last_print = row.id
        values = (self.time_ns, row.price, row.size, row.side, row.venue_time_ns)
        self._add(stream, "trades", stream.lane.trades, values)

    def _add(self, stream: Stream, kind: ColumnKind, rows: Rows, values: tuple[int, ...]) -> None:
        """A row that took the long way joins those of its kind that took the short one."""
        if self._is_ordered:
            stream.batches.add(kind, values)
        else:
            rows.add(values)

    def _take_depth(self, stream: Stream, row: DepthUpdateRow | DepthSnapshotRow) -> None:
        gaps = stream.sync.gaps
        if isinstance(row, DepthUpdateRow):
            self.statistics.depth_updates += 1
            events = stream.sync.take_update(row)
        else:
            events = stream.sync.take_snapshot(row)
        self.statistics.depth_gaps += stream.sync.gaps - gaps
        for event in events:
            stream.batches.add_depth(event, self.time_ns)

    def _refuse(self, bad_tick: BadTick) -> None:
        self.statistics.bad_ticks += 1
        if len(self.statistics.bad_ticks_kept) < BAD_TICKS_KEPT_MAX:
            self.statistics.bad_ticks_kept.append(bad_tick)

    def _finished(self) -> list[Columns]:
        found: list[Columns] = []
        for lane in self._usual.touched:
            stream = self._of_lane[lane]
            lane.is_touched = False
            found += stream.batches.take_all()
            for rows in (lane.trades, lane.quotes):
                if rows.length:
                    found.append(rows.take(stream.instrument))
        self._usual.touched.clear()
        self._count(found)
        return found

    def _touch(self, stream: Stream) -> None:
        """A stream that may have rows from here on."""
        if not stream.lane.is_touched:
            stream.lane.is_touched = True
            self._usual.touched.append(stream.lane)

    def _count(self, found: list[Columns]) -> None:
        counts = self.statistics
        for columns in found:
            if columns.kind == "trades":
                counts.trades += len(columns)
            elif columns.kind == "quotes":
                counts.quotes += len(columns)
            elif columns.kind == "bars":
                counts.bars += len(columns)
