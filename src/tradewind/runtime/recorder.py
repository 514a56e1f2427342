"""Recorder: market data as it arrived, in append-only segments that the journal refers to.

A segment begins with `MAGIC`; then come frames: four bytes of length, a MessagePack header and,
behind the header of a batch, its columns one after the other as little-endian int64. The
instrument is written once a segment, as a frame of its own that the batches point at. A process
always begins a new segment, so the torn end of an old one is never written behind.
"""

from __future__ import annotations

import hashlib

import msgspec
import numpy as np

from tradewind.model.columns import OPTIONAL, REQUIRED, ColumnKind, Columns
from tradewind.model.errors import UserError
from tradewind.model.instruments import Instrument
from tradewind.model.messages import MarketRecorded
from tradewind.ports.journal import JournalDamaged
from tradewind.runtime.encoded_columns import data_of, extra_names
from tradewind.runtime.segments import Segments

MAGIC = b"tradewind rows 1\n"
SEGMENT_BYTES_MAX = 64 << 20
"""A segment that has reached this is left for a new one; it may be over by one batch."""
DIGEST_BYTES = 16
_PREFIX_BYTES = 4
_COUNT_BYTES_MAX = 9
_FIRST_READ_BYTES = 4096
"""A header is at most this long, its length before it included."""


class _InstrumentFrame(msgspec.Struct, frozen=True, array_like=True, tag="instrument"):
    instrument: Instrument


class _RowsFrame(msgspec.Struct, frozen=True, array_like=True, tag="rows"):
    kind: ColumnKind
    instrument_offset: int
    extra_names: tuple[str, ...]
    count: int


class _Layout:
    """What all batches of one form have in common in a segment: all but their count and rows."""

    __slots__ = ("digest", "header", "instrument", "names")

    def __init__(self, columns: Columns, instrument_offset: int) -> None:
        kind, extra = columns.kind, extra_names(columns)
        self.instrument = columns.instrument
        self.names = REQUIRED[kind] + extra
        # the count comes last in both, and 0 is one byte
        header = _RowsFrame(kind, instrument_offset, extra, 0)
        self.header = _encoder.encode(header)[:-1]
        assert _PREFIX_BYTES + len(self.header) + _COUNT_BYTES_MAX <= _FIRST_READ_BYTES
        self.digest = hashlib.sha256(_encoder.encode((kind, self.instrument, extra, 0))[:-1])


_encoder = msgspec.msgpack.Encoder()
_decoder = msgspec.msgpack.Decoder(_InstrumentFrame | _RowsFrame)


