"""A history of market data in memory, for tests and runs that leave nothing behind."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import numpy as np

from tradewind.model.column_merge import OnConflict, key_times, merge
from tradewind.model.columns import ColumnKind, Columns, concatenate
from tradewind.model.corporate_actions import CorporateAction, merge_actions
from tradewind.model.errors import UserError
from tradewind.model.instruments import Instrument
from tradewind.model.row_checks import check_rows
from tradewind.ports.history import (
    Damage,
    Entry,
    Series,
    Written,
    actions_written,
    check_definition,
    in_listing_order,
    mixed,
    no_series,
    series_of,
)

BATCH_ROWS_MAX = 1_000_000


class MemoryHistory:
    """Keeps each series as one `Columns`.

    >>> goog = Instrument("GOOG.SIM", tick="0.01", lot="1", currency="USD")
    >>> rows = {"time_ns": [1, 2], "price": [5, 6], "size": [1, 1], "side": [1, 1]}
    >>> trades = Columns("trades", goog, {name: np.array(rows[name]) for name in rows})
    >>> history = MemoryHistory()
    >>> history.write(trades).rows_added, history.write(trades).rows_added
    (2, 0)
    >>> history.read("trades", "GOOG.SIM", start_ns=2)["price"].tolist()
    [6]
    """

    def __init__(self) -> None:
        self._series: dict[Series, Columns] = {}
        self._instruments: dict[str, Instrument] = {}
        self._actions: dict[str, tuple[CorporateAction, ...]] = {}

    def write(
        self, columns: Columns, *, timeframe: str | None = None, on_conflict: OnConflict = "refuse"
    ) -> Written:
        """Store rows of one series."""
        return self.write_batches([columns], timeframe=timeframe, on_conflict=on_conflict)

    def write_batches(
        self,
        batches: Iterable[Columns],
        *,
        timeframe: str | None = None,
        on_conflict: OnConflict = "refuse",
    ) -> Written:
        """Store batches of one series, all of them or none."""
        runs = list(in_runs(batches))
        if not runs:
            return Written(0, 0, 0, 0)
        series = series_of(runs[0], timeframe)
        check_definition(self._instruments.get(series.instrument_id), runs[0].instrument)
        stored = self._series.get(series, runs[0].cut(0, 0))
        columns, written = _merged(stored, runs, on_conflict)
        check_rows(columns)
        self._series[series] = columns
        self._instruments[series.instrument_id] = columns.instrument
        return written

    def read(
        self,
        kind: ColumnKind,
        instrument_id: str,
        *,
        start_ns: int | None = None,
        end_ns: int | None = None,
        timeframe: str | None = None,
    ) -> Columns:
        """All rows of a range at once."""
        series = Series(kind, instrument_id, timeframe)
        if series not in self._series:
            raise no_series(series, self.entries())
        columns = self._series[series]
        times = key_times(columns)
        start = 0 if start_ns is None else int(np.searchsorted(times, start_ns))
        stop = len(times) if end_ns is None else int(np.searchsorted(times, end_ns))
        return columns.cut(start, max(start, stop))

    def batches(
        self,
        kind: ColumnKind,
        instrument_id: str,
        *,
        start_ns: int | None = None,
        end_ns: int | None = None,
        timeframe: str | None = None,
    ) -> Iterator[Columns]:
        """The rows of a range in batches."""
        columns = self.read(
            kind, instrument_id, start_ns=start_ns, end_ns=end_ns, timeframe=timeframe
        )
        for start in range(0, len(columns), BATCH_ROWS_MAX):
            yield columns.cut(start, start + BATCH_ROWS_MAX)

    def entries(self) -> list[Entry]:
        """Every stored series."""
        return in_listing_order(
            Entry(series, len(columns), *_ends(columns), files=0, size_bytes=0)
            for series, columns in self._series.items()
        )

    def instrument(self, instrument_id: str) -> Instrument:
        """The definition stored with an instrument's data."""
        if instrument_id not in self._instruments:
            raise UserError(f"{instrument_id} is not in the history: import its data first")
        return self._instruments[instrument_id]

    def check(self, series: Series) -> list[Damage]:
        """Nothing can have changed behind our back: memory has no files."""
        if series not in self._series:
            raise no_series(series, self.entries())
        return []

    def retain(self, kind: ColumnKind, *, before_ns: int) -> list[str]:
        """Drop series that ended before a time; here a series is one piece."""
        old = [
            series
            for series, columns in self._series.items()
            if series.kind == kind and _ends(columns)[1] < before_ns
        ]
        for series in old:
            del self._series[series]
        return list(map(str, old))

    def actions(self, instrument_id: str) -> list[CorporateAction]:
        """The stored corporate actions of an instrument."""
        return list(self._actions.get(instrument_id, ()))

    def write_actions(
        self,
        instrument_id: str,
        actions: Iterable[CorporateAction],
        *,
        on_conflict: OnConflict = "refuse",
    ) -> Written:
        """Store corporate actions, all or none."""
        self.instrument(instrument_id)
        merged = merge_actions(self.actions(instrument_id), actions, on_conflict)
        self._actions[instrument_id] = merged.actions
        return actions_written(merged)


def in_runs(batches: Iterable[Columns]) -> Iterator[Columns]:
    """Batches joined as long as each begins no earlier than the one before it ended."""
    run: list[Columns] = []
    for batch in batches:
        if len(batch) == 0:
            continue
        check_rows(batch)
        if run and (batch.kind, batch.instrument) != (run[0].kind, run[0].instrument):
            raise mixed(run[0], batch)
        if run and key_times(batch)[0] < key_times(run[-1])[-1]:
            yield concatenate(run)
            run = []
        run.append(batch)
    if run:
        yield concatenate(run)


def _merged(
    stored: Columns, runs: list[Columns], on_conflict: OnConflict
) -> tuple[Columns, Written]:
    added = same = replaced = 0
    for run in runs:
        done = merge(stored, run, on_conflict)
        stored = done.columns
        added, same = added + done.rows_added, same + done.rows_same
        replaced += done.rows_replaced
    return stored, Written(sum(map(len, runs)), added, same, replaced)


def _ends(columns: Columns) -> tuple[int, int]:
    times = key_times(columns)
    return (int(times[0]), int(times[-1])) if len(times) else (0, 0)
