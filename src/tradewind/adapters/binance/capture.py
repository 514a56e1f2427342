"""Captures: files of recorded frames, read as batches in the order in which they arrived.

Each line is the receive time in nanoseconds, a space and the frame, plain or gzip:

    1723161254087896568 {"stream":"btcusdt@trade","data":{"e":"trade","E":1723161255343, ...}}
"""

from __future__ import annotations

import gzip
import zlib
from collections.abc import Iterator
from io import BufferedReader
from pathlib import Path

import msgspec

from tradewind.adapters.binance.batches import Batches
from tradewind.adapters.binance.depth_sync import DepthSync
from tradewind.adapters.binance.instruments import KNOWN, GridSearch
from tradewind.adapters.binance.rows import (
    RAW_BYTES_MAX,
    AnyRow,
    BarRow,
    DepthSnapshotRow,
    DepthUpdateRow,
    QuoteRow,
    SkippedRow,
    TradeRow,
    grids_of,
    read_frame,
)
from tradewind.adapters.binance.top_check import TopCheck
from tradewind.adapters.binance.wire import FRAME_BYTES_MAX, decode_frame
from tradewind.core.book import Book
from tradewind.model.columns import Columns
from tradewind.model.errors import BadData, BadMessage
from tradewind.model.ids import split_instrument_id
from tradewind.model.instruments import Instrument
from tradewind.model.messages import BadTick

LINE_BYTES_MAX = FRAME_BYTES_MAX + 32
RECEIVED_NS_MIN = 946_684_800_000_000_000
"""2000-01-01; a receive time before is in another unit, or none."""
RECEIVED_NS_MAX = 4_102_444_800_000_000_000
"""2100-01-01."""
BAD_TICKS_KEPT_MAX = 100
"""Refused frames that the statistics keep; further ones are only counted."""

_GZIP_MARK = b"\x1f\x8b"


class CaptureStatistics(msgspec.Struct):
    """Counts of a capture, filled while `read_capture` reads it.

    `tops_compared` counts the moments at which our book and a quote stood at the same update,
    `tops_equal` those at which they were equal. `clock_backs` counts receive times before that
    of the line above. `venue_ahead_ns_max` is how much later than its receive time a frame was
    sent at most, by the venue's clock: above 0 the receive clock was slow.
    """

    frames: int = 0
    trades: int = 0
    quotes: int = 0
    bars: int = 0
    depth_updates: int = 0
    depth_applied: int = 0
    depth_dropped: int = 0
    depth_gaps: int = 0
    depth_snapshots: int = 0
    depth_snapshots_too_old: int = 0
    crossed_books: int = 0
    tops_compared: int = 0
    tops_equal: int = 0
    bad_ticks: int = 0
    skipped: int = 0
    clock_backs: int = 0
    venue_ahead_ns_max: int = 0
    first_time_ns: int = 0
    last_time_ns: int = 0
    bad_ticks_kept: list[BadTick] = []


def read_capture(
    path: Path | str, instrument: Instrument, statistics: CaptureStatistics | None = None
) -> Iterator[Columns]:
    """Batches of trades, quotes and depth of one instrument, in the order of arrival.

    `time_ns` of a row is its receive time, or that of the line above where the clock went back.
    Depth rows are those the venue's algorithm applies, so that a book follows them blindly; a
    lost update comes as a row with `DEPTH_GAP`. Trades and aggregate trades tell the same prints:
    those that come first are taken, the others skipped. What cannot be taken is counted in
    `statistics` as `bad_ticks`. Raises `BadData` where the file cannot be read to its end, or has
    nothing of the instrument.
    """
    reader = CaptureReader(instrument, CaptureStatistics() if statistics is None else statistics)
    for line in capture_lines(path):
        reader.take_line(line)
        yield from reader.batches.take_finished()
    reader.check_any(path)
    yield from reader.batches.take_all()


def infer_instrument(path: Path | str, instrument_id: str) -> Instrument:
    """The instrument of a capture: as known, else with the grid that its frames show.

    The venue's rules that no frame shows (minimum notional) keep their defaults.
    """
    if instrument_id in KNOWN:
        return KNOWN[instrument_id]
    search = GridSearch(split_instrument_id(instrument_id)[0].replace("/", ""))
    for line in capture_lines(path):
        try:
            search.take(decode_frame(line.partition(b" ")[2]))
        except BadMessage:
            continue  # reading the capture counts it
    return search.instrument(instrument_id)


def capture_lines(path: Path | str) -> Iterator[bytes]:
    """Lines of a plain or gzip file, the first `LINE_BYTES_MAX` of each; `BadData` if it breaks."""
    try:
        with _opened(Path(path)) as file:
            yield from _lines(file)
    except EOFError:
        raise BadData(f"{path} ends in the middle: it is truncated, get the whole file") from None
    except (gzip.BadGzipFile, zlib.error) as error:
        raise BadData(f"{path} is damaged ({error}): get the file again") from None
    except OSError as error:
        raise BadData(f"{path} cannot be read: {error.strerror or error}") from None


