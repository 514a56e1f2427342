"""Market rows: what was stored in the history, or what the running engine recorded, by the page."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import msgspec
import numpy as np

from tradewind.model.columns import REQUIRED, Columns
from tradewind.model.messages import MarketRecorded
from tradewind.model.timeframes import timeframe_ns
from tradewind.ports.history import History, Series, no_series
from tradewind.ports.journal import JournalReader, numbered
from tradewind.runtime.recorder import Recorder
from tradewind.runtime.segments import FileSegments

HOUR_NS = 3_600_000_000_000
WINDOW_FACTOR = 8
RECORDS_FIRST = 2_000
RECORDS_MAX = 256_000
"""How far behind the journal's end recorded rows are looked for."""


class Cursor(msgspec.Struct, frozen=True):
    """Rows from a time on, without the first `skip` of just that time.

    >>> Cursor.parse("1700000000000000000.2")
    Cursor(time_ns=1700000000000000000, skip=2)
    """

    time_ns: int
    skip: int = 0

    @classmethod
    def parse(cls, text: str) -> Cursor:
        """The cursor of its text; `ValueError` where it is none."""
        time, _, skip = text.partition(".")
        found = cls(int(time), int(skip or 0))
        if not 0 <= found.time_ns < 2**63 or not 0 <= found.skip < 2**31:
            raise ValueError(text)
        return found

    def __str__(self) -> str:
        return f"{self.time_ns}.{self.skip}"


class Part(msgspec.Struct, frozen=True):
    """Rows of one page, and the cursor of the next, None behind the last."""

    columns: Columns
    following: Cursor | None


class MarketRows:
    """Reads pages of rows. All calls block."""

    def __init__(
        self, history: History, home: Path, open_journal: Callable[[], JournalReader]
    ) -> None:
        self._history = history
        self._home = home
        self._open_journal = open_journal

    def stored(
        self, series: Series, *, start: Cursor | None, end_ns: int | None, limit: int
    ) -> Part:
        """A page of a stored series: from a place on, or the newest rows without one."""
        if start is None:
            return Part(self._newest_stored(series, end_ns, limit), None)
        batches = self._history.batches(
            series.kind,
            series.instrument_id,
            start_ns=start.time_ns,
            end_ns=end_ns,
            timeframe=series.timeframe,
        )
        return _page(list(_until(batches, limit + start.skip + 1)), start, limit)

    def recorded(self, series: Series, *, start: Cursor | None, limit: int) -> Part:
        """A page of what the engine recorded: from a place on, or the newest rows without one."""
        found: list[Columns] = []
        window = RECORDS_FIRST
        while window <= RECORDS_MAX:
            found = self._recorded(series, window)
            reaches = start is not None and found and key_times(found[0])[0] <= start.time_ns
            if reaches or (start is None and sum(map(len, found)) >= limit):
                break
            window *= WINDOW_FACTOR
        if not found:
            raise no_series(series, [])
        if start is None:
            return Part(_tail(found, limit), None)
        return _page(_from(found, start.time_ns), start, limit)

    def _newest_stored(self, series: Series, end_ns: int | None, limit: int) -> Columns:
        entries = self._history.entries()
        entry = next((one for one in entries if one.series == series), None)
        if entry is None:
            raise no_series(series, entries)
        end_ns = entry.last_ns + 1 if end_ns is None else end_ns
        window_ns = HOUR_NS
        if series.timeframe:
            window_ns = limit * timeframe_ns(series.timeframe)
        while True:
            columns = self._history.read(
                series.kind,
                series.instrument_id,
                start_ns=end_ns - window_ns,
                end_ns=end_ns,
                timeframe=series.timeframe,
            )
            if len(columns) >= limit or end_ns - window_ns <= entry.first_ns:
                return columns.cut(max(0, len(columns) - limit))
            window_ns *= WINDOW_FACTOR

    def _recorded(self, series: Series, records: int) -> list[Columns]:
        journal = self._open_journal()
        recorder = Recorder(FileSegments(self._home / "market"))
        length_ns = timeframe_ns(series.timeframe) if series.timeframe else 0
        try:
            after = max(journal.last_sequence - records, journal.first_sequence - 1, 0)
            wanted = [
                record
                for group in journal.groups(after)
                for _, record in numbered(group)
                if isinstance(record, MarketRecorded)
                and (record.kind, record.instrument) == (series.kind, series.instrument_id)
            ]
            batches = [recorder.read(reference) for reference in wanted]
        finally:
            recorder.close()
            journal.close()
        return [batch for batch in batches if not length_ns or _length_ns(batch) == length_ns]


def key_times(columns: Columns) -> np.ndarray:
    """The times that rows are found by: of bars their opens."""
    return columns[REQUIRED[columns.kind][0]]


def _length_ns(bars: Columns) -> int:
    return int(bars["close_time_ns"][0] - bars["open_time_ns"][0])


def _until(batches: Iterator[Columns], rows: int) -> Iterator[Columns]:
    for batch in batches:
        if rows <= 0:
            return
        yield batch
        rows -= len(batch)


def _from(batches: list[Columns], start_ns: int) -> list[Columns]:
    found = [batch.cut(int(np.searchsorted(key_times(batch), start_ns))) for batch in batches]
    return [batch for batch in found if len(batch)] or [batches[-1].cut(len(batches[-1]))]


def _page(batches: list[Columns], start: Cursor, limit: int) -> Part:
    columns = _joined(batches)
    times = key_times(columns)
    first = start.skip if len(times) and times[0] == start.time_ns else 0
    shown = columns.cut(first, first + limit)
    if first + limit >= len(columns):
        return Part(shown, None)
    time_ns = int(times[first + limit])
    same = first + limit - int(np.searchsorted(times, time_ns))
    return Part(shown, Cursor(time_ns, same))


def _tail(batches: list[Columns], limit: int) -> Columns:
    columns = _joined(batches)
    return columns.cut(max(0, len(columns) - limit))


def _joined(batches: list[Columns]) -> Columns:
    first = batches[0]
    arrays = {
        name: np.concatenate([batch[name] for batch in batches]) for name in REQUIRED[first.kind]
    }
    return Columns(first.kind, first.instrument, arrays)
