"""A write to the history in the making: new files beside the old ones until it is committed."""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import suppress
from itertools import pairwise
from pathlib import Path

import duckdb
import msgspec
import numpy as np

from tradewind.adapters.parquet.files import read_files, sha256_of, write_file
from tradewind.adapters.parquet.manifest import (
    FORMAT,
    Manifest,
    Part,
    part_number,
    read_manifest,
    write_manifest,
)
from tradewind.adapters.parquet.shelf import Kept, Shelf
from tradewind.model.column_merge import Merged, OnConflict, key_times, merge
from tradewind.model.columns import Columns, IntColumn, concatenate
from tradewind.model.errors import OutsideError
from tradewind.model.row_checks import check_rows
from tradewind.model.timeframes import UNIT_NS, timeframe_ns
from tradewind.ports.history import Series, Written, mixed

FILE_ROWS_MAX = 4_000_000
"""Rows of one file; a period with more of them gets several files, one behind the other in time."""

PERIOD_FILES_MAX = 64
"""Files of one period; with more of them a write makes them into one."""


class Draft:
    """Merges batches into the periods of one series; nothing is seen of it before `commit`.

    Batches of one period are gathered and merged with the stored rows when the next period
    begins, so memory holds one period. `discard` removes what was written.
    """

    def __init__(
        self,
        connection: duckdb.DuckDBPyConnection,
        shelf: Shelf,
        folder: str,
        stored: tuple[Manifest, Kept | None],
        like: Columns,
        on_conflict: OnConflict,
    ) -> None:
        self.connection = connection
        self.shelf = shelf
        self.folder = folder
        self.stored, self._before = stored
        self.like = like.cut(0, 0)
        self.on_conflict: OnConflict = on_conflict
        self.parts = {part.path: part for part in self.stored.parts}
        self.written = Written(0, 0, 0, 0)
        self._gathered: list[Columns] = []
        self._period = ""
        self._drafts: dict[str, Path] = {}

    def add(self, batch: Columns) -> None:
        """Take a batch: sorted and sane in itself, but behind any batch or before it."""
        if len(batch) == 0:
            return
        check_rows(batch)
        if (batch.kind, batch.instrument) != (self.like.kind, self.like.instrument):
            raise mixed(self.like, batch)
        for period, piece in _by_period(batch, self.stored.series):
            if not self._continues(period, piece):
                self.finish()
            self._period = period
            self._gathered.append(piece)

    def finish(self) -> None:
        """Write what is still gathered; after this only names change."""
        if not self._gathered:
            return
        new = concatenate(self._gathered)
        self._gathered = []
        touched = self._touched(new)
        done = merge(self._read(touched), new, self.on_conflict)
        self._count(new, done)
        if done.rows_added == 0 and done.rows_replaced == 0:
            return
        check_rows(done.columns)
        for part in touched:
            self._drop(part)
        number = self._next_number()
        for start in range(0, len(done.columns), FILE_ROWS_MAX):
            self._write(done.columns.cut(start, start + FILE_ROWS_MAX), number)
            number += 1

    def commit(self) -> Written:
        """Bring the new files in: renamed first, named in the manifest at once, old ones away."""
        assert not self._gathered
        if self.parts == {part.path: part for part in self.stored.parts}:
            return self.written
        self.shelf.bring(self._drafts)
        self._replace_manifest()
        for part in self.stored.parts:
            if part.path not in self.parts:
                # What cannot be removed belongs to nothing any more, and a check names it.
                with suppress(OutsideError):
                    self.shelf.remove(self._name(part.path))
        return self.written

    def _replace_manifest(self) -> None:
        """Whichever manifest is in place afterwards says which files `discard` may remove."""
        parts = tuple(sorted(self.parts.values(), key=_in_time))
        manifest = msgspec.structs.replace(self.stored, parts=parts)
        try:
            write_manifest(self.shelf, self.folder, manifest, self._before)
        except OutsideError:
            if self._may_be_in_place(manifest):
                self._drafts = {}
            raise
        self._drafts = {}

    def _may_be_in_place(self, manifest: Manifest) -> bool:
        """True where a write that failed was done all the same, or nobody can say."""
        try:
            return read_manifest(self.shelf, self.folder).manifest == manifest
        except OutsideError:
            return True

    def discard(self) -> None:
        """Remove the files of an uncommitted draft."""
        for name, draft in self._drafts.items():
            draft.unlink(missing_ok=True)
            with suppress(OutsideError):
                self.shelf.remove(name)
        self._drafts = {}

    def _name(self, path: str) -> str:
        return f"{self.folder}/{path}"

    def _readable(self, part: Part) -> Path:
        name = self._name(part.path)
        return self._drafts.get(name) or self.shelf.copy(name, part.sha256)

    def _continues(self, period: str, piece: Columns) -> bool:
        if not self._gathered:
            return True
        last_ns = key_times(self._gathered[-1])[-1]
        return period == self._period and bool(key_times(piece)[0] >= last_ns)

    def _touched(self, new: Columns) -> list[Part]:
        """The period's files that share times with new rows; all of it when there are too many."""
        first_ns, last_ns = key_times(new)[0], key_times(new)[-1]
        period = sorted((p for p in self.parts.values() if p.period == self._period), key=_in_time)
        if len(period) >= PERIOD_FILES_MAX:
            return period
        return [p for p in period if p.last_ns >= first_ns and p.first_ns <= last_ns]

    def _read(self, parts: list[Part]) -> Columns:
        if not parts:
            return self.like
        arrays = read_files(
            self.connection,
            [self._readable(part) for part in parts],
            place=self.shelf.place(self.folder),
            columns=self.stored.columns,
            time_column="open_time_ns" if self.like.kind == "bars" else "time_ns",
            range_ns=(parts[0].first_ns, parts[-1].last_ns + 1),
        )
        return Columns(self.like.kind, self.like.instrument, arrays)

    def _count(self, new: Columns, done: Merged) -> None:
        before = self.written
        self.written = Written(
            before.rows_given + len(new),
            before.rows_added + done.rows_added,
            before.rows_same + done.rows_same,
            before.rows_replaced + done.rows_replaced,
        )

    def _drop(self, part: Part) -> None:
        del self.parts[part.path]
        draft = self._drafts.pop(self._name(part.path), None)
        if draft is not None:
            draft.unlink()

    def _next_number(self) -> int:
        """A number no file of the period has: neither a stored one nor one of this draft."""
        folder = self._name(self._period)
        drafted = (name for name in self._drafts if Path(name).parent.name == self._period)
        names = [*self.shelf.names(folder, "part-*.parquet"), *drafted]
        return max((part_number(Path(name)) for name in names), default=-1) + 1

    def _write(self, columns: Columns, number: int) -> None:
        path = f"{self._period}/part-{number}.parquet"
        draft = self.shelf.draft(self._name(path))
        write_file(self.connection, draft, columns.arrays, file_metadata(columns, self.stored))
        self._drafts[self._name(path)] = draft
        times = key_times(columns)
        self.parts[path] = Part(
            path,
            sha256=sha256_of(draft),
            rows=len(columns),
            first_ns=int(times[0]),
            last_ns=int(times[-1]),
            size_bytes=draft.stat().st_size,
        )


