"""The stream reader: frames of a market stream as columns, many at a time.

Trades and quotes, which are nearly all frames, take a short way: one decoding for a whole batch,
then exact units. Whatever does not fit it takes the long way (`rows.read_frame`), which says why.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable

import msgspec
import numpy as np

from tradewind.adapters.binance.batches import FIELDS, Batches
from tradewind.adapters.binance.depth_sync import DepthSync
from tradewind.adapters.binance.rows import (
    MICROSECONDS_FROM,
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
from tradewind.model.columns import ColumnKind, Columns
from tradewind.model.errors import BadNumber
from tradewind.model.fixed_point import parse_fixed_point
from tradewind.model.instruments import Instrument
from tradewind.model.messages import BadTick

ORDERED_FRAMES_MAX = 64
"""Frames of one read that keep the order between trades, quotes and depth of an instrument; of a
longer one, which came at once, each kind keeps its own order only."""
BAD_TICKS_KEPT_MAX = 100
GAPS_MAX = 100
"""Gaps of an instrument that wait to be filled; one more forgets the oldest."""
ID_MAX = 2**62


class Data(msgspec.Struct, gc=False):
    """The data of any frame, with the letters of the wire; one letter means several things.

    {"e":"trade","E":1723161255343,"s":"BTCUSDT","t":3735683259,"p":"61837.63000000",
     "q":"0.02000000","T":1723161255342,"m":true,"M":true}
    {"u":50093239212,"s":"BTCUSDT","b":"61837.63000000","B":"3.78826000","a":"61837.64000000",
     "A":"1.54698000"}
    """

    e: str = ""
    s: str = ""
    t: int = -1
    p: str = ""
    q: str = ""
    T: int = 0
    m: bool | None = None
    X: str = "MARKET"
    u: int = -1
    B: str = ""
    A: str = ""
    b: str | int | list[tuple[str, str]] = ""
    a: str | int | list[tuple[str, str]] = ""


class Combined(msgspec.Struct, gc=False):
    """{"stream":"btcusdt@trade","data":{...}}; the data says what the name of the stream does."""

    data: Data


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


_MANY = msgspec.json.Decoder(list[Combined])


class Stream:
    """One instrument's place in the reader: its grid, its book's sync, its last print."""

    __slots__ = (
        "batches",
        "grid",
        "instrument",
        "last_bar_ns",
        "last_print",
        "missed",
        "price_digits",
        "quantity_digits",
        "quotes",
        "sync",
        "tick",
        "trades",
    )

    def __init__(self, instrument: Instrument) -> None:
        self.instrument = instrument
        self.grid = Grid.of(instrument)
        self.price_digits = self.grid.price_digits
        self.quantity_digits = self.grid.quantity_digits
        self.tick = self.grid.tick
        self.batches = Batches(instrument)
        self.sync = DepthSync()
        self.last_print = -1
        """Id of the last print; -1 before the first."""
        self.missed: deque[tuple[int, int]] = deque(maxlen=GAPS_MAX)
        """Ids of the prints around those that are missed, a pair for each gap."""
        self.last_bar_ns = 0
        self.trades: list[int] = []
        self.quotes: list[int] = []


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
        self._by_id = {each.instrument.id: each for each in self.streams.values()}
        self._grids = grids_of(each.instrument for each in self.streams.values())
        self._alone = {name: {name: each.grid} for name, each in self.streams.items()}
        self.prints = prints
        self._is_ordered = True

    def take(self, frames: list[bytes], received_time_ns: int) -> list[Columns]:
        """Columns of what arrived together; their time is that of arrival, and never goes back."""
        if received_time_ns > self.time_ns:
            self.time_ns = received_time_ns
        self.statistics.frames += len(frames)
        self._is_ordered = len(frames) <= ORDERED_FRAMES_MAX
        try:
            combined = _MANY.decode(b"[%b]" % b",".join(frames))
        except (msgspec.DecodeError, UnicodeDecodeError):
            combined = []
        if len(combined) == len(frames):
            self._take_each(combined, frames)
        else:
            for raw in frames:
                self._take_long(raw)
        return self._finished()

    def take_snapshot(self, symbol: str, body: bytes, received_time_ns: int) -> list[Columns]:
        """The answer to a depth request, as it arrived."""
        self.time_ns = max(self.time_ns, received_time_ns)
        row = read_frame(body, self._alone[symbol], self.time_ns)
        if isinstance(row, DepthSnapshotRow):
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
            for event in stream.sync.lose():
                stream.batches.add_depth(event, self.time_ns)
        return self._finished()

    def behind(self) -> list[Stream]:
        """Instruments of which prints were missed."""
        return [stream for stream in self.streams.values() if stream.missed]

    def late(self, stream: Stream, rows: list[TradeRow], received_time_ns: int) -> list[Columns]:
        """Prints that were missed, fetched since; they come behind newer ones."""
        self.time_ns = max(self.time_ns, received_time_ns)
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

    def _take_each(self, combined: list[Combined], frames: list[bytes]) -> None:
        """The short way for trades of the chosen kind and quotes, the long one for the rest."""
        streams, prints = self.streams, self.prints
        name, stream = "", None
        for frame, raw in zip(combined, frames, strict=True):
            data = frame.data
            if data.s != name:
                name = data.s
                stream = streams.get(name)
            if stream is not None:
                if data.e == prints:
                    if self._take_print(stream, data):
                        continue
                elif data.B and data.A and self._take_quote(stream, data):
                    continue
            self._take_long(raw)

    def _take_print(self, stream: Stream, data: Data) -> bool:
        """Take a trade; False where anything about it is not as usual."""
        number = data.t if data.t >= 0 else data.a
        stamp, is_maker = data.T, data.m
        if number != stream.last_print + 1 or is_maker is None or data.X != "MARKET":
            return False
        try:
            price = parse_fixed_point(data.p, stream.price_digits)
            size = parse_fixed_point(data.q, stream.quantity_digits)
        except BadNumber:
            return False
        if price <= 0 or price % stream.tick or size <= 0 or not 0 < stamp < MICROSECONDS_FROM:
            return False
        stream.last_print += 1
        row = (self.time_ns, stamp * 1_000_000, price, size, -1 if is_maker else 1)
        if self._is_ordered:
            stream.batches.add("trades", row)
        else:
            stream.trades += row
        return True

    def _take_quote(self, stream: Stream, data: Data) -> bool:
        """Take a quote; False where anything about it is not as usual."""
        stamp, bid_text, ask_text = data.T, data.b, data.a
        if not isinstance(bid_text, str) or not isinstance(ask_text, str):
            return False
        try:
            bid = parse_fixed_point(bid_text, stream.price_digits)
            ask = parse_fixed_point(ask_text, stream.price_digits)
            bid_size = parse_fixed_point(data.B, stream.quantity_digits)
            ask_size = parse_fixed_point(data.A, stream.quantity_digits)
        except BadNumber:
            return False
        tick = stream.tick
        if bid <= 0 or ask < bid or bid_size <= 0 or ask_size <= 0 or bid % tick or ask % tick:
            return False
        if not 0 <= data.u <= ID_MAX or not 0 <= stamp < MICROSECONDS_FROM:
            return False
        row = (self.time_ns, stamp * 1_000_000, bid, bid_size, ask, ask_size, data.u)
        if self._is_ordered:
            stream.batches.add("quotes", row)
        else:
            stream.quotes += row
        return True

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
        match row:
            case QuoteRow():
                bid, ask = (row.bid, row.bid_size), (row.ask, row.ask_size)
                values = (self.time_ns, row.venue_time_ns, *bid, *ask, row.update_id)
                self._add(stream, "quotes", stream.quotes, values)
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
        last = stream.last_print
        if last >= 0 and row.id <= last:
            self.statistics.skipped += 1
            return
        if last >= 0 and row.id != last + 1:
            self.statistics.trade_gaps += 1
            stream.missed.append((last, row.id))
        stream.last_print = row.id
        values = (self.time_ns, row.venue_time_ns, row.price, row.size, row.side)
        self._add(stream, "trades", stream.trades, values)

    def _add(
        self, stream: Stream, kind: ColumnKind, flat: list[int], values: tuple[int, ...]
    ) -> None:
        """A row that took the long way joins those of its kind that took the short one."""
        if self._is_ordered:
            stream.batches.add(kind, values)
        else:
            flat += values

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
        for stream in self.streams.values():
            found += stream.batches.take_all()
            if stream.trades:
                found.append(_columns("trades", stream.instrument, stream.trades))
                stream.trades = []
            if stream.quotes:
                found.append(_columns("quotes", stream.instrument, stream.quotes))
                stream.quotes = []
        self._count(found)
        return found

    def _count(self, found: list[Columns]) -> None:
        counts = self.statistics
        for columns in found:
            if columns.kind == "trades":
                counts.trades += len(columns)
            elif columns.kind == "quotes":
                counts.quotes += len(columns)
            elif columns.kind == "bars":
                counts.bars += len(columns)


def _columns(kind: ColumnKind, instrument: Instrument, flat: list[int]) -> Columns:
    names = FIELDS[kind]
    table = np.array(flat, dtype=np.int64).reshape(-1, len(names))
    return Columns(kind, instrument, {name: table[:, i] for i, name in enumerate(names)})