class Recorder:
    """Keeps batches and gives them back exactly, by reference; one thread at a time.

    `record` only takes memory, bounded by what is recorded between two calls of `flush`.

    >>> from tradewind.runtime.segments import MemorySegments
    >>> goog = Instrument("GOOG.SIM", tick="0.01", lot="1", currency="USD")
    >>> row = {"time_ns": [1, 2], "price": [10000, 10001], "size": [5, 7], "side": [1, -1]}
    >>> trades = Columns("trades", goog, {k: np.array(v, np.int64) for k, v in row.items()})
    >>> recorder = Recorder(MemorySegments())
    >>> reference = recorder.record(trades)
    >>> reference.segment, reference.count, recorder.read(reference)["price"].tolist()
    ('00000001', 2, [10000, 10001])
    """

    def __init__(self, segments: Segments, *, segment_bytes_max: int = SEGMENT_BYTES_MAX) -> None:
        self._segments = segments
        self._segment_bytes_max = segment_bytes_max
        self._number = max((int(name) for name in segments.names()), default=0)
        self._name = ""
        self._size_bytes = segment_bytes_max
        self._written: dict[Instrument, int] = {}
        self._layouts: dict[tuple[str, str, tuple[str, ...]], _Layout] = {}
        self._known: tuple[str, dict[int, Instrument]] = ("", {})

    def record(self, columns: Columns) -> MarketRecorded:
        """Append a batch of at least one row; `flush` makes it durable.

        The reference has the time of the last row. Raises `JournalBroken` once a flush has.
        """
        assert len(columns) > 0
        if self._size_bytes >= self._segment_bytes_max:
            self._begin_segment()
        layout, count = self._layout_of(columns), len(columns)
        number = _encoder.encode(count)
        data = data_of(columns, layout.names)
        digest = layout.digest.copy()
        digest.update(number)
        digest.update(data)
        length = (len(layout.header) + len(number)).to_bytes(_PREFIX_BYTES, "little")
        return MarketRecorded(
            time_ns=int(columns.time_ns[-1]),
            kind=columns.kind,
            instrument=columns.instrument.id,
            segment=self._name,
            offset=self._append(b"".join((length, layout.header, number, data))),
            count=count,
            digest=digest.digest()[:DIGEST_BYTES],
        )

    def read(self, reference: MarketRecorded) -> Columns:
        """The batch exactly as it was recorded; `JournalDamaged` with its place where it is not."""
        frame, data = self._read_rows(reference)
        names = REQUIRED[frame.kind] + frame.extra_names
        rows = np.frombuffer(data, "<i8").astype(np.int64).reshape(len(names), frame.count)
        instrument = self._instrument(reference, frame.instrument_offset)
        columns = Columns(frame.kind, instrument, dict(zip(names, rows, strict=True)))
        digest = _digest(columns, frame.extra_names, data)
        if digest != reference.digest or instrument.id != reference.instrument:
            raise _damaged(reference, "the rows are not those that were recorded")
        return columns

    def flush(self) -> None:
        """Make all batches durable: to be called before the group that refers to them commits.

        Raises `JournalFull`, after which it may be called again, or `JournalBroken` for good.
        """
        self._segments.sync()

    @property
    def size_bytes(self) -> int:
        """Space that the segments take."""
        return self._segments.size_bytes()

    def prune(self, before_segment: str) -> int:
        """Remove segments older than one; the newest always stays. Returns how many went."""
        old = [name for name in self._segments.names()[:-1] if name < before_segment]
        for name in old:
            self._segments.remove(name)
        return len(old)

    def close(self) -> None:
        """Let go of files."""
        self._segments.close()

    def _begin_segment(self) -> None:
        self._number += 1
        self._name = f"{self._number:08d}"
        self._size_bytes = 0
        self._written = {}
        self._layouts = {}
        self._append(MAGIC)

    def _layout_of(self, columns: Columns) -> _Layout:
        names = columns.names or tuple(columns.arrays)
        key = (columns.kind, columns.instrument.id, names)
        layout = self._layouts.get(key)
        if layout is None or layout.instrument is not columns.instrument:
            layout = _Layout(columns, self._offset_of(columns.instrument))
            self._layouts[key] = layout
        return layout

    def _offset_of(self, instrument: Instrument) -> int:
        offset = self._written.get(instrument)
        if offset is None:
            offset = self._append(_frame(_InstrumentFrame(instrument)))
            self._written[instrument] = offset
        return offset

    def _append(self, data: bytes) -> int:
        offset = self._size_bytes
        self._segments.append(self._name, data)
        self._size_bytes += len(data)
        return offset

    def _read_rows(self, reference: MarketRecorded) -> tuple[_RowsFrame, bytes]:
        header, start, first = self._read_header(reference, reference.offset)
        if not isinstance(header, _RowsFrame) or not _fits(header, reference):
            raise _damaged(reference, "there is another batch")
        size = 8 * header.count * (len(REQUIRED[header.kind]) + len(header.extra_names))
        missing = start + size - len(first)
        if missing > 0:
            offset = reference.offset + len(first)
            first += self._segments.read(reference.segment, offset, missing)
        data = first[start : start + size]
        if len(data) != size:
            raise _damaged(reference, "the segment ends inside the batch")
        return header, data

    def _instrument(self, reference: MarketRecorded, offset: int) -> Instrument:
        if self._known[0] != reference.segment:
            self._known = (reference.segment, {})
        known = self._known[1]
        if offset not in known:
            header, _start, _data = self._read_header(reference, offset)
            if not isinstance(header, _InstrumentFrame):
                raise _damaged(reference, "its instrument is not there")
            known[offset] = header.instrument
        return known[offset]

    def _read_header(
        self, reference: MarketRecorded, offset: int
    ) -> tuple[_InstrumentFrame | _RowsFrame, int, bytes]:
        """The header of a frame, where its data begins, and the first bytes of the frame."""
        try:
            data = self._segments.read(reference.segment, offset, _FIRST_READ_BYTES)
            end = _PREFIX_BYTES + int.from_bytes(data[:_PREFIX_BYTES], "little")
            return _decoder.decode(data[_PREFIX_BYTES:end]), end, data
        except FileNotFoundError:
            raise _damaged(reference, "the segment is gone") from None
        except (msgspec.DecodeError, ValueError, UserError) as error:
            raise _damaged(reference, f"no batch begins there: {error}") from None


def digest_of(columns: Columns) -> bytes:
    """16 bytes of SHA-256 over what a batch is and its rows, wherever it is kept."""
    names = extra_names(columns)
    return _digest(columns, names, data_of(columns, REQUIRED[columns.kind] + names))


def _digest(columns: Columns, names: tuple[str, ...], data: bytes) -> bytes:
    about = (columns.kind, columns.instrument, names, len(columns))
    return hashlib.sha256(_encoder.encode(about) + data).digest()[:DIGEST_BYTES]


def _frame(header: _InstrumentFrame | _RowsFrame) -> bytes:
    data = _encoder.encode(header)
    assert _PREFIX_BYTES + len(data) <= _FIRST_READ_BYTES
    return len(data).to_bytes(_PREFIX_BYTES, "little") + data


def _fits(header: _RowsFrame, reference: MarketRecorded) -> bool:
    known = set(header.extra_names) <= set(OPTIONAL)
    return known and (header.kind, header.count) == (reference.kind, reference.count)


def _damaged(reference: MarketRecorded, reason: str) -> JournalDamaged:
    return JournalDamaged(
        f"{reference.count} rows of {reference.kind} of {reference.instrument} at byte "
        f"{reference.offset} of segment {reference.segment} are damaged: {reason}; "
        "restore the last backup"
    )