def _in_time(part: Part) -> tuple[int, int, int]:
    return part.first_ns, part.last_ns, part.number


def file_metadata(columns: Columns, manifest: Manifest) -> dict[str, str]:
    """What a file says about itself, for readers that have nothing but the file."""
    return {
        "tradewind_format": str(FORMAT),
        "kind": columns.kind,
        "instrument": msgspec.json.encode(columns.instrument).decode(),
        "price_digits": str(columns.instrument.price_digits),
        "quantity_digits": str(columns.instrument.quantity_digits),
        "timeframe": manifest.timeframe or "",
    }


def _by_period(batch: Columns, series: Series) -> Iterable[tuple[str, Columns]]:
    """The batch cut where a new period begins."""
    labels = periods(key_times(batch), series.timeframe)
    cuts = [0, *(np.flatnonzero(labels[1:] != labels[:-1]) + 1).tolist(), len(labels)]
    for start, stop in pairwise(cuts):
        yield str(labels[start]), batch.cut(start, stop)


def periods(times: IntColumn, timeframe: str | None) -> np.ndarray:
    """The folder of each row, as datetime64 that prints as its name.

    A file should hold some hundreds to some million rows: bars of an hour and more lie by year,
    bars of a minute and more by month, all else by day.

    >>> day = np.array([1_700_000_000_000_000_000])
    >>> [str(periods(day, timeframe)[0]) for timeframe in ("1d", "1m", "1s", None)]
    ['2023', '2023-11', '2023-11-14', '2023-11-14']
    """
    length_ns = timeframe_ns(timeframe) if timeframe else 0
    unit = "Y" if length_ns >= UNIT_NS["h"] else "M" if length_ns >= UNIT_NS["m"] else "D"
    return times.astype("datetime64[ns]").astype(f"datetime64[{unit}]")