def _opened(path: Path) -> gzip.GzipFile | BufferedReader:
    with path.open("rb") as file:
        is_gzip = file.read(2) == _GZIP_MARK
    return gzip.open(path, "rb") if is_gzip else path.open("rb")


def _lines(file: gzip.GzipFile | BufferedReader) -> Iterator[bytes]:
    while line := file.readline(LINE_BYTES_MAX):
        yield line
        while len(line) == LINE_BYTES_MAX and not line.endswith(b"\n"):
            line = file.readline(LINE_BYTES_MAX)  # the rest of a line too long to be taken


class CaptureReader:
    """One pass over the lines of a capture: its clock, its book, its batches."""

    __slots__ = (
        "_check",
        "_grids",
        "_other",
        "_prints",
        "_sync",
        "batches",
        "instrument",
        "statistics",
        "time_ns",
    )

    def __init__(self, instrument: Instrument, statistics: CaptureStatistics) -> None:
        self.instrument = instrument
        self.statistics = statistics
        self.batches = Batches(instrument)
        self.time_ns = 0
        self._grids = grids_of([instrument])
        self._sync = DepthSync()
        self._check = TopCheck(Book(instrument.tick_units))
        self._prints: type[TradeRow] | None = None
        self._other = ""

    def take_line(self, line: bytes) -> None:
        """One line of the file, with or without its line feed."""
        self.statistics.frames += 1
        head, _, raw = line.rstrip(b"\r\n").partition(b" ")
        if not head.isdigit() or not RECEIVED_NS_MIN <= int(head[:20]) <= RECEIVED_NS_MAX:
            reason = "the line does not begin with its receive time in nanoseconds"
            self._refuse(BadTick(self.time_ns, self.instrument.id, reason, line[:RAW_BYTES_MAX]))
            return
        received_time_ns = int(head)
        self._advance(received_time_ns)
        row = read_frame(raw, self._grids, self.time_ns)
        if isinstance(row, BadTick):
            self._refuse(row)
            return
        if row.venue_time_ns - received_time_ns > self.statistics.venue_ahead_ns_max:
            self.statistics.venue_ahead_ns_max = row.venue_time_ns - received_time_ns
        self._take_row(row)

    def check_any(self, path: Path | str) -> None:
        """Refuse a file that has nothing of the instrument."""
        counts = self.statistics
        if counts.trades or counts.quotes or counts.depth_updates or counts.bars:
            return
        reason = f"it has {counts.frames} lines"
        if self._other:
            reason = f"it is of {self._other}"
        elif counts.bad_ticks_kept:
            reason = f"its first refused line: {counts.bad_ticks_kept[0].reason}"
        raise BadData(
            f"{path} has nothing of {self.instrument.id} ({reason}): name the captured instrument"
        )

    def _advance(self, received_time_ns: int) -> None:
        counts = self.statistics
        if self.time_ns == 0:
            counts.first_time_ns = received_time_ns
        if received_time_ns < self.time_ns:
            counts.clock_backs += 1
        else:
            self.time_ns = counts.last_time_ns = received_time_ns

    def _take_row(self, row: AnyRow) -> None:
        match row:
            case QuoteRow():
                self.statistics.quotes += 1
                self._check.take_quote(row)
                self.batches.add_quote(row, self.time_ns)
                self._count_tops()
            case DepthUpdateRow() | DepthSnapshotRow():
                self._take_depth(row)
            case TradeRow():
                self._take_trade(row)
            case BarRow():
                self.statistics.bars += 1
            case SkippedRow():
                self.statistics.skipped += 1
                self._other = self._other or row.what

    def _take_trade(self, row: TradeRow) -> None:
        self._prints = self._prints or type(row)
        if type(row) is not self._prints:
            self.statistics.skipped += 1
            return
        self.statistics.trades += 1
        self.batches.add_trade(row, self.time_ns)

    def _take_depth(self, row: DepthUpdateRow | DepthSnapshotRow) -> None:
        if isinstance(row, DepthUpdateRow):
            self.statistics.depth_updates += 1
            events = self._sync.take_update(row)
        else:
            events = self._sync.take_snapshot(row)
        for event in events:
            self.batches.add_depth(event, self.time_ns)
            self._check.apply(event)
            self.statistics.crossed_books += self._check.book.is_crossed
        self._count_depth()

    def _count_tops(self) -> None:
        self.statistics.tops_compared = self._check.compared
        self.statistics.tops_equal = self._check.equal

    def _count_depth(self) -> None:
        counts, sync = self.statistics, self._sync
        counts.depth_applied = sync.applied
        counts.depth_dropped = sync.dropped
        counts.depth_gaps = sync.gaps
        counts.depth_snapshots = sync.snapshots
        counts.depth_snapshots_too_old = sync.snapshots_too_old
        self._count_tops()

    def _refuse(self, bad_tick: BadTick) -> None:
        self.statistics.bad_ticks += 1
        if len(self.statistics.bad_ticks_kept) < BAD_TICKS_KEPT_MAX:
            self.statistics.bad_ticks_kept.append(bad_tick)
